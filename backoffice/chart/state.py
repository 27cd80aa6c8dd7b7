"""What of a chart is open, as it stands in an address: `?open=1.5&d5=81&p9=1204`.

`open` names rows of the tree. `d5=81` shows the rows below 5 from 81 on, `p9=1204` what hangs on 9 from 1204 on.
"""

import re
from typing import NamedTuple

from django.http import QueryDict
from django.utils.http import urlencode

MOST_OPEN = 100
PAGE = re.compile(r"[dp]\d{1,18}\Z")


class State(NamedTuple):
    open: tuple[int, ...]
    pages: dict[str, int]  # "d5" → the key that its page begins with

    @classmethod
    def read(cls, asked: QueryDict) -> "State":
        said = {name: asked.get(name, "") for name in asked}
        keys = [int(key) for key in said.get("open", "").split(".") if _is_key(key)]
        pages = {name: int(key) for name, key in said.items() if PAGE.match(name) and _is_key(key)}
        return cls(tuple(dict.fromkeys(keys))[:MOST_OPEN], pages)

    def query(self) -> str:
        query: dict[str, str | int] = {"open": ".".join(map(str, self.open))} if self.open else {}
        return urlencode({**query, **self.pages})

    def toggled(self, key: int) -> "State":
        if key in self.open:
            return self._replace(open=tuple(other for other in self.open if other != key))
        return self._replace(open=(*self.open, key))

    def turned(self, name: str, start: int | None) -> "State":
        pages = {key: value for key, value in self.pages.items() if key != name}
        return self._replace(pages=pages if start is None else {**pages, name: start})


def _is_key(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 19
