"""What somebody was shown before they confirmed, as a signed text, so that nothing else is acted upon.

A set of rows is remembered by its number, its highest key and the sum of a hash of each key, and up to NAMED rows
by the keys themselves, so that a newcomer can be named. What is hashed with is made of our secret and of a text
that is another for each preview: nobody can choose keys that amount to the same. With the moment at which they were
seen, what was written to them since is noticed too.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core import signing
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Count, Func, Max, Sum, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.crypto import get_random_string, salted_hmac

from backoffice.ages import lasting
from backoffice.operations.since import Moment

Model = type[models.Model]
Rows = models.QuerySet[Any]

EXACT = 10_000  # rows are counted up to here, unless asked for exactly
NAMED = 1_000
SALT = "backoffice.previewed"
FUNCTION = "backoffice_hashed"  # SQLite's
MAX_AGE = 60 * 60  # seconds
EVER = Moment(0, [])  # since then everything was written
HASHED = 5  # bytes of the hash where it is not PostgreSQL's: their sum stays a number that SQLite can hold


class Seen(NamedTuple):
    """A set of rows as it was seen; `highest` is of the primary keys, `total` of their hashes."""

    number: int
    highest: Any = None
    total: int | None = None
    keys: list[Any] | None = None

    @property
    def is_small(self) -> bool:
        """Whether it was counted to the end without being asked."""
        return self.number <= EXACT


class Previewed(NamedTuple):
    """What somebody was shown: sets by name, and what had been done by then."""

    nonce: str
    sets: dict[str, Seen]
    moment: Moment
    targets: Mapping[str, str] = {}  # where sets move, by their names
    title: str = ""


class Difference(NamedTuple):
    """How a set differs from what was seen; both numbers are 0 when only its rows are others."""

    model: Model
    new: int
    newcomers: Rows | None  # the new rows, where they can be told from the others
    gone: int


def new_nonce() -> str:
    return get_random_string(22)


def look(rows: Rows, nonce: str, *, exact: bool = False, most: int | None = None) -> Seen:
    """Two queries for any number of rows, one for none. A number above `most` (EXACT) says no more than that, unless
    `exact`.

    Sets are compared that were looked at with the same `nonce`.
    """
    plain = rows.order_by()
    counted = plain.values("pk") if exact else plain.values("pk")[: (most or EXACT) + 1]
    facts = counted.aggregate(number=Count("pk"), **_sums(rows, nonce))
    some = plain.values_list("pk", flat=True)[: NAMED + 1] if facts["number"] else ()
    keys = [_portable(key) for key in some]
    total = facts.get("total")
    return Seen(
        facts["number"],
        _portable(facts["highest"]),
        None if total is None else int(total),
        sorted(keys) if len(keys) <= NAMED else None,
    )


def summed(rows: Rows, nonce: str) -> tuple[int, int]:
    """How many rows there are, and the sum of a hash of each key: one query."""
    facts = rows.order_by().values("pk").aggregate(number=Count("pk"), total=Sum(_hashed(rows.db, nonce)))
    return facts["number"], int(facts["total"] or 0)


def signed(
    sets: Mapping[str, Seen],
    nonce: str,
    user: Any,
    moment: Moment = EVER,
    targets: Mapping[str, str] | None = None,
    title: str = "",
) -> str:
    """`sets` by names that say which they are: their model, where they move, what they lose. `moment` is from before
    they were looked at, `targets` is what was told of where they move, `title` what it is called to do that. For `user`
    alone, and for MAX_AGE.
    """
    seen = {name: list(seen) for name, seen in sets.items()}
    return signing.dumps([nonce, seen, moment, targets or {}, title], salt=_salt(user), compress=True)


def unsigned(text: str, request: HttpRequest) -> Previewed:
    """What was signed. Raises BadSignature for a text that its person was not given by us, or SignatureExpired."""
    age = lasting(MAX_AGE, request)
    nonce, sets, moment, *told = signing.loads(text, salt=_salt(request.user), max_age=age)
    return Previewed(nonce, {name: Seen(*values) for name, values in sets.items()}, Moment(*moment), *told)


def differences(
    before: Mapping[str, Seen], now: Mapping[str, Seen], rows: Mapping[str, Rows]
) -> dict[str, Difference]:
    """How sets that are `rows` and look like `now` differ from what was seen of them, by name.

    Raises BadSignature when those were other sets.
    """
    if before.keys() != now.keys():
        raise signing.BadSignature("This was signed for other sets.")
    return {
        name: _difference(rows[name], before[name], seen)
        for name, seen in now.items()
        if seen != before[name]
    }


def _difference(rows: Rows, was: Seen, now: Seen) -> Difference:
    newcomers = rows.filter(pk__gt=was.highest) if was.keys is None else rows.exclude(pk__in=was.keys)
    new = newcomers.count()
    gone = was.number + new - now.number
    if gone < 0:  # others came that were there before, but elsewhere
        return Difference(rows.model, now.number - was.number, None, 0)
    return Difference(rows.model, new, newcomers if new else None, gone)


def _salt(user: Any) -> str:
    return f"{SALT}:{user.pk}"


def _sums(rows: Rows, nonce: str) -> dict[str, models.Aggregate]:
    is_number = isinstance(rows.model._meta.pk, (models.AutoField, models.IntegerField))
    highest = Max("pk") if is_number else Max(Cast("pk", models.CharField()))
    return {"highest": highest, "total": Sum(_hashed(rows.db, nonce))}


def _hashed(using: str, nonce: str) -> Func:
    """A number for each key, which nobody can tell who does not know the secret."""
    secret = salted_hmac(SALT, nonce, algorithm="sha256").digest()
    connection, name = connections[using], "hashtextextended"
    seed: Any = int.from_bytes(secret[:8], signed=True)
    if connection.vendor == "mysql":
        return _HashedByMySQL(Value(secret.hex()), Cast("pk", models.TextField()))
    if connection.vendor == "sqlite":
        name, seed = FUNCTION, secret.hex()
    text = Cast("pk", models.TextField())
    return Func(text, Value(seed), function=name, output_field=models.BigIntegerField())


def install() -> None:
    """Give every SQLite connection the hash: while one of its statements is under way, it takes no function."""
    connection_created.connect(_add_function, dispatch_uid="backoffice.previewed")


def _add_function(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 2, _number, deterministic=True)


class _HashedByMySQL(Func):
    """As many bytes of a digest as a sum of them has room for, as a number."""

    template = f"CAST(CONV(LEFT(SHA2(CONCAT(%(expressions)s), 256), {2 * HASHED}), 16, 10) AS UNSIGNED)"
    output_field = models.BigIntegerField()


def _number(key: str, secret: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), key=secret.encode(), digest_size=HASHED).digest())


def _portable(key: Any) -> Any:
    return key if key is None or isinstance(key, int) else str(key)
