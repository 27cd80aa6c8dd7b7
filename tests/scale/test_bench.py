import contextlib
import json
import os
import sqlite3
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.scale.bench import main as bench_of
from tests.scale.databases import given

pytestmark = [pytest.mark.engineless, pytest.mark.deploy]  # a minute and more: it is not for every run

SIZES = ["--large", "60", "--small", "30", "--peer", "20"]
PAGES = ["--page", "employees by name", "--page", "save a page", "--rounds", "2"]


@pytest.fixture
def bench(tmp_path):
    """Runs it at tiny sizes with more arguments; what it printed, or said where it ends with a `code`."""

    def run(*arguments, code=0):
        command = [sys.executable, "-m", "tests.scale.bench", "--engine", "sqlite", "--folder", tmp_path]
        environment = {**os.environ, "DEBUG": ""}
        done = subprocess.run(
            [*command, *SIZES, *arguments], capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else done.stdout

    return run


def test_pages_and_operations_are_measured(bench, tmp_path):
    """In one test: the databases are seeded once."""
    file = tmp_path / "figures.json"
    text = bench(*PAGES, "--json", file)
    figures = json.loads(file.read_text())
    has_a_line_for_each_page(text)
    ends_with_how_many_bars_hold(text, figures)
    has_the_same_pages_with_queries_and_sizes(text, figures)
    saving_left_the_database_as_it_was(tmp_path)
    assert "failed" not in bench(*PAGES[:2], "--rounds", "1", "--scoped")
    before = {file.name for file in tmp_path.iterdir()}
    operations_are_measured(bench("--operations"))
    assert {file.name for file in tmp_path.iterdir()} == before, "the copy is left"


def has_a_line_for_each_page(text):
    lines = {line.split("  ")[0] for line in text.splitlines()}
    assert {"employees by name", "employees by name, last page", "largest department, save a page"} <= lines
    assert "failed" not in text


def ends_with_how_many_bars_hold(text, figures):
    assert text.splitlines()[-1] == figures["summary"]
    assert "bars hold" in figures["summary"]


def has_the_same_pages_with_queries_and_sizes(text, figures):
    assert figures["employees"] == {"small": 30, "large": 60, "peer": 20}
    for page in figures["pages"]:
        assert page["page"] in text
        assert page["large"]["queries"] > 0
        assert page["peer_small"]["ms"] > 0


def saving_left_the_database_as_it_was(folder):
    (file,) = folder.glob("bench_60_*.sqlite3")
    with contextlib.closing(sqlite3.connect(file)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM organization_employee")]
    assert len(names) == 60
    assert not [name for name in names if name.endswith(" B")]


def operations_are_measured(text):
    for line in (
        "transfer 2, bare SQL",
        "undo the transfer of 2",
        "the peer's delete of 2",
        "of 5 bars hold",
    ):
        assert line in text


def test_a_department_of_more_people_than_there_are_is_refused(capsys):
    with pytest.raises(SystemExit):
        bench_of(["--large", "60", "--largest", "61"])
    assert "no department has more people than there are, 60." in capsys.readouterr().err


def test_a_database_with_nobody_to_measure_is_refused(bench, tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "empty.sqlite3")) as database:
        database.execute("CREATE TABLE organization_employee (id integer)")
    said = bench("--large-url", f"sqlite:///{tmp_path}/empty.sqlite3", code=1)
    assert said.startswith("--large-url names a database without employees.")
    assert len(said.splitlines()) == 1
    with pytest.raises(ImproperlyConfigured, match="--small-url puts the SQLite file into"):
        given("--small-url", f"sqlite:///{tmp_path}/nowhere/x.sqlite3")
