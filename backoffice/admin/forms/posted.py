"""A formset over the rows that a post carries, each locked until the end of the transaction."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import models
from django.forms.models import BaseModelFormSet
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from backoffice.admin.forms.questions import explain
from backoffice.admin.forms.row_form import RowForm
from backoffice.admin.forms.typed import MOST, typed_into
from backoffice.admin.forms.widgets import RelatedSelect
from backoffice.admin.named_rows import key_named
from backoffice.security.events import event
from backoffice.sql import locks

NEW = 100  # rows that can be added to a page at once


class RowKeyField(forms.Field):
    """The key of a row that the formset has loaded already: no query to check it, and it stays what it is.

    It is hidden, unless it is one of the columns that the rows show.
    """

    widget = forms.HiddenInput

    def __init__(self, row: models.Model | None, widget: forms.Widget | None = None) -> None:
        super().__init__(required=False, initial=row.pk if row else None, widget=widget)
        self.key = row.pk if row else None

    def clean(self, value: Any) -> Any:
        return self.key

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class PostedRowsFormSet(BaseModelFormSet):
    """A formset that holds, when it is bound, the rows whose keys were posted and that `queryset` still has.

    They are in the order of the post, each locked until the end of the transaction. Rows that were deleted or moved
    away meanwhile are left out and named in `gone`, with what was typed for them in `lost`; everything else is saved.
    What others changed in a row meanwhile is merged or asked about.
    """

    # Looser in the stubs.
    model: type[models.Model]
    queryset: models.QuerySet[Any]
    data: QueryDict  # when it is bound
    max_num: int
    extra: int
    visible: models.QuerySet[Any] | None = (
        None  # the rows that may be called by their name when they are gone
    )
    _pk_field: models.Field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.gone: list[str] = []
        self.lost: list[str] = []  # what was typed for those, in words
        self.too_many = 0
        self._known: dict[str, dict[str, Any]] = {}
        super().__init__(*args, **kwargs)
        self.max_num = min(self.max_num, self.most)  # the page offers no more to be added
        if self.is_bound and self.management_form.is_valid():
            self._refuse_too_many()
        if self.is_bound and self.has_rows and self.management_form.is_valid():
            self._keep_present_rows()

    @property
    def per_page(self) -> int:
        """The stored rows that a page has at the most."""
        raise NotImplementedError

    @property
    def most(self) -> int:
        """The forms that a post can have: each costs a few milliseconds, even if nothing but its number was sent."""
        return self.per_page + self.extra + NEW

    def _refuse_too_many(self) -> None:
        """Build no form of a post that says to have more than its page could."""
        numbers: dict[str, Any] = self.management_form.cleaned_data
        if numbers["TOTAL_FORMS"] > self.most:
            self.too_many = numbers["TOTAL_FORMS"]
            self.data = self._renumbered([], 0)
            self.__dict__.pop("management_form", None)

    @property
    def has_rows(self) -> bool:
        """Whether there can be any stored rows yet."""
        return True

    def get_queryset(self) -> Any:
        if self.is_bound and not hasattr(self, "_queryset"):
            self._queryset: Any = []
        return super().get_queryset()

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        self._add_key(form)
        form.is_one_of_many = True
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # Django's wrapper has links beside it
            if isinstance(widget, RelatedSelect) and isinstance(field, forms.ModelChoiceField):
                widget.known = self._related(name, field)

    def _add_key(self, form: Any) -> None:
        """Where the form shows the key, one can be given to a new row; one that is made by itself need not be."""
        name, field = self._pk_field.name, form.fields[self._pk_field.name]
        stored = None if form.instance._state.adding else form.instance
        if name not in self.form.base_fields or self._pk_field is getattr(self, "fk", None):
            form.fields[name] = RowKeyField(stored)
        elif stored:
            attrs = {"readonly": True, "aria-label": field.label}
            form.fields[name] = RowKeyField(stored, AdminTextInputWidget(attrs))
        elif self._pk_field.has_default():
            field.required, field.initial, field.show_hidden_initial = False, None, False

    def _related(self, name: str, field: forms.ModelChoiceField) -> dict[str, Any]:
        """The rows that a relation of this page's rows points at and that may be chosen: one query, not one a row."""
        if name not in self._known:
            column: Any = self.model._meta.get_field(name)
            keys = {getattr(row, column.attname) for row in self.get_queryset()} - {None}
            wanted = {f"{column.target_field.name}__in": keys}
            rows = field.queryset.filter(**wanted) if keys and field.queryset is not None else ()
            self._known[name] = {str(getattr(row, column.target_field.attname)): row for row in rows}
        return self._known[name]

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound:
            forms = [form for form in self.forms if isinstance(form, RowForm)]
            explain(form.merge for form in forms if form.merge)
        if self.too_many:
            sentence = _("%(number)s rows came at once, at most %(most)s can. Nothing of them is saved.")
            numbers = {"number": number_format(self.too_many, force_grouping=True), "most": self.most}
            self.non_form_errors().append(sentence % numbers)

    def _keep_present_rows(self) -> None:
        numbers: dict[str, Any] = self.management_form.cleaned_data
        initial, total = numbers["INITIAL_FORMS"], min(numbers["TOTAL_FORMS"], self.absolute_max)
        posted = {index: self._posted_key(index) for index in range(min(initial, total))}
        keys = {key for key in posted.values() if key is not None}
        self._take_lock(posted)
        rows = locks.held(self.queryset.order_by().filter(pk__in=keys)).in_bulk()
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

    def _posted_key(self, index: int) -> Any:
        raw = self.data.get(f"{self.add_prefix(index)}-{self.model._meta.pk.name}")
        try:
            return key_named(self.model, raw) if raw else None
        except ValueError:
            return None

    def _name_the_gone(self, indexes: set[int], posted: dict[int, Any]) -> None:
        keys = [posted[index] for index in indexes if posted[index] is not None]
        # Only those that this person may see are called by their name.
        seen = self.queryset if self.visible is None else self.visible
        elsewhere = seen.in_bulk(keys) if keys else {}
        self._note_foreign([key for key in keys if key not in elsewhere])
        first = next(iter(self.form.base_fields))
        for index in sorted(indexes):
            row = elsewhere.get(posted[index])
            typed = self.data.get(f"{self.add_prefix(index)}-{first}", "")
            name = str(row) if row else typed or f"#{posted[index]}"
            self.gone.append(name)
            if words := self._typed(index):
                self.lost.append(_("%(row)s: %(typed)s") % {"row": name, "typed": words})

    def _note_foreign(self, keys: list[Any]) -> None:
        """Rows that are there and not this person's: to post them is a security event."""
        number = self.model._base_manager.filter(pk__in=keys).count() if keys else 0
        if number:
            label = self.model._meta.label
            event("authz_fail", level="WARN", reason="form", model=label, number=number)

    def _typed(self, index: int) -> str:
        if len(self.lost) >= MOST:
            return ""
        return typed_into(self.form(data=self.data, prefix=self.add_prefix(index), **self.form_kwargs))

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
