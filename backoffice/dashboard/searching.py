"""One search over the models of all boards, on the first page: the first rows of each, and the way to its list."""

from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.db.models import Case, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

from backoffice.admin.rights import may
from backoffice.dashboard.declared import boards
from backoffice.search import fold
from backoffice.sql.limited import first_keys

SHOWN = 6
MET = 500  # of the matching rows, the first that are met are sorted


class FoundRow(NamedTuple):
    name: str
    url: str
    note: str  # what tells it from others of its name
    is_whole: bool  # its whole name was typed, or one of its exact fields


class FoundRows(NamedTuple):
    title: str
    rows: list[FoundRow]
    url: str  # the list, searched so
    is_more: bool


def searched_models(site: AdminSite, request: HttpRequest) -> list[Any]:
    models = dict.fromkeys(model for board in boards() for model in (board.model, board.tree.model))
    return [model for model in models if model in site._registry and may(site, request, "view", model)]


def forms_to_add(site: AdminSite, request: HttpRequest, models: list[Any]) -> list[tuple[str, str]]:
    """What a row of each is called, and where one is added, of those that this person may add to."""
    return [
        (
            str(model._meta.verbose_name),
            reverse(f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_add"),
        )
        for model in models
        if may(site, request, "add", model)
    ]


def search(site: AdminSite, request: HttpRequest, words: str) -> list[FoundRows]:
    return [_found(site, request, model, words) for model in searched_models(site, request)]


def first_found(site: AdminSite, request: HttpRequest, model: Any, words: str) -> list[Any]:
    """SHOWN rows that a search finds, and one more where there is; the others in order after the exact ones.

    Before those in order come those whose text begins so: whoever types a whole name finds it among many longer ones.
    """
    admin: Any = site._registry[model]
    everything = admin.get_queryset(request).select_related(*getattr(admin, "found_with", ()))
    matching, _repeats = admin.get_search_results(request, everything, words)
    matching = everything.filter(pk__in=first_keys(matching.order_by(), MET))
    matching = _beginnings_first(matching, getattr(admin, "search_column", None), words)
    exact = (
        list(admin.get_exact_matches(request, everything, words)) if hasattr(admin, "exact_fields") else []
    )
    known = {row.pk for row in exact}
    return [*exact, *(row for row in matching[: SHOWN + 1] if row.pk not in known)][: SHOWN + 1]


def _beginnings_first(rows: Any, column: str | None, words: str) -> Any:
    if column is None:
        return rows
    begins = When(**{f"{column}__startswith": f" {fold(words)}"}, then=Value(0))
    order = rows.query.order_by or rows.model._meta.ordering
    return rows.order_by(Case(begins, default=Value(1)), *order)


def _found(site: AdminSite, request: HttpRequest, model: Any, words: str) -> FoundRows:
    admin: Any = site._registry[model]
    rows = first_found(site, request, model, words)
    notes = admin.found_notes(request, rows[:SHOWN]) if hasattr(admin, "found_notes") else {}
    base = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}"
    return FoundRows(
        capfirst(str(model._meta.verbose_name_plural)),
        [
            FoundRow(
                str(row),
                reverse(f"{base}_change", args=[row.pk]),
                notes.get(row.pk, ""),
                _is_named(admin, row, words),
            )
            for row in rows[:SHOWN]
        ],
        f"{reverse(f'{base}_changelist')}?{urlencode({'q': words})}",
        len(rows) > SHOWN,
    )


def _is_named(admin: Any, row: Any, words: str) -> bool:
    exact = [getattr(row, name, None) for name in getattr(admin, "exact_fields", ())]
    return fold(words) in {fold(str(value)) for value in (row, *filter(None, exact))}
