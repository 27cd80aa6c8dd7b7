"""The page of roles: who has which, and giving and taking them."""

from typing import Any

from django.contrib.admin import display
from django.contrib.admin.checks import ModelAdminChecks
from django.db.models import Q
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.access.giving import GIVING, givable
from backoffice.access.record import history_limit
from backoffice.access.roles import role_label
from backoffice.admin.actions import SelectionAction
from backoffice.admin.forms.row_form import RowForm
from backoffice.admin.model_admin import ModelAdmin
from backoffice.sql import locks


class GrantForm(RowForm):
    """A role is given once: whoever gives one at the same moment waits, and sees it."""

    def clean(self) -> Any:
        locks.take(self._meta.model)
        return super().clean()

    def _post_clean(self) -> None:
        super()._post_clean()
        given = {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}
        same = self._meta.model._default_manager.filter(**given).exclude(pk=self.instance.pk)
        if not self.errors and same.exists():
            self.add_error(None, _("This account has the role there already."))


class GrantAdmin(ModelAdmin):
    """Give and take roles: by those who may, none that holds more than their own; each change signed in freshly."""

    checks_class = ModelAdminChecks  # type: ignore[assignment]  # of roles there are a handful: a plain choice does
    form = GrantForm
    ordering = ("-pk",)
    list_display_links = ("user",)
    always_fresh = True
    place_permission = GIVING
    undo_refusal = gettext_lazy("This role is given and taken by those alone who may give it there")

    def get_bulk_actions(self) -> list[type[SelectionAction]]:
        return []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _may_give(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was given is taken and given anew: so each line of the log says one thing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_delete_permission(request, obj) or not request.user.has_perm(GIVING, obj):
            return False
        groups = self.opts.get_field("role").related_model
        return obj is None or groups._default_manager.filter(givable(request.user), pk=obj.role_id).exists()  # type: ignore[union-attr]

    def undo_limit(self, request: HttpRequest) -> Q:
        """The history rows that this person may take back: of roles that they may give, where they may give them."""
        if not _may_give(request):
            return Q(pk__in=[])
        groups: Any = self.opts.get_field("role").related_model
        roles = groups._default_manager.filter(givable(request.user)).values("pk")
        there = history_limit(request.user, self.model, GIVING) or Q()
        return there & (Q(old_role__in=roles) | Q(action="+", new_role__in=roles))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "role" and field is not None:
            givable_roles = db_field.related_model._default_manager.filter(givable(request.user))
            field.queryset = givable_roles.order_by("name")
            field.label_from_instance = lambda group: role_label(group.name)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the links to make accounts and groups in passing."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        for link in ("can_add_related", "can_change_related", "can_view_related"):
            if field is not None and hasattr(field.widget, link):
                setattr(field.widget, link, False)
        return field

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        grant: Any = super().get_object(request, object_id, from_field)
        if grant is not None:
            _name_role(grant)
        return grant

    def prepare_page(self, request: HttpRequest, rows: list[Any]) -> None:
        steps = self.model.history_model.objects.filter(row__in=[row.pk for row in rows], action="+")
        first = {step.row_id: step.operation for step in steps.select_related("operation").order_by("-pk")}
        for row in rows:
            row.first = first.get(row.pk)
            _name_role(row)

    @display(description=gettext_lazy("given"))
    def given(self, grant: Any) -> str:
        if grant.first is None:
            return ""
        at = formats.date_format(timezone.localtime(grant.first.at), "DATETIME_FORMAT")
        return _("%(when)s by %(who)s") % {"when": at, "who": grant.first.actor_name or grant.first.source}


def _name_role(grant: Any) -> None:
    """In the language of the page: to be shown, never saved."""
    grant.role.name = role_label(grant.role.name)


def _may_give(request: HttpRequest) -> bool:
    return bool(request.user.has_perm(GIVING))
