"""What refers to rows that an undo would delete and leaves, relation by relation, as far as somebody sees it."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.db.models import Count as CountRows
from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse

from backoffice.access.scope import scope_of
from backoffice.admin.counting import Count
from backoffice.admin.named_rows import with_names
from backoffice.admin.rights import may
from backoffice.links import Link, links_to
from backoffice.operations.conflicts import is_holding
from backoffice.operations.leaving import SAMPLE
from backoffice.operations.outcome import Left

FEW = 3  # of each relation to one row


class Held(NamedTuple):
    """What refers to a row by one relation: the first of it by name, and how many more of it one sees."""

    label: str
    rows: list[tuple[str, str]]  # name, address
    more: Count
    are_others: bool  # that one does not see: how many, nobody says


def holding(site: AdminSite, request: HttpRequest, part: Left, using: str) -> Mapping[Any, list[Held]]:
    """key → what refers to that row, of the first of the part; asked while the rest is taken back. Two queries for
    each relation.
    """
    keys = [step.row_id for step in part.sample[:SAMPLE] if step.action == "+"]
    found: dict[Any, list[Held]] = {}
    if not keys or not may(site, request, "view", part.model):
        return found
    for link in links_to(part.model):
        if link.is_plain and is_holding(link) and may(site, request, "view", link.model):
            for key, held in _held(site, request.user, link, keys, using).items():
                found.setdefault(key, []).append(held)
    return found


def _held(site: AdminSite, user: Any, link: Link, keys: Collection[Any], using: str) -> dict[Any, Held]:
    rows = link.rows(using).filter(**{link.field.name: OuterRef("pk")}).order_by("pk")
    condition = scope_of(user, link.model)
    seen = rows if condition is None else rows.filter(condition)
    others = rows.none() if condition is None else rows.filter(~condition)
    counted = seen.order_by().values(link.field.attname).values_list(CountRows("pk"))
    first = (Subquery(seen.values("pk")[at : at + 1]) for at in range(FEW))
    asked = link.parent._base_manager.using(using).filter(pk__in=keys).order_by()
    found = list(asked.values_list("pk", Subquery(counted), Exists(others), *first))
    names = _names(
        site, link.model, [row for _key, _number, _others, *few in found for row in few if row], using
    )
    label = f"{link.model._meta.verbose_name_plural} ({link.field.verbose_name})"
    return {
        key: Held(
            label, [names[row] for row in few if row in names], Count(max((number or 0) - FEW, 0)), are_others
        )
        for key, number, are_others, *few in found
        if number or are_others
    }


def _names(site: AdminSite, model: Any, keys: list[Any], using: str) -> dict[Any, tuple[str, str]]:
    rows = with_names(list(model._base_manager.using(using).filter(pk__in=keys)))
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    has_page = model in site._registry
    return {row.pk: (str(row), reverse(page, args=[quote(row.pk)]) if has_page else "") for row in rows}
