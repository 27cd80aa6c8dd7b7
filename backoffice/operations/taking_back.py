"""The undo itself: record the opposite of each step of every row that nothing stands against, then do it."""

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext as _

from backoffice.models import Operation
from backoffice.operations.conflicts import dependants, is_mixed, looked_up, lost
from backoffice.operations.current import Recording
from backoffice.operations.judging import break_rules
from backoffice.operations.later_columns import filled
from backoffice.operations.leaving import SAMPLE, by_reason, left
from backoffice.operations.outcome import BEREFT, RULED, Bereft, Needed, Only, Outcome, UndoError
from backoffice.operations.recorder import insert_from
from backoffice.operations.regained import is_without, regain
from backoffice.operations.replay import replay
from backoffice.operations.standing import mark
from backoffice.operations.tables import is_recorded, new, old, recorded_fields
from backoffice.operations.undoing import OPPOSITE, Rows, Step, Undoing
from backoffice.operations.unordered import unordered
from backoffice.operations.untouched import is_untouched
from backoffice.sql import locks
from backoffice.sql.frozen import key_set

MANY = 10_000  # rows
ROUNDS = 100  # attempts until no rule is broken by what comes back: one for each level of managers, say


def take_back(
    target: Operation,
    it: Recording,
    only: Only | None,
    needed: Needed = (),
    *,
    carefully: bool,
    named: int = SAMPLE,
) -> Outcome:
    """Not `carefully`: where nothing was recorded since, all of it comes back, and what may stand against that is not
    asked row by row. Raises IntegrityError where something did all the same. Of what is left for a reason the first
    `named` rows are in the outcome.
    """
    taking = _TakingBack(target, it, only, needed)
    for model in taking.models:
        if locks.judged_together(model):
            locks.take(model)
    taking.hold()
    known = all(is_recorded(field.related_model) for field in needed)  # else it may be gone without a trace
    at_ease = not carefully and only is None and known and is_untouched(target, it.operation)
    return (taking.at_once() if at_ease else None) or taking.by_what_can_be(named)


