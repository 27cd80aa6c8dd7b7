"""Start-up checks: a ModelAdmin set up in a way that would be slow at three million rows."""

from typing import Any

from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin import site
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.options import BaseModelAdmin
from django.core.checks import CheckMessage, Tags, register

from backoffice.admin import form_checks, list_checks
from backoffice.admin.checking import warning
from backoffice.models import Recorded


class ScaleChecks(ModelAdminChecks):
    """Django's checks and ours, W101 to W118. Each says what does not scale and what to write instead."""

    def check(self, admin_obj: BaseModelAdmin, **kwargs: Any) -> list[CheckMessage]:
        assert isinstance(admin_obj, DjangoModelAdmin)  # inlines have checks of their own
        found: list[CheckMessage] = super().check(admin_obj, **kwargs)
        for check in (*form_checks.CHECKS, *list_checks.CHECKS):
            found += check(admin_obj)
        for place, name in enumerate(getattr(admin_obj, "more_columns", ())):
            found += self._check_list_display_item(admin_obj, name, f"more_columns[{place}]")  # type: ignore[attr-defined]
        return found


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
