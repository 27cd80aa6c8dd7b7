"""How long a session lives: SESSION_IDLE_SECONDS without a request, SESSION_SECONDS in all; and who else ends it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from allauth.usersessions.adapter import DefaultUserSessionsAdapter, get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.access.kept import SAID, about_of, forget, keep, no_room, remember
from backoffice.access.whose import mark, marked
from backoffice.security.events import event
from backoffice.serving.sent import OURS, is_secret

BEGAN, SEEN = "backoffice.began", "backoffice.seen"
TOGETHER = 500  # accounts, in a query
NOTED_EVERY = 30  # seconds: a request within these does not write the session again
ENDED = "backoffice.ended_session_of"  # in request.META


class SessionLifeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request)
        remember(request, response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if seconds_left(request) <= 0:
                _end(request)
            elif not _only_asks(request):
                note(request)
        elif SESSION_KEY in request.session:
            request.session.flush()  # of an account that was closed, whichever way: it does not come back with it
        response = self.get_response(request)
        if request.user.is_authenticated:
            mark(request, response)
        elif _is_sent_to_sign_in(request, response) and (account := marked(request)):
            return keep_and_ask(request, account)
        return response

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """After the token of the form was checked: what was posted to a session that is over is kept."""
        if not _is_of_a_form(request):
            return None
        if request.META.get(ENDED):
            return keep_and_ask(request, request.META[ENDED])
        if request.user.is_authenticated:
            forget(request)
        _strip(request)
        return None


def begin(request: HttpRequest | None, **kwargs: Any) -> None:
    """Somebody signed in."""
    if request is not None:
        request.session[BEGAN] = request.session[SEEN] = int(time.time())


def seconds_left(request: HttpRequest) -> int:
    """Until this session ends when nothing more is asked for; a session without a beginning is over."""
    now, began = int(time.time()), request.session.get(BEGAN, 0)
    idle = request.session.get(SEEN, 0) + settings.SESSION_IDLE_SECONDS - now
    return int(min(idle, began + settings.SESSION_SECONDS - now))


def note(request: HttpRequest) -> None:
    """A request is a sign of life."""
    if time.time() - request.session[SEEN] >= NOTED_EVERY:
        request.session[SEEN] = int(time.time())
        sessions = UserSession.objects.filter(session_key=request.session.session_key)
        sessions.update(last_seen_at=timezone.now())


def _end(request: HttpRequest) -> None:
    user = request.user
    request.META[ENDED] = user.pk
    event("session_expired", request=request, user=user, reason="timeout")
    request.session.flush()
    request.user = (
        AnonymousUser()
    )  # not logout(), which tells the browser to forget what is typed in other tabs
    if request.method != "POST" and not _only_asks(request):
        messages.info(request, _("Your session is over. Sign in to go on; nothing that you sent is lost."))


def _is_of_a_form(request: HttpRequest) -> bool:
    """Whether it was posted to be done, and not ahead of that to be kept alone."""
    return request.method == "POST" and request.path != reverse("backoffice_on_its_way")


def _is_sent_to_sign_in(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the answer to a form is: sign in, then come back here."""
    way, _sign, question = response.get("Location", "").partition("?")
    if not _is_of_a_form(request) or way not in (reverse("account_login"), reverse("admin:login")):
        return False
    return QueryDict(question).get("next") == request.get_full_path()


def keep_and_ask(request: HttpRequest, account: Any) -> HttpResponse:
    """Sign in, then go on with what was posted, unless there is a secret in it."""
    way = request.get_full_path() if is_secret(request) else keep(request, account)
    if not way:
        return no_room(request)
    sentence = _("Your session is over. Sign in to go on; nothing that you sent is lost.")
    if is_secret(request):
        sentence = _("Your session is over. Sign in to go on; a password is not kept, so type it again then.")
    elif request.FILES:
        sentence = _("Your session is over. Sign in to go on; after that, choose the file again.")
    messages.info(request, sentence)
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': way})}")


def _strip(request: HttpRequest) -> None:
    """No view sees what leaving.js adds: the key by which it was kept, and what the page says of it."""
    ours = [name for name in request.POST if name.startswith(OURS)]
    if ours:
        request.META[SAID] = about_of(request.POST)
        post = request.POST.copy()
        for name in ours:
            del post[name]
        request.POST = post  # type: ignore[assignment]


def _only_asks(request: HttpRequest) -> bool:
    """Whether a script of a page asks by itself, which is no sign of life of the person."""
    by_script = request.headers.get("X-Asked-By") == "script" or request.path == reverse("backoffice_session")
    return request.method == "GET" and by_script


@never_cache
@require_http_methods(["GET", "POST"])
def session_view(request: HttpRequest) -> JsonResponse:
    """For the script in every page. A POST goes on with the session; a GET only looks."""
    if not request.user.is_authenticated:
        return JsonResponse({"left": 0})
    return JsonResponse(
        {"left": seconds_left(request), "user": str(request.user.pk), "token": get_token(request)}
    )


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession], *, reason: str = "ended") -> None:
        """Also those that somebody ends on the page of their own. What was over already is told to nobody."""
        found = list(sessions)
        open_ = Counter(session.user_id for session in found if session.exists())
        super().end_sessions(found)
        for account, number in open_.items():
            event("session_expired", account=account, reason=reason, number=number)


def end_sessions(user: Any, *, but: str | None = None, reason: str = "ended") -> None:
    """End what this user has open, anywhere; `but` is the key of a session that stays."""
    adapter: Any = get_adapter()  # the one above
    adapter.end_sessions(UserSession.objects.filter(user=user).exclude(session_key=but), reason=reason)


def end_sessions_of(keys: Sequence[Any]) -> None:
    """End what these accounts have open, some hundred accounts at a time."""
    adapter: Any = get_adapter()
    for start in range(0, len(keys), TOGETHER):
        adapter.end_sessions(UserSession.objects.filter(user__in=keys[start : start + TOGETHER]))
