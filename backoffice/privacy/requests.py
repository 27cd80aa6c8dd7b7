"""Four eyes: one person asks for a purge, another approves exactly what was shown, then it is carried out."""

import datetime
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import OperationalError, models, router, transaction
from django.db.models import Exists, F, Max, OuterRef, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.access import limit, reach_of, visible
from backoffice.access.covering import covers
from backoffice.background import NotDone
from backoffice.links import Rows
from backoffice.models import Operation, PurgeName, PurgeRequest, PurgeRow
from backoffice.operations.recorder import insert_from
from backoffice.operations.tables import old
from backoffice.privacy import gone
from backoffice.privacy.erase import PATIENCE, Unforeseen, erase
from backoffice.privacy.scope import PERMISSION, has_no_limits
from backoffice.privacy.sought import Elsewhere, Sought
from backoffice.privacy.subjects import Due, Subject, named
from backoffice.security.events import event
from backoffice.security.locks import housekeeping, may_keep_house
from backoffice.serving.busy import is_busy
from backoffice.sql import locks, memory

State = PurgeRequest.State
VIEW = "backoffice.view_purgerequest"  # who is due, and what became of it


class PurgeError(Exception):
    """Nothing was purged; the text is a sentence for people."""


def permission_of(user: Any) -> str:
    """What somebody has of the two, the larger first; empty for neither."""
    return next((name for name in (PERMISSION, VIEW) if user.has_perm(name)), "")


def told(user: Any, rows: Rows) -> Rows:
    """Those of `rows` of whom `user` is told that they are due: for whom they have one of the two."""
    limits = (limit(user, rows.model, name) for name in (PERMISSION, VIEW))
    parts = [condition for condition in limits if condition is not None]
    return rows.filter(reduce(or_, parts)) if len(parts) == 2 else rows


def may_purge_all_told(user: Any, subject: Subject) -> bool:
    own, viewed = (reach_of(user, subject.model, name) for name in (PERMISSION, VIEW))
    return covers(own, viewed)


def open_request(subject: Subject) -> PurgeRequest | None:
    found = PurgeRequest.objects.filter(model=subject.label, state__in=[State.ASKED, State.APPROVED])
    return found.select_related("asked_by", "approved_by").first()


def ask(subject: Subject, rows: Rows, *, actor: Any, reason: str = "", source: str = "") -> PurgeRequest:
    """Freeze who is due among `rows`, of those whom `actor` sees and may purge, with the names that would go from what
    is said about others, and wait for somebody else. `source` is the command that names `actor`. Raises PurgeError.
    """
    with transaction.atomic():
        memory.take(router.db_for_write(subject.model), "work_mem")
        _check_permission(actor)
        check_none_is_open(subject)
        newest = subject.model.history_model.objects.aggregate(newest=Max("pk"))["newest"]
        due = Due(subject, visible(actor, visible(actor, rows), PERMISSION))
        request = PurgeRequest.objects.create(
            model=subject.label,
            before=due.before,
            mark=newest or 0,
            reason=reason,
            asked_by=actor,
            asked_name=_name(actor, source),
        )
        columns = {"request_id": Value(request.pk), "key": F("pk")}
        request.number = insert_from(PurgeRow, columns, due.going)
        columns = {"request_id": Value(request.pk), "key": F("row_id")}
        request.number += insert_from(PurgeRow, columns, gone_due(subject, due.before, actor).order_by())
        if not request.number:
            raise PurgeError(_("Nobody is due to be purged."))
        if _is_in(request, actor):
            raise PurgeError(_("You are due to be purged yourself: somebody else has to ask."))
        request.save(update_fields=["number"])
        elsewhere = Sought(subject, request.rows.order_by().values("key")).elsewhere()
        PurgeName.objects.bulk_create((_stored(request, each) for each in elsewhere), batch_size=500)
    _event("asked", request, actor, source)
    return request


def check_none_is_open(subject: Subject) -> None:
    """Raises PurgeError."""
    if open_request(subject):
        raise PurgeError(_("A purge was asked for already: it must be approved or withdrawn first."))


def _stored(request: PurgeRequest, found: Elsewhere) -> PurgeName:
    places = [[used.model, used.column, used.text, used.number, used.key] for used in found.places]
    return PurgeName(
        request=request, name=found.name, words=list(found.words), number=found.number, places=places
    )


def gone_due(subject: Subject, day: datetime.date, actor: Any) -> Rows:
    """The deletions of those who are due and whose rows are gone: for those who see everybody."""
    found: Rows = gone.due(subject, day)
    return found if has_no_limits(actor, subject) else found.none()


def gone_of(request: PurgeRequest) -> Rows:
    """The deletions of those in it whose rows are gone."""
    subject = _subject(request)
    found: Rows = gone.due(subject, request.before).filter(row_id__in=request.rows.order_by().values("key"))
    return found


def rows_of(request: PurgeRequest) -> Rows:
    subject = _subject(request)
    found: Rows = subject.model._base_manager.filter(pk__in=request.rows.order_by().values("key"))
    return found


