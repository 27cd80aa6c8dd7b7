"""Heavy reads go to a real streaming replica; one that is behind, cut off or gone costs nothing but speed."""

import contextlib
import re
import time
from urllib.parse import unquote, urlencode

import pytest

from tests.deploy.browser import Browser
from tests.deploy.cluster import Server, both, running, until
from tests.deploy.figures import report
from tests.deploy.server import manage, serving

pytestmark = pytest.mark.deploy
LIST = "/admin/organization/employee/"
SETUP = """
from django.contrib.auth.models import User
from organization.models import Department, Employee
User.objects.create_superuser("hr", password="a long enough password")
one = Department.objects.create(name="One")
Employee.objects.bulk_create(Employee(name=f"Person {n}", department=one) for n in range(30))
"""
# What a worker does, and the cookie of whoever waits for it.
TAKE_BACK = """
from django.core.signing import get_cookie_signer
from backoffice import background
from backoffice.admin import telling
from backoffice.background.running import run
from backoffice.models import Operation
last = Operation.objects.order_by("pk").last()
job = background.undo(last, actor=last.actor)
run.call(job.pk, job.attempt)
print(get_cookie_signer(telling.COOKIE + telling._salt()).sign(str(job.pk)))
"""
# More than two pieces of an export, with notes that no network holds as a whole.
MANY = """
INSERT INTO organization_employee (name, notes, department_id, status, employment_type, fte,
    preferred_name, work_phone, job_title, end_reason, location, cost_center)
SELECT 'Many ' || n, repeat('x', 200), 1, 'active', 'permanent', 1, '', '', '', '', '', ''
FROM generate_series(1, 60000) n
"""


@pytest.fixture(scope="module")
def replica(primary, migrated):
    done = manage("shell", "-c", SETUP, env=migrated)
    assert done.returncode == 0, done.stderr
    patient = (
        "wal_receiver_timeout=0"  # as long as the panel is watched, it does not notice that it is cut off
    )
    with primary.replica("replica", "log_statement=all", patient) as follower:
        until(lambda: primary.caught_up(follower), "The replica does not follow.")
        yield follower


@pytest.fixture(scope="module")
def address(folder, primary, migrated, replica):
    env = migrated | {"REPLICA_URL": replica.url(), "REPLICA_LAG_SECONDS": "3"}
    with serving(env, folder / "web.log", "--workers", "1", "--threads", "4") as address:
        yield address


@pytest.fixture(scope="module")
def patient(folder, migrated, replica):
    """The address of a panel to which the replica is never far behind; its list was read once."""
    env = migrated | {"REPLICA_URL": replica.url(), "REPLICA_LAG_SECONDS": "600"}
    with serving(env, folder / "patient.log", "--workers", "1", "--threads", "4") as address:
        browser = Browser(address.removeprefix("http://"))
        browser.sign_in("hr", "a long enough password")
        assert browser.get(LIST).status == 200
        browser.close()
        yield address


@pytest.fixture
def browser(address):
    yield from reader(address)


@pytest.fixture
def among_several(folder, primary, migrated, replica):
    """A browser whose panel may go to the primary in place of the replica, as deploy/README.md has it."""
    env = migrated | {"REPLICA_URL": both(primary, replica)}
    with serving(env, folder / "several.log", "--workers", "1", "--threads", "4") as address:
        yield from reader(address)


def reader(address):
    browser = Browser(address.removeprefix("http://"))
    assert browser.sign_in("hr", "a long enough password").location == "/admin/"
    del browser.cookies["written"]
    yield browser
    browser.close()


@pytest.fixture
def read_there(replica):
    """What tables the replica was asked for since the last time."""
    seen = len(replica.log.read_bytes())

    def tables():
        nonlocal seen
        text = replica.log.read_bytes()[seen:].decode(errors="replace")
        seen += len(text.encode())
        return set(re.findall(r'(?:FROM|JOIN) "(\w+)"', text))

    return tables


