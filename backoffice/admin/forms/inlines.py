"""An inline that shows one page of children and saves only the rows that a post carries."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms.models import BaseInlineFormSet, _get_foreign_key
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst

from backoffice.access import places, within
from backoffice.access.scope import scope_of
from backoffice.admin.actions import BulkActionsMixin
from backoffice.admin.forms.posted import NEW, PostedRowsFormSet
from backoffice.admin.forms.row_form import RowForm
from backoffice.admin.forms.widgets import DAYS_AND_TIMES, RelatedSelect
from backoffice.admin.lists.listing import Listing
from backoffice.admin.scoping import ScopedChoices, shown_order
from backoffice.search import SearchTextField


class PagedInlineFormSet(PostedRowsFormSet, BaseInlineFormSet):
    """A formset over one page of the parent's rows.

    Bound, it holds the rows that were posted and that are still the parent's. With `ask_first`, rows that are ticked
    for deletion are not deleted but left in `to_delete`, for a page that shows what they would take along.
    """

    def __init__(
        self, *args: Any, listing: Listing | None = None, ask_first: bool = False, **kwargs: Any
    ) -> None:
        self.listing = listing
        self.ask_first = ask_first
        self.to_delete: list[Any] = []
        self.visible = kwargs.get("queryset")
        super().__init__(*args, **kwargs)

    @property
    def per_page(self) -> int:
        return self.listing.per_page if self.listing else self.min_num + NEW

    @property
    def has_rows(self) -> bool:
        return self.instance.pk is not None

    def get_queryset(self) -> Any:
        if not hasattr(self, "_queryset") and not self.is_bound:
            rows = super().get_queryset()  # the parent's
            if self.listing and self.has_rows:
                self._queryset = self.listing.read(rows)
            else:
                self._queryset = list(rows[: self.max_num])
        return super().get_queryset()

    @cached_property
    def empty_form(self) -> Any:
        """Built once: the page asks for it six times."""
        return super().empty_form

    def save_existing_objects(self, commit: bool = True) -> Any:
        saved = super().save_existing_objects(commit)
        if self.ask_first:
            self.to_delete, self.deleted_objects = self.deleted_objects, []
        return saved

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        merges = [getattr(form, "merge", None) for form in self.deleted_forms]
        changed = {merge.row.pk for merge in merges if merge and merge.is_met}
        if not self.ask_first and obj.pk not in changed:
            super().delete_existing(obj, commit)


class TabularInline(ScopedChoices, admin.TabularInline):
    """One page of children as a table: `per_page` rows, search, sort, jump, and a link to the whole list."""

    formset = PagedInlineFormSet
    form = RowForm
    formfield_overrides = DAYS_AND_TIMES
    template = "backoffice/inlines/tabular.html"
    extra = 0
    per_page = 25
    show_change_link = True
    sortable: tuple[str, ...] | None = None  # columns to sort by; all the editable ones by default

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """What is posted is of rows that may be changed."""
        reading = request.method in ("GET", "HEAD") or not self.has_change_permission(request)
        rows = within(request.user, super().get_queryset(request), "view" if reading else "change")
        told = [name for name in self.get_readonly_fields(request) if self._is_relation(name)]
        return rows.select_related(*told) if told and reading else rows

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:  # type: ignore[override]
        return bool(super().has_add_permission(request, obj)) and self._may_stand_below(request, obj, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and self._may_stand_below(
            request, obj, "change"
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and self._may_stand_below(
            request, obj, "delete"
        )

    def _may_stand_below(self, request: HttpRequest, parent: Any, deed: str) -> bool:
        """Whether rows of this inline may be so treated that hang on `parent`, where that is what says it."""
        if parent is None or parent.pk is None:
            return True
        is_scoped = scope_of(request.user, self.model, deed) is not None
        place = places(request.user, self.model, deed) if is_scoped else None
        column = _get_foreign_key(self.parent_model, self.model, fk_name=self.fk_name).name
        if place is None or place[0] != column:
            return place is None or bool(place[0]) or deed == "change"
        return bool(type(parent)._base_manager.filter(pk=parent.pk).filter(place[1]).exists())

    def get_listing(self, request: HttpRequest, prefix: str, parent: models.Model | None) -> Listing:
        """The page of this inline that the request asks for."""
        names = self.sortable or self.get_fields(request)
        fields = [name for name in names if isinstance(name, str) and self._is_column(name)]
        ordering = self.get_ordering(request) or self.opts.ordering or ()
        return Listing(
            request.GET,
            prefix,
            per_page=self.per_page,
            sortable=shown_order(request.user, self.model, fields),
            ordering=shown_order(request.user, self.model, ordering) or ("pk",),
            searchable=any(isinstance(field, SearchTextField) for field in self.opts.fields),
            full_list=self._full_list(parent),
            exact_fields=self._exact_fields(),
        )

    def _exact_fields(self) -> tuple[str, ...]:
        if not self.admin_site.is_registered(self.model):
            return ()
        return getattr(self.admin_site.get_model_admin(self.model), "exact_fields", ())

    def _full_list(self, parent: models.Model | None) -> str:
        """Where all of the parent's rows are listed: the change list, if it can be filtered by the parent."""
        if parent is None or not self.admin_site.is_registered(self.model):
            return ""
        way = _get_foreign_key(self.parent_model, self.model, fk_name=self.fk_name)
        filters = self.admin_site.get_model_admin(self.model).list_filter
        if way.name not in (item[0] for item in filters if isinstance(item, (tuple, list))):
            return ""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return f"{address}?{urlencode({way.name: getattr(parent, way.target_field.attname)})}"

    def _is_relation(self, name: Any) -> bool:
        return (
            isinstance(name, str) and self._is_column(name) and self.opts.get_field(name).many_to_one is True
        )

    def _is_column(self, name: str) -> bool:
        return name in {field.name for field in self.opts.fields}

    def asks_before_deleting(self, request: HttpRequest) -> bool:
        """Whether rows that are ticked for deletion go through the page that shows what they would take along."""
        if not self.admin_site.is_registered(self.model):
            return False
        return isinstance(self.admin_site.get_model_admin(self.model), BulkActionsMixin)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RelatedSelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and not field.widget.is_hidden:
            field.widget.attrs.setdefault("aria-label", capfirst(str(db_field.verbose_name)))
        return field
