"""The rows of an organisation, made one by one while they are loaded."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from math import gcd
from random import Random
from typing import Any, TypeVar

from organization.seeding import words
from organization.seeding.names import Pool, pools
from organization.seeding.shape import Shape

T = TypeVar("T")
Row = tuple[Any, ...]

SPAN = 8  # how many people report to one
TODAY = date(2026, 10, 1)  # fixed, so that the same seed makes the same people on every day
PAST = [(date(1988, 1, 1) + timedelta(days)).isoformat() for days in range((TODAY - date(1988, 1, 1)).days)]
AHEAD = [(TODAY + timedelta(days)).isoformat() for days in range(1, 540)]

DEPARTMENT_COLUMNS = (
    *("id", "name", "code", "parent_id", "head_id", "cost_center", "location", "email", "description"),
    *("headcount_planned", "opened_on", "closed_on"),
)
EMPLOYEE_COLUMNS = (
    *("id", "name", "department_id", "employee_number", "preferred_name", "work_email", "work_phone"),
    *("job_title", "status", "employment_type", "fte", "hire_date", "end_date", "end_reason", "manager_id"),
    *("location", "cost_center", "user_id", "notes"),
)


class Crowd:
    """The departments and people of a shape, with keys from `first_department` and `first_person` on.

    People come in the order of their keys, and neighbours belong to different departments, as in a company that
    grew over the years: nothing is kept per person, so any number of them takes the same memory.
    """

    def __init__(self, shape: Shape, rng: Random, *, first_department: int, first_person: int) -> None:
        self.shape = shape
        self.rng = rng
        self.first_department = first_department
        self.first_person = first_person
        self.starts = list(accumulate(shape.sizes, initial=0))
        self.count = shape.people
        self.step = _stride(self.count)

    def departments(self) -> Iterator[Row]:
        for position, (name, parent, size) in enumerate(
            zip(self.shape.names, self.shape.parents, self.shape.sizes, strict=True)
        ):
            key = self.first_department + position
            yield (
                key,
                name,
                f"D{key:05}",
                None if parent is None else self.first_department + parent,
                self._person(self.starts[position]) if size else None,
                f"CC-{key % 10_000:04}",
                self.shape.cities[position],
                f"department.{key}@example.com" if position % 3 == 0 else "",
                "",
                size + size // 20,
                PAST[position * 37 % 4_000],
                None,
            )

    def people(self) -> Iterator[Row]:
        """Everyone, by key."""
        back = pow(self.step, -1, self.count) if self.count > 1 else 0
        for offset in range(self.count):
            place = offset * back % self.count
            department = bisect_right(self.starts, place) - 1
            yield self._row(offset, department, place - self.starts[department])

    def _person(self, place: int) -> int:
        """The key of whoever stands at this place when people are counted department by department."""
        return self.first_person + place * self.step % self.count

    def _manager(self, department: int, rank: int) -> int | None:
        """Inside a department everyone reports to someone of a lower rank, its head to the head above."""
        if rank:
            return self._person(self.starts[department] + (rank - 1) // SPAN)
        above = self.shape.parents[department]
        while above is not None and not self.shape.sizes[above]:
            above = self.shape.parents[above]
        return None if above is None else self._person(self.starts[above])

    def _row(self, offset: int, department: int, rank: int) -> Row:
        draw, key = self.rng.random, self.first_person + offset
        leads = rank == 0 or rank * SPAN + 1 < self.shape.sizes[department]
        name, preferred, address = _name(draw)
        status = words.Status.ACTIVE.value if leads else _pick(draw, STATUSES)
        kind = "permanent" if leads else _pick(draw, TYPES)
        hired, ended, reason = _dates(draw, status, kind)
        city = self.shape.cities[department] if draw() < 0.9 else _pick(draw, words.CITIES)
        return (
            key,
            name,
            self.first_department + department,
            f"E{key:07}",
            preferred,
            f"{address}{key}@example.com",
            f"+1 555 {key % 10_000_000:07}" if draw() < 0.8 else "",
            self._title(draw, department, rank, leads),
            status,
            kind,
            "1" if leads else _pick(draw, words.HOURS),
            hired,
            ended,
            reason,
            self._manager(department, rank),
            city,
            "",
            None,
            "",
        )

    def _title(self, draw: Callable[[], float], department: int, rank: int, leads: bool) -> str:
        if rank == 0:
            return f"Head of {self.shape.names[department]}"
        return _pick(draw, words.LEADS if leads else words.TITLES)


def _stride(n: int) -> int:
    """A step that visits each of n places once, and puts neighbours far apart."""
    step = max(1, int(n * 0.618))
    while gcd(step, n) != 1:
        step += 1
    return step


def _pick(draw: Callable[[], float], options: Sequence[T]) -> T:
    # A third of the time of Random.choice, and this runs ten times for each of three million people.
    return options[int(draw() * len(options))]


def _name(draw: Callable[[], float]) -> tuple[str, str, str]:
    """The name, how colleagues who do not read the script write it, and the same as an address."""
    pool: Pool = _pick(draw, POOLS)
    given, family = _pick(draw, pool.given), _pick(draw, pool.family)
    first, last = (family, given) if pool.family_first else (given, family)
    preferred = "" if pool.latin else f"{given.ascii.title()} {family.ascii.title()}"
    return f"{first.spelled} {last.spelled}", preferred, f"{given.ascii}.{family.ascii}"


def _dates(draw: Callable[[], float], status: str, kind: str) -> tuple[str, str | None, str]:
    """Hire date, end date and end reason; most people came in the later years."""
    if status == "planned":
        return _pick(draw, AHEAD[:180]), None, ""
    day = int(draw() ** 0.5 * len(PAST))
    if status == "left":
        last = day + int(draw() * (len(PAST) - day))
        return PAST[day], PAST[last], _pick(draw, REASONS)
    return PAST[day], _pick(draw, AHEAD) if kind in TEMPORARY else None, ""


POOLS = pools()
# Plain strings: a database driver writes them faster than members of an enumeration.
STATUSES = [status.value for status in words.STATUSES]
TYPES = [kind.value for kind in words.TYPES]
TEMPORARY = {kind.value for kind in words.TEMPORARY}
REASONS = [reason.value for reason in words.REASONS]
