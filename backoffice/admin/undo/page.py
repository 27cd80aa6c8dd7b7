"""Undoing an operation, or one row of it: what would come back and what is left, then the deed."""

import csv
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from backoffice.access.pieces import asked_for_file
from backoffice.admin.counting import Count
from backoffice.admin.forms.typed import unsaved_reason
from backoffice.admin.history.versions import gone_relations
from backoffice.admin.later import Repeated, later
from backoffice.admin.log import told
from backoffice.admin.log.rows import Echo
from backoffice.admin.named_rows import history_url
from backoffice.admin.rights import may
from backoffice.admin.subjects.reading import shown
from backoffice.admin.undo import undoing
from backoffice.admin.undo.asked import SAMPLED, AskedUndo
from backoffice.admin.undo.left_rows import LeftRows, left_lines, left_rows
from backoffice.admin.wording import moment
from backoffice.models import AccessEvent, Operation
from backoffice.operations.names import Names
from backoffice.operations.outcome import Outcome, UndoError
from backoffice.operations.tables import recorded_fields
from backoffice.operations.undo import check, undo
from backoffice.security.reads import of_operation, record_read

MAX_REASON = 2_000
LEFT = "left"  # asks for a file of the rows that stay

if TYPE_CHECKING:
    from backoffice.admin.log.pages import OperationAdmin


def undo_view(admin: "OperationAdmin", request: HttpRequest, operation: Operation) -> HttpResponseBase:
    page = UndoPage(admin, request, operation)
    if not page.is_allowed:
        if operation.actor_id != request.user.pk and admin.has_view_permission(request):
            admin.refuse_unlisted(request, operation)
        raise PermissionDenied(page.why_not)
    if request.GET.get(LEFT) == "csv":
        return _left_file(request, page)
    refusal = ""
    if request.method == "POST":
        if response := later(request, page.number, page.button):
            return response
        try:
            return _undone(request, page, page.carry_out())
        except UndoError as error:
            refusal = str(error)
            operation.refresh_from_db()  # somebody else may have undone it at that moment
            page = UndoPage(admin, request, operation)
    if page.outcome:
        for part in page.sample:
            shown(admin.admin_site, request, part.model, part.keys, AccessEvent.What.HISTORY)
    context = {"title": page.title, "page": page, "operation": operation, "refusal": refusal}
    return admin.render(request, "backoffice/operations/undo.html", context)


