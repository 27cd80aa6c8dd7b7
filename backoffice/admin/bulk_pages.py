"""The pages of a bulk action: form, preview, and the confirmation that acts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, router
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import LIMIT, Count
from backoffice.admin.later import later
from backoffice.admin.plan import Plan, PlanError
from backoffice.admin.preview import SAMPLE, Preview
from backoffice.admin.selection import Selection
from backoffice.admin.undoing import tell
from backoffice.frozen import frozen
from backoffice.operations import operation

if TYPE_CHECKING:
    from backoffice.admin.bulk import BulkAction

STAGE, PLAN, SEARCH = "stage", "plan", "sample_q"
PREVIEW, APPLY, APPLY_POSSIBLE = "preview", "apply", "apply_possible"  # all or none; only those that can be


class BulkPages:
    """One request to the page of a bulk action."""

    def __init__(self, action: "BulkAction", request: HttpRequest, selection: Selection) -> None:
        self.action, self.request, self.selection = action, request, selection
        self.model_admin = action.model_admin
        self.stage = request.POST.get(STAGE, "")
        self.form = action.get_form(request, request.POST if self.stage else None)

    def respond(self) -> HttpResponse:
        if self.stage not in (PREVIEW, APPLY, APPLY_POSSIBLE) or not self.form.is_valid():
            return self.form_page()
        self.changes = self.action.changes(self.form)
        return self.preview_page(self.preview()) if self.stage == PREVIEW else self.confirmed()

    def form_page(self) -> HttpResponse:
        number = self.selection.size.number
        subject = ngettext("%(count)s %(rows)s is selected.", "%(count)s %(rows)s are selected.", number)
        context = {
            "form": self.form,
            "subject": subject % self.action.counted(self.selection.size),
            "media": self.model_admin.media + self.form.media,
        }
        return self.action.render(self.request, self.selection, self.action.form_template, context)

    def preview(self) -> Preview:
        queryset = self.selection.queryset(self.request, self.model_admin)
        action = self.action
        return Preview(queryset, self.changes, action.refusals, action.companions, decisive=action.decisive)

    def preview_page(self, preview: Preview, notice: str = "") -> HttpResponse:
        searched = self.request.POST.get(SEARCH, "").strip()[:100].replace("\x00", "")
        context = {
            "preview": preview,
            "summary": summary(self.action.counted(preview.total), self.selection, preview),
            "notice": notice,
            "columns": [capfirst(str(field.verbose_name)) for field in preview.fields],
            "sample": preview.sample(lambda rows: self._search(rows, searched)),
            "searched": searched,
            "answers": [(name, value) for name in self.form.fields for value in self._posted(name)],
            "plan": Plan.of(preview).token(self.request, self._purpose),
            "question": self.action.question(preview.allowed, self.changes),
            "media": self.model_admin.media,
        }
        return self.action.render(self.request, self.selection, self.action.preview_template, context)

    def _search(self, rows: models.QuerySet[Any], text: str) -> models.QuerySet[Any]:
        found, _has_duplicates = self.model_admin.get_search_results(self.request, rows, text)
        return found

    def _posted(self, name: str) -> list[str]:
        return self.request.POST.getlist(name)

    def confirmed(self) -> HttpResponse:
        """Do what the preview showed; when that is no longer what would happen, show it again with the reason."""
        if response := self._later():
            return response
        judged = None
        try:
            using = router.db_for_write(self.model_admin.model)
            with operation(self.action.name, actor=self.request.user, using=using) as it:
                message = self._carry_out()
        except PlanError as error:
            notice, judged = str(error), error.preview
        except IntegrityError:
            notice = _("Nothing was changed: somebody changed or deleted something meanwhile. Look again.")
        else:
            tell(self.request, message, it.operation)
            return HttpResponseRedirect(self.selection.list_url(self.model_admin))
        preview = self.preview()
        if judged:
            preview.refused_keys, preview.by_reason = judged.refused_keys, judged.by_reason
        return self.preview_page(preview, notice)

    def _later(self) -> HttpResponse | None:
        """The page of the job, where the rows are too many for a request."""
        size = self.selection.size
        if size.kind != "exact":
            size = Count(self.selection.queryset(self.request, self.model_admin).count())
        title = self.action.question(size, self.changes)
        return later(
            self.request, size.number, title, back=self.action.start_url(self.request, self.selection)
        )

    def _carry_out(self) -> str:
        """Change the rows and say so, or raise PlanError."""
        plan = Plan.from_token(self.request.POST.get(PLAN, ""), self.request, self._purpose)
        self.action.hold(self.changes)
        with frozen(self.selection.queryset(self.request, self.model_admin)) as rows:
            lock(rows)
            preview = Preview(
                rows, self.changes, self.action.refusals, everything=True, decisive=self.action.decisive
            )
            plan.check(preview)
            check(preview, possible=self.stage == APPLY_POSSIBLE)
            count = self.action.apply(preview.rows(), self.changes, self.request)
            return self._report(count, preview)

    def _report(self, count: int, preview: Preview) -> str:
        done = self.action.success_message(Count(count), self.changes)
        left = preview.total.number - count if preview.exact else 0
        if not left:
            return done
        sentence = ngettext(
            "%(count)s of the selected was left as it is.",
            "%(count)s of the selected were left as they are.",
            left,
        )
        return f"{done} {sentence % {'count': Count(left)}}"

    @property
    def _purpose(self) -> str:
        return f"{self.action.opts.label_lower}:{self.action.name}"


def lock(rows: models.QuerySet[Any]) -> None:
    """Keep the rows as they are until the transaction ends. More than LIMIT are changed in one statement anyway."""
    if rows.count() <= LIMIT:
        # In the order of their keys, so that two people who lock the same rows wait instead of deadlocking.
        list(rows.order_by("pk").select_for_update().values_list("pk"))


def check(preview: Preview, *, possible: bool) -> None:
    """Raise PlanError when the rules forbid the change: of all, or with `possible` of the ones that are left."""
    refused = Count(len(preview.refused_keys))
    if refused.number and not possible:
        sentence = ngettext(
            "Nothing was changed: %(count)s of them cannot be changed so. The reason is below.",
            "Nothing was changed: %(count)s of them cannot be changed so. The reasons are below.",
            refused.number,
        )
        raise PlanError(sentence % {"count": refused}, preview)
    if preview.too_many_refused:
        sentence = _(
            "Nothing was changed: %(count)s of them cannot be changed so. Select fewer, by a filter."
        )
        raise PlanError(sentence % {"count": Count(LIMIT, "more")}, preview)
    if not preview.allowed.number:
        raise PlanError(_("Nothing was changed: there is nothing to change."))


def summary(counted: dict[str, Any], selection: Selection, preview: Preview) -> list[str]:
    """How many were selected, are so already, cannot be changed, and how much was looked at, in sentences."""
    facts = {
        "refused": Count(len(preview.refused_keys)),
        "unchanged": preview.unchanged,
        "sample": Count(SAMPLE),
        "then": selection.size,
        **counted,
    }
    return [sentence % facts for sentence in _sentences(selection, preview)]


def _sentences(selection: Selection, preview: Preview) -> Iterator[str]:
    yield ngettext(
        "%(count)s %(rows)s is selected.", "%(count)s %(rows)s are selected.", preview.total.number
    )
    if selection.size != preview.total:
        yield _("There were %(then)s when you selected them.")
    if not preview.exact:
        yield _(
            "That is too many to look at one by one before you confirm: the numbers and names below are from "
            "%(sample)s of them. Each is looked at when you confirm."
        )
    if preview.unchanged.number:
        yield ngettext(
            "%(unchanged)s is so already and stays as it is.",
            "%(unchanged)s are so already and stay as they are.",
            preview.unchanged.number,
        )
    if preview.refused_keys:
        yield ngettext(
            "%(refused)s cannot be changed so.",
            "%(refused)s cannot be changed so.",
            len(preview.refused_keys),
        )
