"""The operation that is under way: one for each connection, like Django's own transaction."""

import getpass
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connections, models, router, transaction
from django.utils import timezone, translation

from backoffice.operations.lasting import Lasting
from backoffice.security.events import event, request_now
from backoffice.serving import request_id

if TYPE_CHECKING:
    from backoffice.models import Operation

ACTIONS = {"+": "created", "~": "updated", "-": "deleted"}
EVENTS = {"deleted": "sensitive_delete", "updated": "sensitive_update", "created": "sensitive_create"}
EVERYDAY = ("add", "edit")
MANY = 100  # rows of an edit that is a security event
NAMED = 3  # rows that the log names; more are a number

_current: ContextVar["Recording | None"] = ContextVar("backoffice.operation", default=None)
_looks: list[Callable[["Recording"], None]] = []
_told_singly: dict[type[models.Model], set[str]] = {}


def tells_singly(model: type[models.Model], *actions: str) -> None:
    """Say that each row of `model` that is "created" or "deleted" is a security event by whoever does it: an operation
    of nothing else is none of its own.
    """
    _told_singly[model] = set(actions)


def before_commit(look: Callable[["Recording"], None]) -> None:
    """Show each operation to `look` once all of it is recorded: what it raises takes all of it back."""
    _looks.append(look)


class Recording:
    """An operation while it happens."""

    def __init__(self, operation: "Operation", using: str, *, is_named: bool = True) -> None:
        self.operation = operation
        self.is_named = is_named
        self.using = using
        self.connection = connections[using]
        self.steps = 0
        self.done: dict[type[models.Model], set[str]] = {}  # by now: "+", "~", "-"
        self.models: list[type[models.Model]] = []  # in the order in which they were first written
        self.columns: dict[
            type[models.Model], set[str] | None
        ] = {}  # that were written; None: perhaps all of them
        self.names = Lasting(using)  # ((model, key), name)
        self.noted = Lasting(using)  # (model, key, action, facts)

    def did(self, model: type[models.Model], action: str) -> None:
        """There are history rows of `model` with this action now."""
        self.done.setdefault(model, set()).add(action)

    @property
    def wrote(self) -> bool:
        """Whether there is a history row by now."""
        return bool(self.done)

    def note(self, model: type[models.Model], key: Any, action: str, facts: dict[str, Any]) -> None:
        """Say in the line what happened to a row of which no history is kept; `action` as in ACTIONS."""
        self.noted.add((model._meta.label, key, action, facts))

    def step(self, model: type[models.Model], columns: Iterable[str] | None = None) -> int:
        """The number of the next set of rows; what is in a step belongs together, as if one statement wrote it.

        `columns` are the names of those that change, or that new rows fill, where no others can.
        """
        if model not in self.models:
            self.models.append(model)
        before = self.columns.get(model, set())
        self.columns[model] = None if columns is None or before is None else before | set(columns)
        self.steps += 1
        return self.steps

    def name(self, *rows: models.Model) -> None:
        """Remember what the log calls the rows by; only of the first model that is written."""
        known = self._called()
        if len(known) <= NAMED:
            for row in rows[: NAMED + 1]:
                key, name = (row._meta.label, row.pk), _recorded_name(row)
                if known.get(key) != name:
                    self.names.add((key, name))

    def _called(self) -> dict[tuple[str, Any], str]:
        """(model, key) → what the row is called in the end."""
        return dict(self.names)

    def finish(self) -> None:
        """Count what was recorded and close the line in the log; without any row there is none."""
        counts = self.counts()
        if self.noted:
            self._tell_noted(counts)
        if not counts:
            self.operation.delete()
            return
        self.operation.rows = counts
        self.operation.number = sum(sum(count.values()) for count in counts.values())
        self.operation.kind = self.operation.kind or _kind(counts)
        called = self._called()
        if self.is_named and not self.operation.subject and len(called) <= NAMED:
            self.operation.subject = ", ".join(called.values())[:200]
        self.operation.save(using=self.using)
        for look in _looks:
            look(self)
        self.tell()

    def tell(self) -> None:
        """What is more than an edit of a few rows is a security event, once it is settled; so is every row of some."""
        for model in self.models:
            self._tell_rows(model)
        done = {word for count in self.operation.rows.values() for word in count}
        is_told = self.operation.kind in EVERYDAY or self._is_told_singly()
        if is_told and self.operation.number <= MANY:
            return
        code = next(code for word, code in EVENTS.items() if word in done)
        facts = {"operation": self.operation.pk, "kind": self.operation.kind, "rows": self.operation.rows}
        user = self.operation.actor_id
        transaction.on_commit(lambda: event(code, user=user, level="WARN", **facts), using=self.using)

    def _is_told_singly(self) -> bool:
        counts = ((apps.get_model(label), count) for label, count in self.operation.rows.items())
        return all(
            getattr(model, "security_event", "") or count.keys() <= _told_singly.get(model, set())
            for model, count in counts
        )

    def _tell_rows(self, model: Any) -> None:
        """Of a model with a `security_event` each row, with the keys of what it points at, whichever way it came."""
        code = getattr(model, "security_event", "")
        if not code:
            return
        relations = [field.name for field in model._meta.concrete_fields if field.is_relation]
        rows = model.history_model.objects.using(self.using).filter(operation=self.operation).order_by("pk")
        for step in rows[:MANY]:
            side = "old" if step.action == "-" else "new"
            keys = {name: getattr(step, f"{side}_{name}_id") for name in relations}
            facts = {"row": step.row_id, "deed": ACTIONS[step.action], "keys": keys}
            facts |= {"what": model._meta.label_lower, "operation": self.operation.pk}
            say = partial(event, code, user=self.operation.actor_id, level="WARN", **facts)
            transaction.on_commit(say, using=self.using)

    def _tell_noted(self, counts: dict[str, dict[str, int]]) -> None:
        """Add the noted rows, each counted once; a line of nothing else cannot be undone."""
        details = self.operation.details
        details["noted"] = [*details.get("noted", []), *self.noted]
        if not counts:
            details["not_recorded"] = "noted"
            self.operation.expired_at = timezone.now()
        done: dict[tuple[str, Any], str] = {}
        for label, key, action, _facts in self.noted:
            done[label, key] = action if action != "updated" else done.get((label, key), action)
        for (label, _key), action in done.items():
            count = counts.setdefault(label, {})
            count[action] = count.get(action, 0) + 1

    def counts(self) -> dict[str, dict[str, int]]:
        """Model → "created", "updated", "deleted" → number of rows, each once in however many steps."""
        counts = {model._meta.label: self._count(model) for model in self.models}
        return {label: count for label, count in counts.items() if count}

    def _count(self, model: type[models.Model]) -> dict[str, int]:
        history: Any = model.history_model  # type: ignore[attr-defined]
        rows = history.objects.using(self.using).filter(operation=self.operation).order_by()
        counts = dict(rows.values_list("action").annotate(models.Count("row_id", distinct=True)))
        return {ACTIONS[action]: counts[action] for action in sorted(counts)}


