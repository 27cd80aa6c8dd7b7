"""One JSON object a line, with the number of the request, or text; of addresses nothing but the panel's own words, and
of errors what errors.py tells.
"""

import json
import logging
import logging.config
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from django.conf import settings

from backoffice.serving.errors import kind_of, texts_of, traceback_of
from backoffice.serving.request_id import current

QUERY = re.compile(r"(?<=[^\s?])\?[^\s'\"?]+")  # of an address: what people search for
KEYS = re.compile(r"(/reset/key/)[^/\s]+")  # who has the link of a mail chooses the password
KEY = re.compile(r"\d{1,19}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")  # of a row
LONG = 4  # characters: less stands in many a message by chance
ANSWERED_FIRST = ("livez", "readyz", "metrics")  # by middleware: no route has them

logger = logging.getLogger(__name__)


def configure(config: dict[str, Any]) -> None:
    """As Django does, and Python's own warnings go to the log as well, as do errors that end a command or a thread."""
    logging.config.dictConfig(config)
    logging.captureWarnings(True)
    sys.excepthook = partial(_command_ended, sys.excepthook)
    if threading.excepthook is threading.__excepthook__:  # and nobody else listens
        threading.excepthook = _thread_ended


def _command_ended(
    usual: Callable[..., Any], kind: type[BaseException], error: BaseException, place: Any
) -> None:
    """To somebody at a terminal Python says it, with all that the error says."""
    if sys.stderr.isatty() or not isinstance(error, Exception):
        usual(kind, error, place)
    else:
        logger.critical("An error ended this process.", exc_info=error)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if isinstance(ended.exc_value, Exception):
        logger.error("An error ended a thread.", exc_info=ended.exc_value)


def without_keys(text: str) -> str:
    return KEYS.sub(r"\1…", text)


def without_queries(text: str) -> str:
    return QUERY.sub("?…", without_keys(text))


def said(text: str) -> str:
    """What stands in a log of an address, or of a sentence with one: no key of a link, no line or colour of its own."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in without_keys(text)
    )


def said_path(path: str) -> str:
    """What stands in a log of a path: a word that nobody declared, such as a name somebody typed, is “…”."""
    name = path.removeprefix(settings.STATIC_URL)
    if name != path and os.path.isfile(f"{settings.STATIC_ROOT}/{name}"):
        return path
    return "/".join(part if part in words() or KEY.fullmatch(part) else "…" for part in path.split("/"))


@cache
def words() -> frozenset[str]:
    """Of what addresses of the panel are made: its routes, and what is named in them, bulk actions and charts."""
    from django.contrib import admin
    from django.urls import get_resolver

    from backoffice.dashboard import boards

    found = {"", *ANSWERED_FIRST}
    for pattern in (settings.STATIC_URL, *_patterns(get_resolver())):
        found.update(re.findall(r"[\w.-]+", str(pattern)))
    for one in admin.site._registry.values():
        found.update(action.name for action in getattr(one, "get_bulk_actions", tuple)())
    for board in boards():
        found.update([board.name, *(chart.name for chart in board.charts)])
    return frozenset(found)


def _patterns(resolver: Any) -> Iterator[Any]:
    yield resolver.pattern
    for one in getattr(resolver, "url_patterns", []):
        yield from _patterns(one)


class Paths(logging.Filter):
    """Django names the path of a request that it could not answer."""

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "request") and isinstance(record.args, tuple):
            record.args = tuple(
                said_path(arg) if isinstance(arg, str) and arg.startswith("/") else arg for arg in record.args
            )
        return True


class Lines(logging.Formatter):
    """`whole`: with what errors say, which may name people."""

    def __init__(self, *args: Any, whole: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.whole = whole

    def formatException(self, ei: Any) -> str:
        return super().formatException(ei) if self.whole or ei[1] is None else traceback_of(ei[1])

    def said(self, record: logging.LogRecord) -> str:
        """The message. An error that is it, or is filled in, stands there by its kind."""
        message = record.getMessage()
        return without_queries(message if self.whole else _without_errors(record, message))


def _without_errors(record: logging.LogRecord, message: str) -> str:
    if isinstance(record.msg, BaseException):
        return kind_of(record.msg)
    if record.args and isinstance(record.args, tuple):
        message = str(record.msg) % tuple(map(_by_kind, record.args))
    elif record.args and isinstance(record.args, dict):
        message = str(record.msg) % {name: _by_kind(arg) for name, arg in record.args.items()}
    error = record.exc_info[1] if record.exc_info else None
    texts = texts_of(error) if error is not None else {}
    for text in sorted(texts, key=len, reverse=True):  # filled in as a text: Django does so
        if message == text or len(text) >= LONG:
            message = message.replace(text, texts[text])
    return message


def _by_kind(arg: Any) -> Any:
    return kind_of(arg) if isinstance(arg, BaseException) else arg


class TextLines(Lines):
    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # as another formatter kept it
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = self.said(record)
        return super().formatMessage(record)


class JsonLines(Lines):
    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": self.said(record),
            **({"request_id": current.get()} if current.get() else {}),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
