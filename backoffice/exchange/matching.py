"""Which stored row each line means, and which rows its relations mean: joins of temporary tables."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from backoffice.exchange.apart import find_by_way, give_keys, refuse_new_ways, tell_apart, without_keys_before
from backoffice.exchange.candidates import sentences
from backoffice.exchange.lines import look_up_among_lines
from backoffice.exchange.missing import make_out
from backoffice.exchange.noting import note
from backoffice.exchange.paths import LONGEST_TEXT, look_up, look_up_marked
from backoffice.exchange.plan import Plan
from backoffice.exchange.prefixes import refuse_doubled
from backoffice.exchange.reach import Statement, is_narrowed, seen
from backoffice.exchange.scratch import APART, NODES, STAGED, Scratch
from backoffice.exchange.sheet import Column
from backoffice.exchange.zeros import refuse_lost_zeros


def find_rows(plan: Plan) -> None:
    """NODES: line → node, which is the key of a stored row or, of a new one, the line, negative.

    Beside each key that several rows may have, a name, stands what it is compared by where no row has its letters.

    A row is found by the first of its keys that has a value; where no row has that value, by a later one, if it is
    nobody else's and the row that has it has nothing yet where the line says more: somebody gets their number. A row
    that the person does not see is not found, as if it were not there.
    """
    scratch, sheet = plan.scratch, plan.sheet
    keys = [sheet.field(name) for name in plan.keys]
    types = [("line", "bigint"), ("node", "bigint"), ("held", "bigint")]
    types += [(f"key_{place}", field.db_type(scratch.connection)) for place, field in enumerate(keys)]
    joined = [f"key_{place}" for place in range(len(keys))]
    named = [place for place, field in enumerate(keys) if not field.unique]
    types += [(f"letters_{place}", "text") for place in named]
    joined += [f"letters_{place}" for place in named]
    scratch.table(NODES, types, key="line", joined=[*joined, "node"])
    joins: list[str] = []
    nodes: list[str] = []
    helds: list[str] = []
    params: list[Any] = []
    pk = scratch.quote(sheet.model._meta.pk.column)
    for place, field in enumerate(keys):
        column, staged = scratch.quote(field.column), f"s.{scratch.quote(field.attname)}"
        before = keys[:place]
        rows, more = seen(plan, field, *before, among=f"SELECT {staged} FROM {STAGED} s")  # noqa: S608
        params += more
        source = f"{rows} k{place}"
        nodes.append(f"k{place}.{pk}")
        helds.append("1")
        if not field.unique:
            numbers = f"SELECT {column}, MIN({pk}) AS {pk}, COUNT(*) AS held"
            source = f"({numbers} FROM {rows} r GROUP BY {column}) k{place}"
            helds[-1] = f"k{place}.held"
        on = [f"k{place}.{column} = {staged}", f"{staged} <> ''" if _is_text(field) else "1 = 1"]
        on += [
            _gives_way(plan, number, one, place if field.unique else None)
            for number, one in enumerate(before)
        ]
        joins.append(f"LEFT JOIN {source} ON {' AND '.join(on)}")
    texts = [f"s.{scratch.quote(field.attname)}" for field in keys]
    held = [
        f"CASE WHEN {node} IS NULL THEN NULL ELSE {number} END"
        for node, number in zip(nodes, helds, strict=True)
    ]
    found = [
        "s.line",
        f"COALESCE({', '.join([*nodes, '-s.line', '-s.line'])})",
        f"COALESCE({', '.join([*held, '0', '0'])})",
        *texts,
        *(scratch.folded(texts[place]) for place in named),
    ]
    query = f"INSERT INTO {NODES} SELECT {', '.join(found)} FROM {STAGED} s {' '.join(joins)}"  # noqa: S608
    scratch.run(query, params)
    scratch.known(NODES)
    for place, field in enumerate(keys):
        if not field.unique:
            _find_in_any_letters(plan, place, field)
            tell_apart(plan, place, field)
            find_by_way(plan, place, field)
            _keep_names(plan, place, field)
            if place == 1:
                give_keys(plan, place, field, keys[0])
            refuse_new_ways(plan, place, field)
            _drop_refused(plan, plan.position(field.name))
        _refuse_repeated(plan, f"key_{place}", field, keys[:place])
        _refuse_ambiguous(plan, place, field)
    if refuse_lost_zeros(plan) + refuse_doubled(plan):
        _drop_refused(plan, plan.position(sheet.key))
    _refuse_met_twice(plan)


def _find_in_any_letters(plan: Plan, place: int, field: Any) -> None:
    """NODES of the lines whose name no row has in exactly these letters."""
    scratch, pk = plan.scratch, plan.scratch.quote(plan.sheet.model._meta.pk.column)
    wanted = scratch.table("import_wanted", [("letters", "text")], sought=["letters"])
    if not scratch.run(
        f"INSERT INTO {wanted} SELECT DISTINCT n.letters_{place} FROM {NODES} n "  # noqa: S608
        f"WHERE n.node < 0 AND n.letters_{place} <> '' AND {without_keys_before(place)}"
    ):
        return
    scratch.known(wanted)
    rows, params = seen(plan, field)
    letters = scratch.table(
        "import_letters", [("letters", "text"), ("node", "bigint"), ("held", "bigint")], sought=["letters"]
    )
    scratch.run(
        f"INSERT INTO {letters} SELECT w.letters, MIN(r.{pk}), COUNT(*) FROM {rows} r CROSS JOIN {wanted} w "  # noqa: S608
        f"WHERE w.letters = {scratch.folded(f'r.{scratch.quote(field.column)}')} GROUP BY w.letters",
        params,
    )
    scratch.known(letters)
    where = f"t.node < 0 AND {without_keys_before(place).replace('n.', 't.')}"
    values = {"node": "s.node", "held": "s.held"}
    scratch.update_from(NODES, letters, f"s.letters = t.letters_{place}", values, where)


def _keep_names(plan: Plan, place: int, field: Any) -> None:
    """A line that finds a row by its name, or by the way to it, does not spell the name anew."""
    scratch, quote, meta = plan.scratch, plan.scratch.quote, plan.sheet.model._meta
    found = (
        f"(SELECT n.line, r.{quote(field.column)} AS name FROM {NODES} n "  # noqa: S608
        f"JOIN {quote(meta.db_table)} r ON r.{quote(meta.pk.column)} = n.node "
        f"WHERE n.held = 1 AND r.{quote(field.column)} <> n.key_{place} AND {without_keys_before(place)})"
    )
    scratch.update_from(STAGED, found, "s.line = t.line", {field.attname: "s.name"})


def _gives_way(plan: Plan, place: int, field: Any, to: int | None) -> str:
    """Whether a line may be found by a later key than this one: `to`, None for one that several rows may have."""
    scratch, pk = plan.scratch, plan.scratch.quote(plan.sheet.model._meta.pk.column)
    empty = _empty(f"s.{scratch.quote(field.attname)}", field)
    if to is None:
        return empty
    lacking = _empty(f"k{to}.{scratch.quote(field.column)}", field)
    # Apart, so that SQLite looks nobody up by the later key where the first one was found.
    return f"({empty} OR k{place}.{pk} IS NULL) AND ({empty} OR {lacking})"


def _empty(column: str, field: Any) -> str:
    return f"({column} IS NULL OR {column} = '')" if _is_text(field) else f"({column} IS NULL)"


def _is_text(field: Any) -> bool:
    return field.get_internal_type() in ("CharField", "TextField", "EmailField", "SlugField")


def _refuse_repeated(plan: Plan, column: str, field: Any, before: list[Any]) -> None:
    """Lines with a key that an earlier line has, a new row also in other letters: those are no rows of the plan any
    more.
    """
    rest = without_keys_before(len(before))
    lines, same = f"{NODES} n", f"n.{column}"
    if not field.unique:
        same = f"CASE WHEN n.node < 0 THEN n.{column.replace('key', 'letters')} ELSE {same} END"
    apart = None if field.unique else plan.sheet.apart
    if apart and apart.name in plan.names:
        lines += f" JOIN {STAGED} s ON s.line = n.line"
        above = f"COALESCE(s.{plan.scratch.quote(plan.sheet.field(apart.name).attname)}, '')"
        same = plan.scratch.joined(same, f"'{APART}'", above)
    first = (
        f"SELECT {same} AS value, MIN(n.line) AS line FROM {lines} WHERE n.{column} IS NOT NULL AND {rest} "  # noqa: S608
        f"GROUP BY {same} HAVING COUNT(*) > 1"
    )
    chosen = f"{lines} JOIN ({first}) f ON f.value = {same} AND n.line > f.line"
    where = f"WHERE {rest}"
    position = plan.position(field.name)
    template = _("Line %(line)s has it already.")
    if note(plan, f"FROM {chosen} {where}", "n.line", position, template, line="f.line"):
        _drop_refused(plan, position)


def _refuse_met_twice(plan: Plan) -> None:
    """Lines that name a stored row by another key than an earlier line does."""
    if not plan.keys:
        return
    first = f"SELECT node, MIN(line) AS line FROM {NODES} WHERE held < 2 GROUP BY node HAVING COUNT(*) > 1"  # noqa: S608
    chosen = f"FROM {NODES} n JOIN ({first}) f ON f.node = n.node AND n.line > f.line"
    position = plan.position(plan.keys[-1])
    note(plan, chosen, "n.line", position, _("Line %(line)s means the same row."), line="f.line")
    _drop_refused(plan, position)


def _drop_refused(plan: Plan, position: int) -> None:
    plan.scratch.run(
        f"DELETE FROM {NODES} WHERE line IN (SELECT line FROM import_problems WHERE position = %s "  # noqa: S608
        "AND text IS NULL AND NOT warning)",
        [position],
    )


def _refuse_ambiguous(plan: Plan, place: int, field: Any) -> None:
    if not field.unique:
        where = f"FROM {NODES} n WHERE n.held > 1 AND n.key_{place} IS NOT NULL"
        reason = several(plan.sheet.model, field.name)
        if (apart := plan.sheet.apart) and apart.name not in plan.names:
            reason += " " + _("Say by a column %(column)s which one is meant.") % {"column": apart.header}
        note(plan, where, "n.line", plan.position(field.name), reason)


def relate(plan: Plan, place: int, column: Column) -> str:
    """The table of what the texts of a column mean: text, key, number of rows that it fits."""
    scratch = plan.scratch
    field = plan.sheet.field(column.name)
    model = field.related_model
    staged = scratch.quote(field.attname)
    table = scratch.table(
        f"import_related_{place}", [("text", "text"), ("key", "bigint"), ("fits", "bigint")], sought=["text"]
    )
    meant = scratch.table(f"import_texts_{place}", [("text", "text")])
    scratch.run(
        f"INSERT INTO {meant} SELECT DISTINCT s.{staged} FROM {STAGED} s "  # noqa: S608
        f"WHERE s.{staged} <> '' AND {scratch.size(f's.{staged}')} <= {LONGEST_TEXT}"
    )
    rest = meant
    if column.called and look_up_marked(plan, column, meant, table, model):
        rest = _remaining(scratch, f"import_unmarked_{place}", rest, table)
    for step, (source, params) in enumerate(_sources(plan, column)):
        scratch.known(rest)
        sql = (
            f"INSERT INTO {table} SELECT t.text, MIN(r.found), COUNT(DISTINCT r.found) FROM {rest} t "  # noqa: S608
            f"JOIN ({source}) r ON r.named = t.text GROUP BY t.text"
        )
        scratch.run(sql, params)
        rest = _remaining(scratch, f"import_rest_{place}_{step}", rest, table)
    rest = _in_any_letters(plan, place, column, rest, table)
    ambiguous: dict[str, set[Any]] = {}
    if column.or_by or column.path:
        ambiguous = look_up(plan, column, rest, table, model)
        look_up_among_lines(plan, column, rest, table, model)
        make_out(plan, column, rest, table, model)
    scratch.known(table)
    _refuse_ambiguous_texts(plan, column, table, ambiguous)
    _refuse_unknown(plan, column, table)
    return table


def _in_any_letters(plan: Plan, place: int, column: Column, rest: str, table: str) -> str:
    """Add to `table` what texts mean by other keys of the lines of the file than the first, as stored rows are found by
    them: an e-mail address or a name. What it does not know then.
    """
    scratch = plan.scratch
    keys = plan.keys if plan.sheet.is_self_reference(column) else []
    for step, name in enumerate(name for name in column.or_by if name in keys):
        if not scratch.rows(f"SELECT text FROM {rest} LIMIT 1"):  # noqa: S608
            break
        key = keys.index(name)
        lines, letters = NODES, f"letters_{key}"
        if plan.sheet.field(name).unique:
            lines, letters = f"import_letters_{place}_{step}", "letters"
            scratch.table(lines, [(letters, "text"), ("node", "bigint")], sought=[letters])
            scratch.run(
                f"INSERT INTO {lines} SELECT {scratch.folded(f'key_{key}')}, node FROM {NODES} "  # noqa: S608
                f"WHERE key_{key} IS NOT NULL"
            )
            scratch.known(lines)
        scratch.run(
            f"INSERT INTO {table} SELECT t.text, MIN(r.node), COUNT(DISTINCT r.node) FROM {rest} t "  # noqa: S608
            f"JOIN {lines} r ON r.{letters} = {scratch.folded('t.text')} GROUP BY t.text"
        )
        rest = _remaining(scratch, f"import_letters_rest_{place}_{step}", rest, table)
    return rest


def _remaining(scratch: Scratch, name: str, texts: str, table: str) -> str:
    """The table of those texts that `table` does not know."""
    remaining = scratch.table(name, [("text", "text")])
    scratch.run(
        f"INSERT INTO {remaining} SELECT t.text FROM {texts} t LEFT JOIN {table} r ON r.text = t.text "  # noqa: S608
        "WHERE r.text IS NULL"
    )
    return remaining


def _sources(plan: Plan, column: Column) -> Iterator[Statement]:
    """Queries of (named, found), first by the key: the lines of the file itself, then what is stored and seen.

    By a name a stored row is found here if it is the only one: of several it is yet to be said which they are.
    """
    scratch, sheet = plan.scratch, plan.sheet
    model = sheet.field(column.name).related_model
    keys = plan.keys if sheet.is_self_reference(column) else []
    for name in dict.fromkeys((column.by, *column.or_by)):
        if name in keys:
            place = keys.index(name)
            named = _text(scratch, f"key_{place}", sheet.field(name))
            yield f"SELECT {named} AS named, node AS found FROM {NODES} WHERE key_{place} IS NOT NULL", []  # noqa: S608
        by = model._meta.get_field(name)
        if name == column.by or (name in keys and not by.unique):
            rows, params = seen(plan, by)
            named, pk = _text(scratch, scratch.quote(by.column), by), scratch.quote(model._meta.pk.column)
            found, only = (
                (pk, "") if name == column.by else (f"MIN({pk})", f"GROUP BY {named} HAVING COUNT(*) = 1")
            )
            yield f"SELECT {named} AS named, {found} AS found FROM {rows} r {only}", params  # noqa: S608


def _text(scratch: Scratch, column: str, field: Any) -> str:
    if _is_text(field):  # as it is, so that its index can be used
        return column
    kind = "CHAR" if scratch.vendor == "mysql" else "text"
    return f"CAST({column} AS {kind})" if scratch.vendor != "postgresql" else f"{column}::text"


def _refuse_ambiguous_texts(plan: Plan, column: Column, table: str, meant: dict[str, set[Any]]) -> None:
    """With the rows that a text may mean, where those have a way to them that can be written."""
    scratch, field, position = plan.scratch, plan.sheet.field(column.name), plan.position(column.name)
    model, staged = field.related_model, scratch.quote(field.attname)
    lines = f"FROM {STAGED} s JOIN {table} r ON r.text = s.{staged} AND r.fits > 1"
    if meant and column.path:
        said = scratch.table(f"{table}_said", [("text", "text"), ("said", "text")])
        found = sentences(plan, column, model, meant)
        scratch.load(said, ["text", "said"], list(found.items()))
        note(plan, f"{lines} JOIN {said} d ON d.text = r.text", "s.line", position, "%(said)s", said="d.said")
        lines += f" LEFT JOIN {said} d ON d.text = r.text WHERE d.text IS NULL"
    note(plan, lines, "s.line", position, several(model, _fitting(column)))


def _refuse_unknown(plan: Plan, column: Column, table: str) -> None:
    field = plan.sheet.field(column.name)
    model, staged = field.related_model, plan.scratch.quote(field.attname)
    by = model._meta.get_field(column.by)
    position = plan.position(column.name)
    lines = f"FROM {STAGED} s LEFT JOIN {table} r ON r.text = s.{staged} WHERE s.{staged} <> ''"
    missing = f"{lines} AND r.key IS NULL"
    names = {"model": model._meta.verbose_name, "field": by.verbose_name}
    if is_narrowed(plan, model):
        reason = _("There is no such %(model)s that you see.") % names
        plan.foreign += _unseen(plan, by, staged, missing)
    else:
        reason = _("There is no %(model)s with this %(field)s.") % names
    if not column.may_come_later:
        note(plan, missing, "s.line", position, reason)
        return
    stays = _("The field stays as it is; import the file again when there is.")
    empty = _("The field stays empty; import the file again when there is.")
    nodes = missing.replace("FROM", "FROM import_nodes n JOIN", 1).replace(
        f"{STAGED} s", f"{STAGED} s ON s.line = n.line", 1
    )
    note(plan, f"{nodes} AND n.node > 0", "s.line", position, f"{reason} {stays}", warning=True)
    note(plan, f"{nodes} AND n.node < 0", "s.line", position, f"{reason} {empty}", warning=True)


def _unseen(plan: Plan, by: Any, staged: str, missing: str) -> int:
    """How many of the lines `missing` mean a row that is there."""
    scratch = plan.scratch
    table = scratch.quote(by.model._meta.db_table)
    column = _text(scratch, f"u.{scratch.quote(by.column)}", by)
    there = f"EXISTS (SELECT 1 FROM {table} u WHERE {column} = s.{staged})"  # noqa: S608
    return int(scratch.rows(f"SELECT COUNT(*) {missing} AND {there}")[0][0])


def _fitting(column: Column) -> str:
    return column.by if not column.or_by else column.or_by[0]


def several(model: Any, by: str) -> str:
    return _("Several %(models)s have this %(field)s.") % {
        "models": model._meta.verbose_name_plural,
        "field": model._meta.get_field(by).verbose_name,
    }
