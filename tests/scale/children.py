"""Work in a forked child: what it leaves in memory, and what it takes too long for, ends with it."""

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from typing import Any, NamedTuple

GIGABYTE = 1 << 30


class Result(NamedTuple):
    value: Any = None
    error: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0
    over: bool = False  # it was stopped at its bound


class ChildFailed(Exception):
    """The text is the child's traceback."""


def in_child(deed):
    """What `deed()` returns. Raises ChildFailed with what it raised."""
    result = watched_child(lambda _mark: deed(), bound=None)
    if result.error:
        raise ChildFailed(result.error)
    return result.value


def watched_child(deed, *, bound, gigabytes=None):
    """A Result for `deed(mark)`; time and memory count from when it calls `mark`. Killed after `bound` seconds."""
    reader, writer = multiprocessing.Pipe(duplex=False)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        reader.close()
        _run(deed, writer, gigabytes)
    writer.close()
    try:
        started = reader.recv()
        if bound is not None and not reader.poll(bound):
            return Result(over=True, seconds=bound, megabytes=_resident(child) - started)
        return reader.recv()
    except EOFError:
        return Result(error="The process ended without an answer: out of memory, perhaps.")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        reader.close()


def _run(deed, writer, gigabytes):
    """In the child: sends where memory stood at the mark, then the Result. Never returns."""
    begun: list[float] = []

    def mark():
        begun[:] = [highest(), time.perf_counter()]
        writer.send(begun[0])

    try:
        if gigabytes:
            resource.setrlimit(resource.RLIMIT_AS, (gigabytes * GIGABYTE, gigabytes * GIGABYTE))
        value, error = deed(mark), ""
    except BaseException:
        value, error = None, traceback.format_exc()
    seconds = time.perf_counter() - begun[1] if begun else 0.0
    if not begun:
        mark()
    writer.send(Result(value, error, seconds, highest() - begun[0]))
    os._exit(0)


def highest():
    """The most memory that this process has had, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20) if sys.platform == "darwin" else most / 1024


def _resident(process):
    """The most memory that another process has had, in MB; 0 where the system does not tell."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0
