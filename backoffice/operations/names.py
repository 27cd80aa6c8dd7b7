"""What rows and values are called, asked for many at once; gone rows are called what they were called last."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Max
from django.utils.translation import gettext as _

from backoffice.access.record import unseen
from backoffice.access.roles import role_label
from backoffice.operations.changes import Change, Values, after, before
from backoffice.operations.own_words import told
from backoffice.operations.tables import is_recorded, recorded_fields
from backoffice.shown import shown_value

EMPTY = "–"
OF_ONE = (
    "add",
    "edit",
    "delete",
    "grant",
    "revoke",
)  # operations that are called by their row, if they are about one


class Names:
    """The names of what a page shows, in one or two queries for each model that is pointed at."""

    def __init__(self, changes: Iterable[Change], user: Any = None) -> None:
        """For the eyes of `user`, if one is given: what they do not see is not named."""
        self.user = user
        self.unseen: set[tuple[Any, Any]] = set()
        self.rows: dict[tuple[Any, Any], models.Model | None] = {}  # (relation, value) → row
        self.gone: set[tuple[Any, Any]] = set()
        self.keys: dict[Any, set[Any]] = {}  # model → its rows on the page
        self.recorded: dict[Any, dict[Any, str]] = {}  # model → key → the name that the log has
        wanted: dict[Any, set[Any]] = {}
        for change in changes:
            self.keys.setdefault(change.model, set()).add(change.key)
            for values in (change.before, change.after):
                for field in recorded_fields(change.model):
                    if values and field.is_relation and values[field.attname] is not None:
                        wanted.setdefault(field.target_field, set()).add(values[field.attname])
        for target, asked in wanted.items():
            self._look_up(target, asked)

    def of(self, change: Change) -> str:
        """The name of a row, as it was after the change or, for a deleted one, before."""
        return self.row(change.model, change.key, change.after or change.before or {})

    def row(self, model: Any, key: Any, values: Values) -> str:
        row = self._instance(model, key, values)
        return _name(row) or self._recorded(model, key) or called(row, key)

    def value(self, field: Any, values: Values | None) -> str:
        """A value as people read it."""
        value = (values or {}).get(field.attname)
        if value is None or value == "":
            return EMPTY
        if not field.is_relation:
            return str(shown_value(value, field, EMPTY))
        if (field.target_field, value) in self.unseen:
            return str(_("(outside of what you see)"))
        row = self.rows.get((field.target_field, value))
        if row is None:
            return _("%(thing)s %(key)s, gone") % {
                "thing": field.related_model._meta.verbose_name,
                "key": value,
            }
        name = called(row, value)
        return _("%(name)s (gone)") % {"name": name} if (field.target_field, value) in self.gone else name

    def plain(self, field: Any, value: Any) -> str:
        """A value for a file: dates and numbers as machines read them."""
        if field.is_relation:
            return self.value(field, {field.attname: value})
        return str(self.labels(field).get(value, value))

    @staticmethod
    @cache
    def labels(field: Any) -> dict[Any, Any]:
        return dict(field.flatchoices)

    def is_gone(self, field: Any, value: Any) -> bool:
        """Whether what a relation points at is not there any more."""
        return (field.target_field, value) in self.gone or (field.target_field, value) not in self.rows

    def is_unseen(self, field: Any, value: Any) -> bool:
        """Whether what a relation points at is outside of what the person sees."""
        return field.is_relation and (field.target_field, value) in self.unseen

    def _look_up(self, target: Any, values: set[Any]) -> None:
        model = target.model
        for row in model._base_manager.filter(**{f"{target.attname}__in": values}):
            self.rows[target, getattr(row, target.attname)] = row
        if self.user is not None and target.primary_key:
            self.unseen |= {(target, value) for value in unseen(self.user, model, values)}
        elif self.user is not None:
            keys = {row.pk: value for value in values if (row := self.rows.get((target, value)))}
            self.unseen |= {(target, keys[key]) for key in unseen(self.user, model, set(keys))}
        missing = {value for value in values if (target, value) not in self.rows}
        if missing and target.primary_key and is_recorded(model):
            self.gone |= {(target, value) for value in missing}
            for step in _last_steps(model, missing):
                known = before(step, model) or after(step, model) or {}
                self.rows[target, step.row_id] = _made(model, step.row_id, known)

    def _recorded(self, model: Any, key: Any) -> str:
        """For a row whose name is made of something that is gone: what an operation on it alone was called."""
        if model not in self.recorded:
            self.recorded[model] = _subjects(model, self.keys.get(model, set()) | {key})
        return told(self.recorded[model].get(key, ""), [model])

    def _instance(self, model: Any, key: Any, values: Values) -> models.Model:
        """With the rows that it points at, so that its name costs no query."""
        row = _made(model, key, values)
        for field in recorded_fields(model):
            if field.is_relation and (
                related := self.rows.get((field.target_field, values.get(field.attname)))
            ):
                field.set_cached_value(row, related)
        return row


def _last_steps(model: Any, keys: Iterable[Any]) -> models.QuerySet[Any]:
    rows = model.history_model.objects.filter(row__in=list(keys)).order_by()
    last: models.QuerySet[Any] = rows.values("row_id").annotate(last=Max("pk")).values("last")
    found: models.QuerySet[Any] = model.history_model.objects.filter(
        pk__in=list(last.values_list("last", flat=True))
    )
    return found


def _subjects(model: Any, keys: Iterable[Any]) -> dict[Any, str]:
    """key → what the last operation on that row alone was called; two queries."""
    about = model.history_model.objects.filter(row__in=list(keys)).order_by()
    about = about.filter(operation__number=1, operation__kind__in=OF_ONE).exclude(operation__subject="")
    last = about.values("row_id").annotate(last=Max("pk")).values_list("last", flat=True)
    found = model.history_model.objects.filter(pk__in=list(last))
    return dict(found.order_by().values_list("row_id", "operation__subject"))


def _made(model: Any, key: Any, values: Values) -> models.Model:
    """An instance that was never loaded: only to be named."""
    known = {name: value for name, value in values.items() if value is not None}
    row: models.Model = model(**{model._meta.pk.attname: key, **known})
    return row


def called(row: models.Model, key: Any) -> str:
    """The name of a row; that of a role in the language of the page."""
    return _name(row) or f"{row._meta.verbose_name} {key}"


def _name(row: models.Model) -> str:
    try:
        return role_label(str(row)) if isinstance(row, Group) else str(row)
    except Exception:  # it is made of something that is gone
        return ""
