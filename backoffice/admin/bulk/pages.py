"""The pages of a bulk action: form, preview, and the confirmation that acts."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, models, router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.bulk import followups
from backoffice.admin.bulk import scoped as scoped_bulk
from backoffice.admin.bulk.plan import Plan, PlanError
from backoffice.admin.bulk.preview import SAMPLE, Preview
from backoffice.admin.bulk.refused import refused_file
from backoffice.admin.bulk.settled import settled
from backoffice.admin.counting import LIMIT, Count, bounded_count
from backoffice.admin.later import later
from backoffice.admin.lists.found import sql_of
from backoffice.admin.lists.selection import Selection
from backoffice.admin.recording import REASON, stripped_reason
from backoffice.admin.showing import SampleRow, place
from backoffice.admin.subjects.reading import shown
from backoffice.admin.undo import undoing
from backoffice.admin.wording import left_as_it_is
from backoffice.links import bare
from backoffice.models import AccessEvent, Operation
from backoffice.operations import operation
from backoffice.operations.since import Moment
from backoffice.rules import Refusal
from backoffice.sql import locks
from backoffice.sql.frozen import frozen

if TYPE_CHECKING:
    from backoffice.admin.bulk.action import BulkAction

STAGE, PLAN, SEARCH = "stage", "plan", "sample_q"
PREVIEW, COUNT = "preview", "count"  # the page; the same with all rows counted
REFUSED = "refused"  # a file of who cannot be changed
APPLY, APPLY_POSSIBLE = "apply", "apply_possible"  # all or none; only those that can be


class BulkPages:
    """One request to the page of a bulk action."""

    def __init__(self, action: "BulkAction", request: HttpRequest, selection: Selection) -> None:
        self.action, self.request, self.selection = action, request, selection
        self.model_admin = action.model_admin
        self.stage = request.POST.get(STAGE, "")
        self.given = request.GET if STAGE in request.GET and not self.stage else request.POST
        self.form = action.get_form(request, self.given if STAGE in self.given else None)

    def respond(self) -> HttpResponseBase:
        if self.stage not in (PREVIEW, COUNT, REFUSED, APPLY, APPLY_POSSIBLE) or not self.form.is_valid():
            return self.form_page()
        self.answers = self.form.cleaned_data
        self.changes = self.action.changes(self.answers)
        if self.stage == REFUSED:
            return self.refused_file()
        return self.preview_page() if self.stage in (PREVIEW, COUNT) else self.confirmed()

    def form_page(self) -> HttpResponse:
        number = self.selection.size.number
        subject = ngettext("%(count)s %(rows)s is selected.", "%(count)s %(rows)s are selected.", number)
        context = {
            "form": self.form,
            "subject": subject % self.action.counted(self.selection.size),
            "reason": self.reason,
            "media": self.model_admin.media + self.form.media,
            **({"here": self._here} if self.stage else {}),
        }
        return self.action.render(self.request, self.selection, self.action.form_template, context)

    def preview(self, rows: models.QuerySet[Any] | None = None) -> Preview:
        """What would happen; of the frozen `rows` asked about each of them."""
        action, answers, user = self.action, self.answers, self.request.user
        return Preview(
            self.selected() if rows is None else rows,
            self.changes,
            self.refusals,
            followups=lambda rows, changing: scoped_bulk.within(
                user, action.followups(rows, changing, answers)
            ),
            notes=lambda rows, changing: action.notes(self.request, rows, changing, answers),
            decisive=action.decisive,
            user=user,
        )

    def refusals(self, rows: models.QuerySet[Any]) -> Iterator[Refusal]:
        yield from scoped_bulk.refusals(self.request.user, rows, self.changes, self.action.permission)
        yield from self.action.refusals(rows, self.answers)

    def beyond(self, preview: Preview) -> str:
        """Why it cannot be done: what would change besides and may not be changed by this person."""
        rows = preview.rows()
        return scoped_bulk.beyond(self.request.user, self.action.followups(rows, rows, self.answers))

    def refused_file(self) -> HttpResponseBase:
        preview = self.preview()
        changing = preview.queryset.filter(preview.differs)
        return refused_file(self.request, self.action, changing, self.refusals)

    def selected(self) -> models.QuerySet[Any]:
        """The selected rows, or those that the action changes for them."""
        selected = self.selection.queryset(self.request, self.model_admin)
        return self.action.rows(selected, bare(self.model_admin.get_queryset(self.request)))

    def preview_page(self, notice: str = "", judged: Preview | None = None) -> HttpResponse:
        moment = Moment.now()
        preview = self.preview()
        if judged:
            preview.learn_from(judged)
        elif not preview.exact:
            preview.survey(self.refusals, counted=self.stage == COUNT)
        searched = self.request.POST.get(SEARCH, "").strip()[:100].replace("\x00", "")
        sample = preview.sample(lambda rows: self._search(rows, searched))
        self._note_shown(preview, sample)
        context = {
            "preview": preview,
            "summary": summary(self.action, self.selection, preview),
            "notice": notice or self.beyond(preview),
            "columns": [capfirst(str(field.verbose_name)) for field in preview.fields],
            "sample": sample,
            "searched": searched,
            "answers": self._asked(),
            "plan": self._plan(preview, moment).token(self.request, self._purpose),
            "question": self.action.question(preview.allowed, self.answers),
            "refused_count": preview.refused_number,
            "reason": self.reason,
            "reason_required": self.action.reason_required,
            "here": self._here,
        }
        return self.action.render(self.request, self.selection, self.action.preview_template, context)

    def _note_shown(self, preview: Preview, sample: list[SampleRow]) -> None:
        """Of whom the page says what they have, or why they cannot be changed."""
        samples = chain(sample, *(other.sample for other in preview.others))
        named = chain((line.row for line in samples), *(refused.rows for refused in preview.refused))
        keys = defaultdict(list)
        for row in named:
            keys[type(row)].append(row.pk)
        for model, found in keys.items():
            shown(self.model_admin.admin_site, self.request, model, found, AccessEvent.What.PAGE)

    @property
    def reason(self) -> str:
        return stripped_reason(self.given)

    def _asked(self) -> list[tuple[str, str]]:
        return [(name, value) for name in self.form.fields for value in self._posted(name)]

    def _plan(self, preview: Preview, moment: Moment) -> Plan:
        return Plan.of(preview, self._bound(preview), moment, self._targets())

    def _targets(self) -> list[str]:
        """The rows that were chosen in the answers, by name and place: as they are at this moment."""
        chosen = [answer for answer in self.answers.values() if isinstance(answer, models.Model)]
        return [place(row, self.request.user) for row in chosen]

    @property
    def _here(self) -> str:
        """The first page with what was answered: a link to what is posted."""
        again = [(STAGE, "edit"), *self._asked(), (REASON, self.reason)]
        return self.action.start_url(self.request, self.selection, again)

    def _bound(self, preview: Preview) -> Any:
        """What a plan is for, besides the rows; where those are too many to be seen, how they are found."""
        selected = self.selected().order_by().values("pk")
        how = None if preview.exact else sql_of(selected, selected.db)
        return self._asked(), self.selection.query, self.selection.keys, how

    def _search(self, rows: models.QuerySet[Any], text: str) -> models.QuerySet[Any]:
        found, _has_duplicates = self.model_admin.get_search_results(self.request, rows, text)
        return found

    def _posted(self, name: str) -> list[str]:
        return self.request.POST.getlist(name)

    def confirmed(self) -> HttpResponse:
        """Do what the preview showed; when that is no longer what would happen, show it again with the reason."""
        if self.action.reason_required and not self.reason:
            return self.preview_page(_("Nothing was changed: say why, below, and confirm again."))
        try:
            plan = Plan.from_token(self.request.POST.get(PLAN, ""), self.request, self._purpose)
            if response := self._later():
                return response
            with transaction.atomic(using=router.db_for_write(self.model_admin.model)):
                sentence, line = self._carry_out(plan)
        except PlanError as error:
            return self.preview_page(str(error), error.preview)
        except IntegrityError:
            return self.preview_page(
                _("Nothing was changed: somebody changed or deleted something meanwhile. Look again.")
            )
        back = self.selection.list_url(self.model_admin)
        undoing.tell(self.request, sentence, line, back)
        return HttpResponseRedirect(back)

    def _later(self) -> HttpResponse | None:
        """The page of the job, where the rows are too many for a request."""
        size, rows = self.selection.size, self.selected()
        if size.kind != "exact" or not self.action.changes_selected:
            size = Count(rows.count())
        limit = settings.BACKGROUND_ROWS
        beside = self.action.followups(rows, rows, self.answers) if size.number <= limit else ()
        others = (bounded_count(followup.rows, limit).number for followup in beside)
        # Those that are so already are known when it is carried out.
        title = self.action.question(Count(size.number, "most"), self.answers)
        return later(self.request, size.number + sum(others), title, back=self._here)

    def _carry_out(self, plan: Plan) -> tuple[str, Operation]:
        """Change the rows and say so, or raise PlanError."""
        self.action.hold(self.answers)
        chosen = self.selected()
        with held(chosen) as rows:
            preview = self.preview(rows)
            plan.check(preview, self._bound(preview), chosen, self.model_admin.get_queryset(self.request))
            with self._settled(preview):
                check(preview, possible=self.stage == APPLY_POSSIBLE)
                plan.check_settled(preview)
                plan.check_told(preview, self._targets())
                if sentence := self.beyond(preview):
                    raise PlanError(sentence, preview)
                with operation(self.action.name, actor=self.request.user, reason=self.reason) as it:
                    others = followups.apply(preview.followups())
                    count = self.action.apply(preview.rows(), self.answers)
                plan.check_counted(count, others)
                plan.check_again(preview, chosen, it.operation)
            return self._report(count, others, rows.count() - count), it.operation

    @contextmanager
    def _settled(self, preview: Preview) -> Iterator[None]:
        if preview.exact:
            yield
            return
        changing = preview.queryset.filter(preview.differs)
        with settled(changing, self.refusals) as found:
            preview.settle(found)
            yield

    def _report(self, count: int, others: int, left: int) -> str:
        sentences = [self.action.success_message(Count(count), self.answers)]
        if others:
            sentences.append(self.action.others_message(Count(others), self.answers))
        return " ".join([*sentences, *left_as_it_is(left)])

    @property
    def _purpose(self) -> str:
        return f"{self.action.opts.label_lower}:{self.action.name}"


@contextmanager
def held(chosen: models.QuerySet[Any]) -> Iterator[models.QuerySet[Any]]:
    """`chosen` by their keys, kept as they are until the transaction ends.

    Of more than LIMIT, what was written meanwhile is seen afterwards (Plan.check_again).
    """
    with frozen(chosen) as rows:
        if rows.count() > LIMIT:
            yield rows
            return
        locks.hold(rows)
    with frozen(chosen) as rows:  # whoever was waited for may have moved some of them elsewhere
        yield rows


def check(preview: Preview, *, possible: bool) -> None:
    """Raise PlanError when the rules forbid the change: of all, or with `possible` of the ones that are left."""
    refused = preview.refused_number
    if refused.number and not possible:
        sentence = ngettext(
            "Nothing was changed: %(count)s of them cannot be changed so. The reason is below.",
            "Nothing was changed: %(count)s of them cannot be changed so. The reasons are below.",
            refused.number,
        )
        raise PlanError(sentence % {"count": refused}, preview)
    if not (preview.settled.left.exists() if preview.settled else preview.allowed.number):
        raise PlanError(_("Nothing was changed: there is nothing to change."))


def summary(action: "BulkAction", selection: Selection, preview: Preview) -> list[str]:
    """How many were selected, are so already, cannot be changed, and how much was looked at, in sentences."""
    facts = {
        "refused": preview.refused_number,
        "unchanged": preview.unchanged,
        "sample": Count(SAMPLE),
        "then": selection.size,
    }
    then = selection if action.changes_selected else None
    return [action.subject(preview.total), *(sentence % facts for sentence in _sentences(then, preview))]


def _sentences(selection: Selection | None, preview: Preview) -> Iterator[str]:
    size = selection.size if selection else preview.total
    if size != preview.total and not (preview.counted and size.kind == "more"):
        yield _("There were %(then)s when you selected them.")
    if preview.counted:
        yield _(
            "All of them were counted. The rules were asked about all, and are asked again when you confirm."
        )
    elif not preview.exact:
        yield _(
            "That is too many to look at one by one before you confirm: what changes is shown of %(sample)s of them. "
            "The rules were asked about all of them, and are asked again when you confirm."
        )
    if preview.unchanged.number and not (preview.exact or preview.counted):
        yield _("Those that are so already stay as they are.")
    elif preview.unchanged.number:
        yield ngettext(
            "%(unchanged)s is so already and stays as it is.",
            "%(unchanged)s are so already and stay as they are.",
            preview.unchanged.number,
        )
    if refused := preview.refused_number.number:
        yield ngettext("%(refused)s cannot be changed so.", "%(refused)s cannot be changed so.", refused)
