"""Columns of a file that together fill one field, such as first name and last name: their cells become one cell."""

from collections.abc import Iterator, Sequence, Set

from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from backoffice.exchange.cells import ERROR, is_nothing, taken_for_empty, taken_for_name
from backoffice.exchange.names import is_name
from backoffice.exchange.plan import Objection, Plan, changed
from backoffice.exchange.reading import Line
from backoffice.exchange.scratch import STAGED
from backoffice.exchange.sheet import Column, Sheet
from backoffice.exchange.staging import Problem

Columns = list[Column | None]


def replaced(sheet: Sheet, columns: Sequence[Column | None]) -> Columns:
    """The columns with each that goes over another one as this one, where that is missing."""
    over = {part: sheet.column(part.over) for part in sheet.parts if part.over and part in columns}
    alone = {part: other for part, other in over.items() if other not in columns}
    return [alone.get(column, column) if column else None for column in columns]


def joined(
    sheet: Sheet,
    columns: Sequence[Column | None],
    lines: Iterator[Line],
    problems: list[Problem],
    *,
    errors: bool,
) -> tuple[Columns, Iterator[Line]]:
    """The columns and lines with each whole in the place of its first part. With `errors`, one that a spreadsheet has
    in a part is the whole. What is to be told of the lines so far is added to `problems`.
    """
    found, places, over = list(columns), [], []
    named = {columns.index(part): part.optional for part in sheet.parts if part in columns}
    for whole in sheet.columns:
        there = [part for part in sheet.parts if part.name == whole.name and part in columns]
        over += [(columns.index(sheet.column(p.over)), columns.index(p)) for p in there if p.over]
        parts = [columns.index(part) for part in there if not part.over]
        found = [None if column in there else column for column in found]
        if parts:
            found[parts[0]] = whole
            places.append(parts)
    found_lines = _joined(lines, places, over, named, len(columns), problems, errors=errors)
    return (found, found_lines) if places else (found, lines)


def _joined(
    lines: Iterator[Line],
    places: list[list[int]],
    over: list[tuple[int, int]],
    named: dict[int, bool],
    width: int,
    problems: list[Problem],
    *,
    errors: bool,
) -> Iterator[Line]:
    for number, cells in lines:
        if len(cells) == width:
            cells = list(cells)
            for place, optional in named.items():
                if is_nothing(cells[place]):
                    _judge(number, cells, place, named.keys() - {place}, problems, optional=optional)
            for place, other in over:
                cells[place] = cells[other] if cells[other].strip() else cells[place]
            for parts in places:
                texts = [text for place in parts if (text := cells[place].strip())]
                spoilt = [text for text in texts if ERROR.fullmatch(text)] if errors else []
                cells[parts[0]] = " ".join(spoilt[:1] or texts)
        yield Line(number, cells)


def _judge(
    number: int, cells: list[str], place: int, others: Set[int], problems: list[Problem], *, optional: bool
) -> None:
    """Empty the cell of a word for nothing, if it may be empty and holds no name; tell of what is in doubt."""
    text = cells[place].strip()
    if is_name(text):
        return
    stays = not optional or is_name(text, "".join(cells[other] for other in others))
    cells[place] = text if stays else ""
    if stays or text.isalpha():
        told = taken_for_name() if stays else taken_for_empty()
        problems.append((number, place, text, told % {"value": text}, True))


def lacks_a_part(plan: Plan) -> Iterator[Objection]:
    """A stored row whose whole would become what is left without a part; whoever empties cells means it."""
    for part in plan.sheet.parts:
        if (
            part.optional
            or part.name not in plan.names
            or part.name not in {each.name for each in plan.parts}
        ):
            continue
        rows = plan.updated.filter(changed(part.name))
        if part in plan.parts:
            if not plan.options.keep_blank or not rows.exists():
                continue
            lines = f"SELECT s.line FROM {STAGED} s WHERE {_is_empty(plan, part)}"  # noqa: S608
            rows = rows.filter(plan_line__in=RawSQL(lines, []))  # noqa: S611
        names = {"part": part.label, "field": plan.sheet.field(part.name).verbose_name}
        reason = _(
            "Without “%(part)s” this would replace the whole %(field)s. Fill it in, or bring the %(field)s in one "
            "column."
        )
        yield Objection(rows, part.name, reason % names, plan.parts.get(part))


def _is_empty(plan: Plan, part: Column) -> str:
    """Where the first part stands, the line has the whole."""
    first, *rest = (place for each, place in plan.parts.items() if each.name == part.name)
    cells = {
        place: plan.scratch.stripped(plan.scratch.cell("s.cells", str(place))) for place in (first, *rest)
    }
    if plan.parts[part] != first:
        return f"{cells[plan.parts[part]]} = ''"
    others = [text for place in rest for text in ("' '", cells[place])]
    whole = plan.scratch.joined("''", *others)
    return f"{cells[first]} = {plan.scratch.stripped(whole)}"
