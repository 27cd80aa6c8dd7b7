"""An inline that shows one page of children and saves only the rows that a post carries."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import connections, models
from django.forms.models import BaseInlineFormSet, _get_foreign_key
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst

from backoffice import locks
from backoffice.admin.actions import BulkActionsMixin
from backoffice.admin.forms import RowForm
from backoffice.admin.listing import Listing
from backoffice.search import SearchTextField


class RowKeyField(forms.Field):
    """The hidden key of a row that the formset has loaded already: no query to check it."""

    widget = forms.HiddenInput

    def __init__(self, row: models.Model | None) -> None:
        super().__init__(required=False, initial=row.pk if row else None)
        self.row = row

    def clean(self, value: Any) -> models.Model | None:
        return self.row

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class PagedInlineFormSet(BaseInlineFormSet):
    """A formset over one page of the parent's rows.

    Bound, it holds the rows whose keys were posted and that are still the parent's, in the order of the post, each
    locked until the end of the transaction. Rows that were deleted or moved away meanwhile are left out and named
    in `gone`; everything else is saved. With `ask_first`, rows that are ticked for deletion are not deleted but left
    in `to_delete`, for a page that shows what they would take along.
    """

    # Looser in the stubs; an inline's formset always has them.
    model: type[models.Model]
    queryset: models.QuerySet[Any]
    data: QueryDict  # when it is bound
    _pk_field: models.Field

    def __init__(
        self, *args: Any, listing: Listing | None = None, ask_first: bool = False, **kwargs: Any
    ) -> None:
        self.listing = listing
        self.ask_first = ask_first
        self.to_delete: list[Any] = []
        self.gone: list[str] = []
        self.visible = kwargs.get("queryset")
        super().__init__(*args, **kwargs)
        if self.is_bound and self.instance.pk is not None and self.management_form.is_valid():
            self._keep_present_rows()

    def get_queryset(self) -> Any:
        if not hasattr(self, "_queryset"):
            rows = super().get_queryset()  # the parent's
            if self.is_bound:
                self._queryset: Any = []
            elif self.listing and self.instance.pk is not None:
                self._queryset = self.listing.read(rows)
            else:
                self._queryset = list(rows[: self.max_num])
        return self._queryset

    @cached_property
    def empty_form(self) -> Any:
        """Built once: the page asks for it six times."""
        return super().empty_form

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        name = self._pk_field.name
        if name in form.fields:
            form.fields[name] = RowKeyField(form.instance if form.instance.pk is not None else None)

    def save_existing_objects(self, commit: bool = True) -> Any:
        saved = super().save_existing_objects(commit)
        if self.ask_first:
            self.to_delete, self.deleted_objects = self.deleted_objects, []
        return saved

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        if not self.ask_first:
            super().delete_existing(obj, commit)

    def _keep_present_rows(self) -> None:
        numbers: dict[str, Any] = self.management_form.cleaned_data
        initial, total = numbers["INITIAL_FORMS"], min(numbers["TOTAL_FORMS"], self.absolute_max)
        posted = {index: self._posted_key(index) for index in range(min(initial, total))}
        keys = {key for key in posted.values() if key is not None}
        self._take_lock(posted)
        rows = self._locked(self.queryset.order_by().filter(pk__in=keys)).in_bulk()
        present: list[int] = []
        for index, key in posted.items():
            if key in rows and key not in {posted[other] for other in present}:
                present.append(index)
        self._name_the_gone(set(posted) - set(present), posted)
        self._queryset = [rows[posted[index]] for index in present]
        if len(present) < len(posted):
            self.data = self._renumbered([*present, *range(len(posted), total)], len(present))
            self.__dict__.pop("management_form", None)
            self.__dict__.pop("forms", None)

    def _take_lock(self, posted: dict[int, Any]) -> None:
        """If the post changes what rules compare between rows: before rows are locked (see locks)."""
        names = [name for name in locks.judged_together(self.model) if name in self.form.base_fields]
        stored = locks.stored_values(self.model, {*posted.values()} - {None}) if names else {}
        for index, key in posted.items():
            texts = {name: self.data.get(f"{self.add_prefix(index)}-{name}", "") for name in names}
            if key in stored and any(texts[name] != str(stored[key][name] or "") for name in names):
                return locks.take(self.model)

    def _locked(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Nobody deletes these before we have saved them: an UPDATE that finds no row would become an INSERT."""
        if connections[rows.db].features.has_select_for_update_of:
            return rows.select_for_update(of=("self",))
        return rows.select_for_update()

    def _posted_key(self, index: int) -> Any:
        raw = self.data.get(f"{self.add_prefix(index)}-{self.model._meta.pk.name}")
        try:
            return self.model._meta.pk.to_python(raw) if raw else None
        except forms.ValidationError:
            return None

    def _name_the_gone(self, indexes: set[int], posted: dict[int, Any]) -> None:
        keys = [posted[index] for index in indexes if posted[index] is not None]
        # Only those that this person may see are called by their name.
        elsewhere = self.visible.in_bulk(keys) if keys and self.visible is not None else {}
        first = next(iter(self.form.base_fields))
        for index in sorted(indexes):
            row = elsewhere.get(posted[index])
            typed = self.data.get(f"{self.add_prefix(index)}-{first}", "")
            self.gone.append(str(row) if row else typed or f"#{posted[index]}")

    def _renumbered(self, kept: list[int], initial: int) -> QueryDict:
        """The posted data with only the forms in `kept`, numbered from 0."""
        data = self.data.copy()
        for key in [
            key for key in data if key.startswith(f"{self.prefix}-") and key.split("-")[-2].isdecimal()
        ]:
            del data[key]
        for new, old in enumerate(kept):
            before = f"{self.add_prefix(old)}-"
            for key in self.data:
                if key.startswith(before):
                    data.setlist(f"{self.add_prefix(new)}-{key.removeprefix(before)}", self.data.getlist(key))
        data[f"{self.prefix}-TOTAL_FORMS"] = str(len(kept))
        data[f"{self.prefix}-INITIAL_FORMS"] = str(initial)
        return data


