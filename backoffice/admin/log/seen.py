"""Operations as far as a person sees the rows that they touched."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from backoffice.access.record import history_limit, is_limited, is_told, seen_counts, untold
from backoffice.access.scope import scope_of
from backoffice.models import Operation
from backoffice.operations.own_words import matching_told
from backoffice.operations.tables import recorded_models
from backoffice.search import Fold, matching
from backoffice.sql.sqlite_search import SearchText

MOST = 1_000  # rows of an operation in a list that are looked at


def seen(request: HttpRequest, operations: Iterable[Operation], most: int | None = MOST) -> list[Operation]:
    """For somebody who may not see all of their rows: copies that tell of those they see and of no others.

    What an operation is called and why it was done may name the others: that stays away with them, and with rows of
    which this person may see none. With `most` nothing is counted of one with more rows, nor of any that this person
    sees a part of: what is counted would say that the whole is small.
    """
    found = list(operations)
    user: Any = request.user
    limited = {line.pk for line in found if is_limited(user, line)}
    counted = [line for line in found if line.pk in limited and (most is None or line.number <= most)]
    counts = seen_counts(user, counted) if counted else {}
    if most is not None:
        counts = {line.pk: counts[line.pk] for line in counted if counts[line.pk] == line.rows}
    shown = [_seen(line, counts.get(line.pk)) if line.pk in limited else line for line in found]
    return [line if is_told(user, line) or line.pk in counts else _unnamed(line) for line in shown]


def seen_one(request: HttpRequest, operation: Operation) -> Operation:
    [found] = seen(request, [operation], most=None)
    return found


def refuse_unseen(request: HttpRequest, operation: Operation) -> None:
    """404 for an operation of which this person sees no row; of their own operations they always see that they are."""
    if operation.actor_id == request.user.pk:
        return
    rows = seen_one(request, operation).rows
    if not is_whole(request):  # of what has no history, such as accounts, a part of the rows says nothing
        labels = {model._meta.label for model in recorded_models()}
        rows = {label: count for label, count in rows.items() if label in labels}
    if not rows:
        raise Http404(_("There is no such operation."))


def found_by(request: HttpRequest, operations: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Those in whose texts, as far as the person is shown them, all `words` are: else a search would tell of names."""
    found = matching_told(words, using=operations.db)
    hidden = untold(request.user)
    if hidden is None or not words:
        return operations.filter(found)
    shown = found & _named(request, hidden)
    texts = Concat(Value(" "), "actor_name", Value(" "), "source", output_field=CharField())
    by = Fold(texts, output_field=SearchText())
    always = matching(words, column="who_did_it", using=operations.db)
    known: QuerySet[Any] = operations.alias(who_did_it=by)
    # `always` is a part of `found`: said beside it, the index finds it, and no line is folded that has not all words.
    return known.filter(found & (shown | always))


def with_names(request: HttpRequest, operations: QuerySet[Any]) -> QuerySet[Any]:
    """Those of which the person is told what they are called, where they are called something."""
    hidden = untold(request.user)
    named = operations.exclude(subject="")
    return named if hidden is None else named.filter(_named(request, hidden))


def _named(request: HttpRequest, hidden: Q) -> Q:
    return ~hidden if is_whole(request) else ~hidden & Q(number__lte=MOST)


def touched(request: HttpRequest, operation: Operation, model: Any) -> Any:
    """The history rows of `model` in this operation that the person sees."""
    rows = model.history_model.objects.filter(operation=operation).order_by()
    condition = history_limit(request.user, model)
    return rows if condition is None else rows.filter(condition)


def is_whole(request: HttpRequest) -> bool:
    """Whether no scope leaves out rows of recorded models for the person."""
    user: Any = request.user
    return all(scope_of(user, model) is None for model in recorded_models())


def is_told_all(request: HttpRequest) -> bool:
    """Whether the person is told of every operation what it is called, and why it was done."""
    return untold(request.user) is None


def _seen(line: Operation, rows: dict[str, dict[str, int]] | None) -> Operation:
    if rows == line.rows:
        return line
    shown = _unnamed(line)
    shown.rows = {label: {} for label in line.rows} if rows is None else rows
    shown.number = None if rows is None else sum(sum(count.values()) for count in rows.values())  # type: ignore[assignment]
    return shown


def _unnamed(line: Operation) -> Operation:
    shown = copy(line)
    shown.subject, shown.reason = "", ""
    return shown
