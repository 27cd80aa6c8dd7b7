"""Typed readers of environment variables.

Every reader takes the variable's name and a default; without a default the variable is required.
A wrong value raises ImproperlyConfigured with the variable's name, what was read and what is allowed.
A variable that is set to nothing counts as not set.
"""

import importlib.util
import ipaddress
import os
import re
import sqlite3
import sys
import zoneinfo
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import TypeVar, overload

from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import DatabaseError, OperationalError

T = TypeVar("T")

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")
LONGEST = 100  # letters of a line with a hash
LARGEST = 1_000_000_000  # of a number without a smaller maximum


class Required:
    """The default of a variable that has none."""


REQUIRED = Required()


@contextmanager
def wrong_settings_in_one_sentence(*, traceback: bool = False) -> Iterator[None]:
    """End the process with the sentence alone where a setting is wrong or leads to no database."""
    try:
        yield
    except ImproperlyConfigured as error:
        if traceback:
            raise
        sys.exit(f"{error}")
    except DatabaseError as error:
        if traceback or not _from_connecting(error):
            raise
        reason = " ".join(str(error).split()).rstrip("?.")
        what = (
            "the file"
            if isinstance(error.__cause__, sqlite3.Error)
            else "the server, the login and the options"
        )
        sys.exit(f"The database cannot be reached: {reason}. Check {what} in {_asked(error)}.")


def _asked(error: DatabaseError) -> str:
    """The variable whose URL led to the database."""
    for frame, _ in walk_tb(error.__traceback__):
        for name in ("self", "connection"):  # of Django, or of whoever opens one beside it
            entry = getattr(frame.f_locals.get(name), "settings_dict", {})
            if "VARIABLE" in entry:
                return str(entry["VARIABLE"])
    return "DATABASE_URL"


def _from_connecting(error: DatabaseError) -> bool:
    """Whether there is no connection, or not any more; any other error is the caller's."""
    if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") is None:
        return True
    frames = walk_tb(error.__traceback__)
    opening = {"get_new_connection", "init_connection_state"}
    return any(frame.f_code.co_name in opening for frame, _ in frames)


def _raw(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def _missing(name: str, hint: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is not set. {hint}".strip())


@overload
def text(name: str, default: Required = REQUIRED, *, hint: str = "") -> str: ...
@overload
def text(name: str, default: T, *, hint: str = "") -> str | T: ...
def text(name: str, default: T | Required = REQUIRED, *, hint: str = "") -> str | T:
    """The value as it stands, without surrounding white space."""
    value = _raw(name)
    if value is not None:
        return value
    if isinstance(default, Required):
        raise _missing(name, hint)
    return default


def flag(name: str, default: bool) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off."""
    value = _raw(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise ImproperlyConfigured(
        f"{name} is {value!r}, which is neither on nor off. Use one of {', '.join(TRUE + FALSE)}."
    )


def number(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """A whole number within the bounds, both included; never more than LARGEST."""
    value = _raw(name)
    if value is None:
        return default
    allowed = f"a whole number from {minimum}" + (f" to {maximum}" if maximum is not None else "")
    try:
        result = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use {allowed}.") from None
    if maximum is None and result > LARGEST:
        allowed += f" to {LARGEST}"
    if not minimum <= result <= (LARGEST if maximum is None else maximum):
        raise ImproperlyConfigured(f"{name} is {value!r}. Use {allowed}.")
    return result


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    """One of the allowed words, in any case; as it stands in `allowed`."""
    value = text(name, default)
    for word in allowed:
        if value.lower() == word.lower():
            return word
    raise ImproperlyConfigured(f"{name} is {value!r}. Use one of {', '.join(allowed)}.")


def language(name: str, default: str) -> str:
    """The code of a language that Django knows, or a variant of one: de, pt-br, de-at."""
    value = text(name, default).lower()
    known = {code for code, _ in global_settings.LANGUAGES}
    if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{1,8})*", value) and (
        value in known or value.split("-")[0] in known
    ):
        return value
    raise ImproperlyConfigured(
        f"{name} is {value!r}. Use the code of a language, such as en, de, fr or pt-br."
    )


def time_zone(name: str, default: str) -> str:
    """The name of a time zone that this machine knows."""
    value = text(name, default)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which is no time zone here. Use a name such as UTC, Europe/Berlin or Asia/Tokyo."
        ) from None
    return value


def _is_host(text: str) -> bool:
    """Whether it is a name, nothing at all, or an address that can be one."""
    if not re.fullmatch(r"[\d.]+|\[.*\]", text):
        return True
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def _may_be_socket(path: str) -> bool:
    """Whether it is one, or nothing in a folder that is there."""
    return Path(path).is_socket() if os.path.lexists(path) else os.path.isdir(os.path.dirname(path))


def address(name: str, default: str) -> str:
    """Where a server listens: HOST:PORT, [IPv6]:PORT, unix:PATH or fd://NUMBER."""
    value = text(name, default)
    socket = re.fullmatch(r"unix:(.+)", value)
    if (socket and _may_be_socket(os.path.abspath(socket[1]))) or re.fullmatch(r"fd://\d+", value):
        return value
    match = re.fullmatch(r"([\w.-]*|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", value)
    if match and 1 <= int(match[2]) <= 65535 and _is_host(match[1]):
        return value
    raise ImproperlyConfigured(
        f"{name} is {value!r}. Use HOST:PORT such as 0.0.0.0:8000, [::]:8000 or unix:/path/to/socket."
    )


def folder_to_fill(
    name: str, default: Path, *, code: Path, what: str = "", marks: Sequence[str] = ()
) -> Path:
    """A folder that is there or can be made, for files that we write and may clear: never one that holds `code`.

    With `what` we write there, one that is not empty has one of the `marks`, files by which that is known.
    """
    value = text(name, str(default))
    path = Path(os.path.realpath(value))
    existing = next(place for place in (path, *path.parents) if os.path.lexists(place))
    if not existing.is_dir():
        raise ImproperlyConfigured(f"{name} is {value!r}, which is no folder. Name a new or an empty one.")
    holds_code = path.is_dir() and any(path.glob("*.py"))
    if Path(os.path.realpath(code)).is_relative_to(path) or holds_code:
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which holds the code itself. Name a new or an empty folder."
        )
    if what and not any(os.path.exists(path / mark) for mark in marks) and _holds_anything(name, path):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which holds files that are not {what}. Name a new or an empty folder."
        )
    return Path(value)


