"""The page of a job: how far it is, what came of it, and the way to cancel it."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin import AdminSite, site
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from backoffice import replica
from backoffice.admin.counting import Count
from backoffice.admin.telling import page_url, rest_url, result_url
from backoffice.admin.undo.offered import is_offered
from backoffice.background import cancel
from backoffice.background.boards import HEARD, Progress, board
from backoffice.background.jobs import Job, Phase
from backoffice.background.recovery import MOST

# Of a hundred: where each phase begins, and how much it is worth.
PARTS = {Phase.LOOKING: (2, 0), Phase.READING: (2, 28), Phase.CHECKING: (30, 20), Phase.FINISHING: (97, 0)}
WRITING, WRITING_WHAT_WAS_READ = (5, 90), (50, 45)


def job_page(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    job = Job.objects.select_related("operation").filter(pk=pk).first()
    if job is None or not _may_look(request, job):
        raise Http404("There is no such job.")
    if request.method == "POST":
        return _cancelled(request, job)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    request.current_app = site.name
    response = TemplateResponse(
        request, "backoffice/job.html", {**site.each_context(request), **facts(request, job)}
    )
    if job.is_finished:
        replica.remember(response, replica.wrote(request))
    return response


def _may_look(request: HttpRequest, job: Job) -> bool:
    return job.actor_id == request.user.pk or bool(request.user.has_perm("backoffice.view_job"))


class HowFar(NamedTuple):
    percent: int
    phase: str


def how_far(job: Job) -> HowFar | None:
    """None for a job that no worker is at."""
    return _how_far(job, board().progress(job)) if job.state == Job.State.RUNNING else None


def _how_far(job: Job, progress: Progress) -> HowFar:
    return HowFar(percent(progress, job.rows), str(Phase(progress.phase).label))


def facts(request: HttpRequest, job: Job) -> dict[str, Any]:
    goes_on = site.has_permission(request)  # else every other page is closed
    running = job.state == Job.State.RUNNING
    progress = board().progress(job) if running else Progress(job.phase, job.recorded, job.changed, job.part)
    return {
        "title": job.title,
        "job": job,
        **_how_far(job, progress)._asdict(),
        "rows": Count(job.rows),
        "recorded": Count(progress.recorded),
        "changed": Count(progress.changed),
        "ahead": _ahead(job),
        "is_ending": not job.is_finished and board().is_asked_to_end(job),
        "has_worker": job.is_finished or is_heard_of(),
        "may_cancel": may_cancel(request, job),
        "begun_again": _begun_again(job),
        "rest_url": rest_url(job) if goes_on else "",
        "result_url": result_url(job) if goes_on and job.actor_id == request.user.pk else "",
        "operation_url": _url("change", job) if goes_on else "",
        "undo_url": _url("undo", job) if goes_on and _may_undo(request, job) else "",
    }


def is_heard_of() -> bool:
    """Whether a worker lives, for whoever waits for one."""
    return board().has_worker(HEARD)


def percent(progress: Progress, rows: int) -> int:
    """By phases; where rows are written, by how many of the expected ones are recorded and changed."""
    if progress.phase in PARTS:
        start, worth = PARTS[Phase(progress.phase)]
        return start + round(worth * progress.part)
    start, worth = WRITING_WHAT_WAS_READ if progress.part else WRITING
    done = min(progress.recorded, rows) + min(progress.changed, rows)
    return start + round(worth * done / max(2 * rows, 1))


def may_cancel(request: HttpRequest, job: Job) -> bool:
    mine = job.actor_id == request.user.pk
    return not job.is_finished and (mine or request.user.has_perm("backoffice.change_job"))


def _cancelled(request: HttpRequest, job: Job) -> HttpResponse:
    if job.is_finished:
        messages.info(request, _("It was over already."))
    elif not may_cancel(request, job):
        raise PermissionDenied
    else:
        cancel(job)
    return HttpResponseRedirect(page_url(job))


def _begun_again(job: Job) -> str:
    """Why it is not the first attempt that is seen."""
    if job.attempt == 1:
        return ""
    sentence = _(
        "It was begun already and broken off before it was through, so nothing was changed. "
        "This is attempt %(attempt)s of %(most)s."
    )
    return sentence % {"attempt": job.attempt, "most": MOST}


def _ahead(job: Job) -> Count:
    """The jobs that come before this one."""
    if job.state != Job.State.WAITING:
        return Count(0)
    before = Job.objects.filter(pk__lt=job.pk, state__in=[Job.State.WAITING, Job.State.RUNNING])
    return Count(before.count())


def _may_undo(request: HttpRequest, job: Job) -> bool:
    return job.operation is not None and is_offered(site, request, job.operation)


def _url(page: str, job: Job) -> str:
    if job.operation_id is None:
        return ""
    try:
        return reverse(f"admin:backoffice_operation_{page}", args=[job.operation_id])
    except NoReverseMatch:
        return ""
