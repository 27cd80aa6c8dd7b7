"""Fifty people at once on a panel of two processes: nobody sees an error; the speed stands beside the plain admin's."""

import csv
import os
import subprocess
import sys

import pytest

from tests.deploy.cluster import Server, running
from tests.deploy.figures import report
from tests.deploy.server import ROOT, manage, panel, serving
from tests.postgres import free_port

pytestmark = pytest.mark.deploy
USERS, SECONDS = 50, 20
SIGNED_IN = """
import json
from pathlib import Path
from django.contrib.auth.models import User
from django.test import Client
def signed_in(number):
    client = Client()
    client.force_login(User.objects.create_superuser(f"clerk{number}"))
    return client.cookies["sessionid"].value
"""
SEED = ["seed_organization", "--append", "--employees", "3000", "--departments", "50", "--largest", "300"]


@pytest.fixture(scope="module")
def env(folder, seed):
    with running(Server(folder / "fifty", "max_connections=50").like(seed.data).start()) as server:
        env = panel(folder, server.url())
        save = f"Path({str(folder / 'sessions')!r}).write_text(json.dumps([signed_in(n) for n in range({USERS})]))"
        for words in (SEED, ["shell", "--verbosity", "0", "-c", f"{SIGNED_IN}\n{save}"]):
            done = manage(*words, env=env)
            assert done.returncode == 0, done.stderr
        yield env


def load(env, folder, site, seconds):
    """(requests, failures, requests a second, p95 in ms, what failed) of all that fifty people asked for."""
    with serving(env, folder / f"log-{site}", "--workers", "2") as address:
        options = [
            "--headless",
            "--users",
            str(USERS),
            "--spawn-rate",
            str(USERS),
            "--run-time",
            f"{seconds}s",
        ]
        options += [
            "--only-summary",
            "--exit-code-on-error",
            "0",
            "--csv",
            str(folder / site),
            "--host",
            address,
        ]
        done = subprocess.run(
            [sys.executable, "-m", "locust", "-f", "tests/deploy/fifty.py", *options],
            cwd=ROOT,
            env={**os.environ, "SITE": site, "SESSIONS": str(folder / "sessions"), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    with (folder / f"{site}_stats.csv").open() as file:
        total = list(csv.DictReader(file))[-1]
    failures = (folder / f"{site}_failures.csv").read_text()
    asked, failed, rate = total["Request Count"], total["Failure Count"], total["Requests/s"]
    return int(asked), int(failed), float(rate), float(total["95%"]), failures


def test_nobody_sees_an_error(env, folder):
    asked, failed, rate, slow, failures = load(env, folder, "admin", SECONDS)
    peer = load(env | {"DJANGO_SETTINGS_MODULE": "tests.deploy.stock"}, folder, "peer", SECONDS // 2)
    report(
        f"{USERS} people for {SECONDS} s: {asked} requests, {failed} failed, {rate:.0f}/s, p95 {slow:.0f} ms; plain "
        f"admin for {SECONDS // 2} s: {peer[0]} requests, {peer[1]} failed, {peer[2]:.0f}/s, p95 {peer[3]:.0f} ms"
    )
    assert failed == 0, failures
    assert asked > USERS


def test_an_error_would_be_seen(env, folder):
    """Of pages whose database is not there."""
    nowhere = f"postgres://nobody@127.0.0.1:{free_port()}/nothing"
    asked, failed, *_rest = load(env | {"DATABASE_URL": nowhere}, folder, "admin", 3)
    assert asked == failed > 0
