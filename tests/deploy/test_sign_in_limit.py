"""Failed attempts to sign in are counted for all processes together: here two of them, at the same moment."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deploy.server import ROOT, production
from tests.deploy.test_worker import url  # noqa: F401  # of a database of its own, on either engine

START = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
import django
django.setup()
from django.conf import settings
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""

TABLES = """
from django.core.management import call_command
for app in (["backoffice", "0006"], ["auth"], ["sessions"], ["socialaccount"]):
    call_command("migrate", *app, verbosity=0)
"""

ATTEMPTS = """
from django.test import Client
browser = Client(headers={"host": "hr.example.com"})
for password in sys.argv[1:]:
    page = browser.post("/account/login/", {"login": "hr", "password": password})
    print("closed" if "Too many failed" in page.content.decode() else page.status_code)
"""


def run(code, env, *arguments):
    command = [sys.executable, "-c", START + code, *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def env(url, tmp_path):  # noqa: F811
    """With DEBUG, because no static files were collected for the pages."""
    env = production(tmp_path, DATABASE_URL=url, DEBUG="on")
    run(TABLES, env)
    return env


def test_two_processes_together_allow_five(env):
    wrong = ["a wrong password"] * 4
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(run, ATTEMPTS, env, *wrong) for _ in range(2)]
    said = [word for one in both for word in one.result()]
    assert 1 <= said.count("200") <= 5
    assert said.count("200") + said.count("closed") == 8
