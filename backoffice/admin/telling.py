"""The person who started a job is told on their next page that it is over.

Which jobs somebody waits for is in a signed cookie of their browser: pages of people who wait for nothing ask the
database nothing, and SQLite, whose one writer is the job, need not be written to.
"""

from collections.abc import Callable, Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from backoffice import replica
from backoffice.admin.undo import undoing
from backoffice.background.jobs import Job
from backoffice.security.cookies import own

COOKIE = own("background")
MOST = 20  # jobs that a browser waits for


class TellingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        waiting = _awaited(request)
        told = tell(request, waiting) if waiting and request.method == "GET" else []
        position = replica.wrote(request) if told else ""
        response = self.get_response(request)
        if told:
            _remember(response, [key for key in waiting if key not in told])
            replica.remember(response, position)
        return response


def started(request: HttpRequest, job: Job) -> HttpResponse:
    """To the page of a job that was just started; this browser is told when it is over."""
    response = HttpResponseRedirect(page_url(job))
    _remember(response, [*_awaited(request), job.pk])
    return response


def tell(request: HttpRequest, keys: Sequence[int]) -> list[int]:
    """Say what became of those of these jobs that are over; their keys."""
    over = Job.objects.filter(pk__in=keys, actor_id=request.user.pk, finished_at__isnull=False)
    found = list(over.select_related("operation").order_by("pk"))
    for job in found:
        if request.path != page_url(job):  # that page says so itself
            _say(request, job)
    return [job.pk for job in found]


def page_url(job: Job) -> str:
    return reverse("admin:backoffice_job_page", args=[job.pk])


def rest_url(job: Job) -> str:
    """Where that is listed which an undo left as it was; empty where it left nothing."""
    is_undo = job.state == Job.State.DONE and job.operation and job.operation.undoes_id
    return job.back if is_undo else ""


def result_url(job: Job) -> str:
    """The page that shows what came of a job, if there is one: a preview, an import."""
    return job.back if job.state == Job.State.DONE and not rest_url(job) else ""


def _say(request: HttpRequest, job: Job) -> None:
    if job.state == Job.State.DONE:
        sentence = job.message
        if url := rest_url(job):
            sentence = format_html('{} <a href="{}">{}</a>', sentence, url, _("Show what stays and why"))
        elif (url := result_url(job)) not in ("", request.path):
            sentence = format_html('{} <a href="{}">{}</a>', sentence, url, _("Show the result"))
        undoing.tell(request, sentence, job.operation)
        return
    link = format_html('<a href="{}">{}</a>', page_url(job), _("More about it"))
    messages.warning(request, format_html("{}: {} {}", job.title, job.message, link))


def _awaited(request: HttpRequest) -> list[int]:
    if COOKIE not in request.COOKIES:
        return []
    text = request.get_signed_cookie(COOKIE, default="", salt=_salt())
    return [int(key) for key in str(text).split(".") if key.isdigit()]


def _remember(response: HttpResponse, keys: Sequence[int]) -> None:
    if not keys:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_signed_cookie(
        COOKIE,
        ".".join(str(key) for key in keys[-MOST:]),
        salt=_salt(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _salt() -> str:
    return "backoffice.telling"
