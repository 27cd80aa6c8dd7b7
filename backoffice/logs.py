"""One JSON object a line, with the number of the request."""

import json
import logging
import logging.config
import re
import time
from typing import Any

from backoffice.request_id import current

QUERY = re.compile(r"(?<=[^\s?])\?[^\s'\"?]+")  # of an address: what people search for
KEYS = re.compile(r"(/reset/key/)[^/\s]+")  # who has the link of a mail chooses the password


def configure(config: dict[str, Any]) -> None:
    """As Django does, and Python's own warnings go to the log as well."""
    logging.config.dictConfig(config)
    logging.captureWarnings(True)


def without_keys(text: str) -> str:
    return KEYS.sub(r"\1…", text)


def said(text: str) -> str:
    """What stands in a log of an address, or of a sentence with one: no key of a link, no line or colour of its own."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in without_keys(text)
    )


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": QUERY.sub("?…", without_keys(record.getMessage())),
            **({"request_id": current.get()} if current.get() else {}),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
