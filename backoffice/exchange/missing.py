"""Related rows that are not there and are made along, if the person wishes: departments that a file names.

A cell says their name, or the way to them; under a header that says so, their key.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.access import is_unlimited
from backoffice.exchange.headers import folded as folded_header
from backoffice.exchange.letters import folded, meant, single
from backoffice.exchange.paths import CHUNK, LEVELS, REFERENCE, SEPARATOR, called, parts, ways_in
from backoffice.exchange.plan import Plan
from backoffice.exchange.reading import FileError
from backoffice.exchange.scratch import PLANNED, STAGED
from backoffice.exchange.sheet import Column

MOST = 5_000
PROVISIONAL = 2 * 10**12  # keys of rows to come are below minus that
MADE, BESIDE = "import_made", "import_beside"
CODE = re.compile(r"(?!.*[a-zß-öø-ÿ])\S+")  # “10”, “HR-OPS”: no small letters as in a name


class Made:
    """A row to come. `above` is the row that it lies below: a stored one, another one to come, or none; `way` says it
    in words. `code` is what a file finds it by, if the cell was that.
    """

    def __init__(self, key: int, above: int | None, way: str) -> None:
        self.key, self.above, self.way, self.code = key, above, way, ""
        self.spellings: set[str] = set()

    @property
    def name(self) -> str:
        """As the file has it; of several spellings one that is not all in capitals, or all in small letters, and has
        single spaces.
        """
        return min(
            self.spellings, key=lambda each: (each.isupper() or each.islower(), each != single(each), each)
        )

    def __str__(self) -> str:
        return SEPARATOR.join(filter(None, [self.way, self.name]))


def make_out(plan: Plan, column: Column, rest: str, table: str, model: Any) -> None:
    """Give the texts of `rest` that `table` does not know a meaning: rows that are made with the others."""
    if not (plan.options.create and column.can_create and may_create(plan.actor, model)):
        return
    query = (
        f"SELECT t.text FROM {rest} t LEFT JOIN {table} r ON r.text = t.text "  # noqa: S608
        f"WHERE r.text IS NULL ORDER BY t.text LIMIT {MOST + 1}"
    )
    texts = [text for (text,) in plan.scratch.rows(query)]
    codes = _codes(plan, column, model, texts)
    ways = Ways(plan, column, model, texts, codes)
    found = {text: ways.keys(way) for text, way in ways.in_order()}
    found |= {text: keys for text, name in codes.items() if (keys := ways.coded(text, name))}
    if max(len(found), len(ways.made)) > MOST:
        many = {"models": model._meta.verbose_name_plural, "most": f"{MOST:,}", "column": column.header}
        raise FileError(
            _(
                "Column %(column)s names more than %(most)s %(models)s that are not there: is it the right one?"
            )
            % many
        )
    plan.related[column.name] = ways.made
    plan.scratch.load(
        table, ["text", "key", "fits"], [(text, min(keys), len(keys)) for text, keys in found.items()]
    )


def may_create(actor: Any, model: Any) -> bool:
    """They stand at the top or anywhere: that is for people without bounds."""
    return actor is None or is_unlimited(actor, model, "add")


def _codes(plan: Plan, column: Column, model: Any, texts: list[str]) -> dict[str, str]:
    """Those of the texts that are keys of rows to come, and what these are called: as the cells beside say, or so."""
    if folded_header(plan.header[plan.position(column.name)]) not in map(folded_header, column.keyed):
        return {}
    beside = plan.beside(column.called_in)
    if beside >= 0:
        chosen, told = texts, _beside(plan, column, texts, beside)
    else:
        chosen, told = [text for text in texts if CODE.fullmatch(text)], {}
    key, label = model._meta.get_field(column.by), model._meta.get_field(column.or_by[0])
    return {
        text: told[text] if _fits(label, told.get(text, "")) else text
        for text in chosen
        if len(parts(text)) == 1 and _fits(key, text) and not REFERENCE.match(text)
    }


def _beside(plan: Plan, column: Column, texts: list[str], beside: int) -> dict[str, str]:
    """What stands beside these texts in the file, in the cell with the number `beside`; nothing where lines differ."""
    staged = f"s.{plan.scratch.quote(plan.sheet.field(column.name).attname)}"
    name = f"TRIM({plan.scratch.cell('s.cells', str(beside))})"
    wanted = plan.scratch.table(BESIDE, [("text", "text")], sought=["text"])
    plan.scratch.load(wanted, ["text"], [(text,) for text in texts])
    plan.scratch.known(wanted)
    query = f"SELECT w.text, MIN({name}) FROM {wanted} w JOIN {STAGED} s ON {staged} = w.text "  # noqa: S608
    return dict(
        plan.scratch.rows(f"{query} WHERE {name} <> '' GROUP BY w.text HAVING MIN({name}) = MAX({name})")
    )


def _fits(field: Any, text: str) -> bool:
    try:
        return bool(text) and bool(field.clean(text, None) == text)
    except ValidationError:
        return False


class Ways:
    """What texts mean where the rows that they lack are made: each row once, however often and in whatever letters it
    is named, as it will be found the next time.
    """

    def __init__(
        self, plan: Plan, column: Column, model: Any, texts: list[str], codes: dict[str, str]
    ) -> None:
        self.label, self.above = model._meta.get_field(column.or_by[0]), column.path
        self.highest = PROVISIONAL + plan.position(column.name) * 10**6
        self.made: list[Made] = []
        self.new: dict[int, Made] = {}
        self.names: dict[int, str] = {}  # of stored rows
        self.with_code: set[int] = set()  # of these
        self.codes: dict[str, int] = {}  # of those to come
        self.below: dict[tuple[int | None, str], set[int]] = defaultdict(set)
        self.anywhere: dict[str, set[int]] = defaultdict(set)
        written = {text: parts(text) if column.path else [text] for text in texts}
        loose = ways_in(texts) if column.path else {}
        wanted = {part for way in [*written.values(), *loose.values()] for part in way}
        self._read(plan, model, column.by, wanted | set(codes.values()))
        told = {tuple(map(folded, way)) for way in written.values()}
        # “FIRE/EMS” is one name, unless there is a row FIRE that it can lie below.
        paths = {
            text: way
            for text, way in loose.items()
            if folded(way[0]) in self.anywhere or tuple(map(folded, way)) in told
        }
        self.ways = {
            text: way for text, way in (written | paths).items() if text not in codes and self._is_fit(way)
        }

    def _read(self, plan: Plan, model: Any, key: str, wanted: set[str]) -> None:
        """The stored rows of these names, whoever sees them: there is no second one in the same place."""
        above = model._meta.get_field(self.above).attname if self.above else "pk"
        rows = model._default_manager.using(plan.scratch.using).order_by()
        texts = sorted(wanted)
        for start in range(0, len(texts), CHUNK):
            found = called(rows, self.label.name, texts[start : start + CHUNK], anyhow=bool(self.above))
            for pk, name, parent, code in found.values_list("pk", self.label.name, above, key):
                self.names[pk] = name
                self.with_code |= {pk} if code else set()
                self.below[parent if self.above else None, folded(name)].add(pk)
                self.anywhere[folded(name)].add(pk)

    def _is_fit(self, way: list[str]) -> bool:
        try:
            return len(way) <= LEVELS and all(
                self.label.clean(part, None) == part and part.strip("/ ") and not REFERENCE.match(part)
                for part in way
            )
        except ValidationError:
            return False

    def in_order(self) -> Iterator[tuple[str, list[str]]]:
        """Names alone come last: by then it is known which rows there will be of that name."""
        yield from sorted(self.ways.items(), key=lambda each: (len(each[1]) == 1, len(each[1]), each))

    def keys(self, way: list[str]) -> set[int]:
        """The row that the way leads to, or those that it can."""
        top = folded(way[0])
        found = self.below.get((None, top)) or self.anywhere.get(top) or {self._make(None, way[:1])}
        found = self._meant(found, way[0])
        for place, part in enumerate(way[1:], start=2):
            if len(found) > 1:
                break
            [above] = found
            found = self.below.get((above, folded(part))) or {self._make(above, way[:place])}
            found = self._meant(found, part)
        return found

    def coded(self, code: str, name: str) -> set[int]:
        """The row with this key: the one of its name that has none yet, or one to come. Where others at the top are
        called so, it is called as its key is; none where others are called that, too.
        """
        if known := self.codes.get(folded(code)):
            return {known}
        found = {key for key in self.anywhere.get(folded(name), ()) if key > 0} - self.with_code
        if len(found) == 1:
            self.with_code |= found
            return found
        at_the_top = self.below.get((None, folded(name)), set())
        without = [key for key in at_the_top if key in self.new and not self.new[key].code]
        called_so = code if at_the_top and not without else name
        if not without and self.below.get((None, folded(called_so))):
            return set()
        key = without[0] if without else self._make(None, [called_so])
        self.new[key].code = code
        self.new[key].spellings.add(called_so)
        self.codes[folded(code)] = key
        return {key}

    def _make(self, above: int | None, way: list[str]) -> int:
        over = str(self.new[above]) if above in self.new else SEPARATOR.join(way[:-1])
        row = Made(-(self.highest + len(self.made)), above, over)
        self.made.append(row)
        self.new[row.key] = row
        self.below[above, folded(way[-1])] = {row.key}
        self.anywhere[folded(way[-1])].add(row.key)
        return row.key

    def _meant(self, found: set[int], name: str) -> set[int]:
        """Those of the rows `found` that are meant; what is to come of them is spelt so, too."""
        chosen = meant(name, {key: self._called(key, name) for key in found})
        for key in chosen & self.new.keys():
            self.new[key].spellings.add(name)
        return chosen

    def _called(self, key: int, name: str) -> str:
        if key not in self.new:
            return self.names[key]
        return name if name in self.new[key].spellings else ""


def leave_unneeded(plan: Plan) -> None:
    """What only refused lines name is not made."""
    for name, made in plan.related.items():
        place = plan.scratch.quote(plan.sheet.field(name).attname)
        query = f"SELECT DISTINCT {place} FROM {PLANNED} WHERE NOT plan_refused AND {place} <= %s"  # noqa: S608
        needed = {key for (key,) in plan.scratch.rows(query, [-PROVISIONAL])} if made else set()
        for row in reversed(made):  # each stands behind the one that it lies below
            if row.key in needed:
                needed.add(row.above)
        plan.related[name] = [row for row in made if row.key in needed]


def create(plan: Plan) -> None:
    """Make the rows; the plan then points at them. Inside an operation."""
    for name, made in plan.related.items():
        if not made:
            continue
        column = next(column for _position, column in plan.used if column.name == name)
        field, scratch = plan.sheet.field(name), plan.scratch
        keys = _create(field.related_model, column, made)
        scratch.table(MADE, [("made", "bigint"), ("key", "bigint")], key="made")
        scratch.load(MADE, ["made", "key"], list(keys.items()))
        scratch.known(MADE)
        place = scratch.quote(field.attname)
        scratch.update_from(PLANNED, MADE, f"s.made = t.{place}", {field.attname: "s.key"})


def _create(model: Any, column: Column, made: list[Made]) -> dict[int, Any]:
    """Key by provisional key; level by level."""
    keys: dict[int, Any] = {}
    left = made
    while left:
        level = [row for row in left if row.above is None or row.above > 0 or row.above in keys]
        new = [model(**_values(column, row, keys)) for row in level]
        model._default_manager.bulk_create(new)
        keys |= {row.key: stored.pk for row, stored in zip(level, new, strict=True)}
        left = [row for row in left if row.key not in keys]
    return keys


def _values(column: Column, row: Made, keys: dict[int, Any]) -> dict[str, Any]:
    label = {column.or_by[0]: row.name} | ({column.by: row.code} if row.code else {})
    if not column.path or row.above is None:
        return label
    return {**label, f"{column.path}_id": keys.get(row.above, row.above)}
