"""The scope of a person in a ModelAdmin: its rows, its permissions for one row, and what its forms offer."""

from collections.abc import Collection, Iterable, Iterator
from copy import copy
from functools import partial, reduce
from operator import and_
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from backoffice.access import hidden_by, places, sees, within
from backoffice.access.scope import is_named, named_limit, scope_of
from backoffice.access.trees import is_scoped
from backoffice.admin.checking import field_of, sorted_by
from backoffice.admin.lists.order import has_places, is_column
from backoffice.admin.showing import NOT_SHOWN, Unnamed
from backoffice.security.events import event


class Hidden:
    """Stands for a related row whose name is not shown, and to which no link leads: there is none without a key."""

    pk = ""

    def __str__(self) -> str:
        return str(NOT_SHOWN)


class ScopedChoice(forms.ModelChoiceField):
    """A choice of rows; one that is there and is not this person's, which no page offers, is a security event."""

    limits: "Limits | None" = None

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            if self.limits and self.queryset is not None:
                self._note_foreign(self.queryset.model, value)
            raise

    def _note_foreign(self, model: Any, value: Any) -> None:
        try:
            row = model._base_manager.get(**{self.to_field_name or "pk": value})
        except (ValueError, TypeError, ValidationError, ObjectDoesNotExist):
            return
        event("authz_fail", level="WARN", reason="choice", model=model._meta.label, row=row.pk)


class ScopedChoices(BaseModelAdmin):
    """Forms whose relations offer the rows that a person sees, and let a row stand only where they may put it.

    That takes `place_permission` there as well, where there is one.
    """

    place_permission = ""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", ScopedChoice)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            limit_choices(field, request, self.model, db_field, self.place_permission)
        return field


