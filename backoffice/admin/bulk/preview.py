"""What a bulk change would do, before it does it: how many rows, from what to what, which cannot and why.

Up to LIMIT rows everything is exact. Above, the count is a bounded one and groups are those of the first SAMPLE rows,
and the page says so, unless all are asked to be counted; the rules are asked about every row all the same, when it is
shown (`survey`) and when it is done (`settle`).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from django.db import models, router, transaction
from django.db.models import Q
from django.utils.text import capfirst

from backoffice.admin.bulk import followups as beside
from backoffice.admin.bulk.followups import Followup, Note, Shown, facts
from backoffice.admin.bulk.settled import Refusals, Settled, settled
from backoffice.admin.counting import LIMIT, Count, bounded_count
from backoffice.admin.showing import NAMES, NOT_SHOWN, SampleRow, display, shown, stored, unseen
from backoffice.previewed import summed
from backoffice.rules import Changes
from backoffice.sql.frozen import among, key_set

Rows = models.QuerySet[Any]
Followups = Callable[[Rows, Rows], Iterator[Followup]]  # of these rows, when all those change
Notes = Callable[[Rows, Rows], Iterator[Note]]

SAMPLE = 1_000
GROUPS = 10
REFUSED = "refused"


class Group(NamedTuple):
    """So many rows whose field goes from one value to another."""

    field: str
    old: str
    new: str
    size: Count


class Others(NamedTuple):
    """The rest of a field's groups, as two numbers."""

    field: str
    values: Count
    size: Count


class Counted(NamedTuple):
    """All of a set that is too large to be seen."""

    differing: int
    changing: int  # without who is refused
    groups: list[Group | Others]


class Refused(NamedTuple):
    """Rows that cannot be changed so, and why."""

    reason: str
    rows: list[models.Model]
    size: Count

    @property
    def more(self) -> Count:
        return Count(self.size.number - len(self.rows), self.size.kind)


def _nothing(rows: Rows, changing: Rows) -> Iterator[Any]:
    return iter(())