def add(browser, name):
    """Somebody new, by the form."""
    page = browser.get(f"{LIST}add/").text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    department = {"department": "1", "status": "active", "employment_type": "permanent", "fte": "1"}
    answer = browser.post(f"{LIST}add/", {**fields, **department, "name": name, "_save": "1"})
    assert answer.status == 302, re.findall(r"errorlist[^<]*<li>([^<]*)", answer.text)


def is_listed(browser, name):
    return f">{name}<" in browser.get(f"{LIST}?{urlencode({'q': name})}").text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"{LIST}?q=Person+7", "Person 7"),
        ("/admin/", "Headcount by department"),
        ("/admin/organization/department/chart/?open=1", "Person 7"),
    ],
)
def test_lists_are_read_from_the_replica_and_who_may_see_them_from_the_primary(
    browser, read_there, path, shown
):
    assert shown in browser.get(path).text
    tables = read_there()
    assert "organization_employee" in tables
    assert not {table for table in tables if table.startswith(("auth_", "django_", "usersessions_"))}
    assert "organization_grant" not in tables


def test_forms_and_whatever_writes_are_asked_of_the_primary(browser, read_there):
    browser.get(f"{LIST}1/change/")
    browser.get(f"{LIST}1/delete/")
    add(browser, "New Person")
    assert "organization_employee" not in read_there()


def test_who_wrote_reads_it_however_far_behind_the_replica_is(primary, replica, patient):
    browser, other = (Browser(patient.removeprefix("http://")) for _ in range(2))
    for one in (browser, other):
        one.sign_in("hr", "a long enough password")
    del other.cookies["written"]
    until(lambda: primary.caught_up(replica), "The replica does not follow.")
    replica.ask("SELECT pg_wal_replay_pause()")
    try:
        add(browser, "Just Written")
        assert is_listed(browser, "Just Written")
        assert not is_listed(other, "Just Written")  # the replica was asked
    finally:
        replica.ask("SELECT pg_wal_replay_resume()")
    browser.close()
    other.close()


def test_who_is_told_that_a_worker_is_through_reads_what_it_wrote(primary, replica, migrated, patient):
    browser = Browser(patient.removeprefix("http://"))
    browser.sign_in("hr", "a long enough password")
    add(browser, "Taken Back")
    until(lambda: primary.caught_up(replica), "The replica does not follow.")
    replica.ask("SELECT pg_wal_replay_pause()")
    try:
        done = manage("shell", "--verbosity", "0", "-c", TAKE_BACK, env=migrated)
        assert done.returncode == 0, done.stderr
        assert is_listed(browser, "Taken Back")  # nobody said anything yet
        browser.cookies["background"] = done.stdout.strip()
        page = browser.get(f"{LIST}?q=Taken+Back").text
        assert "Took back 1 change." in page
        assert ">Taken Back<" not in page
        assert not is_listed(browser, "Taken Back")
    finally:
        replica.ask("SELECT pg_wal_replay_resume()")
    browser.close()


