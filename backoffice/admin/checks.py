"""Start-up checks: a ModelAdmin set up in a way that would be slow at three million rows."""

from copy import copy
from typing import Any

from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin import site
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import router
from django.http import HttpRequest

from backoffice.admin.checking import warning
from backoffice.admin.forms import checks as form_checks
from backoffice.admin.lists import checks as list_checks
from backoffice.models import Operation, Recorded


class ScaleChecks(ModelAdminChecks):
    """Django's checks and ours, W101 to W122. Each says what does not scale and what to write instead.

    And E123: a model whose pages cannot work.
    """

    def check(self, admin_obj: BaseModelAdmin, **kwargs: Any) -> list[CheckMessage]:
        assert isinstance(admin_obj, DjangoModelAdmin)  # inlines have checks of their own
        found: list[CheckMessage] = super().check(admin_obj, **kwargs)
        given = copy(admin_obj)
        for attribute, hook in HOOKS.items():
            try:
                setattr(given, attribute, hook(admin_obj))
            except Exception as error:
                # It may need anything of a request, or a database that is not there yet.
                what = f"What get_{attribute}() gives is not looked at: at start it fails ({error!r})."
                found.append(warning(admin_obj, 119, what, "Have it answer for any request of a superuser."))
        for check in (*form_checks.CHECKS, *list_checks.CHECKS):
            found += check(given)
        found += _written_apart(admin_obj)
        for place, name in enumerate(getattr(admin_obj, "more_columns", ())):
            found += self._check_list_display_item(admin_obj, name, f"more_columns[{place}]")  # type: ignore[attr-defined]
        return found


def _written_apart(admin_obj: DjangoModelAdmin) -> list[CheckMessage]:
    """What is written is recorded in the same transaction, which is one database's."""
    using, recorded = router.db_for_write(admin_obj.model), router.db_for_write(Operation)
    if using == recorded:
        return []
    what = (
        f"Rows of {admin_obj.opts.label} are written to the database {using!r}, operations to {recorded!r}."
    )
    hint = "Route the model to the same database, or derive its admin from Django's ModelAdmin."
    return [Error(what, hint=hint, obj=admin_obj.__class__, id="backoffice.E123")]


def _inlines(admin_obj: DjangoModelAdmin) -> list[Any]:
    """Of a new row and of one that is there."""
    request = _superusers()
    found = (*admin_obj.get_inlines(request, None), *admin_obj.get_inlines(request, admin_obj.model()))
    return list(dict.fromkeys(found))


def _list_filter(admin_obj: DjangoModelAdmin) -> list[Any]:
    return list(admin_obj.get_list_filter(_superusers()))


def _search_fields(admin_obj: DjangoModelAdmin) -> list[Any]:
    return list(admin_obj.get_search_fields(_superusers()))


def _ordering(admin_obj: DjangoModelAdmin) -> list[Any]:
    return list(admin_obj.get_ordering(_superusers()))


HOOKS = {
    "inlines": _inlines,
    "list_filter": _list_filter,
    "search_fields": _search_fields,
    "ordering": _ordering,
}


def _superusers() -> HttpRequest:
    request = HttpRequest()
    request.method = "GET"
    request.user = get_user_model()(is_active=True, is_staff=True, is_superuser=True)
    return request


@register(Tags.admin)
def recorded_models_have_our_admin(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """None of the checks above is asked of a ModelAdmin of Django's own."""
    registered = site._registry.items()
    plain = [one for model, one in registered if issubclass(model, Recorded) and not _is_ours(one)]
    hint = "Derive it from backoffice.admin.ModelAdmin."
    return [warning(one, 112, f"The pages of {one.opts.label} load whole tables.", hint) for one in plain]


def _is_ours(admin_obj: DjangoModelAdmin) -> bool:
    from backoffice.admin.model_admin import ModelAdmin  # it names the checks of this module

    return isinstance(admin_obj, ModelAdmin)
