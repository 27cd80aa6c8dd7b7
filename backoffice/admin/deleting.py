"""The moment of deletion: what was previewed, and nothing else, or not at all."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import previewed
from backoffice.admin.counting import Count
from backoffice.admin.deletion_page import DeletionPage
from backoffice.admin.wording import listing, things
from backoffice.cascades import CascadePlan
from backoffice.frozen import frozen
from backoffice.links import Model, Rows
from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.tables import is_recorded

FIELD = "previewed"
NAMES = 20  # newcomers called by name


Delete = Callable[[Rows], dict[Model, int] | None]  # how many rows of each model went, if it can tell


class NotDeleted(Exception):
    """Nothing was deleted; the text is a sentence that says why."""


class Deleted(NamedTuple):
    summary: str  # what went, in words: "Finance and 21 employees"
    operation: Operation


def confirmed(admin: ModelAdmin, request: HttpRequest, roots: Rows, delete: Delete) -> Deleted:
    """Delete what the request's signed preview says, as one operation.

    Raises NotDeleted when the rows are not those of the preview, or when they change at this very moment.
    """
    try:
        before = previewed.unsigned(request.POST.get(FIELD, ""))
        with operation("delete", actor=request.user, using=roots.db) as it, frozen(roots) as rows:
            it.name(*rows.order_by("pk")[:4])
            return Deleted(_delete(admin, request, rows, before, delete), it.operation)
    except signing.BadSignature:
        raise NotDeleted(_("Nothing was deleted: the page was incomplete. Look again and confirm.")) from None
    except IntegrityError:  # at the latest at COMMIT, when foreign keys are checked
        raise NotDeleted(_at_the_same_moment()) from None


def _delete(
    admin: ModelAdmin,
    request: HttpRequest,
    roots: Rows,
    before: dict[str, previewed.Seen],
    delete: Delete,
) -> str:
    plan = CascadePlan(roots)
    plan.lock()
    page = DeletionPage(admin.admin_site, request, plan, exact=True)
    rows = {model: going.rows for model, going in page.models.items()}
    if changes := previewed.differences(before, page.seen, rows):
        raise NotDeleted(_changed(page, changes))
    if page.lacking:
        raise PermissionDenied
    if page.blocking:
        raise NotDeleted(_("Nothing was deleted, because something is in the way."))
    summary = page.summary
    _log(request, page, summary)
    deleted = delete(roots)
    if deleted is not None and any(deleted[model] != page.seen[model].number for model in page.models):
        raise NotDeleted(_at_the_same_moment())
    return summary


def report(summary: str) -> str:
    return _("Deleted %(summary)s.") % {"summary": summary}


def _log(request: HttpRequest, page: DeletionPage, summary: str) -> None:
    """In Django's log, what has no record of its own.

    One entry for each object that was chosen; one for all of them when they were not chosen one by one.
    """
    if is_recorded(page.plan.model):
        return
    message = report(summary)
    who = request.user.pk or 0  # a page of the admin has a user
    if page.plan.keys is not None:
        LogEntry.objects.log_actions(who, page.plan.chosen, DELETION, message)
        return
    kind = ContentType.objects.get_for_model(page.plan.model)
    LogEntry.objects.create(
        user_id=who,
        content_type=kind,
        object_repr=summary[:200],
        action_flag=DELETION,
        change_message=message,
    )


def _changed(page: DeletionPage, changes: list[previewed.Difference]) -> str:
    sentences = " ".join(_difference(page, change) for change in changes)
    pattern = _(
        "Nothing was deleted, because things changed since you looked. %(changes)s Look again and confirm."
    )
    return pattern % {"changes": sentences}


def _difference(page: DeletionPage, change: previewed.Difference) -> str:
    sentences = []
    if change.new:
        joined = things(change.model, Count(change.new))
        names = _names(page, change)
        pattern = (
            ngettext("%(things)s is new: %(names)s.", "%(things)s are new: %(names)s.", change.new)
            if names
            else ngettext("%(things)s is new.", "%(things)s are new.", change.new)
        )
        sentences.append(pattern % {"things": joined, "names": names})
    if change.gone:
        pattern = ngettext("%(things)s is no longer there.", "%(things)s are no longer there.", change.gone)
        sentences.append(pattern % {"things": things(change.model, Count(change.gone))})
    if not sentences:
        pattern = _("They are not the same %(things)s any more.")
        sentences.append(pattern % {"things": change.model._meta.verbose_name_plural})
    return " ".join(sentences)


def _names(page: DeletionPage, change: previewed.Difference) -> str:
    if change.newcomers is None or not page.sections.may("view", change.model):
        return ""
    named = [str(row) for row in change.newcomers.order_by("-pk")[:NAMES]]
    rest = change.new - len(named)
    return listing([*named, *([_("%(rest)s more") % {"rest": Count(rest)}] if rest else [])])


def _at_the_same_moment() -> str:
    return _(
        "Nothing was deleted: somebody changed what goes along at the same moment. Look again and confirm."
    )