def _holds_anything(name: str, path: Path) -> bool:
    """Beside what is hidden, and what the root of a volume has."""
    try:
        there = os.listdir(path) if path.is_dir() else []
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} is {str(path)!r}, which cannot be read: {error.strerror}. Name another folder."
        ) from None
    return any(not one.startswith(".") and one != "lost+found" for one in there)


def hashes(name: str) -> str:
    """The path of a file of SHA-1 hashes in their order, a line each; its first hundred lines are looked at."""
    value = text(name, "")
    if not value:
        return value
    try:
        with open(value, "rb") as file:
            lines = [file.readline(LONGEST).rstrip().upper() for _ in range(100)]
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    else:
        lines = [line for line in lines if line]
        if sorted(lines) == lines and all(re.fullmatch(rb"[0-9A-F]{40}(:\d+)?", line) for line in lines):
            return value
        reason = "is no such list"
    raise ImproperlyConfigured(
        f"{name} is {value!r}, which {reason}. Name a list of SHA-1 hashes in their order."
    )


def file_to_make(name: str, default: str) -> str:
    """The path of a file that somebody may make or take away, in a folder that is there."""
    value = text(name, default)
    if not os.path.isabs(value) or os.path.isdir(value) or not os.path.isdir(os.path.dirname(value)):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which no file can be. Write its whole path, in a folder that is there."
        )
    return value


def enough(name: str, value: str, least: int) -> None:
    """Raises ImproperlyConfigured for a secret that can be guessed."""
    if len(value) < least or len(set(value)) < 5:
        raise ImproperlyConfigured(
            f"{name} has {len(value)} characters, {len(set(value))} of them different, which can be guessed. "
            f"Set it to {least} or more random characters."
        )


def package(name: str, module: str, package: str) -> None:
    """Raises ImproperlyConfigured where a variable needs a package that is not there."""
    if importlib.util.find_spec(module) is None:
        raise ImproperlyConfigured(
            f"{name} is set, and the package “{package}” is not installed. Install it, or leave {name} out."
        )


def listing(name: str, default: Sequence[str] | Required = REQUIRED, *, hint: str = "") -> list[str]:
    """Words separated by commas; empty ones are dropped."""
    value = _raw(name)
    items = [item.strip() for item in (value or "").split(",") if item.strip()]
    if items:
        return items
    if isinstance(default, Required):
        raise _missing(name, hint)
    return list(default)


@overload
def secret(name: str, default: Required = REQUIRED, *, hint: str = "") -> str: ...
@overload
def secret(name: str, default: T, *, hint: str = "") -> str | T: ...
def secret(name: str, default: T | Required = REQUIRED, *, hint: str = "") -> str | T:
    """The value of NAME, or what the file named by NAME_FILE holds; giving both is an error.

    What was read is never shown in an error: it is a secret.
    """
    path = _raw(f"{name}_FILE")
    if path is None:
        return text(name, default, hint=f"{hint} {name}_FILE may name a file that holds it.")
    if _raw(name) is not None:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Keep one of them.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ImproperlyConfigured(
            f"{name}_FILE is {path!r}, which cannot be read: {reason}. Name a readable text file."
        ) from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE is {path!r}, which is empty. Put the secret into the file.")
    return value
