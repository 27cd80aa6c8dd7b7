"""What is otherwise than when a deletion was previewed: others go, move or are emptied, or have other values."""

from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from backoffice import previewed
from backoffice.access import within
from backoffice.admin.bulk.difference import Difference as Written
from backoffice.admin.bulk.difference import Part, renamed
from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.deletion import words as words
from backoffice.admin.deletion.losses import Loss
from backoffice.admin.deletion.page import DeletionPage
from backoffice.admin.showing import NAMES
from backoffice.links import Link, Rows
from backoffice.models import Operation
from backoffice.operations.since import Moment
from backoffice.operations.tables import is_recorded


def changes(page: DeletionPage, before: previewed.Previewed, own: Operation) -> list[str]:
    """How `page`, made inside of `own` and counted exactly, differs from what was previewed, in sentences.

    Raises BadSignature when that was another page.
    """
    losses = {loss.name: loss for loss in page.losses if loss.is_bound}
    counted = {name: loss for name, loss in losses.items() if name in before.sets}
    now = page.looks | {name: loss.seen for name, loss in counted.items()}
    rows = page.sets | {name: loss.rows for name, loss in counted.items()}
    then, sentences = _with_new_targets(page, before.sets)
    targets = page.targets if before.targets else {}
    sentences += renamed((before.targets[key], now) for key, now in targets.items() if key in before.targets)
    found = {
        name: _told_apart(page, difference, before.moment)
        for name, difference in previewed.differences(then, now, rows).items()
    }
    for name, difference in found.items():
        sentences += _differs(page, difference, losses.get(name))
    if _has_passed(before.moment, own):
        uncounted = [loss for name, loss in losses.items() if name not in counted]
        sentences += _lost_since(page, uncounted, before.moment)
        sentences += _written_since(page, rows, found, before.moment)
    return sentences


def _told_apart(page: DeletionPage, difference: previewed.Difference, moment: Moment) -> previewed.Difference:
    """With the rows that were there before and came to hang on what goes, where the record tells which they are."""
    model, new, newcomers, _gone = difference
    links = page.plan.going[model].links if model in page.plan.going else []
    if not new or newcomers is not None or not links or not is_recorded(model):
        return difference
    moved = reduce(or_, map(_touching, links))
    since = moment.changes(model).filter(Q(action="+") | moved).values("row_id")
    rows = page.models[model].rows.filter(pk__in=since)
    # What only moved among what goes has been recorded, too.
    return difference._replace(newcomers=rows) if rows.count() == new else difference


def has_changed_meanwhile(page: DeletionPage, moment: Moment, own: Operation) -> bool:
    """Whether somebody wrote what `own` has deleted, moved or emptied by now, before nobody else could any more."""
    return _has_passed(moment, own) and (
        any(_was_written(model, "-", Q(), moment, own) for model in page.models if is_recorded(model))
        or any(
            _was_written(link.model, "~", _touching(link), moment, own)
            for link in _links(page).values()
            if is_recorded(link.model)
        )
        or any(
            _emptied(loss, own) != loss.seen.number for loss in page.losses if is_recorded(loss.link.model)
        )
    )


def _has_passed(moment: Moment, own: Operation) -> bool:
    """Whether others did something since. Mostly nobody has, and no more is asked."""
    later = Operation.objects.filter(Q(pk__gt=moment.newest) | Q(pk__in=moment.hidden))
    return later.exclude(pk=own.pk).exists()


def _with_new_targets(
    page: DeletionPage, sets: Mapping[str, previewed.Seen]
) -> tuple[dict[str, previewed.Seen], list[str]]:
    """What was seen, with the names that moves have now whose targets nobody chooses: they lie above what goes."""
    found, sentences = dict(sets), []
    named = {move.key for move in page.moves}
    for move in page.moves:
        if not move.is_up or move.key in found:
            continue
        for name in [name for name in found if name.startswith(move.question) and name not in named]:
            found[move.key] = found.pop(name)
            if number := page.looks[move.key].number:
                sentences.append(words.elsewhere(move, Count(number)))
    return found, sentences


def _differs(page: DeletionPage, difference: previewed.Difference, loss: Loss | None) -> Iterator[str]:
    model, new, rows, gone = difference
    link = loss.link if loss else None
    if new:
        yield words.new(model, new, _names(page, rows, Count(new)), link)
    if gone:
        yield words.gone(model, gone, link)
    if not new and not gone:
        yield words.others(model)


def _lost_since(page: DeletionPage, losses: Collection[Loss], moment: Moment) -> Iterator[str]:
    """Who would lose something and was not counted at the preview, by the record."""
    for loss in losses:
        model = loss.link.model
        if is_recorded(model):
            about = Q(action="+") | _touching(loss.link)
            rows = loss.rows.filter(pk__in=moment.changes(model).filter(about).values("row_id"))
            if new := rows.count():
                yield words.new(model, new, _names(page, rows, Count(new)), loss.link)


def _written_since(
    page: DeletionPage,
    sets: Mapping[str, Rows],
    found: Mapping[str, previewed.Difference],
    moment: Moment,
) -> Iterator[str]:
    """What goes and has other values, and what moves or is emptied and pointed elsewhere; not what is new among it."""
    links = _links(page)
    for name, every in sets.items():
        model = every.model
        if is_recorded(model):
            about = _touching(links[name]) if name in links else Q()
            written = moment.changes(model).filter(about, action="~")
            rows, difference = every.filter(pk__in=written.values("row_id")), found.get(name)
            if difference and difference.newcomers is not None:
                rows = rows.exclude(pk__in=difference.newcomers.order_by().values("pk"))
            if (size := bounded_count(rows)).number:
                yield from Written(model, changed=Part(size, tuple(_named(page, rows)))).sentences()


def _links(page: DeletionPage) -> dict[str, Link]:
    """By the names of their sets, the relations by which rows stay and move or are emptied."""
    losses = {loss.name: loss.link for loss in page.losses if loss.is_bound}
    return losses | {move.key: move.link for move in page.moves}


def _touching(link: Link) -> Q:
    return Q(fields__contains=f",{link.field.name},")


def _was_written(model: Any, action: str, about: Q, moment: Moment, own: Operation) -> bool:
    """Whether others wrote `about` rows to which `own` has done that."""
    written = moment.changes(model).filter(about, action="~").exclude(operation=own).values("row_id")
    rows = model.history_model.objects.filter(about, operation=own, action=action)
    return bool(rows.filter(row_id__in=written).exists())


def _emptied(loss: Loss, own: Operation) -> int:
    """How many rows that stay were emptied; some engines empty those that go as well."""
    model: Any = loss.link.model
    rows = model.history_model.objects.filter(operation=own).order_by()
    emptied = rows.filter(_touching(loss.link), action="~")
    return int(emptied.exclude(row_id__in=rows.filter(action="-").values("row_id")).count())


def _names(page: DeletionPage, rows: Rows | None, count: Count) -> list[str]:
    return words.with_rest(_named(page, rows), count)


def _named(page: DeletionPage, rows: Rows | None) -> list[str]:
    """Those that this person may see; none where none can be told."""
    if rows is None or not page.sections.may("view", rows.model):
        return []
    seen = within(page.sections.request.user, rows)
    return [str(row) for row in seen.order_by("-pk")[:NAMES]]
