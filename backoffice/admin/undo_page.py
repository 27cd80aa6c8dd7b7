"""Undoing an operation, or one row of it: what would come back and what is left, then the deed."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import Count as CountRows
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.admin import told, undoing
from backoffice.admin.counting import Count
from backoffice.admin.later import later
from backoffice.admin.left_rows import LeftRows, left_rows
from backoffice.admin.named_rows import history_url, row_named
from backoffice.admin.rights import lacking_to_undo
from backoffice.admin.seen import seen_one, touched
from backoffice.admin.undo_limits import allowed_keys, may_undo
from backoffice.admin.versions import gone_relations
from backoffice.admin.wording import listing
from backoffice.busy import is_busy
from backoffice.frozen import key_set
from backoffice.links import links_to
from backoffice.models import Operation
from backoffice.operations.changes import Change, net
from backoffice.operations.conflicts import pending
from backoffice.operations.current import ACTIONS
from backoffice.operations.names import Names
from backoffice.operations.tables import is_recorded, old, recorded_fields, recorded_models
from backoffice.operations.undo import MANY, Only, Outcome, UndoError, check, trial, undo

if TYPE_CHECKING:
    from backoffice.admin.operations import OperationAdmin

MAX_REASON = 2_000
SAMPLED = 1_000  # rows of each model that are looked at where too many are left


def undo_view(admin: "OperationAdmin", request: HttpRequest, operation: Operation) -> HttpResponse:
    page = UndoPage(admin, request, operation)
    if not page.is_allowed:
        raise PermissionDenied
    refusal = ""
    if request.method == "POST":
        number = 1 if page.row else operation.number
        if response := later(request, number, page.button, always_fresh=page.always_fresh):
            return response
        try:
            return _undone(request, page, page.carry_out())
        except UndoError as error:
            refusal = str(error)
            operation.refresh_from_db()  # somebody else may have undone it at that moment
            page = UndoPage(admin, request, operation)
    context = {"title": page.title, "page": page, "operation": operation, "refusal": refusal}
    return admin.render(request, "backoffice/operations/undo.html", context)


def _undone(request: HttpRequest, page: "UndoPage", outcome: Outcome) -> HttpResponse:
    sentence = _("Undone: %(rows)s.") % {"rows": told.back_in_words(outcome.rows)}
    undoing.tell(request, " ".join([sentence, *told.bereft_in_words(outcome.bereft)]), outcome.operation)
    left = sum(part.number for part in outcome.left)
    if left:
        sentence = _("%(count)s of its changes stay: below is said what stands against them.")
        messages.warning(request, sentence % {"count": Count(left)})
        return HttpResponseRedirect(page.own_url)
    return HttpResponseRedirect(page.back_url)


class UndoPage:
    """`?row=library.Book:5` asks for one row of the operation, with what lost its relation to it."""

    is_busy = False  # whether others kept it from being tried

    def __init__(self, admin: "OperationAdmin", request: HttpRequest, operation: Operation) -> None:
        self.admin, self.request, self.whole = admin, request, operation
        self.operation = seen_one(request, operation)
        self.row = self._row(request.GET.get("row", ""))

    @cached_property
    def only(self) -> Only | None:
        asked = with_what_lost_it(self.operation, *self.row) if self.row else None
        if self.allowed is None or asked is None:
            return self.allowed if asked is None else asked
        return {model: sorted(set(keys) & set(self.allowed.get(model, []))) for model, keys in asked.items()}

    @cached_property
    def allowed(self) -> dict[Any, list[Any]] | None:
        """The rows that this person may take back; None where it is all of them."""
        return allowed_keys(self.request, self.whole)

    @property
    def always_fresh(self) -> bool:
        """Whether something of it is never given, taken or brought back without showing who one is."""
        admins = [self.admin.admin_site._registry.get(model) for model in told.counts(self.counts)]
        return any(getattr(admin, "always_fresh", False) for admin in admins)

    @property
    def is_cut_short(self) -> bool:
        """Whether rows stay because this person may not change them."""
        return self.allowed is not None and not self.row

    @cached_property
    def subject(self) -> str:
        return self.names.of(self.change) if self.change else told.what(self.operation)

    @cached_property
    def change(self) -> Change | None:
        """What the operation did to the one row that is asked for."""
        if not self.row:
            return None
        model, key = self.row
        return net(model, model.history_model.objects.filter(operation=self.operation, row=key))

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
        return _("It cannot be restored alone") if self.restores else _("It cannot be undone")

    @property
    def gone(self) -> list[str]:
        """Of one row: what it belonged to and is not there any more either."""
        if not self.change or not self.change.before:
            return []
        fields = recorded_fields(self.change.model)
        return gone_relations(fields, self.names, self.change.before)

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """What was done and is to be taken back, as Operation.rows has it."""
        if self.only is None and not self.is_rest:
            every: dict[str, dict[str, int]] = self.operation.rows
            return every
        return _counts(self._asked)

    @cached_property
    def lacking(self) -> str:
        """What this person may not do and the undo would, in words."""
        deeds = {
            "add": _("bring back %(rows)s"),
            "change": _("change %(rows)s"),
            "delete": _("delete %(rows)s"),
        }
        counts = told.counts(self.counts)
        lacking = lacking_to_undo(self.admin.admin_site, self.request, counts)
        return listing(deeds[deed] % {"rows": model._meta.verbose_name_plural} for deed, model in lacking)

    @property
    def is_allowed(self) -> bool:
        if self.lacking or not may_undo(self.request.user, self.whole):
            return False
        return self.allowed is None or any(self.only.values() if self.only else [])

    @cached_property
    def refusal(self) -> str:
        """Why nothing of it can be undone."""
        try:
            check(self.operation)
        except UndoError as error:
            return str(error)
        if self.outcome and not self.outcome.number:
            return _("Nothing of it can be undone now: below stands why.")
        return ""

    @property
    def is_rest(self) -> bool:
        """Whether it is about what is left of a large operation, of which a part is back."""
        is_large = not self.row and self.whole.number > MANY
        return is_large and self.whole.state == Operation.State.PARTLY_UNDONE

    @property
    def _asked(self) -> Iterator[tuple[Any, Any]]:
        """model → the history rows that are asked for; of the rest of an operation, those that are not back."""
        for model in recorded_models():
            if model._meta.label in self.whole.rows and (self.only is None or model in self.only):
                rows = model.history_model.objects.filter(operation=self.whole).order_by()
                rows = pending(model, self.whole) if self.is_rest else rows
                if self.only is not None:
                    rows = rows.filter(row_id__in=key_set(model, self.only[model]))
                yield model, rows

    @cached_property
    def is_many(self) -> bool:
        """Of a large operation each row is looked at when it is undone, not before."""
        if self.is_rest:
            return sum(number for count in self.counts.values() for number in count.values()) > MANY
        return not self.row and self.whole.number > MANY

    @cached_property
    def outcome(self) -> Outcome | None:
        """None of many rows; and while others are writing."""
        return None if self.is_many else self._tried(self.only)

    @cached_property
    def sampled(self) -> Outcome | None:
        """Of many rows that are left: what stands against the first of them."""
        if not self.is_many or not self.is_rest or self.is_busy:
            return None
        keys = (
            (model, rows.order_by("row_id").values_list("row_id", flat=True)) for model, rows in self._asked
        )
        return self._tried({model: list(found[:SAMPLED]) for model, found in keys})

    def _tried(self, only: Only | None) -> Outcome | None:
        try:
            return trial(self.whole, only=only)
        except UndoError:
            return None
        except OperationalError as error:
            if not is_busy(error):
                raise
            self.is_busy = True
            return None

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
    def back(self) -> str:
        """What comes back, in words."""
        return told.back_in_words(self.outcome.rows if self.outcome else told.opposite(self.counts))

    @property
    def bereft(self) -> list[str]:
        return told.bereft_in_words(self.outcome.bereft if self.outcome else [])

    @property
    def left(self) -> list[LeftRows]:
        tried = self.outcome or self.sampled
        parts = tried.left if tried else []
        return [left_rows(self.admin.admin_site, self.request, self.operation, part) for part in parts]

    def carry_out(self) -> Outcome:
        subject = self.subject[:200] if self.row else self.operation.subject
        actor = self.request.user
        return undo(self.whole, actor=actor, reason=self.reason, subject=subject, only=self.only)

    @property
    def reason(self) -> str:
        return self.request.POST.get("reason", "").replace("\x00", "").strip()[:MAX_REASON]

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
        return self.request.get_full_path()

    @property
    def back_url(self) -> str:
        """Where one comes from and goes to: the row, the operation or the start."""
        if self.row and (url := history_url(*self.row)):
            return url
        if self.admin.has_view_permission(self.request):
            return reverse("admin:backoffice_operation_change", args=[self.operation.pk])
        return reverse("admin:index")

    def _row(self, text: str) -> tuple[Any, Any] | None:
        if not text:
            return None
        try:
            model, key = row_named(text)
        except ValueError:
            raise Http404 from None
        if not touched(self.request, self.operation, model).filter(row=key).exists():
            raise Http404(_("This operation has no such row."))
        return model, key


def with_what_lost_it(operation: Operation, model: Any, key: Any) -> dict[Any, list[Any]]:
    """The row, and those that stayed and whose relation to it was set empty when it was deleted."""
    found: dict[Any, list[Any]] = {model: [key]}
    for link in links_to(model):
        if link.empties and link.is_plain and is_recorded(link.model):
            recorded: Any = link.model
            rows = recorded.history_model.objects.order_by().filter(operation=operation)
            gone = rows.filter(action="-", **{old(link.field): key}).values("row_id")
            lost = rows.filter(action="~", fields__contains=f",{link.field.name},", **{old(link.field): key})
            keys = lost.exclude(row_id__in=gone).values_list("row_id", flat=True)
            found.setdefault(link.model, []).extend(keys)
    return found


def _counts(asked: Iterable[tuple[Any, Any]]) -> dict[str, dict[str, int]]:
    """As Operation.rows has them, of these history rows; which actions there are is all that permissions need."""
    found = {}
    for model, rows in asked:
        counted = rows.values_list("action").annotate(CountRows("pk"))
        found[model._meta.label] = {ACTIONS[action]: number for action, number in counted}
    return found