def why_not(request: PurgeRequest, actor: Any, seen: Rows | None = None) -> str:
    """Why this person cannot approve it; empty when they can. `seen` are the rows that they may see."""
    if request.state != State.ASKED:
        return _("It does not wait for approval.")
    if not actor.has_perm(PERMISSION):
        return _("You may not approve purges.")
    if not has_no_limits(actor, _subject(request)):
        return _("Their names are looked for in everything: somebody who sees everybody has to approve it.")
    if request.asked_by is None:
        return _("Who asked for it has no account any more: somebody has to ask again.")
    if request.asked_by == actor:
        return _("You asked for it: somebody else has to approve it.")
    if _is_in(request, actor):
        return _("You are to be purged yourself: somebody else has to approve it.")
    if _is_foreign(request, actor, seen):
        return _("There are people in it whom you may not see: somebody else has to approve it.")
    return ""


def _is_foreign(request: PurgeRequest, actor: Any, seen: Rows | None) -> bool:
    """Whether somebody is in it whom `actor` may not purge, or does not see."""
    subject = _subject(request)
    every = subject.model._base_manager if seen is None else seen
    own = visible(actor, every.order_by(), PERMISSION).filter(pk=OuterRef("pk"))
    return bool(rows_of(request).filter(~Exists(own)).exists())


def leave(request: PurgeRequest, shown: Sequence[Any], left: Iterable[Any], *, actor: Any) -> None:
    """Of the names with the keys `shown`, those `left` stay in texts about others. Raises PurgeError."""
    if refusal := why_not(request, actor):
        raise PurgeError(refusal)
    names = request.names.filter(pk__in=list(shown))
    names.update(left=False)
    names.filter(pk__in=list(left)).update(left=True)


def approve(request: PurgeRequest, *, actor: Any, seen: Rows | None = None, source: str = "") -> None:
    """`source` is the command that names `actor`, whom nobody has to prove to be: what came by the same one is not
    approved by it. Raises PurgeError; when something changed since it was asked for, the request is returned.
    """
    if refusal := why_not(request, actor, seen):
        raise PurgeError(refusal)
    if source and request.asked_name.endswith(f", {source}"):
        raise PurgeError(
            _(
                "It was asked for by the same command, by the same user of this machine: that is one person, whatever "
                "the names. Approve it in the panel."
            )
        )
    _check_unchanged(request)
    waiting = PurgeRequest.objects.filter(pk=request.pk, state=State.ASKED)
    claim = {"approved_by": actor, "approved_name": _name(actor, source), "approved_at": timezone.now()}
    if not waiting.update(state=State.APPROVED, **claim):
        raise PurgeError(_("Somebody else decided about it at that moment."))
    request.refresh_from_db()
    _event("approved", request, actor, source)


def withdraw(request: PurgeRequest, *, actor: Any) -> None:
    """Raises PurgeError."""
    _check_permission(actor)
    if request.asked_by != actor and _is_foreign(request, actor, None):
        raise PurgeError(
            _("There are people in it whom you may not purge: somebody else has to withdraw it.")
        )
    _close(request, State.WITHDRAWN, _("%(name)s withdrew it.") % {"name": _name(actor)})


def run(request: PurgeRequest, *, actor: Any = None, seconds: float = PATIENCE) -> Operation:
    """Carry out what was approved, once whoever writes is through: so many `seconds` they are waited for.

    Raises PurgeError; when something changed since, the request is returned.
    """
    if not may_keep_house():
        raise PurgeError(
            _("Only the job of every night may remove what was logged: it carries the purge out.")
        )
    _check_unchanged(request)
    _check_approver(request)
    try:
        return _carry_out(request, actor, seconds)
    except OperationalError as error:
        if not is_busy(error):
            raise
        raise PurgeError(
            _("Somebody else writes many rows at this moment. Nothing was purged: run it again later.")
        ) from error
    except Unforeseen as error:
        sentence = _(
            "Titles, places or the like bear a name of theirs by now that nobody was shown. Nothing was purged: look "
            "again and ask again."
        )
        _close(request, State.RETURNED, sentence)
        raise PurgeError(sentence) from error


def _carry_out(request: PurgeRequest, actor: Any, seconds: float) -> Operation:
    def check() -> None:
        locked = PurgeRequest.objects.select_for_update().get(pk=request.pk)
        _check_approved(locked)
        locks.hold(rows_of(locked))  # where no table was taken, nobody changes them from here on
        if _is_in(locked, actor or locked.approved_by):
            raise PurgeError(_("You are to be purged yourself: somebody else has to run it."))
        if changes(locked):
            raise PurgeError(_("Somebody changed one of them at that moment. Try again."))

    with transaction.atomic():
        locked = PurgeRequest.objects.get(pk=request.pk)
        _check_approved(locked)
        by = actor or locked.approved_by
        purged = erase(_subject(locked), locked, actor=by, seconds=seconds, check=check)
        _forget(locked)
        locked.state, locked.done_at, locked.operation = State.DONE, timezone.now(), purged.operation
        locked.report = purged.report
        with housekeeping():
            locked.save(update_fields=["state", "done_at", "operation", "report"])
    _event("done", request, actor)
    request.refresh_from_db()
    return purged.operation


