"""The code of the version before works on the schema of this one: that is what a restart one by one stands on.

The version before is the newest tag; without one, the commit that accepted the migrations in .ci/migrations.txt, as is
done when they are released. PREVIOUS names another one.
"""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.deploy.browser import Browser, hidden_fields
from tests.deploy.cluster import Server, running
from tests.deploy.figures import report
from tests.deploy.programs import program
from tests.deploy.server import ROOT, manage, panel, serving, status
from tests.deploy.writers import AGREEMENT, PASSWORD
from tests.scale.forms import posted_from

pytestmark = pytest.mark.deploy
APPS = ("backoffice", "organization")
ACCEPTED = ".ci/migrations.txt"
PEOPLE = "/admin/organization/employee/"
PERSON = {"department": "1", "status": "active", "employment_type": "permanent", "fte": "1", "_continue": "1"}
WAY_IN = "Name an earlier version (PREVIOUS=REVISION), or fetch the history (git fetch --unshallow --tags)."


def git(*words):
    done = subprocess.run([program("git"), *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def previous():
    """The revision, or nothing where this clone has none: in a shallow one every file is as old as its first commit."""
    if named := os.environ.get("PREVIOUS") or git("describe", "--tags", "--abbrev=0", "HEAD^"):
        return named
    found = git("log", "-1", "--no-merges", "--format=%H", "--", ACCEPTED)
    boundary = Path(ROOT, git("rev-parse", "--git-path", "shallow"))
    return "" if boundary.is_file() and found in boundary.read_text() else found


def migrations(code):
    return {str(file.relative_to(code)) for app in APPS for file in (code / app / "migrations").glob("0*.py")}


@pytest.fixture(scope="module")
def before(folder):
    """A folder with the code of the version before."""
    version, code, archive = previous(), folder / "before", folder / "before.tar"
    if version:
        git("archive", "--output", str(archive), version)
    if not archive.exists():
        pytest.skip(
            f"*** THE VERSION BEFORE WAS NOT TRIED on this schema: it is not in this clone. {WAY_IN} ***"
        )
    with tarfile.open(archive) as tar:
        tar.extractall(code, filter="data")
    newer = migrations(ROOT) - migrations(code)
    report(f"the version before is {version[:12]}, {len(newer)} migrations older: {', '.join(sorted(newer))}")
    shutil.copy(ROOT / "tests" / "deploy" / "uncollected.py", code / "uncollected.py")
    return code


@pytest.fixture(scope="module")
def server(folder, seed):
    with running(Server(folder / "upgrade").like(seed.data).start()) as one:
        yield one


@pytest.fixture
def browser(folder, server, before):
    env = panel(folder, server.url(), DJANGO_SETTINGS_MODULE="uncollected")
    with serving(env, folder / "log", "--workers", "1", code=before) as address:
        assert status(f"{address}/readyz") == 200
        browser = Browser(address.removeprefix("http://"))
        assert browser.sign_in("hr", PASSWORD).location == "/admin/"
        yield browser
        browser.close()


def saved(browser, path, changes):
    """Where one is led after the form was sent with these changes."""
    data = {name: values[-1] for name, values in posted_from(browser.get(path).text, "name").items()}
    return browser.post(path, {**data, **changes})


def stored(server, key):
    return [
        row[1:]
        for row in server.ask("SELECT id, name, location FROM organization_employee")
        if row[0] == int(key)
    ]


def test_it_reads_writes_deletes_and_undoes(browser, server, folder):
    page = saved(browser, f"{PEOPLE}add/", {**PERSON, "name": "Old Code"})
    assert page.status == 302, page.text[:2000]
    key = re.search(r"/employee/(\d+)/", page.location)[1]
    assert saved(browser, f"{PEOPLE}{key}/change/", {"location": "Bonn", "_save": "1"}).status == 302
    assert "Old Code" in browser.get(f"{PEOPLE}?q=Old+Code").text
    assert browser.get("/admin/organization/department/1/change/").status == 200
    assert browser.get(f"{PEOPLE}{key}/history/").status == 200
    path = f"{PEOPLE}{key}/delete/"
    assert browser.post(path, {**hidden_fields(browser.get(path)), "typed": "Old Code"}).status == 302
    assert stored(server, key) == []
    [[deletion]] = server.ask("SELECT max(id) FROM backoffice_operation")
    browser.post(f"/admin/backoffice/operation/{deletion}/undo/", {})
    assert stored(server, key) == [("Old Code", "Bonn")]
    said = manage("shell", "--verbosity", "0", "-c", AGREEMENT, env=panel(folder, server.url()))
    assert (said.returncode, said.stdout) == (0, ""), said.stdout + said.stderr


def test_a_column_that_it_does_not_know_and_has_to_fill_would_be_seen(browser, server):
    server.ask("ALTER TABLE organization_employee ADD COLUMN shoe_size integer DEFAULT 0 NOT NULL")
    server.ask("ALTER TABLE organization_employee ALTER COLUMN shoe_size DROP DEFAULT")
    assert saved(browser, f"{PEOPLE}add/", {**PERSON, "name": "Barefoot"}).status == 500
