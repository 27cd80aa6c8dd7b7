"""Take an operation back: row by row what can be, and say what stands against the rest.

An undo is an operation like any other. It records first (for each step of the operation, the last step first, the
opposite change of every row that nothing stands against) and then applies exactly what it recorded, in one transaction.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import IntegrityError, connections, models, router, transaction
from django.db.models import F, OuterRef, Q, Value
from django.utils.translation import gettext as _

from backoffice import locks
from backoffice.busy import impatient
from backoffice.frozen import key_set
from backoffice.models import Operation
from backoffice.operations.conflicts import (
    Conflict,
    conflicts,
    dependants,
    kept_by_another,
    looked_up,
    lost,
    pending,
)
from backoffice.operations.current import Recording, operation
from backoffice.operations.recorder import insert_from
from backoffice.operations.replay import replay
from backoffice.operations.tables import new, old, recorded_fields, recorded_models

Rows = models.QuerySet[Any]
Only = Mapping[Any, Iterable[Any]]  # model → keys of its rows
State = Operation.State

SAMPLE = 20
MANY = 10_000  # rows
NOT_RECORDED = "not_recorded"  # in an operation's details: what it was about cannot come back
PATIENCE = 2  # seconds that a trial waits for others
ROUNDS = 10  # attempts until no rule is broken by what comes back
MOST_BROKEN = 1_000  # rows that break a rule and are left; with more nothing is undone
OPPOSITE = {"+": "-", "~": "~", "-": "+"}


class UndoError(Exception):
    """An operation of which nothing can be taken back; the text is a sentence for people."""


class Left(NamedTuple):
    """Rows that stay as they are, for one reason."""

    model: Any
    reason: str
    number: int
    sample: list[Any]  # history rows of the operation that is to be undone


class Bereft(NamedTuple):
    """Rows that came back without what one of their relations pointed at: it does not."""

    model: Any
    field: Any
    number: int


class Outcome(NamedTuple):
    operation: Operation | None  # the undo; None for a trial
    number: int  # of changes that were taken back
    left: list[Left]
    rows: dict[str, dict[str, int]] = {}  # what the undo did, as Operation.rows has it
    bereft: list[Bereft] = []


class Step(NamedTuple):
    model: Any
    number: int
    action: str


def check(target: Operation) -> None:
    """Raise UndoError for an operation of which nothing can be taken back."""
    if NOT_RECORDED in target.details:
        raise UndoError(_("What was done here was not recorded row by row: it cannot be undone."))
    if target.expired_at:
        raise UndoError(_("The rows of this operation are not kept any more: it cannot be undone."))
    if target.state == State.UNDONE:
        raise UndoError(_("This operation was undone already."))


def undo(
    target: Operation,
    *,
    actor: Any = None,
    reason: str = "",
    source: str = "",
    subject: str | None = None,
    only: Only | None = None,
) -> Outcome:
    """Take back what nothing stands against; the rest is named in the outcome. Raises UndoError.

    With `only` it is these rows of the operation that are taken back, and the operation is partly undone.
    """
    subject = target.subject if subject is None else subject
    try:
        with operation(
            "undo", actor=actor, reason=reason, subject=subject, source=source, undoes=target
        ) as it:
            outcome = _Undoing(_locked(target, it.using), it, only).carry_out()
            if not outcome.number:
                raise UndoError(_("Nothing was undone: all of it was changed since."))
            return outcome
    except IntegrityError as error:
        raise UndoError(
            _("Nothing was undone: somebody changed something at that moment. Try again.")
        ) from error


def trial(target: Operation, *, only: Only | None = None) -> Outcome:
    """What `undo` would do now. Nothing stays of it. Raises UndoError, or OperationalError when others are writing.

    It does what an undo does, and so it needs the same locks; who only looks is not to wait for them long.
    """
    using = router.db_for_write(Operation)
    with impatient(using, PATIENCE), operation("undo", undoes=target, using=using) as it:
        point = transaction.savepoint(using=it.using)
        outcome = _Undoing(_locked(target, it.using), it, only).carry_out()
        transaction.savepoint_rollback(point, using=it.using)
    return outcome._replace(operation=None)


def _locked(target: Operation, using: str) -> Operation:
    found = Operation.objects.using(using).select_for_update().get(pk=target.pk)
    check(found)
    return found


class _Undoing:
    def __init__(self, target: Operation, it: Recording, only: Only | None = None) -> None:
        self.target, self.it = target, it
        self.only = None if only is None else {model: list(keys) for model, keys in only.items()}
        self.steps = sorted(self._steps(), key=lambda step: -step.number)
        self.models = list(dict.fromkeys(step.model for step in self.steps))
        self.without: dict[Any, dict[Any, str]] = {}  # model → key → the rule that it would break
        self.bereft: list[Bereft] = []

    def carry_out(self) -> Outcome:
        for model in self.models:
            if locks.judged_together(model):
                locks.take(model)
        for _round in range(ROUNDS):
            point = transaction.savepoint(using=self.it.using)
            number = self._attempt()
            if not self._break_rules():
                break
            transaction.savepoint_rollback(point, using=self.it.using)
        else:
            raise UndoError(_("Nothing was undone: what would come back breaks a rule."))
        left = [part for model in self.models for part in self._left(model)]
        if number:
            self._mark(fully=not left and not self._is_more())
        return Outcome(self.it.operation, number, left, self.it.counts(), self.bereft)

    def _attempt(self) -> int:
        """Record and replay; how many changes were taken back."""
        self._refresh_statistics()
        recorded = [(step, self._record(step)) for step in self.steps]
        self._refresh_statistics()
        self._drop_dependants(recorded)
        self.bereft = list(self._empty_lost_relations(recorded))
        return sum(replay(step.model, rows, OPPOSITE[step.action]) for step, rows in recorded)

    def _refresh_statistics(self) -> None:
        """Let PostgreSQL know that there are many rows of this operation: without, it plans for one."""
        connection = connections[self.it.using]
        if connection.vendor == "postgresql" and self.target.number > MANY and self.only is None:
            with connection.cursor() as cursor:
                for model in self.models:
                    table = connection.ops.quote_name(model.history_model._meta.db_table)
                    cursor.execute(f"ANALYZE {table} (operation_id, row_id, step, action, fields)")

    def _steps(self) -> Iterator[Step]:
        for model in recorded_models():
            if model._meta.label in self.target.rows:
                rows = model.history_model.objects.using(self.it.using).filter(operation=self.target)
                for number, action in rows.order_by().values_list("step", "action").distinct():
                    yield Step(model, number, action)

    def _asked(self, model: Any) -> Rows:
        """The history rows of the operation that are to be taken back."""
        rows = pending(model, self.target, self.it.operation)
        return rows if self.only is None else rows.filter(row_id__in=key_set(model, self.only.get(model, [])))

    def _pending(self, step: Step) -> Rows:
        return self._asked(step.model).filter(step=step.number, action=step.action)

    def _is_more(self) -> bool:
        """Whether the operation has rows that were not asked for and are not back."""
        return self.only is not None and any(self._remains(model) for model in self.models)

    def _remains(self, model: Any) -> bool:
        done = looked_up(self._own(model).filter(row=OuterRef("row")))
        return pending(model, self.target, self.it.operation).exclude(done).exists()

    def _record(self, step: Step) -> Rows:
        """The opposite of a step, as history rows of the undo."""
        model, action = step.model, OPPOSITE[step.action]
        rows = self._pending(step)
        for conflict in self._conflicts(model, step.action):
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
            columns |= {new(field): F(old(field)) for field in self._restored(step, fields)}
        insert_from(model.history_model, columns, rows, lock=None if action == "+" else model)
        return self._own(model).filter(step=number)

    def _restored(self, step: Step, fields: list[Any]) -> list[Any]:
        if step.action == "-":
            return fields
        together = self._pending(step).values_list("fields", flat=True).distinct()
        names = {name for text in together for name in text.split(",")}
        return [field for field in fields if field.name in names]

    def _own(self, model: Any) -> Rows:
        """The history rows of the undo."""
        rows: Rows = model.history_model.objects.using(self.it.using)
        return rows.filter(operation=self.it.operation).order_by()

    def _drop_dependants(self, recorded: list[tuple[Step, Rows]]) -> None:
        """Leave behind what hangs on something that is left behind, level by level; and a row with all its steps."""
        complete = (rows.count() == self._pending(step).count() for step, rows in recorded)
        if self.only is None and all(complete):
            return
        dropped = 1
        while dropped:
            dropped = sum(self._drop_partial(model, recorded) for model in self.models)
            for step, rows in recorded:
                for condition in dependants(step.model, OPPOSITE[step.action], self.it.operation):
                    dropped += self._drop(rows.filter(condition))

    def _empty_lost_relations(self, recorded: list[tuple[Step, Rows]]) -> Iterator[Bereft]:
        """A row that comes back does without a manager, say, who does not: as if that had been deleted now."""
        for step, rows in recorded:
            if step.action == "-":
                for field in recorded_fields(step.model):
                    if field.is_relation and field.null:
                        number = rows.filter(lost(field, self.it.operation)).update(**{new(field): None})
                        if number:
                            yield Bereft(step.model, field, number)

    def _drop_partial(self, model: Any, recorded: list[tuple[Step, Rows]]) -> int:
        """Rows of which another step was left."""
        own = [(step, rows) for step, rows in recorded if step.model is model]
        if len(own) < 2:
            return 0
        dropped = 0
        for step, rows in own:
            left = self._pending(step).exclude(looked_up(rows.filter(row=OuterRef("row"))))
            dropped += self._drop(self._own(model).filter(looked_up(left.filter(row=OuterRef("row")))))
        return dropped

    def _drop(self, rows: Rows) -> int:
        return rows._raw_delete(self.it.using)

    def _break_rules(self) -> bool:
        """Whether rows that came back break a rule of their model; they are left in the next attempt."""
        found = False
        for model in self.models:
            back = self._own(model).filter(_judged(model)).values("row_id")
            live = model._base_manager.using(self.it.using).filter(pk__in=back)
            for refusal in model.broken_rules(live):
                keys = self._to_leave(model, refusal.rows)
                if len(keys) > MOST_BROKEN:
                    raise UndoError(_("Nothing was undone. %(reason)s") % {"reason": refusal.reason})
                self.without.setdefault(model, {}).update(dict.fromkeys(keys, refusal.reason))
                found = found or bool(keys)
        return found

    def _to_leave(self, model: Any, broken: Rows) -> list[Any]:
        """Of rows that break a rule together, first those that are changed: the others would not be there at all."""
        keys = broken.order_by().values_list("pk", flat=True)
        found = list(keys[: MOST_BROKEN + 1])
        changed = self._own(model).filter(action="~").values("row_id")
        return (list(keys.filter(pk__in=changed)[: MOST_BROKEN + 1]) if found else []) or found

    def _left(self, model: Any) -> Iterator[Left]:
        done = looked_up(self._own(model).filter(row=OuterRef("row")))
        rows = self._asked(model).exclude(done)
        if not rows.exists():
            return
        for action in dict.fromkeys(step.action for step in self.steps if step.model is model):
            rest = rows.filter(action=action)
            for reason, condition in self._reasons(model, action):
                yield from _part(model, reason, rest.filter(condition))
                rest = rest.exclude(condition)
            yield from _part(model, _("What it belongs to stays as it is"), rest)
            rows = rows.exclude(action=action)

    def _conflicts(self, model: Any, action: str) -> Iterator[Conflict]:
        return conflicts(model, action, self.target, self.it.operation, self.only)

    def _reasons(self, model: Any, action: str) -> Iterator[tuple[str, Q]]:
        yield from self._conflicts(model, action)
        yield from kept_by_another(model, self.target)
        broken = self.without.get(model, {})
        for reason in dict.fromkeys(broken.values()):
            keys = [key for key, found in broken.items() if found == reason]
            yield reason, Q(row_id__in=key_set(model, keys))

    def _mark(self, *, fully: bool) -> None:
        """Note what became of the operation; an undo that is undone lets what it undid stand again, and so on up."""
        operations = Operation.objects.using(self.it.using)
        state = State.UNDONE if fully else State.PARTLY_UNDONE
        operations.filter(pk=self.target.pk).update(state=state)
        above = self.target.undoes_id
        while above:
            ancestor = operations.get(pk=above)
            operations.filter(pk=above).update(state=self._state(ancestor))
            above = ancestor.undoes_id

    def _state(self, ancestor: Operation) -> str:
        """Of an operation whose undos were undone, or stand again."""
        undos = Operation.objects.using(self.it.using).filter(undoes=ancestor).exclude(state=State.UNDONE)
        if not undos.exists():
            return State.APPLIED
        if ancestor.expired_at:
            return State.PARTLY_UNDONE if undos.filter(state=State.PARTLY_UNDONE).exists() else State.UNDONE
        touched = [model for model in recorded_models() if model._meta.label in ancestor.rows]
        more = any(pending(model, ancestor, self.it.operation).exists() for model in touched)
        return State.PARTLY_UNDONE if more else State.UNDONE


def _judged(model: Any) -> Q:
    """The rows that rules are to be asked about: new ones, and those that changed in what rules look at."""
    names = locks.judged_together(model)
    if not names:
        return ~Q(action="-")
    changed = (Q(fields__contains=f",{name},") for name in names)
    return Q(action="+") | (Q(action="~") & Q(*changed, _connector=Q.OR))


def _part(model: Any, reason: str, rows: Rows) -> Iterator[Left]:
    number = rows.values("row_id").distinct().count()
    if number:
        yield Left(model, reason, number, list(rows.order_by("row_id")[:SAMPLE]))