class ScopedMixin(ScopedChoices, ModelAdmin):
    """Rows outside of a person's scope do not exist for them; within it, each deed asks for the row."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return within(request.user, super().get_queryset(request))

    def _get_list_editable_queryset(self, request: HttpRequest, prefix: str) -> models.QuerySet[Any]:
        rows = super()._get_list_editable_queryset(request, prefix)
        return within(request.user, rows, "change")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self.check_saved(request, obj, form.changed_data, "change" if change else "add")

    def check_saved(self, request: HttpRequest, row: Any, fields: Collection[str], deed: str) -> None:
        """Refuse the whole post where a row of it, just saved with these fields, may not be or stand so."""
        check_place(request, [row], deed)
        if self.place_permission:
            check_place(request, [row], self.place_permission)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        check_place(request, getattr(formset, "new_objects", []), "add")
        check_place(request, [row for row, _fields in getattr(formset, "changed_objects", [])], "change")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """To be looked at, without the names of what lies outside; a field without a name is the key."""
        found = super().get_object(request, object_id, from_field or None)
        return hide_names(request, found) if found and request.method in ("GET", "HEAD") else found

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Not by what is no column, which pages by key need, and not by names that may not be shown."""
        paths = {name: self._sorted_by(name) for name in super().get_sortable_by(request)}
        by_column = {name: path for name, path in paths.items() if is_column(self.model, path)}
        return [name for name, path in by_column.items() if may_sort(request.user, self.model, path)]

    def _sorted_by(self, name: Any) -> str:
        """The path that a column of the list sorts by."""
        _label, said = label_for_field(name, self.model, self, return_attr=True)
        return sorted_by(getattr(getattr(said, "fget", said), "admin_order_field", name))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) and _reaches(request, obj, "view")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _reaches(request, obj, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and _reaches(request, obj, "delete")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not where rows stand side by side and a new one would be nobody's."""
        if not super().has_add_permission(request):
            return False
        place = places(request.user, self.model, "add")
        return place is None or bool(place[0])


class Limits(NamedTuple):
    """What a relation of a form may point at, for one person; None where it may be anything."""

    user: Any
    seen: Q | None  # the rows that are offered
    place: dict[str, Q]  # deed → where a row may stand, if the relation is the one that says so

    def choices(self, related: Any, deed: str, present: Q | None = None) -> models.QuerySet[Any]:
        asked = [condition for condition in (self.seen, self.place.get(deed)) if condition is not None]
        if not asked:
            return related._default_manager.all()  # type: ignore[no-any-return]
        offered = reduce(and_, asked)
        return related._default_manager.filter(offered | present if present else offered)  # type: ignore[no-any-return]


def may_sort(user: Any, model: Any, path: str) -> bool:
    """Whether `user` may see rows of `model` in the order of a column: not of one of rows that may be hidden.

    Nor does anybody see them in one that no link can hold a place in.
    """
    first, _, rest = path.partition(LOOKUP_SEP)
    field = field_of(model, first)
    related = getattr(field, "related_model", None)
    if related is None:
        return has_places(field)
    if scope_of(user, model) is not None or (
        is_scoped(related._meta.label) and named_limit(user, related) is not None
    ):
        place = places(user, model, "view")
        if not place or place[0] != field.name or is_tree(model, place[0]):
            return False
    return may_sort(user, related, rest)


def shown_order(user: Any, model: Any, ordering: Iterable[Any]) -> list[Any]:
    """Of an order, the columns that `user` may see rows in the order of."""
    return [item for item in ordering if may_sort(user, model, sorted_by(item))]


def limit_choices(
    field: Any, request: HttpRequest, model: Any, db_field: Any, place_permission: str = ""
) -> None:
    """Let a form field offer what the person sees; the relation that says where a row stands, where they may put it."""
    related = db_field.remote_field.model
    place: dict[str, Q] = {}
    for deed in ("add", "change"):
        for permission in filter(None, [deed, place_permission]):
            where = places(request.user, model, permission)
            if where and where[0] == db_field.name:
                place[deed] = place.get(deed, Q()) & where[1]
    seen = named_limit(request.user, related) if is_scoped(related._meta.label) else None
    limits = Limits(request.user, seen, place)
    if limits.seen is not None or place:
        field.limits = limits
        field.queryset = limits.choices(related, "change")


def allow_present(form: Any) -> None:
    """Let a row keep what it points at though this person would not be offered it; its name only if they see it."""
    row = form.instance
    deed = "add" if row._state.adding else "change"
    for name, field in form.fields.items():
        limits: Limits | None = getattr(field, "limits", None)
        if limits:
            column = row._meta.get_field(name)
            key = None if row._state.adding else getattr(row, column.attname)
            present = None if key is None else Q((column.target_field.name, key))
            field.queryset = limits.choices(column.related_model, deed, present)
            field.label_from_instance = partial(_label, limits.user)


def standing_nowhere(form: Any) -> Iterator[str]:
    """The fields by which a row would stand at the top, where this person may put nothing."""
    deed = "add" if form.instance._state.adding else "change"
    for name, field in form.fields.items():
        limits: Limits | None = getattr(field, "limits", None)
        asked = limits and deed in limits.place and name not in form.errors
        if asked and form.cleaned_data.get(name) is None and (deed == "add" or name in form.changed_data):
            yield name


def _label(user: Any, row: models.Model) -> str:
    return str(row) if is_named(user, row) else Unnamed(NOT_SHOWN)


def hide_names(request: HttpRequest, row: Any) -> Any:
    """A copy of `row` whose relations to what this person does not see have no name."""
    shown = copy(row)
    shown._state = copy(row._state)
    shown._state.fields_cache = dict(row._state.fields_cache)
    for field in row._meta.concrete_fields:
        key = getattr(row, field.attname) if field.is_relation else None
        if key is not None and hidden_by(request.user, field, [key]):
            field.set_cached_value(shown, Hidden())
    return shown


def refuse_foreign(request: HttpRequest, model: Any) -> None:
    """404 for somebody who sees a part of the rows: what is not there and what is not theirs look the same."""
    if scope_of(request.user, model) is not None:
        raise Http404(_("There is no such %(thing)s.") % {"thing": model._meta.verbose_name})


def check_place(request: HttpRequest, rows: Iterable[Any], deed: str) -> None:
    """Refuse the whole post when a row that was just saved stands where this person may not put it."""
    kept = list(rows)
    if not kept:
        return
    model = type(kept[0])
    condition = scope_of(request.user, model, deed)
    if condition is not None:
        keys = {row.pk for row in kept}
        if model._base_manager.filter(pk__in=keys).filter(condition).count() < len(keys):
            raise PermissionDenied(_("You may not put anything there."))


def place_column(request: HttpRequest, model: Any, deed: str) -> str:
    place = places(request.user, model, deed)
    return place[0] if place else ""


def is_tree(model: Any, column: str) -> bool:
    return bool(column) and model._meta.get_field(column).related_model is model


def nowhere() -> str:
    """Why a row cannot stand at the top."""
    return _("Choose one: you may not put anything outside of what you look after.")


def _reaches(request: HttpRequest, obj: Any, deed: str) -> bool:
    return obj is None or obj.pk is None or sees(request.user, obj, deed)