class TabularInline(admin.TabularInline):
    """One page of children as a table: `per_page` rows, search, sort, jump, and a link to the whole list."""

    formset = PagedInlineFormSet
    form = RowForm
    template = "backoffice/inlines/tabular.html"
    extra = 0
    per_page = 25
    show_change_link = True
    sortable: tuple[str, ...] | None = None  # columns to sort by; all the editable ones by default

    def get_listing(self, request: HttpRequest, prefix: str, parent: models.Model | None) -> Listing:
        """The page of this inline that the request asks for."""
        names = self.sortable or self.get_fields(request)
        fields = [name for name in names if isinstance(name, str) and self._is_column(name)]
        return Listing(
            request.GET,
            prefix,
            per_page=self.per_page,
            sortable=fields,
            ordering=self.get_ordering(request) or self.opts.ordering or ("pk",),
            searchable=any(isinstance(field, SearchTextField) for field in self.opts.fields),
            full_list=self._full_list(parent),
        )

    def _full_list(self, parent: models.Model | None) -> str:
        """Where all of the parent's rows are listed: the change list, if it can be filtered by the parent."""
        if parent is None or not self.admin_site.is_registered(self.model):
            return ""
        name = _get_foreign_key(self.parent_model, self.model, fk_name=self.fk_name).name
        filters = self.admin_site.get_model_admin(self.model).list_filter
        if name not in (item[0] for item in filters if isinstance(item, (tuple, list))):
            return ""
        return (
            f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_changelist')}?{name}={parent.pk}"
        )

    def _is_column(self, name: str) -> bool:
        return name in {field.name for field in self.opts.fields}

    def asks_before_deleting(self, request: HttpRequest) -> bool:
        """Whether rows that are ticked for deletion go through the page that shows what they would take along."""
        if not self.admin_site.is_registered(self.model):
            return False
        return isinstance(self.admin_site.get_model_admin(self.model), BulkActionsMixin)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and not field.widget.is_hidden:
            field.widget.attrs.setdefault("aria-label", capfirst(str(db_field.verbose_name)))
        return field
