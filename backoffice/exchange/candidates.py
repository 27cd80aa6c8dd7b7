"""Which rows a name may mean that several have: said so that one of them can be written instead."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from backoffice.access import visible
from backoffice.exchange.paths import LEVELS, SEPARATOR
from backoffice.exchange.plan import Plan
from backoffice.exchange.sheet import Column

MOST = 200  # texts of a column of which the candidates are named
NAMED = 5


def sentences(plan: Plan, column: Column, model: Any, meant: Mapping[str, Collection[Any]]) -> dict[str, str]:
    """text of a column with a `path` → what is said of it. `meant` are the keys of the rows that are called so."""
    chosen = {text: sorted(keys)[: NAMED + 1] for text, keys in list(meant.items())[:MOST]}
    ways = _ways(plan, column, model, {key for keys in chosen.values() for key in keys})
    names = {"models": model._meta.verbose_name_plural, "key": model._meta.get_field(column.by).verbose_name}
    pattern = _("Several %(models)s are called so. Write the way to one of them, or its %(key)s: %(ways)s")
    return {text: pattern % {**names, "ways": _listed(keys, ways)} for text, keys in chosen.items()}


def _listed(keys: list[Any], ways: dict[Any, list[str]]) -> str:
    """Each by what means it alone: its way, or its name as an export has it (“Research [#7]”)."""
    told = {key: SEPARATOR.join(ways[key]) for key in keys[:NAMED] if key in ways}
    often = Counter(told.values())
    named = sorted(
        f"{ways[key][-1]} [#{key}]" if len(ways[key]) == 1 or often[way] > 1 else way
        for key, way in told.items()
    )
    return "; ".join([*(f"“{way}”" for way in named), *(["…"] if len(keys) > NAMED else [])])


def _ways(plan: Plan, column: Column, model: Any, keys: set[Any]) -> dict[Any, list[str]]:
    """key → ["Research", "Chemistry"]: a query for each level, as far up as the person sees."""
    name, above = column.or_by[0], model._meta.get_field(column.path).attname
    every = model._default_manager.using(plan.scratch.using)
    rows = visible(plan.actor, every) if plan.actor else every
    known: dict[Any, tuple[str, Any]] = {}
    missing = set(keys)
    for _level in range(LEVELS):
        found = rows.filter(pk__in=missing).order_by().values_list("pk", name, above)
        known |= {key: (called, parent) for key, called, parent in found}
        missing = {parent for _called, parent in known.values()} - known.keys() - {None} - missing
        if not missing:
            break
    return {key: _way(key, known) for key in keys if key in known}


def _way(key: Any, known: dict[Any, tuple[str, Any]]) -> list[str]:
    names: list[str] = []
    while key in known and len(names) < LEVELS:
        name, key = known[key]
        names.insert(0, name)
    return names
