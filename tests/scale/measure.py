"""A page on each database: time, queries, size and memory."""

import gc
import re
import statistics
import time
import traceback
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.scale.children import watched_child
from tests.scale.places import Place

ROUNDS = 7
FEWEST, PATIENCE = 3, 20  # rounds, seconds: a page that is so slow is known for it after a few
SLOW = 1.0  # seconds
BOUND = 30  # seconds, for a page of the peer at full size
PEER_GIGABYTES = 8  # it is stopped there as well


class Reading(NamedTuple):
    """What a page cost on one database."""

    seconds: float
    queries: int = 0
    bytes: int = 0
    slowest: tuple[float, str] = (0.0, "")  # seconds, SQL
    error: str = ""
    over: bool = False  # it took longer than BOUND

    @property
    def ok(self):
        return not self.error and not self.over


class Measured(NamedTuple):
    """A page: ours small and large, the peer's small and at full size."""

    name: str
    small: Reading
    large: Reading
    megabytes: float
    peer_small: Reading | None = None
    peer_large: Reading | None = None


class Visit:
    """One page on one database, as often as it is asked for."""

    def __init__(self, place: Place, ask: Any) -> None:
        self.place = place
        with place.database:
            self.client = place.client
            self.ask = ask(place)
        self.cookies = self.client.cookies.output()

    def send(self):
        """Seconds that the answer took. Raises WrongAnswer for another status than is expected."""
        self.client.cookies = SimpleCookie({"sessionid": self.client.cookies["sessionid"].value})
        start = time.perf_counter()
        self.response = self.ask.send(self.client)
        seconds = time.perf_counter() - start
        if self.response.status_code != self.ask.expected:
            problems = re.findall(r'class="errorlist[^>]*>(.*?)</ul>', self.response.content.decode(), re.S)
            raise WrongAnswer(
                f"HTTP {self.response.status_code} at {self.ask.path} {' '.join(problems)[:300]}"
            )
        return seconds

    def counted(self):
        """A Reading without time: it goes along with the first visit, which fills caches."""
        with self.place.database:
            self.send()
            with CaptureQueriesContext(connection) as captured:
                self.send()
            queries = captured.captured_queries
        slowest = max(((float(query["time"]), query["sql"]) for query in queries), default=(0.0, ""))
        return Reading(0.0, len(queries), len(self.response.content), slowest)

    def timed(self):
        with self.place.database:
            return self.send()


class WrongAnswer(Exception):
    pass


def measure(page, small: Place, large: Place, peer: Place, *, full=True, rounds=ROUNDS) -> Measured:
    """Ours on both sizes and the peer's on its own, in turn; the peer's at full size once, in a child of its own."""
    asked = [(small, page.ours), (large, page.ours)]
    if page.peer:
        asked.append((peer, page.peer))
    visits: list[Visit | None] = []
    readings = []
    for place, ask in asked:
        try:
            visits.append(Visit(place, ask))
        except Exception:
            visits.append(None)
    megabytes = memory(visits[1])
    for visit in visits:
        readings.append(_reading(visit))
    times: list[list[float]] = [[] for _ in visits]
    gc.collect()
    begun = time.perf_counter()
    for number in range(rounds):
        if number >= FEWEST and time.perf_counter() - begun > PATIENCE:
            break
        for visit, reading, seconds in zip(visits, readings, times, strict=True):
            if visit and reading.ok:
                seconds.append(visit.timed())
    medians = [
        reading._replace(seconds=statistics.median(seconds)) if reading.ok else reading
        for reading, seconds in zip(readings, times, strict=True)
    ]
    theirs = at_full_size(large, page.peer) if full and page.peer and not page.posts_form else None
    return Measured(
        page.name, medians[0], medians[1], megabytes, medians[2] if len(medians) > 2 else None, theirs
    )


def _reading(visit):
    if visit is None:
        return Reading(0.0, error="The page could not be asked for.")
    try:
        return visit.counted()
    except Exception:
        return Reading(0.0, error=traceback.format_exc(limit=-3))


def memory(visit):
    """The extra memory of one answer in MB, in a child that has an open connection."""
    if visit is None:
        return 0.0
    visit.place.database.close()

    def deed(mark):
        with visit.place.database:
            connection.ensure_connection()
            mark()
            visit.send()

    return watched_child(deed, bound=None).megabytes


def at_full_size(place, ask):
    """The peer's page on the large database; many of ours are compared with the same one."""
    with place.database:
        asked = ask(place)
    key = asked.path, asked.data is None
    if key not in _at_full_size:
        _at_full_size[key] = _once(place, asked)
    return _at_full_size[key]


_at_full_size: dict[tuple[str, bool], Reading] = {}


def _once(place, asked):
    """The median of three visits; one is enough where it takes longer than SLOW."""
    place.database.close()

    def deed(mark):
        with place.database:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:  # the server notices within a second that we are gone
                    cursor.execute("SET client_connection_check_interval = '1s'")
            mark()
            visit = Visit(place, lambda _place: asked)
            times = [visit.send()]
            while len(times) < FEWEST and times[0] < SLOW:
                times.append(visit.send())
            return Reading(statistics.median(times), bytes=len(visit.response.content))

    result = watched_child(deed, bound=BOUND, gigabytes=PEER_GIGABYTES)
    if result.over:
        return Reading(float(BOUND), over=True)
    if result.error:
        return Reading(result.seconds, error=result.error)
    return result.value
