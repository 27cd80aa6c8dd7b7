"""Failed attempts to sign in are counted for all processes together: here two of gunicorn's, at the same moment."""

import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest

from tests.deploy.server import ROOT, START_SECONDS, production, serving, status
from tests.deploy.test_worker import url  # noqa: F401  # of a database of its own, on either engine

TABLES = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
import django
django.setup()
from django.core.management import call_command
for app in (["backoffice", "0006"], ["auth"], ["sessions"], ["socialaccount"]):
    call_command("migrate", *app, verbosity=0)
"""
WORKERS = [
    "--workers=2",
    "--worker-class=sync",  # one request at a time: who asks twice at once is answered by both
    "--logger-class=gunicorn.glogging.Logger",
    "--access-logformat=%(p)s %(m)s %(U)s",
]


@pytest.fixture
def env(url, tmp_path):  # noqa: F811
    """With DEBUG, because no static files were collected for the pages."""
    env = production(tmp_path, DATABASE_URL=url, DEBUG="on")
    done = subprocess.run(
        [sys.executable, "-c", TABLES],
        env=env,
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return env


def attempt(address):
    """What a browser of its own is told that types a wrong password."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = f"{address}/account/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.open(page).read().decode())[1]
    typed = {"login": "hr", "password": "a wrong password", "csrfmiddlewaretoken": token}
    answer = browser.open(page, urlencode(typed).encode()).read().decode()
    return "closed" if "Too many failed" in answer else "refused"


def processes(log, method):
    return set(re.findall(rf"<(\d+)> {method} /account/login/", log.read_text()))


def wait_for_both(address, log, browsers):
    """One of them may answer while the other still starts."""
    latest = time.monotonic() + START_SECONDS
    while len(processes(log, "GET")) < 2:
        assert time.monotonic() < latest, log.read_text()
        list(browsers.map(status, [f"{address}/account/login/"] * 4))


def test_two_processes_together_allow_five(env, tmp_path):
    log = tmp_path / "log"
    with serving(env, log, *WORKERS) as address, ThreadPoolExecutor(4) as browsers:
        wait_for_both(address, log, browsers)
        said = list(browsers.map(attempt, [address] * 12))
    assert 1 <= said.count("refused") <= 5
    assert said.count("refused") + said.count("closed") == 12
    assert len(processes(log, "POST")) == 2
