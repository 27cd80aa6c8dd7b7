"""The moment of deletion: what was previewed, and nothing else, or not at all."""

import re
import unicodedata
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

from backoffice import previewed
from backoffice.admin.deletion.changes import changes, has_changed_meanwhile
from backoffice.admin.deletion.choices import Choices
from backoffice.admin.deletion.page import DeletionPage
from backoffice.admin.deletion.sections import FIND
from backoffice.links import Model, Rows
from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.outcome import NOT_RECORDED
from backoffice.operations.since import Moment
from backoffice.operations.tables import is_recorded
from backoffice.serving.sent import TOKEN
from backoffice.sql.frozen import frozen

FIELD = "previewed"
REASON = "reason"
TYPED = "typed"
LOOK = "look"  # the buttons that show the page again
MAX_REASON = 2_000
TYPED_BEFORE = "backoffice.reasons"  # in the session: why, as it was typed before the page of a selection
MOST_BEFORE = 50

Delete = Callable[[Rows], dict[Model, int] | None]  # how many rows of each model went, if it can tell


class NotDeleted(Exception):
    """Nothing was deleted; the text is a sentence that says why."""


class Done(NamedTuple):
    sentence: str
    operation: Operation | None  # None when nothing of it is recorded


def is_confirmed(request: HttpRequest) -> bool:
    """Whether somebody pressed the red button; the others show the page again, with what was typed."""
    return FIELD in request.POST and LOOK not in request.POST


def reason(request: HttpRequest) -> str:
    return request.POST.get(REASON, "").strip()[:MAX_REASON].replace("\x00", "")


def bring_reason(request: HttpRequest, selection: str, why: str) -> None:
    """To the page of this signed selection; not in its address, which servers on the way would note down."""
    if why:
        before = list(request.session.get(TYPED_BEFORE, {}).items())[1 - MOST_BEFORE :]
        request.session[TYPED_BEFORE] = {**dict(before), _signature(selection): why}


def typed_reason(request: HttpRequest, selection: str) -> str:
    """What was typed on the page, or before it."""
    if REASON in request.POST:
        return request.POST[REASON]
    brought: str = request.session.get(TYPED_BEFORE, {}).get(_signature(selection), "")
    return brought


def _signature(selection: str) -> str:
    return selection.rpartition(":")[2]


def answers(request: HttpRequest) -> dict[str, str]:
    """What was chosen, for the address of the page: not what was typed, which servers on the way would note down."""
    typed = (TOKEN, FIELD, REASON, TYPED, LOOK)
    return {
        name: str(value)
        for name, value in request.POST.items()
        if name not in typed and not name.startswith(FIND)
    }


def confirmed(
    admin: ModelAdmin, request: HttpRequest, roots: Rows, delete: Delete, *, alone: Delete | None = None
) -> Done:
    """Do what the request's signed preview says; say it in words: "Deleted Finance and 21 employees.".

    `alone` is asked instead of `delete` when nothing goes but the roots and what hangs on them. Raises NotDeleted when
    the rows are not those of the preview, or when they change at this very moment.
    """
    try:
        seen = previewed.unsigned(request.POST.get(FIELD, ""), request)
        with operation("delete", actor=request.user, reason=reason(request), using=roots.db) as it:
            choices = Choices(admin.admin_site, request, roots)
            with frozen(choices.roots) as rows:
                page = _page(admin, request, rows, choices, seen, it.operation)
                it.name(*choices.base.roots.rows.order_by("pk")[:4])
                deed = delete if choices.included else alone or delete
                sentence = _carry_out(request, page, rows, deed, seen.moment, it.operation)
                if not is_recorded(admin.model):
                    it.operation.details[NOT_RECORDED] = admin.opts.label
        return Done(sentence, it.operation if _can_be_undone(it.operation) and page.days_to_undo else None)
    except signing.SignatureExpired:
        raise NotDeleted(_("Nothing was deleted: this preview is older than an hour. Look again.")) from None
    except signing.BadSignature:
        raise NotDeleted(_("Nothing was deleted: the page was incomplete. Look again and confirm.")) from None
    except IntegrityError:  # at the latest at COMMIT, when foreign keys are checked
        raise NotDeleted(_at_the_same_moment()) from None


