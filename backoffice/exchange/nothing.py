"""Words for nothing where a key may stand: “NA” is North America where a row has it or gets it, else an empty cell."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from backoffice.exchange import cells
from backoffice.exchange.letters import folded
from backoffice.exchange.meant import Meant
from backoffice.exchange.noting import note
from backoffice.exchange.paths import stored
from backoffice.exchange.plan import Plan
from backoffice.exchange.scratch import STAGED
from backoffice.exchange.sheet import Column
from backoffice.exchange.staging import cell_reader

NOTHING = "import_nothing"


def empty_nothing(plan: Plan, doubtful: Iterable[tuple[int, str]], before: Meant | None) -> None:
    """Empty the cells of STAGED that hold such a word and mean no row by it, and say so.

    `doubtful` are these words, each with the position of its column. What meant a row `before` is no empty cell: it is
    told that something changed.
    """
    words: dict[int, set[str]] = defaultdict(set)
    for position, word in doubtful:
        words[position].add(word)
    given: set[str] = set()  # to new rows: other lines may mean these by them
    for position, column in sorted(plan.used, key=lambda used: bool(used[1].by)):
        if position not in words:
            continue
        if not column.by:
            known = _of_one_line(plan, column, words[position])
            given |= set(map(folded, known))
        else:
            known = set(stored(plan, column, sorted(words[position])))
            known |= before.told(column.name, words[position]) if before else set()
            if plan.sheet.is_self_reference(column):
                known |= {word for word in words[position] if folded(word) in given}
        if rest := words[position] - known:
            _empty(plan, position, column, rest)


def _of_one_line(plan: Plan, column: Column, words: set[str]) -> set[str]:
    """Those of letters that one line alone has as its key: where several do, none of them means it."""
    cell = plan.scratch.quote(plan.sheet.field(column.name).attname)
    marks = ", ".join(["%s"] * len(words))
    query = f"SELECT {cell}, COUNT(*) FROM {STAGED} WHERE {cell} IN ({marks}) GROUP BY {cell}"  # noqa: S608
    lines: Counter[str] = Counter()
    for word, number in plan.scratch.rows(query, sorted(words)):
        lines[folded(word)] += number
    return {word for word in words if lines[folded(word)] == 1 and word.isalpha()}


def _empty(plan: Plan, position: int, column: Column, words: set[str]) -> None:
    scratch, name = plan.scratch, plan.sheet.field(column.name).attname
    cell = scratch.quote(name)
    scratch.table(NOTHING, [("text", "text")])
    scratch.load(NOTHING, ["text"], [(word,) for word in words])
    chosen = f"FROM {STAGED} s WHERE s.{cell} IN (SELECT text FROM {NOTHING})"  # noqa: S608
    note(plan, chosen, "s.line", position, cells.taken_for_empty(), warning=True, value=f"s.{cell}")
    value = cell_reader(plan.sheet, column, plan.options)("")
    values = {name: "''" if value == "" else "NULL"}
    if value is cells.KEEP:
        values["kept"] = scratch.joined("t.kept", f"',{column.name},'")
    if isinstance(value, cells.Wrong):
        values["wrong"] = "TRUE"
        note(plan, chosen, "s.line", position, value.reason)
    scratch.update_from(STAGED, NOTHING, f"s.text = t.{cell}", values)