class _TakingBack(Undoing):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.bereft: list[Bereft] = []
        self.at_ease = False  # whether nothing can stand against it
        self.recorded = 0  # changes that this attempt is to make

    def hold(self) -> None:
        """Wait for those who are changing rows of the operation, before anything is asked of what was recorded.

        The statement that waits goes on with what it saw of the record when it began: without what it waited for.
        """
        self._refresh_statistics()
        for model in self.models:
            if any(step.model is model and step.action != "-" for step in self.steps):
                touched = self.asked(model).exclude(action="-").values("row_id")
                locks.hold(model._base_manager.using(self.it.using).filter(pk__in=touched))

    def at_once(self) -> Outcome | None:
        """All of it; None, and nothing is done, where some of its rows are not as they were left."""
        self.at_ease = True
        point = transaction.savepoint(using=self.it.using)
        number = self._attempt()
        counts = self.it.counts()
        rows = sum(sum(count.values()) for count in counts.values())
        if number == self.recorded and rows == self.target.number:
            self._tell_bereft()
            mark(self.target, self.it, fully=True)
            return self._outcome(number, [], counts)
        transaction.savepoint_rollback(point, using=self.it.using)
        self.at_ease = False
        return None

    def by_what_can_be(self, named: int) -> Outcome:
        for _round in range(ROUNDS):
            point = transaction.savepoint(using=self.it.using)
            number = self._attempt()
            if not break_rules(self):
                break
            transaction.savepoint_rollback(point, using=self.it.using)
        else:
            raise UndoError(_("Nothing was undone: what would come back breaks a rule."))
        self._tell_bereft()
        rest = left(self, named)
        if number:
            done = not rest and not self.is_more() and not is_without(self.target, self.it)
            mark(self.target, self.it, fully=done)
        return self._outcome(number, rest, self.it.counts())

    def _outcome(self, number: int, rest: list[Any], counts: dict[str, dict[str, int]]) -> Outcome:
        return Outcome(self.it.operation, number, rest, counts, self.bereft)

    def _tell_bereft(self) -> None:
        ruled = [part for part in self.bereft if part.reason]
        for key, parts in ((BEREFT, self.bereft), (RULED, ruled)):
            if parts:
                told = [[part.model._meta.label, part.field.name, part.number] for part in parts]
                self.it.operation.details[key] = told

    def _attempt(self) -> int:
        """Record and replay; how many changes were taken back."""
        self.recorded = 0
        recorded = [(step, self._record(step)) for step in self.steps]
        if not self.at_ease:
            self._refresh_statistics()
            for model in self.models:
                self._pass_over(model)
            self._drop_dependants(recorded)
        self.bereft = list(self._empty_lost_relations(recorded))
        for model in self.models:
            self._follow_on(model)
        with unordered(self.it.using):
            number = sum(replay(step.model, rows, OPPOSITE[step.action]) for step, rows in recorded)
        if not self.at_ease:
            number += regain(self)
        return number

    def _refresh_statistics(self) -> None:
        """Let PostgreSQL know that there are many rows of this operation: without, it plans for one."""
        connection = connections[self.it.using]
        if connection.vendor == "postgresql" and self.target.number > MANY and self.only is None:
            with connection.cursor() as cursor:
                for model in self.models:
                    table = connection.ops.quote_name(model.history_model._meta.db_table)
                    cursor.execute(f"ANALYZE {table} (operation_id, row_id, step, action, fields)")

    def _record(self, step: Step) -> Rows:
        """The opposite of a step, as history rows of the undo."""
        model, action = step.model, OPPOSITE[step.action]
        rows = self.pending(step)
        for conflict in [] if self.at_ease else self.conflicts(model, step.action):
            rows = rows.exclude(conflict.condition)
        if model in self.without:
            rows = rows.exclude(row_id__in=key_set(model, self.without[model]))
        number = self.it.step(model)
        fields = recorded_fields(model)
        columns: dict[str, Any] = {
            "operation_id": Value(self.it.operation.pk),
            "step": Value(number),
            "action": Value(action),
            "row_id": F("row_id"),
            "fields": F("fields"),
        }
        if action != "+":  # the row is there: its values of now
            columns |= {old(field): F(f"row__{field.attname}") for field in fields}
        if action != "-":
            columns |= {new(field): value for field, value in self._restored(step, fields)}
        self.recorded += insert_from(
            model.history_model, columns, rows, lock=None if action == "+" else model
        )
        return self.own(model).filter(step=number)

    def _restored(self, step: Step, fields: list[Any]) -> Iterator[tuple[Any, Any]]:
        """(column, what it gets back); of a change each row those that it changed."""
        if step.action == "-":
            using = self.it.using
            yield from ((field, filled(field, self._before(step, field), using)) for field in fields)
            return
        together = list(self.pending(step).values_list("fields", flat=True).distinct())
        for field in fields:
            has = [f",{field.name}," in names for names in together]
            if all(has):
                yield field, F(old(field))
            elif any(has):  # the rows of an import do not all change the same
                yield field, Case(When(fields__contains=f",{field.name},", then=F(old(field))))

    def _before(self, step: Step, field: Any) -> Any:
        """What a column held before the operation, which may have changed a row and then deleted it."""
        if step.action != "-" or not is_mixed(step.model, self.target):
            return F(old(field))
        history = step.model.history_model.objects.using(self.it.using)
        earlier = history.filter(operation=self.target, row=OuterRef("row"), pk__lte=OuterRef("pk"))
        return Subquery(earlier.order_by("pk").values(old(field))[:1])

    def _drop_dependants(self, recorded: list[tuple[Step, Rows]]) -> None:
        """Leave behind what hangs on something that is left behind, level by level; and a row with all its steps."""
        complete = (rows.count() == self.pending(step).count() for step, rows in recorded)
        mixed = any(is_mixed(model, self.target) for model in self.models)
        # What came back before, alone, may be gone again by now.
        is_whole = self.only is None and self.target.state == Operation.State.APPLIED
        if is_whole and not mixed and all(complete):
            return
        dropped = 1
        while dropped:
            dropped = sum(self._drop_partial(model, recorded) for model in self.models)
            for step, rows in recorded:
                for condition in dependants(
                    step.model, OPPOSITE[step.action], self.it.operation, self.needed
                ):
                    dropped += self._drop(rows.filter(condition))

    def _pass_over(self, model: Any) -> None:
        """A row that had only in between what is not there any more gets at once what it has in the end."""
        if not self._has_chains(model):
            return
        own = self.own(model)
        later = own.filter(row=OuterRef("row"), step__gt=OuterRef("step")).order_by("-step")
        for field in [field for field in recorded_fields(model) if field.is_relation]:
            sets = Q(action="~", fields__contains=f",{field.name},")
            gone = lost(field, self.it.operation)
            given = later.filter(sets).exclude(gone)
            between = own.filter(sets, gone, looked_up(later.filter(sets | Q(action="-"))))
            last = When(looked_up(given), then=Subquery(given.values(new(field))[:1]))
            value = Case(last, default=F(old(field)), output_field=field.target_field)
            between.update(**{new(field): value})

    def _has_chains(self, model: Any) -> bool:
        """Whether a row is taken back in several steps."""
        if sum(step.model is model for step in self.steps) < 2:
            return False
        counted = self.own(model).aggregate(steps=Count("pk"), rows=Count("row_id", distinct=True))
        return bool(counted["steps"] != counted["rows"])

    def _follow_on(self, model: Any) -> None:
        """Let each step on a row begin where the one before it ends: all were recorded from the row as it is now."""
        if not self._has_chains(model):
            return
        own = self.own(model)
        for number in list(own.order_by("step").values_list("step", flat=True).distinct())[1:]:
            earlier = own.filter(row=OuterRef("row"), step__lt=number).order_by("-step")
            values = {old(field): _left_by(earlier, field) for field in recorded_fields(model)}
            own.filter(looked_up(earlier), step=number).exclude(action="+").update(**values)

    def _empty_lost_relations(self, recorded: list[tuple[Step, Rows]]) -> Iterator[Bereft]:
        """A row that comes back does without a manager, say, who does not or may not be it: as if deleted now."""
        for step, rows in recorded:
            if step.action == "-":
                for field in recorded_fields(step.model):
                    if field.is_relation and field.null and self._may_be_lost(field):
                        yield from self._empty(step.model, field, rows)

    def _empty(self, model: Any, field: Any, rows: Rows) -> Iterator[Bereft]:
        alone = self.alone.get(model, {}).get(field.name, {})
        for reason, condition in [("", lost(field, self.it.operation)), *by_reason(model, alone)]:
            having = rows.filter(condition, **{f"{new(field)}__isnull": False})
            if number := having.update(**{new(field): None}):
                yield Bereft(model, field, number, reason)

    def _may_be_lost(self, field: Any) -> bool:
        """What is not recorded may be gone without a trace."""
        return not (self.at_ease and is_recorded(field.related_model))

    def _drop_partial(self, model: Any, recorded: list[tuple[Step, Rows]]) -> int:
        """Rows of which another step was left."""
        own = [(step, rows) for step, rows in recorded if step.model is model]
        if len(own) < 2:
            return 0
        dropped = 0
        for step, rows in own:
            left = self.pending(step).exclude(looked_up(rows.filter(row=OuterRef("row"))))
            dropped += self._drop(self.own(model).filter(looked_up(left.filter(row=OuterRef("row")))))
        return dropped

    def _drop(self, rows: Rows) -> int:
        return rows._raw_delete(self.it.using) or 0  # Django says nothing where it knows of no row


def _left_by(earlier: Rows, field: Any) -> Subquery:
    """The value of a column after the last of these history rows."""
    made = When(fields__contains=f",{field.name},", then=F(new(field)))
    return Subquery(earlier.annotate(left_by=Case(made, default=F(old(field)))).values("left_by")[:1])
