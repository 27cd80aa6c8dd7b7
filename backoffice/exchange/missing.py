"""Related rows that are not there and are made along, if the person wishes: departments that a file names."""

from collections import defaultdict
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.access import is_unlimited
from backoffice.access.scope import names
from backoffice.exchange.paths import parts
from backoffice.exchange.plan import Plan
from backoffice.exchange.reading import FileError
from backoffice.exchange.scratch import PLANNED
from backoffice.exchange.sheet import Column

MOST = 5_000
PROVISIONAL = 2 * 10**12  # keys of rows to come are below minus that


def make_out(plan: Plan, column: Column, rest: str, table: str, model: Any) -> None:
    """Give the texts of `rest` that `table` does not know a meaning: rows that are made with the others."""
    if not (plan.options.create and column.can_create and may_create(plan.actor, model)):
        return
    query = (
        f"SELECT t.text FROM {rest} t LEFT JOIN {table} r ON r.text = t.text "  # noqa: S608
        f"WHERE r.text IS NULL ORDER BY t.text LIMIT {MOST + 1}"
    )
    texts = [text for (text,) in plan.scratch.rows(query) if _is_fit(model, column, text)]
    if len(texts) > MOST:
        many = {"models": model._meta.verbose_name_plural, "most": f"{MOST:,}", "column": column.header}
        raise FileError(
            _(
                "Column %(column)s names more than %(most)s %(models)s that are not there: is it the right one?"
            )
            % many
        )
    made = [
        (-(PROVISIONAL + plan.position(column.name) * 10**6 + place), text)
        for place, text in enumerate(texts)
    ]
    plan.related[column.name] = made
    plan.scratch.load(table, ["text", "key", "fits"], [(text, key, 1) for key, text in made])


def may_create(actor: Any, model: Any) -> bool:
    """They stand at the top or anywhere: that is for people without bounds."""
    if actor is None:
        return True
    return any(actor.has_perm(name) for name in names(model, "add")) and is_unlimited(actor, model, "add")


def create(plan: Plan) -> None:
    """Make the rows; the plan then points at them. Inside an operation."""
    for name, made in plan.related.items():
        column = next(column for _position, column in plan.used if column.name == name)
        field = plan.sheet.field(name)
        keys = _made(field.related_model, column, [text for _key, text in made])
        place = plan.scratch.quote(field.attname)
        for key, text in made:
            plan.scratch.run(
                f"UPDATE {PLANNED} SET {place} = %s WHERE {place} = %s",  # noqa: S608
                [keys[text], key],
            )


def _made(model: Any, column: Column, texts: list[str]) -> dict[str, Any]:
    """Key by text. What lies on the way to a row is made, too; level by level."""
    ways = {text: _way(column, text) for text in texts}
    known: dict[tuple[str, ...], Any] = {(): None}
    label, above = column.or_by[0], column.path
    for depth in range(1, max(map(len, ways.values()), default=0) + 1):
        level = sorted({tuple(way[:depth]) for way in ways.values() if len(way) >= depth} - known.keys())
        stored = _stored(model, label, above, [way[-1] for way in level])
        new = []
        for way in level:
            key = stored.get((known[way[:-1]], way[-1].casefold()))
            if key is None:
                values = {label: way[-1]} | ({f"{above}_id": known[way[:-1]]} if above else {})
                new.append((way, model(**values)))
            known[way] = key
        model._default_manager.bulk_create([row for _way, row in new])
        known |= {way: row.pk for way, row in new}
    return {text: known[tuple(way)] for text, way in ways.items()}


def _stored(model: Any, label: str, above: str, values: list[str]) -> dict[tuple[Any, str], Any]:
    found: dict[tuple[Any, str], Any] = defaultdict()
    rows = model._default_manager.filter(**{f"{label}__in": values}).order_by()
    for pk, parent, name in rows.values_list("pk", f"{above}_id" if above else "pk", label):
        found[(parent if above else None, name.casefold())] = pk
    return dict(found)


def _way(column: Column, text: str) -> list[str]:
    return parts(text) if column.path else [" ".join(text.split())]


def _is_fit(model: Any, column: Column, text: str) -> bool:
    field = model._meta.get_field(column.or_by[0])
    try:
        return bool(_way(column, text)) and all(
            field.clean(part, None) == part for part in _way(column, text)
        )
    except ValidationError:
        return False