class Preview:
    """`changes` (field name → new value) asked of the rows of `queryset`.

    `followups` names what happens to rows that were not selected, `notes` those that are worth knowing of.
    Of a set that is too large to be seen it is not known who is refused before it is surveyed or settled. A row whose
    `decisive` fields (all by default) have their new values already is left as it is. `user` is whose eyes it is for:
    what they do not see is not named.
    """

    def __init__(
        self,
        queryset: models.QuerySet[Any],
        changes: Changes,
        refusals: Refusals,
        *,
        followups: Followups = _nothing,
        notes: Notes = _nothing,
        decisive: Collection[str] = (),
        user: Any = None,
    ) -> None:
        self.user = user
        self.queryset, self.changes, self.model = queryset, changes, queryset.model
        self._followups, self._notes = followups, notes
        self.fields = [self.model._meta.get_field(name) for name in changes]
        self.new = tuple(stored(field, changes[field.name]) for field in self.fields)
        self.total = bounded_count(queryset)
        self.exact = self.total.kind == "exact"
        self.ordering = self.model._meta.ordering or ("pk",)
        self.decisive = [i for i, name in enumerate(changes) if not decisive or name in decisive]
        self.settled: Settled | None = None
        self.refused_keys: set[Any] = set()
        self.by_reason: dict[str, set[Any]] = {}
        self.numbers: dict[
            str, int
        ] = {}  # of a set that is too large to be seen: reason → how many are refused
        self.number = 0  # of all who are, there
        self.sums: list[tuple[int, int]] = []  # for each reason: who is refused, as previewed.summed() has it
        self.counted: Counted | None = None  # a set that is too large to be seen
        if self.exact:
            self._ask_until_settled(refusals)

    @cached_property
    def seen(self) -> dict[Any, tuple[Any, ...]]:
        """The values of the rows that are looked at: of all, or of the first SAMPLE."""
        columns = [field.attname for field in self.fields]
        # In no order it would be an index's: all with the same value, where it begins with a field that changes.
        rows = self.queryset[:LIMIT] if self.exact else self.queryset.order_by(*self.ordering)[:SAMPLE]
        return {row[0]: row[1:] for row in rows.values_list("pk", *columns)}

    @cached_property
    def changing(self) -> dict[Any, tuple[Any, ...]]:
        return {
            key: old
            for key, old in self.seen.items()
            if any(old[index] != self.new[index] for index in self.decisive)
        }

    def _ask_until_settled(self, refusals: Refusals) -> None:
        """Ask the rules until they refuse nobody more.

        What is refused stays as it is, and that may forbid others to change: a manager cannot leave when one of
        the people who were to leave as well cannot.
        """
        known = -1
        while known < len(self.refused_keys):
            known = len(self.refused_keys)
            self._ask(refusals, self.rows())

    def _ask(self, refusals: Refusals, rows: models.QuerySet[Any]) -> None:
        for refusal in refusals(rows):
            found = set(refusal.rows.order_by().values_list("pk", flat=True)[: LIMIT + 1])
            self.by_reason.setdefault(refusal.reason, set()).update(found)
            self.refused_keys |= found

    @property
    def differs(self) -> Q:
        """Rows that the change leaves as they are need no permission from the rules."""
        return Q(
            *(~Q((self.fields[index].name, self.new[index])) for index in self.decisive),
            _connector=Q.OR,
        )

    def survey(self, refusals: Refusals, *, counted: bool = False) -> None:
        """Learn who is refused in a set that is too large to be seen; where nobody is, a question for each rule.

        With `counted` all numbers are exact, which takes longer the more rows there are.
        """
        rows = self.queryset.filter(self.differs)
        if any(refusal.rows.exists() for refusal in refusals(rows)):
            with transaction.atomic(using=router.db_for_write(self.model)), settled(rows, refusals) as found:
                self._learn(found)
                self._look(found.left, counted)
        else:
            self._look(rows, counted)

    def _look(self, left: Rows, counted: bool) -> None:
        """What happens to those who are `left`, and to others because of some of them, or with `counted` of all."""
        if counted:
            self._count(left)
            self.others = self._shown(left, left, beside.all_of)
        else:
            some = left.filter(pk__in=key_set(self.model, self.changing))
            self.others = self._shown(some, left, beside.at_least)

    def _count(self, left: Rows) -> None:
        groups = [
            group for index, field in enumerate(self.fields) for group in self._counted(left, index, field)
        ]
        changing = left.count()
        self.total = Count(self.queryset.count())
        self.counted = Counted(changing + self.number, changing, groups)

    def _counted(self, left: Rows, index: int, field: Any) -> Iterator[Group | Others]:
        """As _grouped(), of all rows: the database counts."""
        rows = left.exclude(**{field.name: self.new[index]})
        sizes = rows.order_by().values_list(field.attname).annotate(size=models.Count("pk"))
        top = [(old, size) for old, size in sizes.order_by("-size", field.attname)[:GROUPS]]
        rest = rows.count() - sum(size for _old, size in top)
        values = sizes.count() - len(top) if rest else 0
        yield from self._told(index, field, top, values, rest)

    def settle(self, found: Settled) -> None:
        """Take over what the rules say about every row of a set that is too large to be seen."""
        self.settled = found
        self._learn(found)

    def _learn(self, found: Settled) -> None:
        self.sums = []
        for reason, rows in found.refused:
            self.sums.append(summed(rows, REFUSED))
            self.numbers[reason] = self.sums[-1][0]
            self.by_reason[reason] = set(rows.order_by("pk").values_list("pk", flat=True)[:SAMPLE])
            self.refused_keys |= self.by_reason[reason]
        self.number = found.number

    def learn_from(self, other: "Preview") -> None:
        """Take over what another preview of the same set learned."""
        self.refused_keys, self.by_reason = other.refused_keys, other.by_reason
        self.numbers, self.number, self.sums = other.numbers, other.number, other.sums

    # In numbers

    @property
    def looked_at(self) -> Count | None:
        """Of how many rows the groups are, where those are not all."""
        return None if self.exact or self.counted else Count(len(self.seen))

    @property
    def refused_number(self) -> Count:
        return Count(len(self.refused_keys) if self.exact else self.number)

    @property
    def unchanged(self) -> Count:
        if self.counted:
            return Count(self.total.number - self.counted.differing)
        return Count(len(self.seen) - len(self.changing))

    @property
    def allowed(self) -> Count:
        """How many rows would be changed; at least so many when the preview did not see them all."""
        if self.exact:
            return Count(len(self.changing.keys() - self.refused_keys))
        return Count(self.counted.changing) if self.counted else self.total

    @cached_property
    def groups(self) -> list[Group | Others]:
        """For each field the GROUPS largest steps from an old value to the new one, and the rest as a number."""
        if self.counted:
            return self.counted.groups
        return [group for index, field in enumerate(self.fields) for group in self._grouped(index, field)]

    def _grouped(self, index: int, field: Any) -> Iterator[Group | Others]:
        olds = Counter(
            old[index]
            for key, old in self.changing.items()
            if old[index] != self.new[index] and key not in self.refused_keys
        )
        top = olds.most_common(GROUPS)
        rest = olds.total() - sum(count for _value, count in top)
        yield from self._told(index, field, top, len(olds) - len(top), rest)

    def _told(
        self, index: int, field: Any, top: list[tuple[Any, int]], values: int, rest: int
    ) -> Iterator[Group | Others]:
        label, new = capfirst(str(field.verbose_name)), self.new[index]
        names = shown(field, [*(value for value, _size in top), new], self.user)
        for value, size in top:
            yield Group(label, names[value], names[new], Count(size))
        if rest:
            yield Others(label, Count(values), Count(rest))

    # To others

    @cached_property
    def others(self) -> list[Shown]:
        """What happens to rows that were not selected."""
        rows = self.rows()
        return self._shown(rows, rows, bounded_count if self.exact else beside.unknown)

    def _shown(self, rows: Rows, changing: Rows, count: Callable[[Rows], Count]) -> list[Shown]:
        found: Iterable[Followup | Note] = chain(self._followups(rows, changing), self._notes(rows, changing))
        return list(beside.show(found, self.user, count))

    def followups(self) -> Iterator[Followup]:
        """What is to happen to rows that are not `rows()`, before those are changed."""
        rows = self.rows()
        return self._followups(rows, rows)

    def notes(self) -> Iterator[Note]:
        rows = self.rows()
        return self._notes(rows, rows)

    @property
    def noted(self) -> list[int]:
        """Of how many rows each note tells that tells of any, before `rows()` are changed."""
        count = bounded_count if self.exact else beside.all_of
        return [number for note in self.notes() if (number := count(note.rows).number)]

    # By name

    @cached_property
    def refused(self) -> list[Refused]:
        chosen = {reason: sorted(keys)[:NAMES] for reason, keys in self.by_reason.items() if keys}
        rows = self.model._default_manager.in_bulk([key for keys in chosen.values() for key in keys])
        return [
            Refused(reason, [rows[key] for key in keys if key in rows], self._size(reason))
            for reason, keys in chosen.items()
        ]

    def _size(self, reason: str) -> Count:
        return Count(len(self.by_reason[reason]) if self.exact else self.numbers[reason])

    def sample(self, search: Callable[[models.QuerySet[Any]], models.QuerySet[Any]]) -> list[SampleRow]:
        """The first rows that would be changed, among those that `search` leaves, with old and new values."""
        relations = [field.name for field in self.fields if field.is_relation]
        rows = search(self.rows())
        if not self.exact and self.refused_keys:
            rows = rows.exclude(pk__in=key_set(self.model, self.refused_keys))
        rows = rows.select_related(*relations) if relations else rows
        first = list(rows.order_by(*self.ordering)[:NAMES])
        unnamed = {
            field.name: unseen(self.user, field, [getattr(row, field.attname) for row in first])
            for field in self.fields
        }
        return [SampleRow(row, self._cells(row, unnamed)) for row in first]

    def _cells(self, row: models.Model, unnamed: dict[str, set[Any]]) -> list[tuple[str, str]]:
        return [
            (
                str(NOT_SHOWN)
                if getattr(row, field.attname) in unnamed[field.name]
                else display(field, getattr(row, field.name)),
                display(field, self.changes[field.name]),
            )
            for field in self.fields
        ]

    # To be bound to, and to act on

    @cached_property
    def facts(self) -> tuple[Any, ...]:
        """Others when the affected rows, their values or the change are, as far as the preview saw them."""
        if not self.exact:
            return (self.new, None)
        seen, refused = sorted(self.changing.items(), key=str), sorted(self.refused_keys, key=str)
        return (self.new, self.total, seen, refused, facts(self.followups(), LIMIT))

    def rows(self) -> models.QuerySet[Any]:
        """Exactly the rows to change: those that differ and that no rule refuses."""
        if self.exact:
            return among(self.model, self.changing.keys() - self.refused_keys)
        return self.settled.left if self.settled else self.queryset.filter(self.differs)