def _left_file(request: HttpRequest, page: "UndoPage") -> HttpResponseBase:
    """Every row that stays, with what stands against it, as CSV."""
    site, operation = page.admin.admin_site, page.operation
    parts = [part for part in page.all_left() if may(site, request, "view", part.model)]
    if not parts:
        return HttpResponseRedirect(page.own_url)

    def note() -> None:
        for part in parts:
            recorded = getattr(site._registry.get(part.model), "reads_recorded", False)
            which = [step.row_id for step in part.sample] if recorded else part.number
            chosen = of_operation(page.whole, whole=False)
            record_read(request, part.model, which, "operation_rows", filters=chosen)

    if again := asked_for_file(request, sum(part.number for part in parts), note):
        return again
    writer = csv.writer(Echo())
    lines = (writer.writerow(cells) for cells in left_lines(site, request, operation, parts))
    return StreamingHttpResponse(
        chain(["\ufeff"], lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="operation-{operation.pk}-left.csv"'},
    )


def _undone(request: HttpRequest, page: "UndoPage", outcome: Outcome) -> HttpResponse:
    sentence = _("Undone: %(rows)s.") % {"rows": told.back_in_words(outcome.rows)}
    sentences = [sentence, *told.bereft_in_words(outcome.bereft), told.once_more(outcome.bereft)]
    undoing.tell(request, " ".join(filter(None, sentences)), outcome.operation)
    left = sum(part.number for part in (*outcome.left, *page.withheld) if not part.is_back)
    if left:
        sentence = (
            _("%(count)s of its changes stay: the page of its undo says what stands against them.")
            if isinstance(request, Repeated)
            else _("%(count)s of its changes stay: below is said what stands against them.")
        )
        messages.warning(request, sentence % {"count": Count(left)})
        return HttpResponseRedirect(page.own_url)
    return HttpResponseRedirect(page.back_url)


class UndoPage(AskedUndo):
    """What is asked for, in words."""

    @cached_property
    def subject(self) -> str:
        return self.names.of(self.change) if self.change else told.what(self.operation)

    @cached_property
    def names(self) -> Names:
        return Names([self.change] if self.change else [], self.request.user)

    @property
    def restores(self) -> bool:
        """Whether it is about one row that was deleted: people call that restoring."""
        return self.change is not None and self.change.action == "-"

    @property
    def title(self) -> str:
        pattern = _("Restore “%(subject)s”?") if self.restores else _("Undo “%(subject)s”?")
        return pattern % {"subject": self.subject}

    @property
    def button(self) -> str:
        pattern = _("Restore “%(subject)s”") if self.restores else _("Undo “%(subject)s”")
        return pattern % {"subject": self.subject}

    @property
    def cannot(self) -> str:
        if self.is_done or self.is_done_in_part:
            return _("Nothing to undo")
        return _("It cannot be restored alone") if self.restores else _("It cannot be undone")

    @property
    def gone(self) -> list[str]:
        """Of one row: what it belonged to and is not there any more either."""
        if not self.change or not self.change.before:
            return []
        fields = recorded_fields(self.change.model)
        return gone_relations(fields, self.names, self.change.before)

    @cached_property
    def refusal(self) -> str:
        """Why nothing of it can be undone."""
        try:
            check(self.operation)
        except UndoError as error:
            return str(error)
        if self.is_done:
            return _("It was restored already.") if self.restores else _("It was undone already.")
        if self.is_done_in_part:
            return (
                _("It was restored already, but for what is said below.")
                if self.restores
                else _("It was undone already, but for what is said below.")
            )
        if self.outcome and not self.outcome.number:
            return _("Nothing of it can be undone now: below stands why.")
        return self.barred

    @property
    def is_done(self) -> bool:
        """Whether all that was asked for has been taken back by now."""
        left = self.withheld or (self.outcome and self.outcome.left)
        return self.outcome is not None and not self.outcome.number and not left

    @property
    def is_done_in_part(self) -> bool:
        """Whether all is back, and some of it without what it cannot have yet."""
        return self.outcome is not None and not self.outcome.number and not self.is_done and not self.stays

    @property
    def stays(self) -> bool:
        """Whether rows stay as they are."""
        tried = self.outcome or self.sampled
        left = [*(tried.left if tried else ()), *self.withheld]
        return any(not part.is_back for part in left)

    @property
    def untried(self) -> str:
        """Why the page cannot say what would be left."""
        if self.outcome:
            return ""
        reason = (
            _("Somebody else is writing at this moment: each row is looked at when you confirm.")
            if self.is_busy
            else _("These are many rows: each is looked at when you confirm.")
        )
        after = _("What somebody changed since stays as it is and is named afterwards.")
        if self.sampled:
            after = _("What stands against the first %(count)s of them is said below.") % {
                "count": Count(SAMPLED)
            }
        return f"{reason} {after}"

    @property
    def number(self) -> int:
        """Of how many rows it is, with those that come back along with one."""
        if not self.row:
            return int(self.operation.number)
        return sum(number for counts in self.counts.values() for number in counts.values())

    @property
    def back(self) -> str:
        """What comes back, in words."""
        if self.outcome:
            return told.back_in_words(self.outcome.rows)
        return told.back_in_words(told.opposite(self.counts), "most" if self.is_many else "exact")

    @property
    def bereft(self) -> list[str]:
        found = self.outcome.bereft if self.outcome else []
        return list(filter(None, [*told.bereft_in_words(found), told.once_more(found)]))

    @property
    def left(self) -> list[LeftRows]:
        tried = self.outcome or self.sampled
        parts = list(zip(tried.left, self.held, strict=True)) if tried else []
        return [
            left_rows(self.admin.admin_site, self.request, self.operation, part, held)
            for part, held in [*parts, *((part, {}) for part in self.withheld)]
        ]

    @property
    def left_url(self) -> str:
        """The file of all rows that stay, where the page does not name them all."""
        if not self.outcome or not any(part.rows and part.more.number for part in self.left):
            return ""
        params = self.request.GET.copy()
        params[LEFT] = "csv"
        return f"?{params.urlencode()}"

    def carry_out(self) -> Outcome:
        with translation.override(None):
            subject = self.names.of(self.change) if self.change else self.operation.subject
        facts: dict[str, Any] = {"actor": self.request.user, "reason": self.reason, "subject": subject}
        return undo(self.whole, only=self.only, needed=self.needed, **facts)

    @property
    def done(self) -> str:
        """What is to be taken back: when, and who did it."""
        facts = {"when": moment(self.operation.at), "who": told.who(self.operation)}
        return _("Done on %(when)s by %(who)s.") % facts

    @property
    def reason(self) -> str:
        return self.request.POST.get("reason", "").replace("\x00", "").strip()[:MAX_REASON]

    @property
    def unsaved(self) -> str:
        return unsaved_reason(self.reason)

    @property
    def whole_text(self) -> str:
        return _("The operation was: %(rows)s.") % {"rows": told.in_words(self.operation.rows)}

    @property
    def whole_url(self) -> str:
        """From the undo of one row to that of the whole operation."""
        if not self.row or self.operation.number == 1:
            return ""
        return reverse("admin:backoffice_operation_undo", args=[self.operation.pk])

    @property
    def own_url(self) -> str:
        """This page; the rows that stay are on it until there is nothing left to undo."""
        params = self.request.GET.copy()
        params.pop(LEFT, None)
        return f"{self.request.path}?{params.urlencode()}".removesuffix("?")

    @cached_property
    def operation_url(self) -> str:
        return self.admin.url_of(self.request, self.operation)

    @property
    def back_url(self) -> str:
        """Where one comes from and goes to: what the address says, the row, the operation or the start."""
        back = self.request.GET.get(undoing.NEXT, "")
        if back and url_has_allowed_host_and_scheme(back, None):
            return back
        if self.row and (url := history_url(*self.row)):
            return url
        return self.operation_url or reverse("admin:index")
