"""Search that ignores case and accents on every engine.

A searchable model has a generated column, `search_text = SearchTextField("name", "email")`: the database
itself keeps it right whichever way a row is written. It holds the folded words of those columns, each after
a space. A word of three or more letters or digits is found anywhere in it; a shorter one at the start of a word, so
that a single letter has an index to use on PostgreSQL (three-letter trigrams count the space before a word).
Chinese, Japanese and Korean put no space between words: each two signs that stand side by side there are a word more.
"""

import re
import sqlite3
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.db import DatabaseError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.db.models.signals import post_migrate

from backoffice.sql import mysql_search, sqlite_search
from backoffice.sql.locks import hold
from backoffice.sql.table_operations import TableOperation

FUNCTION = "backoffice_fold"
MAX_WORDS = 8
BATCH = 1_000  # rows that are folded anew in one transaction
INNER = "-'.@_+&/"  # signs inside words: O'Brien, anna.muller@example.com, R&D

# Letters that Unicode does not take apart into a base letter and a mark, and signs that are typed as one.
SINGLE = (
    {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "ð": "d", "ς": "σ"}
    | dict.fromkeys("‘’ʼʻ", "'")
    | dict.fromkeys("‐‒–—―−", "-")
)
DOUBLE = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
# Of Latin, Greek and Cyrillic; of Hebrew; of Arabic. In other scripts a mark may be a vowel. Before these, what nobody
# sees: hyphens where a word may be parted, joiners, signs of direction.
MARKS = (
    "\\u00ad\\u200b-\\u200f\\u2060\\ufeff"
    "\\u0300-\\u036f\\u0483-\\u0487\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7"
    "\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8\\u06ea-\\u06ed"
)
# Chinese and Japanese signs, and the letters that Korean syllables are taken apart into.
UNSPACED = "\\u1100-\\u11ff\\u3005-\\u30ff\\u3400-\\u9fff\\U00020000-\\U0003ffff"
_MARKS = re.compile(f"[{MARKS}]")
_UNSPACED, _OTHERS = re.compile(f"[{UNSPACED}]"), re.compile(f"[^{UNSPACED}]+")
_FIRST, _PAIR = re.compile(f"(^| )[{UNSPACED}]"), re.compile(f"[{UNSPACED}][{UNSPACED}]?")
_LETTERS = str.maketrans({**SINGLE, **DOUBLE})

# The same for PostgreSQL.
_FOLDED = (
    "replace(" * len(DOUBLE)
    + f"translate(lower(regexp_replace(normalize(value, NFKD), '[{MARKS}]', '', 'g') {{collation}}), "
    + f"'{''.join(SINGLE)}', '{''.join(SINGLE.values()).replace(chr(39), chr(39) * 2)}')"
    + "".join(f", '{letter}', '{pair}')" for letter, pair in DOUBLE.items())
)
_RUNS = f"regexp_replace(text, '[^{UNSPACED}]+', ' ', 'g')"
_PAIRS = (
    f"regexp_replace({_RUNS} || regexp_replace({_RUNS}, '(^| )[{UNSPACED}]', ' ', 'g'), "
    f"'[{UNSPACED}][{UNSPACED}]?', ' \\&', 'g')"
)
# Immutable, because a generated column and an index stand on it. Plain ASCII, the bulk of most data, takes the short
# way; OFFSET 0 has the text folded once.
_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION {FUNCTION}(value text) RETURNS text "  # noqa: S608
    "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE "
    "WHEN octet_length(value) = char_length(value) THEN lower(value) "
    f"ELSE (SELECT CASE WHEN text ~ '[{UNSPACED}]' THEN text || {_PAIRS} ELSE text END "
    f"FROM (SELECT {_FOLDED} AS text OFFSET 0) AS folded) END $$"
)
KNOWS_LETTERS = "SELECT lower('ÄЖ') = 'äж', EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')"


def create_function(schema_editor: Any) -> None:
    """On PostgreSQL. A database whose own rules know no letters but ASCII's (LC_CTYPE "C") takes those of ICU."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(KNOWS_LETTERS)
        knows, has_icu = cursor.fetchone()
    collation = 'COLLATE "und-x-icu"' if has_icu and not knows else ""
    schema_editor.execute(_FUNCTION.format(collation=collation), params=None)


def fold(value: str) -> str:
    """`value` in lower case and without accents: "Müller" → "muller", "Straße" → "strasse"."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", value)).lower().translate(_LETTERS)


