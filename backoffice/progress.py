"""How far a command is: a bar on standard error. How far a deed is: told to who watches it, as a worker does."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

T = TypeVar("T")

WIDTH = 30


class Watch(Protocol):
    """Passes items on and sees how many of `total` went by."""

    def __call__(self, items: Iterator[T], total: int, name: str, /) -> Iterator[T]: ...


def unwatched(items: Iterator[T], _total: int, _name: str) -> Iterator[T]:
    return items


def bar(items: Iterator[T], total: int, name: str) -> Iterator[T]:
    """Draw a bar that moves on a terminal and is ten lines elsewhere."""
    moving, start = sys.stderr.isatty(), time.monotonic()
    every = max(1, total // (200 if moving else 10))
    for number, item in enumerate(items, start=1):
        yield item
        if number % every == 0 or number == total:
            line = _line(number, total, name, time.monotonic() - start)
            sys.stderr.write(f"\r{line}" if moving else f"{line}\n")
            sys.stderr.flush()
    if moving:
        sys.stderr.write("\n")


def _line(number: int, total: int, name: str, seconds: float) -> str:
    done = "█" * (WIDTH * number // total)
    return f"{done:░<{WIDTH}} {number / total:4.0%}  {number:,} of {total:,} {name}, {seconds:,.0f} s"


Hearing = Callable[[str, float], None]

_hearing: ContextVar[Hearing | None] = ContextVar("backoffice.progress", default=None)


@contextmanager
def heard(by: Hearing) -> Iterator[None]:
    """Inside, `by` is told what `reached` is."""
    token = _hearing.set(by)
    try:
        yield
    finally:
        _hearing.reset(token)


def reached(phase: str, part: float) -> None:
    """How much of a phase is done, from 0 to 1. Who watches may raise, which is the end of the deed."""
    if by := _hearing.get():
        by(phase, part)