def current() -> Recording | None:
    """None in a thread that only inherited the context: what it writes is in no transaction of ours."""
    recording = _current.get()
    if recording is None or connections[recording.using] is not recording.connection:
        return None
    return recording


@contextmanager
def operation(
    kind: str = "",
    *,
    actor: Any = None,
    reason: str = "",
    subject: Any = "",
    source: str = "",
    undoes: "Operation | None" = None,
    details: dict[str, Any] | None = None,
    using: str | None = None,
) -> Iterator[Recording]:
    """A transaction whose writes to recorded models are one line in the log.

    `kind` is the code of what is done ("transfer"); without one it is told from what was written. `actor` is the user
    who asked for it; without one and without a `source` it is who is signed in to the request that is answered, and
    outside of any request the command. `subject` is a row, or what the log is to call the operation's rows by; without
    one they are named, with None nothing is. Inside another operation it is a part of that one.
    """
    outer = current()
    if outer is not None:
        with transaction.atomic(using=outer.using, savepoint=False):
            yield outer
        return
    model: Any = apps.get_model("backoffice", "Operation")
    using = using or router.db_for_write(model)
    with transaction.atomic(using=using):
        line = model(
            kind=kind,
            reason=reason,
            subject="" if subject is None else _recorded_name(subject)[:200],
            undoes=undoes,
            details=details or {},
        )
        if not (actor or source):
            actor, source = _asking(), "" if request_now() else command()
        line.source = source
        line.actor, line.actor_name = actor, _name(actor)
        line.request_id = request_id.current.get()
        line.save(using=using)
        recording = Recording(line, using, is_named=subject is not None)
        token = _current.set(recording)
        try:
            yield recording
            recording.finish()
        finally:
            _current.reset(token)


def _kind(counts: dict[str, dict[str, int]]) -> str:
    actions = Counter[str]()
    for count in counts.values():
        actions.update(count)
    if actions["deleted"]:
        return "delete"
    return "add" if not actions["updated"] else "edit"


def _recorded_name(row: Any) -> str:
    """Words of the product in it stay as they stand in the code: each reader has them in their language."""
    with translation.override(None):
        return str(row)


def _name(actor: Any) -> str:
    if actor is None:
        return ""
    return str(actor.get_full_name() or actor.get_username())[:150]


def _asking() -> Any:
    """Who is signed in to the request that is answered."""
    user = getattr(request_now(), "user", None)
    return user if user is not None and user.is_authenticated else None


def command() -> str:
    """Which command writes, and as whom on this machine: "manage.py import_file (ops)"."""
    words = [Path(sys.argv[0]).name, *sys.argv[1:2]] if sys.argv else []
    try:
        user = f"({getpass.getuser()})"
    except (KeyError, OSError):  # a container's user without a name
        user = ""
    return " ".join([*words, user]).strip()[:100]