def searchable(value: str) -> str:
    """`value` folded, and after it each two signs that stand side by side where no space parts words:
    "王小李" → "王小李 王小 李 小李".
    """
    text = fold(value)
    if not _UNSPACED.search(text):
        return text
    runs = _OTHERS.sub(" ", text)
    return text + _PAIR.sub(r" \g<0>", runs + _FIRST.sub(" ", runs))


def _searchable_or_none(value: str | None) -> str | None:
    return None if value is None else searchable(value)


class Fold(models.Func):
    """searchable() in the database: a function of ours on PostgreSQL and SQLite. On MySQL fold(), written out."""

    function = FUNCTION
    arity = 1
    output_field = models.TextField()

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        return mysql_search.folding(fold) % sql, params


class SearchTextField(models.GeneratedField):
    """The folded text of some columns of the same row, kept by the database."""

    def __init__(self, *columns: str, **kwargs: Any) -> None:
        self.columns = columns
        if columns:
            parts: list[Any] = []
            for column in columns:
                parts += [Value(" "), column]
            kwargs.update(
                expression=Fold(Concat(*parts, output_field=models.TextField())),
                output_field=sqlite_search.SearchText(),
                db_persist=True,
            )
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        for derived in ("expression", "output_field", "db_persist"):
            kwargs.pop(derived, None)
        return name, path, list(self.columns), kwargs


def words(query: str) -> list[str]:
    """The folded words of what somebody typed that are searched for: without repeats, MAX_WORDS at the most."""
    return all_words(query)[:MAX_WORDS]


def all_words(query: str) -> list[str]:
    """The folded words of what somebody typed, without repeats.

    A word has a letter or a digit, begins and ends with one, and keeps the signs that stand inside names, numbers and
    e-mail addresses. Other signs part words, unless what they part is too short to be found but at its beginning.
    """
    found: list[str] = []
    for text in fold(query).split():
        parts = [part for part in map(_bare, _signs_apart(text).split()) if part]
        found += parts if all(len(part) > 2 for part in parts) else [_bare(text)]
    return [word for word in dict.fromkeys(found) if word]


def are_short(query: str) -> bool:
    """Whether all words of `query` are found at the start of a word only, of which an index tells little."""
    found = words(query)
    return bool(found) and not any(is_long(word) for word in found)


def is_long(word: str) -> bool:
    """Whether a word is found anywhere in a text: it has three letters or digits."""
    return len(word) - sum(map(word.count, INNER)) > 2


def _signs_apart(text: str) -> str:
    """`text` with a space for each sign that stands in no word."""
    return "".join(sign if sign in INNER or _is_letter(sign) else " " for sign in text)


def _bare(text: str) -> str:
    """`text` from its first letter or digit to its last."""
    places = [place for place, sign in enumerate(text) if _is_letter(sign)]
    return text[places[0] : places[-1] + 1] if places else ""


def _is_letter(sign: str) -> bool:
    """Whether it is a letter, a mark on one, or a digit."""
    return unicodedata.category(sign)[0] in "LMN"


def matching(query: str, *, column: str = "search_text", using: str = "default") -> Q:
    """The rows in whose `column` every word of `query` is found; none for a query of signs only."""
    vendor = connections[using].vendor
    parts = [
        word if is_long(word) or (vendor == "mysql" and _UNSPACED.search(word)) else f" {word}"
        for word in words(query)
    ]
    if not parts:
        return Q(pk__in=[]) if query.strip() else Q()
    if vendor == "sqlite":
        return Q((f"{column}__words", parts))
    if vendor == "mysql":
        parts = list(map(mysql_search.composed, parts))
    return Q(*((f"{column}__contains", part) for part in parts))


def matching_row_by_row(rows: models.QuerySet[Any], query: str, *, column: str) -> models.QuerySet[Any]:
    """`rows` that match, looked at one by one in the order in which they are read.

    The search index is left out by asking a text that it does not hold: the best way to a page of rows when a great
    part of them matches.
    """
    text = Concat(column, Value(""), output_field=sqlite_search.SearchText())
    found: models.QuerySet[Any] = rows.alias(text_to_search=text)
    return found.filter(matching(query, column="text_to_search", using=rows.db))


