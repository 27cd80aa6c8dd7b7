"""A confirmed page that would change much: it asks who it is, and a worker does what takes too long for a request.

A page that is about to act calls `later` first and returns what it gives, if anything:

    if response := later(request, rows, self.title):
        return response

The worker repeats the request with the same post, as the same person: permissions, selection and plan are checked
again. A redirect with a message of success counts as done; a page that comes back instead says why not as `notice` or
`refusal` of its context, or in a message.
"""

import html
import re
from contextlib import nullcontext
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.messages.storage.base import BaseStorage, Message
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import resolve
from django.utils import timezone
from django.utils.safestring import SafeData
from django.utils.translation import gettext as _

from backoffice import background
from backoffice.access.fresh import demand
from backoffice.admin.deletion.deleting import REASON
from backoffice.admin.forms.typed import unsaved_reason
from backoffice.admin.recording import stripped_reason
from backoffice.admin.telling import started
from backoffice.background.outcome import Told
from backoffice.serving.zones import zone_named

HEADERS = ("HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")


class Repeated(HttpRequest):
    """A post that a worker repeats for the person who sent it."""

    is_repeated = True  # see ages.lasting and reads.record_read

    def __init__(self, actor: Any, parameters: dict[str, Any]) -> None:
        super().__init__()
        self.parameters = parameters
        self.method = "POST"
        self.META = {"REQUEST_METHOD": "POST", **parameters["meta"]}
        self.path, self.path_info = parameters["path"], parameters["path_info"]
        self.META["QUERY_STRING"] = parameters["query"]
        self.GET = QueryDict(parameters["query"])
        self.POST = QueryDict(parameters["post"])
        self.user = actor
        self.session: Any = {}
        self._messages = Collected(self)
        self._dont_enforce_csrf_checks = True  # it was asked for when the person posted


class Collected(BaseStorage):
    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any], bool]:
        return [], True

    def _store(self, *args: Any, **kwargs: Any) -> list[Any]:
        return []

    def words(self) -> str:
        return " ".join(words(message.message) for message in self._said)

    @property
    def is_success(self) -> bool:
        return any(message.level == messages.SUCCESS for message in self._said)

    @property
    def is_warning(self) -> bool:
        return any(message.level == messages.WARNING for message in self._said)

    @property
    def _said(self) -> list[Message]:
        return self._queued_messages  # type: ignore[attr-defined, no-any-return]


def later(
    request: HttpRequest, rows: int, title: Any, *, back: str = "", always_fresh: bool = False
) -> HttpResponse | None:
    """Where `rows` are many, or with `always_fresh`, the page that asks who it is; where a request cannot do them, the
    page of the job.

    Else, and in the worker, None. `back` is where the person can look again; without, the address that was posted to.
    """
    if isinstance(request, Repeated):
        return None
    is_long = background.is_long(rows)  # nobody can ask in the worker: what goes there is always asked before
    if response := demand(request, None if always_fresh or is_long else rows):
        return response
    if not is_long:
        return None
    post = request.POST.copy()
    post.pop("csrfmiddlewaretoken", None)
    parameters = {
        "path": request.path,
        "path_info": request.path_info,
        "query": request.META.get("QUERY_STRING", ""),
        "post": post.urlencode(),
        "meta": {name: request.META[name] for name in HEADERS if name in request.META},
        "zone": timezone.get_current_timezone_name(),  # where the days that were filtered by begin
    }
    job = _started(
        parameters,
        actor=request.user,
        rows=rows,
        title=str(title),
        back=back or request.get_full_path(),
    )
    return started(request, job)


def instead(
    request: Repeated, sentence: str, rows: int, title: Any, *, back: str, **answers: str
) -> background.NotDone:
    """To be raised by a page that a worker repeats: nothing was done, and the same post with these answers is the next.

    What the page would have kept of it goes with all that the job did, so that it takes a job of its own.
    """
    post = request.POST.copy()
    for name, value in answers.items():
        post[name] = value
    parameters = {**request.parameters, "post": post.urlencode()}
    start = partial(_started, parameters, actor=request.user, rows=rows, title=str(title), back=back)
    return background.NotDone(sentence, then=start)


def _started(parameters: dict[str, Any], **how: Any) -> Any:
    return background.start("page", "backoffice.admin.later.repeat", parameters, **how)


def repeat(actor: Any, parameters: dict[str, Any]) -> str:
    """What the worker does; the sentence that the page would have said, and where it would have warned of something or
    shows itself what came of it.
    """
    request = Repeated(actor, parameters)
    if not site.has_permission(request):
        raise PermissionDenied
    view = resolve(request.path_info)
    zone = zone_named(parameters.get("zone", ""))  # a release before did not keep it
    try:
        with timezone.override(zone) if zone else nullcontext():
            response = view.func(request, *view.args, **view.kwargs)
    except Http404:
        sentence = _("Nothing was changed: what it was about is not there any more.")
        raise _not_done(request, sentence) from None
    said = request._messages
    if isinstance(response, HttpResponseRedirect) and said.is_success:
        shows_it = response.url.partition("?")[0] == request.path  # the page of an import, for one
        return Told(said.words(), response.url if said.is_warning or shows_it else "")
    context = getattr(response, "context_data", None) or {}
    why_not = context.get("notice") or context.get("refusal") or said.words()
    raise _not_done(request, why_not or _("Nothing was changed: the page has questions left. Look again."))


def _not_done(request: Repeated, sentence: Any) -> background.NotDone:
    """With the reason that was typed, which is nowhere else once the job is over."""
    typed = unsaved_reason(stripped_reason(request.POST) or request.POST.get(REASON, "").strip())
    return background.NotDone(sentence if typed in sentence else f"{sentence} {typed}")


def words(message: Any) -> str:
    """A message without the links in it: those of the moment, such as Undo."""
    if not isinstance(message, SafeData):
        return str(message)
    text = re.sub(r"<a\b.*?</a>", "", str(message), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
