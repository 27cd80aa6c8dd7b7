"""Measured pages → the table, as text and as JSON."""

from typing import NamedTuple

from tests.scale.measure import SLOW, Measured, Reading

MAX_BYTES = 250_000
MAX_MEGABYTES = 64
TIMES_QUICKER = 10  # than the peer where that is SLOW
GROWTH = {"sqlite": 2.0, "postgres": 1.5}


class Row(NamedTuple):
    """A line of the table: cells as text, and which bars hold."""

    page: str
    cells: dict[str, str]
    bars: dict[str, bool]


COLUMNS = (
    "queries", "small ms", "large ms", "ratio", "peer ms", "to peer", "peer at full ms", "quicker", "KB", "MB",
)  # fmt: skip


def row(measured: Measured, engine: str) -> Row:
    small, large, peer, full = measured.small, measured.large, measured.peer_small, measured.peer_large
    bars: dict[str, bool] = {"queries": small.queries == large.queries}
    growth = _ratio(large.seconds, small.seconds)
    bars["ratio"] = growth <= GROWTH[engine]
    cells = {
        "queries": f"{small.queries}/{large.queries}",
        "small ms": _ms(small),
        "large ms": _ms(large),
        "ratio": f"{growth:.2f}",
        "KB": f"{small.bytes / 1000:,.0f}/{large.bytes / 1000:,.0f}",  # a page that shows less is quicker
        "MB": f"{measured.megabytes:,.0f}",
    }
    if peer and peer.ok:
        bars["to peer"] = large.seconds <= peer.seconds
        cells |= {"peer ms": _ms(peer), "to peer": f"{_ratio(large.seconds, peer.seconds):.2f}"}
    if full:
        quicker = _ratio(full.seconds, large.seconds)
        cells["peer at full ms"] = _ms(full)
        if full.ok or full.over:
            cells["quicker"] = (
                f"{'>' if full.over else ''}{quicker:,.0f}×" if quicker >= 10 else f"{quicker:.1f}×"
            )
            if full.seconds > SLOW:
                bars["quicker"] = quicker >= TIMES_QUICKER
    bars |= {"KB": large.bytes <= MAX_BYTES, "MB": measured.megabytes <= MAX_MEGABYTES}
    if not (small.ok and large.ok):
        bars = dict.fromkeys(bars, False)
    return Row(measured.name, cells, bars)


def _ratio(one, other):
    return one / other if other else 0.0


def _ms(reading: Reading) -> str:
    if reading.error:
        return "failed"
    return f"{'over ' if reading.over else ''}{reading.seconds * 1000:,.{0 if reading.seconds > 0.1 else 1}f}"


def text(rows, *, heading):
    """The table; a figure that does not hold is marked with !."""
    lines = [["page", *COLUMNS]]
    for entry in rows:
        marked = [
            entry.cells.get(name, "–") + ("" if entry.bars.get(name, True) else "!") for name in COLUMNS
        ]
        lines.append([entry.page, *marked])
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    drawn = [_drawn(line, widths) for line in lines]
    return "\n".join([heading, "", drawn[0], "-" * len(drawn[0]), *drawn[1:], "", summary(rows)])


def _drawn(line, widths):
    first, *others = zip(line, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def summary(rows):
    held = [holds for entry in rows for holds in entry.bars.values()]
    whole = [entry for entry in rows if all(entry.bars.values())]
    by_bar = ", ".join(
        f"{name} {sum(entry.bars.get(name, False) for entry in rows)}/{sum(name in entry.bars for entry in rows)}"
        for name in ("queries", "ratio", "to peer", "quicker", "KB", "MB")
    )
    return f"{sum(held):,} of {len(held):,} bars hold ({by_bar}); {len(whole)} of {len(rows)} pages hold all of theirs."


def as_json(measured: Measured, engine: str):
    def reading(one: Reading | None):
        if one is None:
            return None
        return {
            "ms": round(one.seconds * 1000, 2),
            "queries": one.queries,
            "bytes": one.bytes,
            "slowest_ms": round(one.slowest[0] * 1000, 2),
            "slowest_sql": one.slowest[1],
            "error": one.error,
            "over": one.over,
        }

    return {
        "page": measured.name,
        "small": reading(measured.small),
        "large": reading(measured.large),
        "peer_small": reading(measured.peer_small),
        "peer_large": reading(measured.peer_large),
        "megabytes": round(measured.megabytes, 1),
        "bars": row(measured, engine).bars,
    }
