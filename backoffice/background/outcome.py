"""How a job ends other than by being done."""

from collections.abc import Callable
from typing import Self


class Told(str):
    """What came of a job that is done; `where` is a page that says more, of what was left for example."""

    where = ""

    def __new__(cls, sentence: str, where: str = "") -> Self:
        told = super().__new__(cls, sentence)
        told.where = where
        return told


class NotDone(Exception):
    """Nothing was changed; the text is a sentence for the person who asked. `then` is called when that is noted."""

    def __init__(self, sentence: str, *, then: Callable[[], object] | None = None) -> None:
        super().__init__(sentence)
        self.then = then


class Cancelled(Exception):
    """Somebody asked for an end before it was committed."""


class Lost(Exception):
    """Another worker has taken the job: this one was thought to be dead."""
