"""How the rows of a selection differ from those that somebody looked at, by number and by name."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.admin.bulk.then import once_in
from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.lists.found import sql_of
from backoffice.admin.showing import NAMES
from backoffice.admin.wording import grammatical, listing, things
from backoffice.models import Operation
from backoffice.operations.since import Moment
from backoffice.operations.tables import is_recorded, old, recorded_fields, recorded_models
from backoffice.sql.closures import closure_of
from backoffice.sql.frozen import key_set

Rows = models.QuerySet[Any]


class Part(NamedTuple):
    size: Count = Count(0)
    names: tuple[str, ...] = ()


class Difference(NamedTuple):
    model: type[models.Model]
    new: Part = Part()
    gone: Part = Part()
    changed: Part = Part()
    beside: tuple["Difference", ...] = ()  # other rows, which say what is in the set

    def __bool__(self) -> bool:
        return any(part.size.number for part in (self.new, self.gone, self.changed)) or any(self.beside)

    def sentences(self) -> Iterator[str]:
        for part, one, many in (
            (self.new, _("%(things)s is new%(names)s."), _("%(things)s are new%(names)s.")),
            (self.gone, _("%(things)s is gone%(names)s."), _("%(things)s are gone%(names)s.")),
            (
                self.changed,
                _("%(things)s has other values now%(names)s."),
                _("%(things)s have other values now%(names)s."),
            ),
        ):
            if part.size.number:
                pattern = one if grammatical(part.size) == 1 else many
                yield pattern % {"things": things(self.model, part.size), "names": _names(part)}
        for other in self.beside:
            yield from other.sentences()


def by_key(then: set[Any], now: set[Any], moment: Moment, fields: Collection[str], rows: Rows) -> Difference:
    """Of a set of which every key is known. `rows` are those that may be named."""
    gone = then - now
    changed: set[Any] = set()
    if is_recorded(rows.model):
        about = moment.changes(rows.model).filter(action="~").filter(_touching(fields))
        about = about.filter(row_id__in=key_set(rows.model, then & now))
        changed = set(about.values_list("row_id", flat=True).distinct())
    named = [*_some(rows, gone), *_deleted(rows.model, gone, moment)][:NAMES]
    return Difference(
        rows.model,
        Part(Count(len(now - then)), tuple(_some(rows, now - then))),
        Part(Count(len(gone)), tuple(named)),
        Part(Count(len(changed)), tuple(_some(rows, changed))),
    )


def by_history(
    selected: Rows, chosen: Rows | None, moment: Moment, *, without: Operation | None = None
) -> Difference:
    """Of a set of any size: those of its rows that were written since, and those it has lost by that.

    `chosen` is how `selected` was found: where other rows say what is found (what a department lies below), those that
    were written are in it, without names; None where `selected` says it all. `without` is an operation of one's own
    that does not count.
    """
    if not is_recorded(selected.model):
        return Difference(selected.model)
    touched = moment.changes(selected.model).exclude(operation=without)
    created = touched.filter(action="+").values("row_id")
    new = selected.filter(pk__in=created)
    changed = selected.filter(pk__in=touched.values("row_id")).exclude(pk__in=created)
    gone = once_in(selected if chosen is None else chosen, touched).exclude(pk__in=selected.values("pk"))
    others = () if chosen is None else tuple(_deciding(chosen, moment, without))
    return Difference(selected.model, new=_part(new), gone=_part(gone), changed=_part(changed), beside=others)


def renamed(names: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Of what was told by name and place: what it was and is, where that is not the same."""
    for then, now in names:
        if then != now:
            yield _("“%(then)s” is “%(now)s” by now.") % {"then": then, "now": now}


def _deciding(chosen: Rows, moment: Moment, without: Operation | None) -> Iterator[Difference]:
    """What was written since to the tables that `chosen` asks beside its own rows, or to the tree of one of them."""
    sql, _params = sql_of(chosen.order_by().values("pk"), chosen.db) or ("", ())
    for model in recorded_models():
        written = moment.changes(model).exclude(operation=without)
        if _asked(model._meta.db_table, sql) <= (model is chosen.model):
            if not _asked(closure_of(model), sql):
                continue
            written = written.filter(_touching([model.kept_closure]), action="~")
        size = bounded_count(written, of="row_id")
        if size.number:
            yield Difference(model, changed=Part(size))


def _asked(table: str, sql: str) -> int:
    """How often `sql` reads `table`, which also stands before each of its columns."""
    return len(re.findall(rf"""(?<!\w){table}(?!\w)(?!["`]?\.)""", sql))


def _part(rows: Rows) -> Part:
    size = bounded_count(rows)
    return Part(size, tuple(str(row) for row in rows.order_by("pk")[:NAMES]) if size.number else ())


def _touching(fields: Collection[str]) -> Q:
    return reduce(or_, (Q(fields__contains=f",{name},") for name in fields))


def _some(rows: Rows, keys: Collection[Any]) -> list[str]:
    if not keys:
        return []
    return [str(row) for row in rows.filter(pk__in=key_set(rows.model, keys)).order_by("pk")[:NAMES]]


def _deleted(model: Any, keys: Collection[Any], moment: Moment) -> list[str]:
    """The names of rows that are not there any more, from what was recorded of them."""
    if not keys or not is_recorded(model):
        return []
    rows = moment.changes(model).filter(action="-", row_id__in=key_set(model, keys)).order_by("row_id")
    fields = recorded_fields(model)
    return [
        str(model(**{field.attname: getattr(row, old(field)) for field in fields})) for row in rows[:NAMES]
    ]


def _names(part: Part) -> str:
    """ ": Ada, Bo and 3 more"; nothing when none may be named."""
    if not part.names:
        return ""
    rest = part.size.number - len(part.names)
    more = [_("%(rest)s more") % {"rest": Count(rest, part.size.kind)}] if rest else []
    return _(": %(names)s") % {"names": listing([*part.names, *more])}
