"""The page that offers what is kept of what somebody sent: what it was about, and what was typed."""

import datetime
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.admin import ModelAdmin, site
from django.contrib.admin.utils import unquote
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access.kept import (
    MOST_TYPED,
    about_of,
    forget,
    has_room,
    keep,
    kept_of,
    posted,
    sending,
    short,
)
from backoffice.access.sessions import ENDED, keep_and_ask
from backoffice.access.whose import marked, shown_to_another
from backoffice.serving.sent import is_secret
from backoffice.shown import shown_value

Typed = list[tuple[str, str]]
COUNTED = models.DateField, models.DecimalField, models.FloatField, models.IntegerField


class Kept(NamedTuple):
    """What was sent to a page, for a form that sends it again."""

    url: str
    look: str  # where to see whether it was done
    fields: Typed
    files: list[tuple[str, str]]  # name in the form, name of the file
    form: str  # the key of the form as it was opened, where it has one
    is_unanswered: bool  # it may have come and been done
    is_late: bool  # it was typed while the rest was on its way
    can_be_sent: bool  # and not added once more, say
    at: datetime.datetime
    heading: str
    button: str  # empty where nobody knows what was pressed
    typed: Typed

    @classmethod
    def of(cls, kept: dict[str, Any], request: HttpRequest) -> "Kept":
        fields = _fields(kept["post"])
        about, page = kept.get("about", {}), _Page.at(kept["path"])
        typed = [(label, value) for label, value in about.get("typed", [])]
        is_late = about.get("is_late", False)
        if page and is_late:
            typed = typed or page.all(fields)
        elif page and not (typed and page.is_of_one):
            said = {text.casefold() for each in typed for text in each}
            typed += [each for each in page.typed(fields) if not said & {text.casefold() for text in each}]
        return cls(
            url=kept["url"],
            look=page.look(kept["url"]) if page else kept["url"],
            fields=fields,
            files=kept["files"],
            form=kept.get("form", ""),
            is_unanswered=kept.get("is_unanswered", False),
            at=datetime.datetime.fromtimestamp(kept["at"], datetime.UTC),
            heading=about.get("heading") or (page.heading(request) if page else "") or kept["url"],
            button=about.get("button", ""),
            is_late=is_late,
            can_be_sent=not is_late or (page is not None and page.ends("_change")),
            typed=typed if is_late else [(label, short(value)) for label, value in typed[:MOST_TYPED]],
        )


class _Page(NamedTuple):
    """A page of a model."""

    model_admin: ModelAdmin[Any]
    match: ResolverMatch

    @classmethod
    def at(cls, path: str) -> "_Page | None":
        try:
            match = resolve(path)
        except Resolver404:
            return None
        for model, model_admin in site._registry.items():
            opts = model._meta
            if (match.url_name or "").startswith(f"{opts.app_label}_{opts.model_name}_"):
                return cls(model_admin, match)
        return None

    @property
    def is_of_one(self) -> bool:
        """Whether it is the form of a row: it holds more than was typed."""
        return self.ends("_add", "_change")

    def ends(self, *kinds: str) -> bool:
        return str(self.match.url_name).endswith(kinds)

    def look(self, url: str) -> str:
        """The page itself, or the list where it shows nothing without a selection."""
        opts = self.model_admin.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist") if self.ends("_bulk") else url

    def heading(self, request: HttpRequest) -> str:
        """The kind of rows, and the row that it is of where whoever is signed in may see it."""
        opts, pk = self.model_admin.opts, self.match.kwargs.get("object_id")
        row = self.model_admin.get_object(request, unquote(pk)) if pk else None
        if row is not None and self.model_admin.has_view_permission(request, row):
            return f"{capfirst(opts.verbose_name)}: {row}"
        return capfirst(str(opts.verbose_name if self.is_of_one else opts.verbose_name_plural))

    def typed(self, fields: Typed) -> Typed:
        """What was sent for fields of the model, in their words."""
        known = {field.name: field for field in self.model_admin.opts.fields if not field.is_relation}
        return [
            (capfirst(str(known[name].verbose_name)), _in_words(known[name], value))
            for name, value in fields
            if value and name in known
        ]

    def all(self, fields: Typed) -> Typed:
        """What was sent, but for what the page alone knows how to read."""
        known = {field.name for field in self.model_admin.opts.fields}
        return [*self.typed(fields), *_texts((name, value) for name, value in fields if name not in known)]


def _in_words(field: Any, text: str) -> str:
    """What was sent for a field as people read it; as it is where it cannot be a value of it."""
    named = dict(field.flatchoices)
    if text in named or not isinstance(field, COUNTED):
        return str(named.get(text, text))
    try:
        return str(shown_value(field.clean(text, None), field, ""))
    except ValidationError:
        return text


def _texts(fields: Iterable[tuple[str, str]]) -> Typed:
    """Those that somebody may have typed: no key, no number of a row, nothing signed."""
    return [
        (name, value)
        for name, value in fields
        if value
        and not value.isdecimal()
        and not name.rpartition("-")[2].startswith("_")
        and "-__prefix__-" not in name
        and (" " in value or ":" not in value)
    ]


def _fields(post: str) -> Typed:
    return [(name, value) for name, values in QueryDict(post).lists() for value in values]


@never_cache
@login_required
@require_safe
def kept_view(request: HttpRequest) -> HttpResponse:
    kept = kept_of(request)
    if not kept:
        return HttpResponseRedirect(reverse("admin:index"))
    context = {
        **site.each_context(request),
        "title": _("Go on where you were"),
        "kept": [Kept.of(each, request) for each in kept],
    }
    return TemplateResponse(request, "backoffice/access/kept.html", context)


@never_cache
def on_its_way_view(request: HttpRequest) -> HttpResponse:
    """What is about to be sent to an address of the panel is kept until it has come there; without the key of its form,
    it is not wanted any more. Where there is no room for it, it has to stay in its page: also at the end of a session,
    when it is kept once it comes itself.
    """
    account = "" if request.user.is_authenticated else request.META.get(ENDED) or marked(request)
    url, form = request.GET.get("to", ""), request.GET.get("form", "")
    if account and form and not has_room(request, sending(request, account, url=url, form=form)):
        return HttpResponse(status=507)
    return _on_its_way(request, url, form)


@login_required
@require_POST
def _on_its_way(request: HttpRequest, url: str, form: str) -> HttpResponse:
    if not url_has_allowed_host_and_scheme(url, None):
        return HttpResponseBadRequest()
    if form:
        about = about_of(request.POST, is_late="late" in request.GET)
        is_kept = keep(request, request.user.pk, url=url, form=form, about=about)
        return HttpResponse(status=204 if is_kept else 507)
    forget(request, url.partition("?")[0])
    return HttpResponseRedirect(reverse("backoffice_kept"))


def not_checked_view(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's, for a form with another token than the browser's. What comes from a page of another account than is
    signed in by now is not sent by this one: it is kept for that account, and can be copied.
    """
    account, fields = shown_to_another(request), _fields(posted(request))
    is_form = bool(fields or request.FILES) and request.path != reverse("backoffice_on_its_way")
    if not account or not is_form or is_secret(request):
        return csrf_failure(request, reason)
    if not request.user.is_authenticated:
        return keep_and_ask(request, account)
    is_kept = bool(keep(request, account))
    page = _Page.at(request.path)
    typed = page.all(fields) if page else _texts(fields)
    context = {"is_anothers": True, "is_kept": is_kept, "typed": typed}
    return render(request, "403_csrf.html", context, status=403)
