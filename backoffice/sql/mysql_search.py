"""Searching and comparing in any letters on MySQL, whatever the collation of the database.

A generated column can call no function of ours there: folding is written out, a REGEXP_REPLACE for each base letter.
It knows the Latin, Greek and Cyrillic letters and the wide ones; letters of other scripts it leaves composed, so what
is searched for is composed, too.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Value, lookups
from django.db.models.functions import Lower

# Latin with its extensions, Greek, Cyrillic; Vietnamese and polytonic Greek; wide ASCII. And apostrophes and hyphens.
LETTERS = [
    *range(0xA0, 0x300),
    *range(0x370, 0x530),
    *range(0x1E00, 0x2000),
    *map(ord, "‘’‐‑‒–—―−"),
    *range(0xFF01, 0xFF5F),
]
MARKS = "[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]"  # and what nobody sees


@cache
def folding(fold: Callable[[str], str]) -> str:
    """SQL of what `fold` does, with %s for the text."""
    groups: dict[str, str] = defaultdict(str)
    for letter in map(chr, LETTERS):
        base = fold(letter)
        if letter == letter.lower() and base != letter and (base.isalnum() or base in ("'", "-")):
            groups[base.replace("'", "''")] += letter
    sql = f"REGEXP_REPLACE(LOWER(%s), '{MARKS}', '')"
    for base, letters in groups.items():
        sql = f"REGEXP_REPLACE({sql}, '[{letters}]', '{base}')"
    return sql


def composed(word: str) -> str:
    return unicodedata.normalize("NFC", word)


class IExact(lookups.IExact):
    """Django leaves it to the collation, which tells a from A in a database whose keys do."""

    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        return compiler.compile(lookups.Exact(Lower(self.lhs), _lower(self.rhs)))


class IContains(lookups.IContains):
    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        return compiler.compile(lookups.Contains(Lower(self.lhs), _lower(self.rhs)))


class IStartsWith(lookups.IStartsWith):
    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        return compiler.compile(lookups.StartsWith(Lower(self.lhs), _lower(self.rhs)))


def install() -> None:
    for lookup in (IExact, IContains, IStartsWith):
        for kind in (models.CharField, models.TextField):
            kind.register_lookup(lookup)


def _lower(text: Any) -> Any:
    return Lower(text) if hasattr(text, "resolve_expression") else Value(str(text).lower())