def install() -> None:
    """Give every SQLite connection the fold function, and the search indexes back what migrations took; MySQL the
    comparisons in any letters.
    """
    mysql_search.install()
    connection_created.connect(_add_function, dispatch_uid="backoffice.search")
    post_migrate.connect(_mend_indexes, dispatch_uid="backoffice.search")


def _add_function(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_function(FUNCTION, 1, _searchable_or_none, deterministic=True)


def _mend_indexes(app_config: AppConfig, using: str, **_: Any) -> None:
    connection = connections[using]
    if connection.vendor == "sqlite":
        for model in filter(is_searchable, app_config.get_models()):
            sqlite_search.mend(model, index_name(model), connection)


def is_searchable(model: type[models.Model]) -> bool:
    return any(isinstance(field, SearchTextField) for field in model._meta.local_fields)


class AddSearchIndex(TableOperation):
    """A trigram index on a model's search_text, where the engine has one (PostgreSQL with pg_trgm, SQLite with FTS5).

    Where it cannot be created the migration says so and goes on: search then reads the table.
    `manage.py create_search_indexes` makes up for it later.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        create_index(to_state.apps.get_model(app_label, self.model_name), schema_editor.connection)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        drop_index(from_state.apps.get_model(app_label, self.model_name), schema_editor)

    def describe(self) -> str:
        return f"Create the search index of {self.model_name}"


class FoldAnew(TableOperation):
    """Have the search text of a model made anew where folding has changed since it was made: of those rows alone.

    In batches: with `atomic = False` nobody waits for longer than one, and a migration that was stopped goes on when it
    is run again.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        from backoffice.operations import guard

        if schema_editor.connection.vendor == "mysql":
            return  # how it folds is a part of the column there
        model = to_state.apps.get_model(app_label, self.model_name)
        field: Any
        [field] = (field for field in model._meta.local_fields if isinstance(field, SearchTextField))
        using = schema_editor.connection.alias
        for rows in _batches(model._base_manager.using(using)):
            otherwise = rows.exclude(**{field.name: field.expression})
            with transaction.atomic(using), guard.writing():  # what a person wrote stays as it is
                if schema_editor.connection.vendor == "postgresql":
                    schema_editor.execute("SET LOCAL statement_timeout = 0")  # one for pages may be short
                hold(otherwise)
                otherwise.update(**{field.columns[0]: F(field.columns[0])})

    def describe(self) -> str:
        return f"Fold the search text of {self.model_name} anew"


def _batches(rows: models.QuerySet[Any]) -> Iterator[models.QuerySet[Any]]:
    """`rows` in the order of their keys, BATCH at a time."""
    last = None
    while True:
        ahead = rows if last is None else rows.filter(pk__gt=last)
        last = next(iter(ahead.order_by("pk").values_list("pk", flat=True)[BATCH - 1 : BATCH]), None)
        yield ahead if last is None else ahead.filter(pk__lte=last)
        if last is None:
            return


def index_name(model: type[models.Model]) -> str:
    return f"{model._meta.db_table}_search"


def drop_index(model: type[models.Model], schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {index_name(model)}")
    elif schema_editor.connection.vendor == "sqlite":
        for statement in sqlite_search.dropped(index_name(model)):
            schema_editor.execute(statement)


def create_index(model: type[models.Model], connection: BaseDatabaseWrapper) -> bool:
    """Create the trigram index of `model` unless it is there; False where this server cannot have one."""
    if connection.vendor == "sqlite":
        return sqlite_search.create(model, index_name(model), connection)
    if connection.vendor != "postgresql":
        return False
    quote = connection.ops.quote_name
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        sys.stderr.write(
            f"\n  Search in {model._meta.verbose_name_plural} has no index: pg_trgm cannot be created here "
            f"({str(error).strip().splitlines()[0]}). Search works, but reads the whole table. "
            "Let an administrator run CREATE EXTENSION pg_trgm in this database, "
            "then run manage.py create_search_indexes.\n"
        )
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {quote(index_name(model))} ON {quote(model._meta.db_table)} "
            "USING gin (search_text gin_trgm_ops)"
        )
        # The planner judges a search by its sample of this column: a finer one tells rare words from common ones.
        cursor.execute(
            f"ALTER TABLE {quote(model._meta.db_table)} ALTER COLUMN search_text SET STATISTICS 500"
        )
    return True
