"""Which character separates the cells of a CSV file."""

import csv
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext_lazy

DELIMITERS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
SAID = "sep="  # Excel's own first line: sep=;


def said_separator(line: str) -> str:
    """The separator that the first line names, if it does."""
    sign = line.rstrip("\r\n").strip('"').removeprefix(SAID)
    return sign if line.strip('"').startswith(SAID) and sign in DELIMITERS else ""


def separator_of(lines: Sequence[str]) -> str:
    """The one that cuts the most rows into the same number of cells; among equals the one that cuts more.

    Before others those that leave no quotation mark in a wrong place.
    """
    return max(DELIMITERS, key=lambda sign: (_fits(lines, sign), *_regularity(lines, sign)))


def _fits(lines: Sequence[str], sign: str) -> bool:
    try:
        for _cells in csv.reader(lines, delimiter=sign, strict=True):
            pass
    except csv.Error as error:
        return str(error).startswith("unexpected end")  # the last line looked at may be inside of a cell
    return True


def _regularity(lines: Sequence[str], sign: str) -> tuple[int, int]:
    widths: Counter[int] = Counter()
    try:
        for cells in csv.reader(lines, delimiter=sign):
            widths[len(cells)] += len(cells) > 1
    except csv.Error:
        return (0, 0)
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return rows, width
