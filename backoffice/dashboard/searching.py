"""One search over the models of all boards, on the first page: the first rows of each, and the way to its list."""

from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.db import connections
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

from backoffice.admin.rights import may
from backoffice.dashboard.declared import boards

SHOWN = 6
MET = 500  # of the matching rows, the first that are met are sorted


class FoundRow(NamedTuple):
    name: str
    url: str


class FoundRows(NamedTuple):
    title: str
    rows: list[FoundRow]
    url: str  # the list, searched so
    is_more: bool


def searched_models(site: AdminSite, request: HttpRequest) -> list[Any]:
    models = dict.fromkeys(model for board in boards() for model in (board.model, board.tree.model))
    return [model for model in models if model in site._registry and may(site, request, "view", model)]


def search(site: AdminSite, request: HttpRequest, words: str) -> list[FoundRows]:
    return [_found(site, request, model, words) for model in searched_models(site, request)]


def first_found(site: AdminSite, request: HttpRequest, model: Any, words: str) -> list[Any]:
    """SHOWN rows that a search finds, and one more where there is; the exact ones first, the others in order."""
    admin: Any = site._registry[model]
    everything = admin.get_queryset(request)
    matching, _repeats = admin.get_search_results(request, everything, words)
    if connections[matching.db].vendor != "mysql":  # it takes no limit in a sub-query
        matching = everything.filter(pk__in=matching.order_by().values("pk")[:MET])
    exact = (
        list(admin.get_exact_matches(request, everything, words)) if hasattr(admin, "exact_fields") else []
    )
    known = {row.pk for row in exact}
    return [*exact, *(row for row in matching[: SHOWN + 1] if row.pk not in known)][: SHOWN + 1]


def _found(site: AdminSite, request: HttpRequest, model: Any, words: str) -> FoundRows:
    rows = first_found(site, request, model, words)
    base = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}"
    return FoundRows(
        capfirst(str(model._meta.verbose_name_plural)),
        [FoundRow(str(row), reverse(f"{base}_change", args=[row.pk])) for row in rows[:SHOWN]],
        f"{reverse(f'{base}_changelist')}?{urlencode({'q': words})}",
        len(rows) > SHOWN,
    )
