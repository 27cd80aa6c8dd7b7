"""Two people at once: what a form showed, what was typed, and what is stored by now, compared field by field.

A form carries the values that it showed (`carried`), and a save compares three values of each field: base (what the
form showed), mine (what was posted) and theirs (what is stored, read under a lock that holds until the save). What
only they changed is merged; what both changed to different values is asked about, and nothing is saved until then. Of
several related rows what each added and took away is merged.

The values travel, not the number of the newest history row: so the base is known after the history has expired, a
change that was made by raw SQL is met as well, and a page asks the database nothing more. The record is only asked who
changed a field and when, and where it does not know, the page says so. A form that comes back carries besides what it
showed at first, of what was merged or is asked about: to type over a merged value is to be asked about it. The text is
not signed: it holds what its reader saw, and to forge it does no more than to choose "mine" everywhere. A post that
carries none is a script's: no page of ours makes one. It is taken at its word, since there is nothing that it could be
compared with, and it is told so; what it wrote over is in the history.
"""

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import connections, router
from django.forms import ModelForm, MultiWidget
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import model_to_dict

from backoffice.admin.forms.carried import (
    carried_value,
    columns_of,
    compared,
    posted_another,
    read_carried,
    text_of,
)
from backoffice.sql import locks

MINE, THEIRS = "mine", "theirs"


@dataclass
class Met:
    """A field that somebody else changed since it was shown at first; the values are the model field's."""

    name: str
    base: Any
    base_is_known: bool
    base_text: Any  # as it travels
    theirs: Any
    mine: Any = None


