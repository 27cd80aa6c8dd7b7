"""What somebody posted and had to sign in for (again), or what no answer came to: kept for this browser and offered to
them afterwards.

What is typed into a form comes here before it is sent, and goes when that has come: so it is there, too, where the
connection breaks or a proxy answers instead of the panel.

It goes on only by a click of the same person; another one who signs in there never sees it, and takes nothing of it
away. It lies in a row of its own among the sessions, which no sign-in or sign-out ends, for as long as a session may
last. Files are not kept: they are asked for again.
"""

import time
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator

from backoffice.security.cookies import own
from backoffice.serving.sent import ABOUT, FORM, OURS, SECRET, TOKEN, TYPED

KEY = "backoffice.sent"
COOKIE = own("kept")
# in request.META
STORE, CHANGES, CAME, SAID = "backoffice.kept", "backoffice.kept_anew", "backoffice.came", "backoffice.said"
MOST, LARGEST = 100, 2_000_000  # forms of one account, and characters of them all; a single one may have more
MOST_TYPED = 10
LONGEST = 200  # letters of a heading, a button, a label or a value that are shown


def keep(
    request: HttpRequest, user_pk: Any, *, url: str = "", form: str = "", about: dict[str, Any] | None = None
) -> str:
    """Keep what is posted for this user, beside what else is kept; the address that offers it. Empty where there is no
    room for it: nothing goes in its place, so that it has to stay where it is.

    With `form`, the key of a form as it was opened once, it is about to be posted to `url` from there, and takes the
    place of what that form sent before. `about` it is what the page says.
    """
    sent = sending(request, user_pk, url=url, form=form)
    about = about or request.META.get(SAID) or about_of(request.POST)
    same = [other for other in _all(request) if _is_same(other, sent)]
    before = [*request.META.get(CAME, []), *same]
    sent["about"] = about or next((other["about"] for other in before if other.get("about")), {})
    if not has_room(request, sent):
        return ""
    _change(request, [*same, *_crowded_out(request, sent)], [sent])
    return reverse("backoffice_kept")


def sending(request: HttpRequest, user_pk: Any, *, url: str = "", form: str = "") -> dict[str, Any]:
    url = url or request.get_full_path()
    return {
        "user": str(user_pk),
        "path": url.partition("?")[0],
        "url": url,
        "post": posted(request),
        "files": [(name, file.name) for name, files in request.FILES.lists() for file in files],
        "at": int(time.time()),
        "form": form or request.POST.get(FORM, ""),
        "is_unanswered": bool(form),
    }


def has_room(request: HttpRequest, sent: dict[str, Any]) -> bool:
    """What was typed late has, always: the page that it was typed in is gone. It takes the room of nothing else."""
    others = [other for other in _beside(request, sent) if not _is_late(other)]
    size = sum(_size(other) for other in [sent, *others])
    return _is_late(sent) or not others or (len(others) < MOST and size <= LARGEST)


def _crowded_out(request: HttpRequest, sent: dict[str, Any]) -> list[dict[str, Any]]:
    """What was typed late before this and is the oldest of too much: copies, to be read only."""
    gone, size = [], _size(sent)
    late = [other for other in _beside(request, sent) if _is_late(other)] if _is_late(sent) else []
    for number, other in enumerate(reversed(late), 1):
        size += _size(other)
        gone += [other] if number >= MOST or size > LARGEST else []
    return gone


def _beside(request: HttpRequest, sent: dict[str, Any]) -> list[dict[str, Any]]:
    """What else is kept of this account, the last last."""
    of_them = [other for other in _all(request) if other["user"] == sent["user"]]
    return [other for other in of_them if not _is_same(other, sent)]


def _is_late(sent: dict[str, Any]) -> bool:
    return bool(sent.get("about", {}).get("is_late", False))


def _size(sent: dict[str, Any]) -> int:
    typed = sent["about"].get("typed", []) if _is_late(sent) else []  # of others it is short
    return len(sent["post"]) + sum(len(text) for each in typed for text in each)


