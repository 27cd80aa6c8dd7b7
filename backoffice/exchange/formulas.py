"""Cells that a spreadsheet would take for a formula.

On the way out a cell that begins with one of SIGNS gets an apostrophe in front; on the way in it loses it again. So
that no value is altered by the two, one that begins with apostrophes and then a sign gets one more.
"""

import re

SIGNS = "=+\\-@\t\r\0"
ESCAPED = re.compile(f"'+[{SIGNS}]")
NAMES = {"\ufffe": "_xFFFE_", "\uffff": "_xFFFF_"}
UNPRINTABLE = re.compile("((?:_x005F)*)(?:([\ufffe\uffff])|(_xFFF[EF])(?=[_\ufffe\uffff]))")
NAMED = re.compile("((?:_x005F_x005F)*)(?:_x005F(_xFFF[EF])(?=_)|_x(FFF[EF])_)")
DANGEROUS = re.compile(f"'*[{SIGNS}]")


def escape(text: str) -> str:
    """For CSV, where a cell is what its first character makes it."""
    return f"'{text}" if DANGEROUS.match(text) else text


def escape_typed(text: str) -> str:
    """For XLSX, where a text is a text: only what would be restored needs the apostrophe."""
    return f"'{text}" if ESCAPED.match(text) else text


def escape_unprintable(text: str) -> str:
    """For XLSX: its XML cannot hold the two last characters of the plane, and its readers do not restore them.

    What a text has in front of such a name is written twice, and once more if the text itself has the name.
    """
    return UNPRINTABLE.sub(
        lambda found: found[1] * 2 + (NAMES[found[2]] if found[2] else f"_x005F{found[3]}"), text
    )


def restore_unprintable(text: str) -> str:
    """In the JSON of what a reader of XLSX says."""
    return NAMED.sub(
        lambda found: found[1][: len(found[1]) // 2] + (found[2] or f"\\u{found[3].lower()}"), text
    )


def restore(text: str) -> str:
    """What the text was before either of the two."""
    return text[1:] if text[:1] == "'" and ESCAPED.match(text) else text
