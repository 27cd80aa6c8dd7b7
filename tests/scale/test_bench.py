import contextlib
import json
import os
import sqlite3
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def run(folder):
    """Some pages at tiny sizes: the bench's output and its JSON."""
    sizes = ["--large", "60", "--small", "30", "--peer", "20"]
    pages = ["--page", "employees by name", "--page", "save a page"]
    file = folder / "figures.json"
    command = [
        sys.executable,
        "-m",
        "tests.scale.bench",
        "--engine",
        "sqlite",
        "--folder",
        folder,
        "--json",
        file,
    ]
    done = subprocess.run(
        [*command, *sizes, *pages],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBUG": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text())


def test_the_table_has_a_line_for_each_page(run):
    text, _ = run
    lines = {line.split("  ")[0] for line in text.splitlines()}
    assert {"employees by name", "employees by name, last page", "largest department, save a page"} <= lines
    assert "failed" not in text


def test_the_last_line_says_how_many_bars_hold(run):
    text, figures = run
    assert text.splitlines()[-1] == figures["summary"]
    assert "bars hold" in figures["summary"]


def test_the_json_has_the_same_pages_with_queries_and_sizes(run):
    text, figures = run
    assert figures["employees"] == {"small": 30, "large": 60, "peer": 20}
    for page in figures["pages"]:
        assert page["page"] in text
        assert page["large"]["queries"] > 0
        assert page["peer_small"]["ms"] > 0


def test_saving_leaves_the_measured_database_as_it_was(run, folder):
    (file,) = folder.glob("bench_60_*.sqlite3")
    with contextlib.closing(sqlite3.connect(file)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM organization_employee")]
    assert len(names) == 60
    assert not [name for name in names if name.endswith(" B")]


def test_operations_are_measured_in_a_copy(folder, run):
    before = {file.name for file in folder.iterdir()}
    sizes = ["--large", "60", "--small", "30", "--peer", "20"]
    command = [sys.executable, "-m", "tests.scale.bench", "--engine", "sqlite", "--folder", folder]
    done = subprocess.run(
        [*command, *sizes, "--operations"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBUG": ""},
    )
    for line in (
        "transfer 2, bare SQL",
        "undo the transfer of 2",
        "the peer's delete of 2",
        "of 5 bars hold",
    ):
        assert line in done.stdout, done.stdout + done.stderr
    assert {file.name for file in folder.iterdir()} == before
