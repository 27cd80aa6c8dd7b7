"""The sentences of the delete page: the same before and after, and on its button."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import Count
from backoffice.admin.showing import NOT_SHOWN
from backoffice.admin.wording import grammatical, listing, things
from backoffice.links import Link, Model
from backoffice.moves import Move
from backoffice.operations.names import called

if TYPE_CHECKING:
    from backoffice.admin.deletion.page import DeletionPage


def subject(page: "DeletionPage") -> str:
    """ "Finance" or "3 departments"."""
    if page.single:
        return called(page.single, page.single.pk)
    return things(page.plan.model, page.counts[page.plan.model])


def summary(page: "DeletionPage") -> str:
    """ "Finance and 21 employees": what the button deletes."""
    counts = dict(page.counts)
    own = counts.pop(page.plan.model)
    if page.single:  # of a tree, its branches go along
        counts = {page.plan.model: own.without(1), **counts}
    others = (things(model, count) for model, count in counts.items() if count.number)
    return listing([subject(page), *others])


def question(page: "DeletionPage") -> str:
    """ "Delete Finance, move 50 employees to Sales, give 1 employee Ada as its manager"."""
    deeds = [_("Delete %(summary)s") % {"summary": page.summary}]
    for move, count in page.moved:
        if move.is_loss:
            continue
        if move.link.empties:
            pattern = ngettext(
                "give %(things)s %(target)s as its %(field)s",
                "give %(things)s %(target)s as their %(field)s",
                grammatical(count),
            )
        elif move.target:
            pattern = _("move %(things)s to %(target)s")
        else:
            pattern = _("move %(things)s to the top level") if move.is_to_the_top else _("move %(things)s up")
        deeds.append(pattern % _facts(move, count))
    return ", ".join(deeds)


def report(page: "DeletionPage") -> str:
    """ "Deleted Finance, moved 50 employees to Sales. 3 employees lost their manager."."""
    deeds = [_("Deleted %(summary)s") % {"summary": page.summary}]
    losses = [lost(move.link, count) for move, count in page.moved if move.is_loss]
    for move, count in page.moved:
        if move.is_loss:
            continue
        if move.link.empties:
            pattern = ngettext(
                "gave %(things)s %(target)s as its %(field)s",
                "gave %(things)s %(target)s as their %(field)s",
                grammatical(count),
            )
        elif move.target:
            pattern = _("moved %(things)s to %(target)s")
        else:
            pattern = (
                _("moved %(things)s to the top level") if move.is_to_the_top else _("moved %(things)s up")
            )
        deeds.append(pattern % _facts(move, count))
    losses += [lost(loss.link, loss.size) for loss in page.losses if loss.size.number]
    return " ".join([_("%(deeds)s.") % {"deeds": ", ".join(deeds)}, *losses])


def moves(move: Move, count: Count) -> str:
    """ "50 employees move to Sales.", "1 employee gets Ada as its manager."."""
    number = grammatical(count)
    if move.is_loss:
        return loses(move.link, count)
    if move.link.empties:
        pattern = ngettext(
            "%(things)s gets %(target)s as its %(field)s.",
            "%(things)s get %(target)s as their %(field)s.",
            number,
        )
    elif move.target:
        pattern = ngettext("%(things)s moves to %(target)s.", "%(things)s move to %(target)s.", number)
    elif move.is_to_the_top:
        pattern = ngettext("%(things)s moves to the top level.", "%(things)s move to the top level.", number)
    else:
        pattern = ngettext("%(things)s moves up.", "%(things)s move up.", number)
    return pattern % _facts(move, count)


def refused(move: Move, count: Count, reason: str) -> str:
    changed = move.link.empties
    pattern = (
        _("%(things)s cannot be changed so: %(reason)s")
        if changed
        else _("%(things)s cannot be moved so: %(reason)s")
    )
    return pattern % {**_facts(move, count), "reason": reason}


def loses(link: Link, count: Count) -> str:
    pattern = ngettext(
        "%(things)s loses its %(field)s.", "%(things)s lose their %(field)s.", grammatical(count)
    )
    return pattern % {"things": things(link.model, count), "field": link.field.verbose_name}


def lost(link: Link, count: Count) -> str:
    pattern = ngettext(
        "%(things)s lost its %(field)s.", "%(things)s lost their %(field)s.", grammatical(count)
    )
    return pattern % {"things": things(link.model, count), "field": link.field.verbose_name}


def uncounted(link: Link, some: Count) -> str:
    pattern = _(
        "Not counted yet: how many %(rows)s lose their %(field)s. Only %(some)s of the %(parents)s were looked at."
    )
    return pattern % {
        "rows": link.model._meta.verbose_name_plural,
        "field": link.field.verbose_name,
        "some": some,
        "parents": link.parent._meta.verbose_name_plural,
    }


def blocks(link: Link, count: Count, single: Any) -> str:
    one_of_them = _("one of these %(things)s") % {"things": link.parent._meta.verbose_name_plural}
    pattern = ngettext(
        "%(things)s has %(subject)s as its %(field)s.",
        "%(things)s have %(subject)s as their %(field)s.",
        grammatical(count),
    )
    return pattern % {
        "things": things(link.model, count),
        "subject": single or one_of_them,
        "field": link.field.verbose_name,
    }


def choice(link: Link, count: Count) -> str:
    """ "What happens to 21 employees?", or where they stay in any case: "… to the manager of 3 employees?"."""
    facts = {"things": things(link.model, count), "field": link.field.verbose_name}
    if link.empties:
        return _("What happens to the %(field)s of %(things)s?") % facts
    return _("What happens to %(things)s?") % facts


# What changed since it was previewed


def new(model: Model, number: int, names: list[str], link: Link | None = None) -> str:
    """ "1 employee is new: Ada.", or by `link`: "1 employee would lose its manager now, too: Ada."."""
    facts = {"things": things(model, Count(number)), "names": listing(names)}
    if link:
        pattern = (
            ngettext(
                "%(things)s would lose its %(field)s now, too: %(names)s.",
                "%(things)s would lose their %(field)s now, too: %(names)s.",
                number,
            )
            if names
            else ngettext(
                "%(things)s would lose its %(field)s now, too.",
                "%(things)s would lose their %(field)s now, too.",
                number,
            )
        )
        return pattern % {**facts, "field": link.field.verbose_name}
    pattern = (
        ngettext("%(things)s is new: %(names)s.", "%(things)s are new: %(names)s.", number)
        if names
        else ngettext("%(things)s is new.", "%(things)s are new.", number)
    )
    return pattern % facts


def gone(model: Model, number: int, link: Link | None = None) -> str:
    facts = {"things": things(model, Count(number))}
    if link:
        pattern = ngettext(
            "%(things)s would not lose its %(field)s any more.",
            "%(things)s would not lose their %(field)s any more.",
            number,
        )
        return pattern % {**facts, "field": link.field.verbose_name}
    return ngettext("%(things)s is no longer there.", "%(things)s are no longer there.", number) % facts


def others(model: Model) -> str:
    return _("They are not the same %(things)s any more.") % {"things": model._meta.verbose_name_plural}


def elsewhere(move: Move, count: Count) -> str:
    return _("What moves up would come elsewhere now: %(moves)s") % {"moves": moves(move, count)}


def with_rest(names: list[str], count: Count) -> list[str]:
    """The names, and how many more there are."""
    rest = count.number - len(names)
    more = [_("%(rest)s more") % {"rest": Count(rest, count.kind)}] if names and rest else []
    return [*names, *more]


def _facts(move: Move, count: Count) -> dict[str, Any]:
    field = move.link.field.verbose_name
    target = move.target if move.is_named else NOT_SHOWN
    return {"things": things(move.link.model, count), "target": target, "field": field}
