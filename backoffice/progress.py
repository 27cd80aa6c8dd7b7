"""A progress bar for commands, on standard error."""

import time
from collections.abc import Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")

WIDTH = 40


def watched(items: Iterator[T], total: int, stream: TextIO) -> Iterator[T]:
    """Pass `items` on and draw how far they are: a moving bar on a terminal, ten lines elsewhere."""
    start, steps = time.monotonic(), 200 if stream.isatty() else 10
    every = max(1, total // steps)
    for number, item in enumerate(items, start=1):
        if number % every == 0 or number == total:
            _draw(number, total, time.monotonic() - start, stream)
        yield item
    if stream.isatty():
        stream.write("\n")


def _draw(number: int, total: int, seconds: float, stream: TextIO) -> None:
    bar = "█" * (WIDTH * number // total)
    line = f"{bar:░<{WIDTH}} {number / total:4.0%}  {number:,} of {total:,}  {seconds:,.0f} s"
    stream.write(f"\r{line}" if stream.isatty() else f"{line}\n")
    stream.flush()
