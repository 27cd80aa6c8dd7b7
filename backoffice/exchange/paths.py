"""What a cell may say of a row instead of its key: a name, or the way to it: "Research / Chemistry"."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

from backoffice.access import visible
from backoffice.exchange.cells import LONGEST
from backoffice.exchange.letters import Folded, fits, folded, meant, single
from backoffice.exchange.plan import Plan
from backoffice.exchange.sheet import Column

CHUNK = 1000
LEVELS = 50  # of a way
LONGEST_TEXT = 2_600  # bytes of one that is looked up, more than any way has: PostgreSQL indexes no more
SEPARATOR = " / "
SPACED = re.compile(r"\s/\s")
SIGNS = (">", "›")
NOT_TOLD = "[not shown]"  # an export to somebody who may not see the related row: an import leaves it
MARK = " [#"
REFERENCE = re.compile(r"(.*) \[#(\d{1,18})\]$", re.DOTALL)  # the row of this number, if it is called so


def look_up_marked(plan: Plan, column: Column, texts: str, table: str, model: Any) -> bool:
    """Add to `table` which row a text like “Chemistry [#12]” means, whatever else is called so; whether one does."""
    last, any_found = "", False
    like = f"text > %s AND text LIKE '%% [#%%]' ORDER BY text LIMIT {CHUNK}"
    while asked := [text for (text,) in plan.scratch.rows(f"SELECT text FROM {texts} WHERE {like}", [last])]:  # noqa: S608
        last = asked[-1]
        found = _by_number(plan, model, column.called, asked)
        plan.scratch.load(table, ["text", "key", "fits"], [(text, key, 1) for text, key in found.items()])
        any_found |= bool(found)
    return any_found


def look_up(plan: Plan, column: Column, rest: str, table: str, model: Any) -> dict[str, set[Any]]:
    """Add to `table` what the texts of `rest` mean by the other fields of `column`; those that mean several rows."""
    last = ""
    several: dict[str, set[Any]] = {}
    query = f"SELECT text FROM {rest} WHERE text > %s ORDER BY text LIMIT {CHUNK}"  # noqa: S608
    while texts := [text for (text,) in plan.scratch.rows(query, [last])]:
        last = texts[-1]
        found = dict(_meanings(plan, column, model, texts))
        plan.scratch.load(table, ["text", "key", "fits"], [(t, min(k), len(k)) for t, k in found.items()])
        several |= {text: keys for text, keys in found.items() if len(keys) > 1}
    return several


def _meanings(plan: Plan, column: Column, model: Any, texts: list[str]) -> Iterator[tuple[str, set[Any]]]:
    left = texts
    for name in column.or_by:
        found = _by_field(plan, model, name, left, anyhow=bool(column.path))
        yield from found.items()
        left = [text for text in left if text not in found]
    if column.path and left:
        yield from _by_path(plan, column, model, left)


def stored(plan: Plan, column: Column, texts: list[str]) -> dict[str, set[Any]]:
    """The stored rows that these texts may mean in a cell of `column`."""
    model = plan.sheet.field(column.name).related_model
    keys = model._default_manager.using(plan.scratch.using).filter(**{f"{column.by}__in": texts})
    seen = visible(plan.actor, keys) if plan.actor else keys
    found: dict[str, set[Any]] = {}
    if column.called:
        found = {text: {key} for text, key in _by_number(plan, model, column.called, texts).items()}
    for key, text in seen.order_by().values_list("pk", column.by):
        found.setdefault(str(text), {key})
    return found | dict(_meanings(plan, column, model, [text for text in texts if text not in found]))


def by_way(plan: Plan, column: Column, texts: list[str]) -> dict[str, set[Any]]:
    """The stored rows to which these texts are ways, by the `path` of `column`."""
    return dict(_by_path(plan, column, plan.sheet.field(column.name).related_model, texts))


def _by_number(plan: Plan, model: Any, name: str, texts: list[str]) -> dict[str, int]:
    asked = {text: match for text in texts if (match := REFERENCE.match(text))}
    numbers = {int(match[2]) for match in asked.values()}
    every = model._default_manager.using(plan.scratch.using).filter(pk__in=numbers)
    seen = visible(plan.actor, every) if plan.actor else every
    names = dict(seen.order_by().values_list("pk", name))
    return {
        text: int(match[2])
        for text, match in asked.items()
        if folded(names.get(int(match[2]), "")) == folded(match[1])
    }


def _by_field(plan: Plan, model: Any, name: str, texts: list[str], *, anyhow: bool) -> dict[str, set[Any]]:
    wanted = {text: str(model._meta.get_field(name).to_python(text) or "") for text in texts}
    found = _named(plan, model, name, wanted.values(), anyhow=anyhow)
    return {
        text: meant(value, found[key]) for text, value in wanted.items() if (key := folded(value)) in found
    }


def _named(
    plan: Plan, model: Any, name: str, values: Iterable[str], *, anyhow: bool = True
) -> dict[str, dict[Any, str]]:
    """What the rows that the person sees are called, by the folded value. `anyhow`: in any letters, which reads them
    all.
    """
    every = model._default_manager.using(plan.scratch.using)
    rows = called(visible(plan.actor, every) if plan.actor else every, name, values, anyhow=anyhow)
    found: dict[str, dict[Any, str]] = defaultdict(dict)
    for pk, value in rows.order_by().values_list("pk", name):
        found[folded(value)][pk] = value
    return dict(found)


def called(
    rows: models.QuerySet[Any], name: str, values: Iterable[str], *, anyhow: bool
) -> models.QuerySet[Any]:
    """Those of `rows` whose `name` may be one of these: what is found is to be compared by `folded`."""
    most = rows.model._meta.get_field(name).max_length or LONGEST
    texts = {each for each in values if each and len(single(each)) <= most}
    if anyhow:
        rows = rows.annotate(folded=Folded(name))
        return rows.filter(fits(name, texts))
    written = {text for each in texts for text in (each, single(each))}
    asked = {text for each in written for text in (each, each.title(), each.upper())}
    return rows.filter(**{f"{name}__in": asked})


def _by_path(plan: Plan, column: Column, model: Any, texts: list[str]) -> Iterator[tuple[str, set[Any]]]:
    ways = ways_in(texts)
    if not ways:
        return
    found, parents = on_ways(plan, column, model, ways.values())
    for text, way in ways.items():
        if keys := ends(way, found, parents):
            yield text, keys


def on_ways(
    plan: Plan, column: Column, model: Any, ways: Iterable[list[str]]
) -> tuple[dict[str, dict[Any, str]], dict[Any, Any]]:
    """What the stored rows of the names on these ways are called, by the folded name, and what is above each."""
    above = model._meta.get_field(column.path).attname
    found = _named(plan, model, column.or_by[0], {part for way in ways for part in way})
    keys = [key for some in found.values() for key in some]
    return found, dict(model._default_manager.filter(pk__in=keys).order_by().values_list("pk", above))


def ends(way: list[str], found: dict[str, dict[Any, str]], parents: dict[Any, Any]) -> set[Any]:
    """The keys that the way leads to."""
    names = {key: _led(key, way, found, parents) for key in found.get(folded(way[-1]), ())}
    return meant(SEPARATOR.join(way), {key: led for key, led in names.items() if led})


def _led(key: Any, way: list[str], found: dict[str, dict[Any, str]], parents: dict[Any, Any]) -> str:
    """What the rows from `key` upwards are called, if that is as the way says; it may begin below the top."""
    names: list[str] = []
    for part in reversed(way):
        name = found.get(folded(part), {}).get(key)
        if name is None:
            return ""
        names.insert(0, name)
        key = parents.get(key)
    return SEPARATOR.join(names)


def ways_in(texts: Iterable[str]) -> dict[str, list[str]]:
    """Those of the texts that may be ways, and the names on each."""
    return {text: way for text in texts if 1 < len(way := loose_parts(text)) <= LEVELS}


def parts(text: str) -> list[str]:
    """The names on the way that the text says. A "/" without spaces around it may as well be of a name."""
    if SPACED.search(text):
        return _named_by(SPACED.split(text))
    sign = next((sign for sign in SIGNS if sign in text), None)
    return _named_by(text.split(sign)) if sign else [text.strip()]


def loose_parts(text: str) -> list[str]:
    """As `parts`, with any "/" for a sign where no other one is."""
    way = parts(text)
    return _named_by(text.split("/")) if len(way) == 1 else way


def _named_by(pieces: Iterable[str]) -> list[str]:
    return [piece.strip() for piece in pieces if piece.strip()]
