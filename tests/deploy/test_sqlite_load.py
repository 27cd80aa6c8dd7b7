"""Twelve people save on SQLite at once: nobody sees an error, and what was acknowledged is there."""

import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from tests.deploy.browser import Browser, Form
from tests.deploy.server import ROOT, production, serving

CLIENTS, SECONDS = 12, 15
PASSWORD = "a long enough password"

pytestmark = pytest.mark.deploy


@pytest.fixture
def environment(tmp_path):
    """The tests' settings on a SQLite file, with one department and a login for each client."""
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": database}
    environment = production(tmp_path, **settings)
    prepare = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.contrib.auth import get_user_model\n"
        "from organization.models import Department\n"
        "call_command('migrate', verbosity=0)\n"
        "Department.objects.create(name='Sales')\n"
        f"for n in range({CLIENTS}): get_user_model().objects.create_superuser(f'hr{{n}}', password={PASSWORD!r})\n"
    )
    subprocess.run([sys.executable, "-c", prepare], env=environment, cwd=ROOT, check=True)
    return environment


class Client(threading.Thread):
    """Adds one employee after the other through the panel until the time is over."""

    def __init__(self, number, host):
        super().__init__()
        self.number, self.host = number, host
        self.signed_in, self.acknowledged, self.statuses = None, [], []

    def run(self):
        browser = Browser(self.host, {"Host": "localhost"})
        self.signed_in = browser.sign_in(f"hr{self.number}", PASSWORD)
        add = "/admin/organization/employee/add/"
        form = Form(browser.get(add).text, "employee_form").data
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            name = f"Client {self.number} row {len(self.statuses)}"
            page = browser.post(add, {**form, "name": name, "department": "1"})
            self.statuses.append(page.status)
            if page.status == 302:
                self.acknowledged.append(name)
        browser.close()


def test_twelve_people_save_and_nothing_is_lost(environment, tmp_path):
    with serving(environment, tmp_path / "log", "--workers", "3") as address:
        clients = [Client(number, address.removeprefix("http://")) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert {(client.signed_in.status, client.signed_in.location) for client in clients} == {(302, "/admin/")}
    statuses = [status for client in clients for status in client.statuses]
    assert set(statuses) == {302}
    assert all(client.acknowledged for client in clients)
    with sqlite3.connect(tmp_path / "db.sqlite3") as connection:
        saved = {name for (name,) in connection.execute("SELECT name FROM organization_employee")}
    connection.close()
    assert saved == {name for client in clients for name in client.acknowledged}
