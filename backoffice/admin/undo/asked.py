"""What of an operation somebody asks to undo, may undo, and what would come of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import OperationalError
from django.db.models import Count as CountRows
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from backoffice.access import visible
from backoffice.access.record import history_limit
from backoffice.admin.log import told
from backoffice.admin.log.seen import seen_one, touched
from backoffice.admin.named_rows import row_named
from backoffice.admin.rights import lacking_to_undo, may
from backoffice.admin.undo.holding import Held, holding
from backoffice.admin.undo.limits import allowed_keys, is_foreign, may_undo, placing, withheld
from backoffice.admin.undo.sample import SampleRows, sample_rows
from backoffice.admin.wording import listing
from backoffice.links import links_to
from backoffice.models import Operation
from backoffice.operations.changes import Change, net
from backoffice.operations.conflicts import pending
from backoffice.operations.current import ACTIONS
from backoffice.operations.leaving import SAMPLE
from backoffice.operations.outcome import Left, Only, Outcome, UndoError
from backoffice.operations.regained import bereft, lost_relations, without_this
from backoffice.operations.tables import is_recorded, old, recorded_models
from backoffice.operations.taking_back import MANY
from backoffice.operations.undo import Look, trial
from backoffice.serving.busy import is_busy
from backoffice.sql.frozen import key_set

if TYPE_CHECKING:
    from backoffice.admin.log.pages import OperationAdmin

SAMPLED = 1_000  # rows of each model that are looked at where too many are left


class AskedUndo:
    """`?row=library.Book:5` asks for one row of the operation, with what lost its relation to it."""

    is_busy = False  # whether others kept it from being tried
    sample: Sequence[SampleRows] = ()  # of what would come back, once `outcome` was asked for
    held: Sequence[Mapping[Any, list[Held]]] = ()  # what refers to the rows that are left, part by part
    barred = ""  # why none of it can be undone, as the trial found

    def __init__(self, admin: "OperationAdmin", request: HttpRequest, operation: Operation) -> None:
        self.admin, self.request, self.whole = admin, request, operation
        self.operation = seen_one(request, operation)
        self.row = self._row(request.GET.get("row", ""))

    @cached_property
    def only(self) -> Only | None:
        asked = self._with_what_lost_it(*self.row) if self.row else None
        if self.allowed is None or asked is None:
            return self.allowed if asked is None else self._with_who_did_without(asked)
        asked = {model: sorted(set(keys) & set(self.allowed.get(model, []))) for model, keys in asked.items()}
        return self._with_who_did_without(asked)

    def _with_what_lost_it(self, model: Any, key: Any) -> dict[Any, list[Any]]:
        """The row; with those that lost it where this person may change them, else these are left for later."""
        found = with_what_lost_it(self.operation, model, key)
        site, request = self.admin.admin_site, self.request
        changeable = {each: keys for each, keys in found.items() if may(site, request, "change", each)}
        return {model: [key]} | changeable

    def _with_who_did_without(self, asked: dict[Any, list[Any]]) -> dict[Any, list[Any]]:
        """Also those that came back before this row: they get it again, if this person may change them."""
        assert self.row
        for model, keys in without_this(self.whole, *self.row).items():
            if keys and may(self.admin.admin_site, self.request, "change", model):
                rows = visible(self.request.user, model._base_manager.filter(pk__in=keys), "change")
                asked.setdefault(model, []).extend(rows.order_by().values_list("pk", flat=True))
        return asked

    @cached_property
    def allowed(self) -> dict[Any, list[Any]] | None:
        """The rows that this person may take back; None where it is all of them."""
        return allowed_keys(self.request, self.whole)

    @cached_property
    def needed(self) -> list[Any]:
        return placing(self.request.user, self.whole)

    @property
    def is_cut_short(self) -> bool:
        """Whether rows stay because this person may not change them."""
        return self.allowed is not None and not self.row

    @cached_property
    def change(self) -> Change | None:
        """What the operation did to the one row that is asked for."""
        if not self.row:
            return None
        model, key = self.row
        return net(model, model.history_model.objects.filter(operation=self.operation, row=key))

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """What was done and is to be taken back, as Operation.rows has it."""
        if self.only is None and not self.is_rest:
            every: dict[str, dict[str, int]] = self.operation.rows
            return every
        found = _counts(self._asked)
        using = str(self.whole._state.db)
        for field in lost_relations(self.whole, using):
            if number := bereft(self.whole, field, using, self.only).count():
                found.setdefault(field.model._meta.label, {}).setdefault("updated", number)
        return found

    @cached_property
    def lacking(self) -> str:
        """What this person may not do and the undo would, in words."""
        deeds = {
            "add": _("bring back %(rows)s"),
            "change": _("change %(rows)s"),
            "delete": _("delete %(rows)s"),
        }
        counts = told.counts(self.counts)
        own = not is_foreign(self.request.user, self.whole)
        lacking = lacking_to_undo(self.admin.admin_site, self.request, counts, own=own)
        return listing(deeds[deed] % {"rows": model._meta.verbose_name_plural} for deed, model in lacking)

    @property
    def is_allowed(self) -> bool:
        if self.lacking or not may_undo(self.request.user, self.whole):
            return False
        return self.allowed is None or any(self.only.values() if self.only else [])

    @property
    def why_not(self) -> str:
        """Why none of it is allowed, where the admins of its models say so."""
        if self.lacking or not may_undo(self.request.user, self.whole):
            return ""
        return " ".join(f"{reason}." for reason in dict.fromkeys(part.reason for part in self.withheld))

    @property
    def is_rest(self) -> bool:
        """Whether it is about what is left of a large operation, of which a part is back."""
        is_large = not self.row and self._number > MANY
        return is_large and self.whole.state == Operation.State.PARTLY_UNDONE

    @property
    def _asked(self) -> Iterator[tuple[Any, Any]]:
        """model → the history rows that are asked for; of the rest of an operation, those that are not back."""
        for model in recorded_models():
            if model._meta.label in self.whole.rows and (self.only is None or model in self.only):
                rows = model.history_model.objects.filter(operation=self.whole).order_by()
                rows = pending(model, self.whole) if self.is_rest or self.row else rows
                if self.only is not None:
                    rows = rows.filter(row_id__in=key_set(model, self.only[model]))
                yield model, rows

    @cached_property
    def is_many(self) -> bool:
        """Of a large operation each row is looked at when it is undone, not before."""
        if self.is_rest:
            return sum(number for count in self.counts.values() for number in count.values()) > MANY
        return not self.row and self._number > MANY

    @property
    def _number(self) -> int:
        """Of how many rows this person is told."""
        if self.allowed is None:
            return int(self.whole.number)
        return sum(len(keys) for keys in self.allowed.values())

    @cached_property
    def outcome(self) -> Outcome | None:
        """None of many rows; and while others are writing."""
        return None if self.is_many else self._tried(self.only, look=self._look)

    def _look(self, outcome: Outcome) -> None:
        assert outcome.operation
        site, request, rows = self.admin.admin_site, self.request, outcome.rows
        self.sample = list(sample_rows(site, request, self.whole, outcome.operation, rows))
        self._look_at_left(outcome)

    def _look_at_left(self, outcome: Outcome) -> None:
        site, using = self.admin.admin_site, str(outcome.operation._state.db)  # type: ignore[union-attr]
        self.held = [holding(site, self.request, part, using) for part in outcome.left]

    def all_left(self) -> list[Left]:
        """Every row that is left."""
        outcome = None if self.is_many else self._tried(self.only, MANY)
        return [*outcome.left, *self._withheld(MANY)] if outcome else []

    @cached_property
    def withheld(self) -> list[Left]:
        """The rows that this person sees, and that the admin of their model lets them not take back."""
        return list(self._withheld(SAMPLE))

    def _withheld(self, named: int) -> Iterator[Left]:
        limits = withheld(self.request, self.whole) if self.allowed is not None else ()
        for model, condition, why in limits:
            rows = pending(model, self.whole).filter(condition)
            rows = rows.filter(history_limit(self.request.user, model) or Q())
            if self.row:
                rows = rows.filter(row=self.row[1]) if self.row[0] is model else rows.none()
            if number := rows.values("row_id").distinct().count():
                yield Left(model, why, number, list(rows.order_by("row_id")[:named]))

    @cached_property
    def sampled(self) -> Outcome | None:
        """Of many rows that are left: what stands against the first of them."""
        if not self.is_many or not self.is_rest or self.is_busy:
            return None
        keys = (
            (model, rows.order_by("row_id").values_list("row_id", flat=True)) for model, rows in self._asked
        )
        return self._tried({model: list(found[:SAMPLED]) for model, found in keys}, look=self._look_at_left)

    def _tried(self, only: Only | None, named: int = SAMPLE, look: Look | None = None) -> Outcome | None:
        try:
            return trial(self.whole, only=only, needed=self.needed, named=named, look=look)
        except UndoError as error:
            self.barred = str(error)
            return None
        except OperationalError as error:
            if not is_busy(error):
                raise
            self.is_busy = True
            return None

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
        counted = rows.values_list("action").annotate(CountRows("row_id", distinct=True))
        found[model._meta.label] = {ACTIONS[action]: number for action, number in counted}
    return found
