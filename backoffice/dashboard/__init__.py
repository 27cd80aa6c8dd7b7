"""The first page: figures, charts and live lists that an app declares in a module named `dashboard`.

    people = dashboard.Board("people", Book, tree=AUTHORS, title=_("Books"), measures=(…), figures=(…), charts=(…))
    dashboard.declare(people)

How it stays quick at any size: a measure is one grouped statement, counted for each row of the tree that scope is bound
to, and summed up the tree. A table of up to LIVE rows is counted on each request. For a larger one a worker keeps the
sums, one small row for each row of the tree (keeping.py), and the page reads those of what it shows: the roots of a
person's scope and what is right below. So scope holds, and a page costs the same however many rows there are.
"""

from backoffice.dashboard.declared import (
    Attention,
    Below,
    Board,
    Figure,
    Groups,
    Measure,
    Months,
    Series,
    board_named,
    boards,
    declare,
)

__all__ = [
    "Attention",
    "Below",
    "Board",
    "Figure",
    "Groups",
    "Measure",
    "Months",
    "Series",
    "board_named",
    "boards",
    "declare",
]
