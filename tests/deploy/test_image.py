"""The image as it is run: nothing writable, no rights, any user; ended by TERM without losing a request."""

import contextlib
import http.client
import os
import re
import shutil
import sqlite3
import threading
import time
import urllib.request

import pytest

from tests.deploy.browser import Browser
from tests.deploy.image import CLOSED, IMAGE, LIMITS, Images
from tests.deploy.server import production
from tests.postgres import free_port

pytestmark = pytest.mark.deploy
USERS = {"its own user": "", "any user of group 0": "1000670000:0"}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    if os.geteuid():
        pytest.skip("Building an image here takes root: this machine has no container engine to ask.")
    store = Images(tmp_path_factory.mktemp("images"))
    store.build()
    return store


@pytest.fixture(scope="module")
def tables(images, tmp_path_factory):
    """The file of a database with its tables, made by the image."""
    folder = volume(tmp_path_factory.mktemp("tables"))
    with images.running("tables", settings(folder), folder):
        images.podman("exec", "tables", "python", "manage.py", "migrate", "--noinput", "--verbosity", "0")
    file = folder / "db.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it is in the file now
    return file


@pytest.fixture
def data(tables, tmp_path):
    folder = volume(tmp_path)
    shutil.copy(tables, folder)
    (folder / tables.name).chmod(0o660)
    os.chown(folder / tables.name, 10001, 0)
    return folder


def volume(parent):
    """What a volume of the image is like."""
    folder = parent / "data"
    folder.mkdir()
    os.chown(folder, 10001, 0)
    folder.chmod(0o2770)
    return folder


def settings(folder, **changes):
    ports = {"PORT": str(free_port()), "PROBE_PORT": str(free_port())}  # of this machine
    env = production(folder, DATABASE_URL="sqlite:////data/db.sqlite3", HTTPS="off", **ports, **changes)
    return {name: value for name, value in env.items() if name not in ("PATH", "STATIC_ROOT")}


def answers(port, path="/livez"):
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize("user", USERS.values(), ids=USERS)
def test_the_panel_answers_with_everything_closed(images, data, tmp_path, user):
    env = settings(tmp_path)
    with images.running("closed", env, data, user):
        answers(env["PORT"])
        page = answers(env["PORT"], "/account/login/")
        style = re.search(r'href="(/static/[^"]+\.css)"', page)[1]
        assert "{" in answers(env["PORT"], style)
        assert images.stop("closed") == 0
        assert '"level": "ERROR"' not in images.podman("logs", "closed")


@pytest.mark.parametrize(
    ("way", "code", "answer"), [("stop", 0, 200), ("kill", 137, None)], ids=["ended", "killed"]
)
def test_a_request_in_flight_is_answered_before_the_end(images, data, tmp_path, way, code, answer):
    """And is not, where the process is killed: that a lost one would be seen."""
    env = settings(tmp_path)
    with images.running("ending", env, data), contextlib.ExitStack() as stack:
        answers(env["PORT"])
        found, ended = [], []
        browser = stack.enter_context(contextlib.closing(Browser(f"127.0.0.1:{env['PORT']}")))
        database = stack.enter_context(contextlib.closing(sqlite3.connect(data / "db.sqlite3")))
        browser.get("/account/login/")
        database.execute("BEGIN IMMEDIATE")  # the attempt is counted in the database, so it waits for us
        asking = threading.Thread(target=lambda: found.append(signed_in(browser)))
        asking.start()
        time.sleep(1)
        ending = threading.Thread(target=lambda: ended.append(getattr(images, way)("ending")))
        ending.start()
        time.sleep(1)
        assert found == ([] if answer else [None])
        database.rollback()
        asking.join(timeout=30)
        ending.join(timeout=60)
        assert (found, ended) == ([answer], [code])


def signed_in(browser):
    """The status of an attempt; None if it gets no answer."""
    try:
        return browser.post("/account/login/", {"login": "x", "password": "y"}).status
    except (OSError, http.client.HTTPException):
        return None


def test_a_new_volume_can_be_written_to(images):
    where = ["--rm", *LIMITS, *CLOSED, "--volume", "/data"]
    assert images.podman("run", *where, IMAGE, "sh", "-c", "touch /data/x && ls /data") == "x"


def test_the_image_says_what_is_in_it_and_has_no_compiler(images):
    assert '"pkg:pypi/django@5.2' in images.ask("cat", "/app/sbom.cdx.json")
    assert images.ask("sh", "-c", "command -v gcc cc || echo none") == "none"
