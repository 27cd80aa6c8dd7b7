"""What refers to rows that an undo would delete and leaves: the first few of each relation."""

from collections.abc import Collection
from typing import Any, NamedTuple

from backoffice.links import Link, links_to
from backoffice.operations.conflicts import is_holding

FEW = 3  # of each relation to one row
MOST = 200  # of one relation to all the rows that are asked about


class Holding(NamedTuple):
    """The first few by their keys, and of how many; `is_more` where not all were looked at."""

    link: Link
    keys: list[Any]
    number: int
    is_more: bool


def holding(model: Any, keys: Collection[Any], using: str) -> dict[Any, list[Holding]]:
    """key → what refers to that row, relation by relation: a query for each."""
    found: dict[Any, list[Holding]] = {}
    for link in links_to(model):
        if link.is_plain and is_holding(link):
            rows = link.rows(using).filter(**{f"{link.field.name}__in": list(keys)}).order_by()
            pairs = list(rows.values_list(link.field.attname, "pk")[:MOST])
            for key in dict.fromkeys(key for key, _row in pairs):
                held = [row for to, row in pairs if to == key]
                found.setdefault(key, []).append(Holding(link, held[:FEW], len(held), len(pairs) == MOST))
    return found
