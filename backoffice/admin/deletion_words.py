"""The sentences of the delete page: the same before and after, and on its button."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import Count
from backoffice.admin.wording import grammatical, listing, things
from backoffice.links import Link
from backoffice.moves import Move

if TYPE_CHECKING:
    from backoffice.admin.deletion_page import DeletionPage


def subject(page: "DeletionPage") -> str:
    """ "Finance" or "3 departments"."""
    return str(page.single) if page.single else things(page.plan.model, page.counts[page.plan.model])


def summary(page: "DeletionPage") -> str:
    """ "Finance and 21 employees": what the button deletes."""
    counts = dict(page.counts)
    own = counts.pop(page.plan.model)
    if page.single:  # of a tree, its branches go along
        counts = {page.plan.model: own.without(1), **counts}
    others = (things(model, count) for model, count in counts.items() if count.number)
    return listing([subject(page), *others])


def question(page: "DeletionPage") -> str:
    """ "Delete Finance, move 50 employees to Sales"."""
    deeds = [_("Delete %(summary)s") % {"summary": page.summary}]
    for move, count in page.moved:
        pattern = (
            _("move %(things)s to %(target)s")
            if move.target
            else _("move %(things)s to the top level")
            if move.is_to_the_top
            else _("move %(things)s up")
        )
        deeds.append(pattern % _facts(move, count))
    return ", ".join(deeds)


def report(page: "DeletionPage") -> str:
    """ "Deleted Finance, moved 50 employees to Sales."."""
    deeds = [_("Deleted %(summary)s") % {"summary": page.summary}]
    for move, count in page.moved:
        pattern = (
            _("moved %(things)s to %(target)s")
            if move.target
            else _("moved %(things)s to the top level")
            if move.is_to_the_top
            else _("moved %(things)s up")
        )
        deeds.append(pattern % _facts(move, count))
    return _("%(deeds)s.") % {"deeds": ", ".join(deeds)}


def moves(move: Move, count: Count) -> str:
    """ "50 employees move to Sales."."""
    number = grammatical(count)
    if move.target:
        pattern = ngettext("%(things)s moves to %(target)s.", "%(things)s move to %(target)s.", number)
    elif move.is_to_the_top:
        pattern = ngettext("%(things)s moves to the top level.", "%(things)s move to the top level.", number)
    else:
        pattern = ngettext("%(things)s moves up.", "%(things)s move up.", number)
    return pattern % _facts(move, count)


def refused(move: Move, count: Count, reason: str) -> str:
    return _("%(things)s cannot be moved so: %(reason)s") % {**_facts(move, count), "reason": reason}


def loses(link: Link, count: Count) -> str:
    pattern = ngettext(
        "%(things)s loses its %(field)s.", "%(things)s lose their %(field)s.", grammatical(count)
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


def _facts(move: Move, count: Count) -> dict[str, Any]:
    return {"things": things(move.link.model, count), "target": move.target}