@contextlib.contextmanager
def not_replaying(primary, replica):
    replica.ask("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        replica.ask("SELECT pg_wal_replay_resume()")


@contextlib.contextmanager
def cut_off(primary, replica):
    """Without a word: it knows of nothing that it lacks."""
    primary.stop_sending()
    try:
        yield
    finally:
        primary.send_again()


@pytest.mark.parametrize("behind", [not_replaying, cut_off])
def test_a_replica_that_is_far_behind_is_not_asked(browser, primary, replica, read_there, behind):
    until(lambda: browser.get(LIST).status == 200 and "organization_employee" in read_there(), "Not asked.")
    with behind(primary, replica):
        primary.ask("UPDATE organization_employee SET name = 'Renamed Person' WHERE id = 3")
        until(lambda: "Renamed Person" in browser.get(f"{LIST}?q=Renamed").text, "It is asked all the same.")
    primary.ask("UPDATE organization_employee SET name = 'Person 2' WHERE id = 3")
    until(lambda: primary.caught_up(replica), "It does not come back.")


def test_another_database_is_not_read(folder, primary, migrated, replica):
    primary.ask("CREATE DATABASE other")
    log = folder / "other.log"
    env = migrated | {"REPLICA_URL": primary.url("other")}
    with serving(env, log, "--workers", "1", "--threads", "4") as address:
        browser = Browser(address.removeprefix("http://"))
        browser.sign_in("hr", "a long enough password")
        assert all(browser.get(LIST).status == 200 for _ in range(3))
        browser.close()
    text = log.read_text()
    assert text.count("REPLICA_URL leads to another database than DATABASE_URL, which is not read") == 1
    assert "The replica failed a page" not in text


def test_of_two_replicas_the_one_that_a_page_reads_from_has_what_was_written(
    folder, primary, migrated, replica, read_there
):
    other = Server(folder / "other").copy_of(primary, "other")
    url = f"{both(other, replica)}?conn_max_age=600"
    env = migrated | {"REPLICA_URL": url, "REPLICA_LAG_SECONDS": "3"}
    with serving(env, folder / "two.log", "--workers", "1", "--threads", "1") as address:
        browser, somebody = (Browser(address.removeprefix("http://")) for _ in range(2))
        for one in (browser, somebody):
            one.sign_in("hr", "a long enough password")
        del somebody.cookies["written"]
        until(
            lambda: somebody.get(LIST).status == 200 and "organization_employee" in read_there(), "Not asked."
        )
        with running(other.start()):
            until(lambda: primary.caught_up(other), "The other replica does not follow.")
            with not_replaying(primary, replica):
                add(browser, "Written Now")
                until(lambda: primary.caught_up(other), "The other replica does not follow.")
                assert all(is_listed(browser, "Written Now") for _ in range(3))
                until(lambda: is_listed(somebody, "Written Now"), "It is read however far behind.")
        browser.close()
        somebody.close()


def timed(browser, path):
    begun = time.monotonic()
    return browser.get(path).status, time.monotonic() - begun


def read_without(browser, replica, read_there, way):
    until(lambda: browser.get(LIST).status == 200 and "organization_employee" in read_there(), "Not asked.")
    getattr(replica, way)()
    try:
        answers, seconds = zip(*(timed(browser, f"{LIST}?o={n % 3 + 1}") for n in range(20)), strict=True)
        report(f"replica gone ({way}): the slowest of 20 pages took {max(seconds):.2f} s")
        assert set(answers) == {200}
        assert max(seconds) < 20
        assert browser.get("/readyz").status == 200
    finally:
        replica.start() if way == "kill" else replica.resume()
    until(
        lambda: browser.get(LIST).status == 200 and "organization_employee" in read_there(), "It is not back."
    )


@pytest.mark.parametrize("way", ["kill", "pause"])
def test_a_replica_that_is_gone_or_hangs_fails_no_page(browser, replica, read_there, way):
    read_without(browser, replica, read_there, way)


def test_one_that_hangs_fails_no_page_where_another_host_answers(among_several, replica, read_there):
    read_without(among_several, replica, read_there, "pause")


def test_a_file_that_is_being_sent_goes_on_from_the_primary(folder, browser, primary, replica):
    primary.ask(MANY)
    until(lambda: primary.caught_up(replica), "The replica does not follow.")
    page = browser.get(f"{LIST}?q=Many")
    token = unquote(page.text.partition("bulk/export/?selection=")[2].partition('"')[0])
    form = {"format": "csv", "selection": token, "use-name": "on", "use-notes": "on"}
    response = browser.send(f"{LIST}bulk/export/", form)
    begun = response.read(1000)  # more than the network holds is left
    replica.kill()
    lines = (begun + response.read()).decode().splitlines()
    assert lines[1:] == [f'"Many {n}","{"x" * 200}"' for n in range(1, 60_001)]
    assert "The rest of a file is read from the primary" in (folder / "web.log").read_text()
