"""What fifty people do at once, for locust: look, search, filter, open, save and add, on our panel or the plain one.

SITE is "admin" or "peer"; SESSIONS names a file with one session of somebody each, as JSON.
"""

import itertools
import json
import os
import random
from pathlib import Path

from locust import HttpUser, between, task

from tests.scale.forms import posted_from

SITE = f"/{os.environ['SITE']}"
PEOPLE, DEPARTMENTS = f"{SITE}/organization/employee/", f"{SITE}/organization/department/"
FILTER = {"admin": "department", "peer": "department__id__exact"}[os.environ["SITE"]]
SESSIONS = json.loads(Path(os.environ["SESSIONS"]).read_text())
CLERKS = itertools.cycle(enumerate(SESSIONS))
NAMES = ("Anna", "Ivan", "Maria", "Li", "Smith", "Garc")
KEYS = range(1, 3001)
NUMBERS = itertools.count()


class Clerk(HttpUser):
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        number, session = next(CLERKS)
        self.people = KEYS[number :: len(SESSIONS)]  # nobody else changes them at the same moment
        self.client.cookies.set("sessionid", session)
        self.client.headers["Referer"] = self.host or ""

    @task(4)
    def look_at_the_list(self) -> None:
        self.client.get(PEOPLE, params={"o": random.choice("12")}, name="list")

    @task(3)
    def search(self) -> None:
        self.client.get(PEOPLE, params={"q": random.choice(NAMES)}, name="search")

    @task(2)
    def filter_by_department(self) -> None:
        self.client.get(PEOPLE, params={FILTER: random.randint(2, 50)}, name="filter")

    @task(2)
    def look_at_departments(self) -> None:
        self.client.get(DEPARTMENTS, name="departments")

    @task(1)
    def open_a_department(self) -> None:
        self.client.get(f"{DEPARTMENTS}{random.randint(2, 50)}/change/", name="department")

    @task(3)
    def change_somebody(self) -> None:
        path = f"{PEOPLE}{random.choice(self.people)}/change/"
        self._send(path, "person", {"location": f"Room {next(NUMBERS)}"}, "save")

    @task(1)
    def add_somebody(self) -> None:
        person = {"name": f"Clerk {next(NUMBERS)}", "department": "1", "status": "active", "fte": "1"}
        self._send(f"{PEOPLE}add/", "add", {**person, "employment_type": "permanent"}, "save new")

    def _send(self, path: str, opened: str, changes: dict[str, str], name: str) -> None:
        """The form as it comes, with these changes; saved where one is led away from it."""
        page = self.client.get(path, name=opened)
        if page.status_code != 200:
            return
        data = {**posted_from(page.text, "name"), **changes, "_save": "1"}
        with self.client.post(path, data, name=name, allow_redirects=False, catch_response=True) as answer:
            if answer.status_code != 302:
                answer.failure(f"not saved: {answer.status_code}")