def _can_be_undone(line: Operation) -> bool:
    return bool(line.number) and NOT_RECORDED not in line.details


def expected(request: HttpRequest) -> tuple[int, str]:
    """How many rows the signed preview counted, and what stood on its button."""
    try:
        before = previewed.unsigned(request.POST.get(FIELD, ""), request)
    except signing.BadSignature:
        return 0, ""
    return sum(seen.number for seen in before.sets.values()), before.title


def _page(
    admin: ModelAdmin,
    request: HttpRequest,
    roots: Rows,
    choices: Choices,
    before: previewed.Previewed,
    own: Operation,
) -> DeletionPage:
    """What would happen now, when it is what was previewed and nothing is in the way."""
    plan = choices.plan(roots)
    page = DeletionPage(admin.admin_site, request, plan, choices, exact=True, nonce=before.nonce)
    page.hold()
    plan.lock()
    if not choices.is_valid:  # any more: the page says at the choice why
        raise NotDeleted(_in_the_way())
    if changed := changes(page, before, own):
        raise NotDeleted(_changed(changed))
    if page.lacking:
        raise PermissionDenied
    if page.beyond:
        raise NotDeleted(" ".join([_("Nothing was deleted."), *page.beyond]))
    if page.blocking or page.refused:
        raise NotDeleted(_in_the_way())
    if page.to_type and not _is_same(request.POST.get(TYPED, ""), page.to_type):
        sentence = _("Nothing was deleted: type “%(words)s” to confirm.")
        raise NotDeleted(sentence % {"words": page.to_type})
    return page


def _carry_out(
    request: HttpRequest, page: DeletionPage, roots: Rows, delete: Delete, moment: Moment, own: Operation
) -> str:
    sentence = page.report
    _log(request, page, sentence)
    if any(move.apply() != page.looks[move.key].number for move in page.moves):
        raise NotDeleted(_at_the_same_moment())
    deleted = delete(roots)
    if deleted is not None and (_differs(page, deleted) or has_changed_meanwhile(page, moment, own)):
        raise NotDeleted(_at_the_same_moment())
    return sentence


def _differs(page: DeletionPage, deleted: dict[Model, int]) -> bool:
    """Whether other rows went than the page said; of rows between two models nothing was said."""
    said = {model: seen.number for model, seen in page.seen.items()}
    told = [model for model in {**said, **deleted} if not model._meta.auto_created]
    return any(said.get(model, 0) != deleted.get(model, 0) for model in told)


def _is_same(typed: str, asked: str) -> bool:
    """However it is spaced and in whatever case; of a number the digits."""
    if asked.isdecimal():
        return re.sub(r"\D", "", typed) == asked
    return _folded(typed) == _folded(asked)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _log(request: HttpRequest, page: DeletionPage, message: str) -> None:
    """In Django's log, what has no record of its own.

    One entry for each object that was chosen; one for all of them when they were not chosen one by one.
    """
    if is_recorded(page.plan.model):
        return
    who = request.user.pk or 0  # a page of the admin has a user
    if page.plan.keys is not None:
        LogEntry.objects.log_actions(who, page.plan.chosen, DELETION, message)
        return
    kind = ContentType.objects.get_for_model(page.plan.model)
    LogEntry.objects.create(
        user_id=who,
        content_type=kind,
        object_repr=page.summary[:200],
        action_flag=DELETION,
        change_message=message,
    )


def _changed(sentences: list[str]) -> str:
    pattern = _(
        "Nothing was deleted, because things changed since you looked. %(changes)s Look again and confirm."
    )
    return pattern % {"changes": " ".join(sentences)}


def _in_the_way() -> str:
    return _("Nothing was deleted, because something is in the way.")


def _at_the_same_moment() -> str:
    return _(
        "Nothing was deleted: somebody changed what goes along at the same moment. Look again and confirm."
    )
