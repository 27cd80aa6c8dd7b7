"""How what a file calls a row is compared with what rows are called.

The row of exactly these letters is meant, if there is one; else those of these letters in any case, a run of blanks
being one. Several rows are for the caller to refuse.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import normalize

from django.db.models import Func, Q, TextField

BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
OTHERS = BLANKS.replace(" ", "")
FUNCTION = "backoffice_folded"  # of SQLite


def single(text: Any) -> str:
    """With single spaces."""
    return " ".join(str(text).split())


def folded(text: Any) -> str:
    """Without case: “GROSSKUNDEN” is “Großkunden”, and an accent that stands by itself is one with its letter."""
    bare = single(text)
    return bare.lower() if bare.isascii() else _composed(bare).casefold()


def _composed(text: str) -> str:
    """With one small letter for those of Turkish, in which I and i are no pair."""
    return normalize("NFC", text).replace("İ", "i").replace("ı", "i")


def spellings(text: str) -> set[str]:
    """What Folded makes of a text, whichever engine does it."""
    bare = _composed(single(text))
    return {bare.lower().replace("ß", "ss"), bare.lower(), bare.casefold()}


def meant(name: str, called: Mapping[Any, str]) -> set[Any]:
    """Of rows whose names are the same when they are folded, the keys of those that `name` means."""
    return {key for key, each in called.items() if each == name} or set(called)


def fits(name: str, texts: Iterable[str]) -> Q:
    """Rows whose `name`, with `folded` for what Folded makes of it, may be one of these.

    One of exactly these letters is, whatever the engine's LOWER makes of letters that are not ASCII.
    """
    wanted = set(texts)
    exact = Q((f"{name}__in", {each for each in wanted if not each.isascii()}))
    return exact | Q(folded__in={spelled for each in wanted for spelled in spellings(each)})


def in_sql(vendor: str, text: str) -> str:
    """`text` folded."""
    if vendor == "sqlite":
        return f"{FUNCTION}({text})"
    if vendor == "mysql":
        return _lowered(f"TRIM(REGEXP_REPLACE({text}, '[{BLANKS}]+', ' '))")
    spaced = f"REGEXP_REPLACE({text}, '[{BLANKS}]+', ' ', 'g')"  # slow, and few names need it
    bare = f"BTRIM(CASE WHEN {text} ~ '[{OTHERS}]|  ' THEN {spaced} ELSE {text} END)"
    plain = f"REPLACE(LOWER({bare}), 'ı', 'i')"  # what a Turkish database makes of I
    whole = _lowered(f"NORMALIZE({bare}, NFC)")
    return f"CASE WHEN OCTET_LENGTH({text}) = CHAR_LENGTH({text}) THEN {plain} ELSE {whole} END"


def _lowered(text: str) -> str:
    return f"REPLACE(REPLACE(LOWER(REPLACE({text}, 'İ', 'i')), 'ı', 'i'), 'ß', 'ss')"


class Folded(Func):
    """A column of names, folded."""

    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        [column] = self.get_source_expressions()
        sql, params = compiler.compile(column)
        assert not params
        return in_sql(connection.vendor, sql), []