def no_room(request: HttpRequest) -> HttpResponse:
    """The page that holds what is posted and could not be kept."""
    return render(request, "507.html", status=507)


def about_of(post: QueryDict, *, is_late: bool = False) -> dict[str, Any]:
    """What the page of a form says of it; nothing where it only offers again what is kept. What was typed late is
    nowhere else in words: all of it.
    """
    if ABOUT["heading"] not in post:
        return {"is_late": True} if is_late else {}
    about: dict[str, Any] = {name: short(post.get(field, "")) for name, field in ABOUT.items()}
    typed = list(zip(*(post.getlist(name) for name in TYPED), strict=False))
    if is_late:
        return {**about, "typed": typed, "is_late": True}
    return {**about, "typed": [(short(label), short(value)) for label, value in typed[:MOST_TYPED]]}


def short(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(LONGEST)


def forget(request: HttpRequest, path: str = "") -> None:
    """What is posted came, or is not wanted any more: it alone."""
    came = {"path": path or request.path, "post": posted(request), "form": request.POST.get(FORM, "")}
    again = [sent for sent in _kept(request) if sent["path"] == came["path"] and _is_of(sent, came)]
    if again:
        request.META[CAME] = again
        _change(request, again, [])


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Store what this request kept or forgot, unless it failed; the browser has the key to it, also where nothing is
    left: another tab may keep something while this answer is on its way.
    """
    if not request.META.get(CHANGES) or response.status_code >= 500:
        return
    del request.META[STORE]
    store = _store(request)  # anew: another tab may have kept something since
    store[KEY] = _all(request)
    store.save()
    response.set_cookie(
        COOKIE,
        store.session_key,
        max_age=settings.SESSION_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def way_back(request: HttpRequest) -> str:
    """Where what is kept is offered, for any other page; empty where nothing is."""
    address = reverse("backoffice_kept")
    return address if _kept(request) and request.path != address else ""


def is_of_here(request: HttpRequest) -> bool:
    """Whether something is kept that was sent to the address of this page."""
    return any(sent["path"] == request.path for sent in _kept(request))


def kept_of(request: HttpRequest) -> list[dict[str, Any]]:
    """What is kept for whoever is signed in, the last first."""
    return _kept(request)[::-1]


def _kept(request: HttpRequest) -> list[dict[str, Any]]:
    return [sent for sent in _all(request) if sent["user"] == str(request.user.pk)]


def _all(request: HttpRequest) -> list[dict[str, Any]]:
    """What is kept in this browser, for anybody."""
    since = time.time() - settings.SESSION_SECONDS
    kept = _store(request).get(KEY, [])
    for gone, new in request.META.get(CHANGES, []):
        kept = [*(sent for sent in kept if sent not in gone), *new]
    return [sent for sent in kept if sent["at"] >= since]


def _change(request: HttpRequest, gone: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    request.META.setdefault(CHANGES, []).append((gone, new))


def _store(request: HttpRequest) -> Any:
    """Nothing is asked for a browser without the cookie."""
    if STORE not in request.META:
        kind = import_module(settings.SESSION_ENGINE).SessionStore
        request.META[STORE] = kind(request.COOKIES.get(COOKIE))
    return request.META[STORE]


def _is_same(other: dict[str, Any], sent: dict[str, Any]) -> bool:
    return other["user"] == sent["user"] and other["url"] == sent["url"] and _is_of(other, sent)


def _is_of(sent: dict[str, Any], came: dict[str, Any]) -> bool:
    """Whether it is one sending: of the same form as it was opened, or of the very same text."""
    return bool(came["form"] and sent.get("form") == came["form"]) or sent["post"] == came["post"]


def posted(request: HttpRequest) -> str:
    """Without what is secret, and what is not of the form."""
    post = request.POST.copy()
    for name in [name for name in post if name == TOKEN or SECRET in name or name.startswith(OURS)]:
        del post[name]
    return post.urlencode()
