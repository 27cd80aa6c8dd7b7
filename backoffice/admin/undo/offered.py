"""To whom the undo of an operation is offered: who would not be refused by its page."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from backoffice.access.held import access_of, forget
from backoffice.access.record import is_limited
from backoffice.access.trees import confers
from backoffice.admin.log import told
from backoffice.admin.log.seen import MOST
from backoffice.admin.rights import lacking_to_undo, may
from backoffice.admin.undo import limits
from backoffice.models import Operation
from backoffice.operations.current import ACTIONS, Recording, current
from backoffice.operations.outcome import UndoError
from backoffice.operations.undo import check


def offered(
    site: AdminSite, request: HttpRequest, operations: Iterable[Operation], most: int | None = MOST
) -> set[Any]:
    """The keys of those of which there is something left that this person may take back. Two queries for each model,
    none for whom no scope binds. With `most` no row is looked for in one with more, of whose models some are seen:
    its page says it.
    """
    counts = {line: _counts(line) for line in operations if _stands(request, line)}
    asked = {line: found for line, found in counts.items() if most is None or line.number <= most}
    taken = limits.takeable(request, asked)
    for line in counts.keys() - asked.keys():
        if is_limited(request.user, line):
            own = not limits.is_foreign(request.user, line)
            parts = {
                model: count for model, count in counts[line].items() if may(site, request, "view", model)
            }
            taken[line.pk] = {
                model: {} for model, count in parts.items() if _may_some(site, request, model, count, own)
            }
    return {
        line.pk
        for line, count in counts.items()
        if _is_offered(site, request, line, taken.get(line.pk, count))
    }


def is_offered(site: AdminSite, request: HttpRequest, operation: Operation) -> bool:
    return bool(offered(site, request, [operation], most=None))


def is_still_offered(site: AdminSite, request: HttpRequest, operation: Operation) -> bool:
    """The same right after the deed, with which a role of theirs may have gone: asked anew where it could have."""
    if any(map(confers, _counts(operation))) and access_of(request.user).held:
        forget(request.user)
    return is_offered(site, request, operation)


def _stands(request: HttpRequest, operation: Operation) -> bool:
    if operation.pk is None:  # it left no line
        return False
    try:
        check(operation)
    except UndoError:
        return False
    return limits.may_undo(request.user, operation)


def _may_some(site: AdminSite, request: HttpRequest, model: Any, count: dict[str, int], own: bool) -> bool:
    """Whether this person may do the opposite of something that was done to rows of the model."""
    return any(not lacking_to_undo(site, request, {model: {word: 1}}, own=own) for word in count)


def _is_offered(site: AdminSite, request: HttpRequest, operation: Operation, counts: told.Counts) -> bool:
    own = not limits.is_foreign(request.user, operation)
    return bool(counts) and not lacking_to_undo(site, request, counts, own=own)


def _counts(operation: Operation) -> told.Counts:
    it = current()
    return _by_now(it) if it and it.operation == operation else told.counts(operation.rows)


def _by_now(it: Recording) -> told.Counts:
    """Of an operation under way, whose rows are counted at its end: what it has done, whatever the numbers."""
    return {model: {ACTIONS[action]: 1 for action in actions} for model, actions in it.done.items()}
