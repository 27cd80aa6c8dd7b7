"""What somebody selected in a list: the rows they ticked, or all that match its search and filters.

A selection travels from page to page as a signed token that only its owner can use, for this model, for a working
day. It holds keys or a query string, never rows: each page asks the admin's own get_queryset and the list's own
filters again, so whoever loses access to a row on the way loses it in the selection too.
"""

from copy import copy
from typing import Any, NamedTuple, Self

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.access import limit
from backoffice.admin.counting import Count, bounded_count
from backoffice.ages import lasting
from backoffice.security.events import event

MAX_TICKED = 900  # Django takes 1,000 fields in a post
MAX_AGE = 12 * 60 * 60  # seconds: a working day
FIELD = "selection"
ACROSS_FIELD = "select_across"


class SelectionError(Exception):
    """A selection that cannot be used; the text is a sentence for the person who made it."""


class Selection(NamedTuple):
    query: str  # the list's query string: its search and filters, and the way back to it
    keys: list[str] | None  # the ticked rows; None for all that match
    size: Count  # how many there were
    last: str  # the newest key of the model then

    @classmethod
    def from_request(cls, request: HttpRequest, model_admin: ModelAdmin) -> Self:
        """The selection that a request carries: as a token, or as a list that was just posted.

        Raises SelectionError with a sentence, or PermissionDenied for a token that this person was not given.
        """
        token = request.POST.get(FIELD) or request.GET.get(FIELD)
        if token:
            return cls.from_token(token, request, model_admin)
        keys = None if request.POST.get(ACROSS_FIELD) == "1" else _ticked(request, model_admin)
        chosen = cls(request.GET.urlencode(), keys, Count(0), "")
        size = Count(len(keys)) if keys is not None else bounded_count(chosen.queryset(request, model_admin))
        return chosen._replace(size=size, last=newest_key(model_admin.model))

    @classmethod
    def from_token(cls, token: str, request: HttpRequest, model_admin: ModelAdmin) -> Self:
        try:
            age = lasting(MAX_AGE, request)
            query, keys, size, last = _signer(request, model_admin).unsign_object(token, max_age=age)
        except signing.SignatureExpired:
            raise SelectionError(_("This selection is from another day. Select again.")) from None
        except (signing.BadSignature, ValueError):
            raise PermissionDenied(
                _("This selection was not made by you in this list. Select again.")
            ) from None
        return cls(query, keys, Count(*size), last)

    def token(self, request: HttpRequest, model_admin: ModelAdmin) -> str:
        return _signer(request, model_admin).sign_object(self, compress=True)

    def queryset(self, request: HttpRequest, model_admin: ModelAdmin) -> models.QuerySet[Any]:
        """The selected rows that this person may see now, in no order."""
        if self.keys is not None:
            rows = model_admin.get_queryset(request).filter(pk__in=self.keys)
        else:
            rows = _matching(request, model_admin, self.query)
        return rows.order_by().select_related(None)

    def list_url(self, model_admin: ModelAdmin) -> str:
        """The list as it was, with its search, filters and page."""
        opts = model_admin.opts
        url = reverse(f"{model_admin.admin_site.name}:{opts.app_label}_{opts.model_name}_changelist")
        return f"{url}?{self.query}" if self.query else url


class _Matching(ChangeList):
    """The rows of a list without reading a page of it."""

    def get_results(self, request: HttpRequest) -> None:
        pass


def _matching(request: HttpRequest, model_admin: ModelAdmin, query: str) -> models.QuerySet[Any]:
    found: models.QuerySet[Any] = listing_of(request, model_admin, query).queryset
    return found


def listing_of(request: HttpRequest, model_admin: ModelAdmin, query: str) -> Any:
    """The list with this query string: its rows and their order, none of them read. Raises SelectionError."""
    # The list has a column of boxes in front, where there are actions: the order that was asked for counts it.
    listing = copy(request)
    listing.GET = QueryDict(query)
    by_column = ORDER_VAR in listing.GET  # else nobody need know which columns this person chose
    columns = model_admin.get_list_display(listing) if by_column else ()
    boxes = ["action_checkbox"] if model_admin.get_actions(request) else []
    kind = type("Matching", (_Matching, model_admin.get_changelist(listing)), {})
    try:
        return kind(
            listing,
            model_admin.model,
            [*boxes, *columns],
            None,
            model_admin.get_list_filter(listing),
            model_admin.date_hierarchy,
            model_admin.get_search_fields(listing),
            False,
            model_admin.list_per_page,
            model_admin.list_max_show_all,
            (),
            model_admin,
            model_admin.get_sortable_by(listing) if by_column else (),
            model_admin.search_help_text,
        )
    except IncorrectLookupParameters:
        raise SelectionError(
            _("A filter of this list does not work. Clear the filters and select again.")
        ) from None


def _ticked(request: HttpRequest, model_admin: ModelAdmin) -> list[str]:
    keys = list(dict.fromkeys(request.POST.getlist(ACTION_CHECKBOX_NAME)))
    if not keys:
        raise SelectionError(_("Nothing is selected. Tick some rows of the list first."))
    if len(keys) > MAX_TICKED:
        sentence = _(
            "%(count)s rows are ticked, but %(limit)s is the most. Use “select all that match” instead."
        )
        raise SelectionError(sentence % {"count": Count(len(keys)), "limit": Count(MAX_TICKED)})
    pk = model_admin.opts.pk
    try:
        for key in keys:
            pk.run_validators(pk.to_python(key))
    except ValidationError:
        raise SelectionError(_("The list was posted with a row that cannot be. Select again.")) from None
    _note_foreign(request, model_admin, keys)
    return keys


def _note_foreign(request: HttpRequest, model_admin: ModelAdmin, keys: list[str]) -> None:
    """Rows that are there and not this person's are not selected, and to post them is a security event."""
    model: Any = model_admin.model
    if limit(request.user, model) is None:
        return
    theirs = model_admin.get_queryset(request).filter(pk__in=keys).order_by().values("pk")
    if number := model._base_manager.filter(pk__in=keys).exclude(pk__in=theirs).count():
        label = model._meta.label
        event("authz_fail", request=request, level="WARN", reason="selection", model=label, number=number)


def newest_key(model: type[models.Model]) -> str:
    """The highest key, as text; empty without rows. What is added later has a higher one."""
    newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return "" if newest is None else str(newest)


def _signer(request: HttpRequest, model_admin: ModelAdmin) -> signing.TimestampSigner:
    return signing.TimestampSigner(
        salt=f"backoffice.selection:{model_admin.opts.label_lower}:{request.user.pk}"
    )
