"""A question that may hang, asked in a thread of its own and waited for so long and no longer."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


def seconds(text: str) -> float:
    """The value of an option; raises ValueError for what never ends."""
    value = float(text)
    if not 0 <= value < threading.TIMEOUT_MAX:
        raise ValueError(text)
    return value


_came = threading.Condition()  # an answer, of whichever question


class _Answer(Generic[T]):
    def __init__(self) -> None:
        self.there = False
        self.value: T | None = None
        self.error: BaseException | None = None


class Question(Generic[T]):
    """Never asked twice at the same time: whoever comes meanwhile waits for the same answer.

    The thread keeps no process from ending.
    """

    def __init__(self, ask: Callable[[], T], name: str) -> None:
        self._ask, self._name = ask, name
        self._lock = threading.Lock()
        self._answer: _Answer[T] | None = None

    def start(self) -> _Answer[T]:
        """Ask, without waiting."""
        with self._lock:
            if self._answer is None or self._answer.there:
                self._answer = _Answer()
                thread = threading.Thread(target=self._run, args=[self._answer], name=self._name, daemon=True)
                thread.start()
            return self._answer

    def answer(self, seconds: float) -> T:
        """The answer; raises TimeoutError, or what asking raised."""
        return first([self], seconds)

    def _run(self, answer: _Answer[T]) -> None:
        try:
            answer.value = self._ask()
        except BaseException as error:
            answer.error = error
        finally:
            connections.close_all()  # those of this thread
            with _came:
                answer.there = True
                _came.notify_all()


def first(questions: Sequence[Question[T]], seconds: float) -> T:
    """The answer that comes first; where none does, raises TimeoutError, or what asking raised if all did."""
    answers = [question.start() for question in questions]

    def given() -> list[_Answer[T]]:
        return [answer for answer in answers if answer.there and answer.error is None]

    with _came:
        _came.wait_for(lambda: given() or all(answer.there for answer in answers), seconds)
    for answer in given():
        return answer.value  # type: ignore[return-value]  # set before `there`
    if not all(answer.there for answer in answers):
        raise TimeoutError
    raise answers[0].error  # type: ignore[misc]  # none was given