def _is_in(request: PurgeRequest, user: Any) -> bool:
    subject = _subject(request)
    if not subject.account:
        return False
    column = old(subject.model._meta.get_field(subject.account))
    there = rows_of(request).filter(**{subject.account: user}).exists()
    return there or gone_of(request).filter(**{column: getattr(user, "pk", user)}).exists()


def ask_job(actor: Any, parameters: dict[str, Any]) -> str:
    """For a worker: as whoever looks through everything that others are called, and all titles and places."""
    subject = named(parameters["model"])
    if subject is None:
        raise NotDone(_("%(model)s is not installed any more.") % {"model": parameters["model"]})
    rows = subject.model._base_manager.order_by()
    try:
        ask(subject, rows, actor=actor, reason=parameters["reason"])
    except PurgeError as error:
        raise NotDone(str(error)) from error
    return _("Asked for. Somebody else has to approve it now.")


def run_job(actor: Any, parameters: dict[str, Any]) -> str:
    """For a worker."""
    request = PurgeRequest.objects.get(pk=parameters["request"])
    _check_permission(actor)
    try:
        run(request, actor=actor)
    except PurgeError as error:
        raise NotDone(str(error)) from error
    return done(request)


def done(request: PurgeRequest) -> str:
    number = request.number
    sentence = ngettext("Purged %(count)s person.", "Purged %(count)s persons.", number)
    return sentence % {"count": f"{number:,}"}


def changes(request: PurgeRequest) -> int:
    """Of how many rows is not true any more what was shown: they changed, are held, or are not due."""
    subject = _subject(request)
    every = subject.model._base_manager.order_by()
    going = Due(subject, every, request.before).going.order_by().values("pk")
    keys = request.rows.order_by()
    deleted = gone.due(subject, request.before).order_by().values("row_id")
    later = subject.model.history_model.objects.filter(pk__gt=request.mark).order_by().values("row_id")
    still = models.Q(key__in=going) | models.Q(key__in=deleted)
    return keys.filter(~still | models.Q(key__in=later)).count()


def _check_unchanged(request: PurgeRequest) -> None:
    number = changes(request) if request.is_open else 0
    if number:
        sentence = ngettext(
            "%(count)s of them changed, is held or is not due any more since it was asked for. "
            "Nothing was purged: look again and ask again.",
            "%(count)s of them changed, are held or are not due any more since it was asked for. "
            "Nothing was purged: look again and ask again.",
            number,
        ) % {"count": f"{number:,}"}
        _close(request, State.RETURNED, sentence)
        raise PurgeError(sentence)


def _check_approved(request: PurgeRequest) -> None:
    if request.state != State.APPROVED:
        raise PurgeError(_("It is not approved, or it was carried out already."))
    if request.asked_by_id is None or request.approved_by_id in (None, request.asked_by_id):
        raise PurgeError(_("Two different people with an account have to ask for it and approve it."))


def _check_approver(request: PurgeRequest) -> None:
    """Raises PurgeError, and the request is returned, where two do not stand for it any more: who asked for it, and who
    approved it and sees everybody.
    """
    if request.state != State.APPROVED:
        return
    if request.asked_by is None or request.approved_by is None:
        sentence = _(
            "Who asked for it, or approved it, has no account any more. Nothing was purged: look again and ask again."
        )
    elif not has_no_limits(request.approved_by, _subject(request)):
        sentence = _(
            "Who approved it does not see everybody any more. Nothing was purged: look again and ask again."
        )
    else:
        return
    _close(request, State.RETURNED, sentence)
    raise PurgeError(sentence)


def _check_permission(actor: Any) -> None:
    if actor is None or not actor.is_active or not actor.has_perm(PERMISSION):
        raise PurgeError(_("You may not purge."))


def _close(request: PurgeRequest, state: str, answer: str) -> None:
    with transaction.atomic():
        still = PurgeRequest.objects.filter(pk=request.pk, state__in=[State.ASKED, State.APPROVED])
        if not still.update(state=state, answer=answer):
            raise PurgeError(_("Somebody else decided about it at that moment."))
        _forget(request)
    request.refresh_from_db()


def _forget(request: PurgeRequest) -> None:
    """Who was in it, and what they are called."""
    for rows in (request.rows, request.names):
        rows.order_by()._raw_delete(rows.db)


def _subject(request: PurgeRequest) -> Subject:
    subject = named(request.model)
    if subject is None:
        raise PurgeError(_("%(model)s is not installed any more.") % {"model": request.model})
    return subject


def _event(what: str, request: PurgeRequest, actor: Any, source: str = "") -> None:
    facts: dict[str, Any] = {"what": f"purge_{what}", "purge": request.pk, "number": request.number}
    if source:
        facts["source"] = source
    event("sensitive_delete", user=actor, level="WARN", **facts)


def _name(actor: Any, source: str = "") -> str:
    """With the command that names them, which anybody may who can start it."""
    name = str(actor.get_full_name() or actor.get_username())
    return f"{name[: 148 - len(source)]}, {source}" if source else name[:150]