class Merge:
    """What becomes of one bound form over a stored row."""

    def __init__(self, form: ModelForm, *, is_locked: bool) -> None:
        self.form = form
        self.row = form.instance
        self.conflicts: dict[str, Met] = {}  # two people changed them to different values
        self.merged: dict[str, Met] = {}  # as the other left them
        self.questions: dict[str, Any] = {}  # what is asked about the conflicts, in words; see questions
        self.report: list[str] = []  # whose change of what was merged
        self.news: list[str] = []  # the same while nothing is saved, with the values
        self.is_gone = not (is_locked or self._lock())
        self.columns = {field.attname: getattr(self.row, field.attname) for field in columns_of(self.row)}
        self.stored = {name: text_of(field, self.row) for name, field in compared(form)}
        carried = read_carried(form.data.get(form.add_prefix("_shown")))
        self.is_compared = form.add_prefix("_shown") in form.data
        if self.is_compared:
            for name, field in compared(form):
                (self._add_up if field.many_to_many else self._compare)(name, field, carried)

    @property
    def is_ticked(self) -> bool:
        """Whether the row is ticked for deletion."""
        return bool(self.form.data.get(self.form.add_prefix(DELETION_FIELD_NAME)))

    @property
    def is_met(self) -> bool:
        """Whether somebody else changed the row since it was shown."""
        return bool(self.merged or self.conflicts)

    def carried(self) -> str:
        """What the form has to carry when it comes back: it shows by now what is stored, besides what is mine."""
        met = {**self.merged, **self.conflicts}
        asked = {name: [found.base_text] * found.base_is_known for name, found in met.items()}
        return json.dumps(
            {"shown": self.stored, "asked": asked, "merged": list(self.merged)}, ensure_ascii=False
        )

    def untouched(self) -> dict[str, Any]:
        """What is stored of plain fields that nobody changed in the form."""
        stored = {name: self.columns[f.attname] for name, f in compared(self.form) if not f.is_relation}
        return {name: value for name, value in stored.items() if not posted_another(self.form[name], value)}

    def written(self) -> list[str] | None:
        """The columns to save: what differs from what is stored; None for all, when the row got another key."""
        changed = set(self.form.changed_data)
        if self.row.pk != self.columns[self.row._meta.pk.attname]:
            return None
        return [
            field.name
            for field in columns_of(self.row)
            if not field.primary_key
            and (
                field.name in changed
                or getattr(self.row, field.attname) != self.columns[field.attname]
                or _computes_itself(field)
            )
        ]

    def _compare(self, name: str, field: Any, carried: Mapping[str, Any]) -> None:
        theirs = field.value_from_object(self.row)
        text = [carried["shown"][name]] if name in carried["shown"] else []
        shown, known = carried_value(field, text)
        stands = known and (shown == theirs or text == [self.stored[name]])  # as the form showed it
        was_met, was_merged = name in carried["asked"], name in carried["merged"]
        met = self._met(name, field, carried["asked"].get(name, text), theirs)
        choice = self.form.data.get(self.form.add_prefix(f"_keep_{name}")) if was_met and stands else None
        if choice == THEIRS:
            self._take(name, theirs)
        if (stands and not was_met) or choice in (MINE, THEIRS):
            return
        if not posted_another(self.form[name], theirs):
            if was_merged:
                self.merged[name] = met
        elif known and (was_merged or not was_met) and not posted_another(self.form[name], shown):
            self.merged[name] = met
            self._take(name, theirs)
        else:
            self.conflicts[name] = met

    def _met(self, name: str, field: Any, text: Any, theirs: Any) -> Met:
        """`text` is what the form showed at first, in a list, which is empty where it is not known."""
        base, known = carried_value(field, text)
        return Met(name, base, known, text[0] if known else None, theirs)

    def _add_up(self, name: str, field: Any, carried: Mapping[str, Any]) -> None:
        """Of a relation to many there is nothing to ask: what each of the two added and took away holds."""
        theirs, mine = set(self.stored[name]), {str(key) for key in self.form[name].data or ()}
        text = [carried["shown"][name]] if name in carried["shown"] else []
        shown, known = carried_value(field, text)
        base = set(shown) if known else theirs
        both = (mine | (theirs - base)) - (base - theirs)
        if both != mine:
            self._take(name, sorted(both))
        was_merged = name in carried["merged"]
        met = self._met(name, field, carried["asked"].get(name, text), sorted(theirs))
        first = set(met.base) if was_merged and met.base_is_known else base
        stands = both >= theirs - first and not both & (first - theirs)
        if (both != mine or was_merged) and stands:
            self.merged[name] = met

    def _take(self, name: str, value: Any) -> None:
        """Let the form have posted this value."""
        bound = self.form[name]
        widget: Any = bound.field.widget
        value = bound.field.prepare_value(value)
        data: Any = copy(self.form.data)
        if isinstance(bound.field.widget, MultiWidget):
            for suffix, part in zip(widget.widgets_names, widget.decompress(value), strict=True):
                data[bound.html_name + suffix] = "" if part is None else part
        elif isinstance(value, list):
            data.setlist(bound.html_name, value)
        else:
            data[bound.html_name] = "" if value is None else value
        self.form.data = data

    def _lock(self) -> bool:
        """Read the row again and let nobody else change it until the transaction ends; whether it is there."""
        model = type(self.row)
        connection = connections[router.db_for_write(model, instance=self.row)]
        if not connection.in_atomic_block:
            return True
        names = [name for name in locks.judged_together(model) if name in self.form.fields]
        if any(self.form[name]._has_changed() for name in names):  # type: ignore[attr-defined]
            locks.take(model)  # before the row, as everywhere
        try:
            self.row.refresh_from_db(from_queryset=locks.held(model._base_manager.using(connection.alias)))
        except ObjectDoesNotExist:
            return False
        self.form.initial = {**self.form.initial, **model_to_dict(self.row, list(self.form.fields))}
        self.form._bound_fields_cache.clear()  # type: ignore[attr-defined]
        return True


def _computes_itself(field: Any) -> bool:
    """Whether a column has a new value at each save, whatever its row says: auto_now, and the like."""
    return getattr(field, "auto_now", False) or not type(field).pre_save.__module__.startswith("django.")
