"""People who add employees through the panel's form, one after the other, whatever happens to what is behind it.

An answer that leads to the new row's page is an acknowledgement: it names the id. Anything else is a failure, after
which the next one is tried.
"""

import contextlib
import http.client
import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tests.deploy.browser import Browser, Page, hidden_fields
from tests.deploy.cluster import Server

ADD = "/admin/organization/employee/add/"
HEADERS = {"Host": "hr.example.com"}
PASSWORD = "a long enough password"
FIELDS = {"department": "1", "status": "active", "employment_type": "permanent", "fte": "1", "_continue": "1"}
# Somebody who may do everything, and a department.
SETUP = f"""
from django.contrib.auth.models import User
from organization.models import Department
User.objects.create_superuser("hr", password="{PASSWORD}")
Department.objects.create(name="One")
"""
AGREEMENT = """
from backoffice.operations.agreement import disagreements
from tests.agreement import miscounted
from backoffice.operations.tables import recorded_models
found = [said for model in recorded_models() for said in disagreements(model)] + miscounted()
print(*found, sep="\\n", end="")
"""


class Added(NamedTuple):
    name: str
    key: int
    begun: float
    ended: float


class Failed(NamedTuple):
    what: str
    begun: float
    ended: float


def signed_in(host: str) -> tuple[dict[str, str], Page]:
    """The cookies of `hr`, and the form."""
    with contextlib.closing(Browser(host, HEADERS)) as browser:
        page = browser.sign_in("hr", PASSWORD)
        assert page.location == "/admin/", page
        return browser.cookies, browser.get(ADD)


@contextlib.contextmanager
def at_work(threads: list[threading.Thread], over: threading.Event, patience: float = 60) -> Iterator[None]:
    """Inside, the threads run; after it they see that it is over and are waited for."""
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(patience)


class Writers:
    """`number` threads, each on a connection of its own, signed in as `hr`."""

    def __init__(self, address: str, number: int = 4, label: str = "Person", patience: float = 60) -> None:
        """`patience`: how long somebody who still waits is waited for at the end."""
        self.host, self.label, self.patience = address.removeprefix("http://"), label, patience
        self.added: list[Added] = []
        self.failed: list[Failed] = []
        self._over = threading.Event()
        self._numbers = itertools.count()
        self._cookies, page = signed_in(self.host)
        self._fields = {**hidden_fields(page), **FIELDS}
        self._threads = [threading.Thread(target=self._write, daemon=True) for _ in range(number)]

    @contextlib.contextmanager
    def writing(self) -> Iterator["Writers"]:
        with at_work(self._threads, self._over, self.patience):
            yield self

    def _write(self) -> None:
        with contextlib.closing(Browser(self.host, HEADERS)) as browser:
            browser.cookies = dict(self._cookies)
            self._add(browser)

    def _add(self, browser: Browser) -> None:
        while not self._over.is_set():
            name, begun = f"{self.label} {next(self._numbers)}", time.monotonic()
            try:
                page = browser.post(ADD, {**self._fields, "name": name})
                key = re.search(r"/employee/(\d+)/change/", page.location) if page.status == 302 else None
                what = f"{page.status} {page.location}"
            except (OSError, http.client.HTTPException) as error:
                browser.close()
                key, what = None, type(error).__name__
            if key:
                self.added.append(Added(name, int(key[1]), begun, time.monotonic()))
            else:
                self.failed.append(Failed(what, begun, time.monotonic()))
                time.sleep(0.05)

    def first_after(self, moment: float) -> float | None:
        """How long after that moment the first one was acknowledged that was."""
        return min((one.ended - moment for one in self.added if one.ended > moment), default=None)

    def slowest_before(self, moment: float) -> float:
        """The longest that one took that was acknowledged before: what this machine is like just now."""
        return max(one.ended - one.begun for one in self.added if one.ended <= moment)

    def lost(self, server: Server) -> list[str]:
        """Whom the panel said that it had added, and who is not there, or not under that id."""
        there = set(server.ask("SELECT id, name FROM organization_employee"))
        return [one.name for one in self.added if (one.key, one.name) not in there]

    def given_twice(self) -> list[int]:
        """The ids that two people were told."""
        return [key for key, times in Counter(one.key for one in self.added).items() if times > 1]
