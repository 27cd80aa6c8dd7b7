"""The environment is made with what a machine has; its tools are stand-ins that write down how they were called."""

import os
import sys

import pytest

from tests.test_workshop_lock import ROOT, load

pytestmark = pytest.mark.engineless

environment = load(ROOT / ".ci" / "environment.py")


@pytest.fixture
def tool(tmp_path):
    """A program of this name, made of a few lines of shell, in a folder of its own."""

    def make(name, *lines):
        (tmp_path / "bin").mkdir(exist_ok=True)
        path = tmp_path / "bin" / name
        path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("")
    return str(path)


def test_the_python_that_runs_this_will_do():
    assert environment.find_python((3, 11)) == sys.executable


def test_a_shim_that_refuses_to_run_is_passed_over(tool, tmp_path, monkeypatch):
    tool("python3.99", "exit 127")
    tool("python3.15", "exit 127")
    good = tool("python3.14", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert environment.find_python((3, 14)) == good


def test_a_python_of_pyenv_is_found_without_being_on_the_path(tool, tmp_path, monkeypatch):
    good = tmp_path / "versions" / "3.98.0" / "bin" / "python3"
    good.parent.mkdir(parents=True)
    good.symlink_to(tool("real", "exit 0"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert environment.find_python((3, 98)) == str(good)


def test_no_python_that_is_new_enough_is_said(capfd, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert environment.main(["--minimum", "3.99", "folder", "lock"]) == 1
    assert (
        capfd.readouterr().err
        == "Python 3.99 or newer is needed and none was found. Install it and run this again.\n"
    )


def test_pip_beside_a_python_without_one_is_used(tool, tmp_path, monkeypatch):
    tool("pip", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    bare = tool("python-without-pip", "exit 1")
    assert environment.find_pip(bare, "target") == ["pip", "--python", "target"]


def test_a_pip_that_is_too_old_gives_way_to_ensurepip(tool, tmp_path, monkeypatch):
    tool("pip", "exit 2")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    target = tool("target", "exit 0")
    assert environment.find_pip(tool("python-without-pip", "exit 1"), target) == [target, "-m", "pip"]


def test_no_pip_at_all_is_said(tool, tmp_path, monkeypatch, capfd, lock):
    python = tool("python3", 'case "$*" in "-m venv"*) exit 0;; *) exit 1;; esac')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert environment.make(python, str(tmp_path / "venv"), [lock]) == 1
    assert "No pip that is 22.3 or newer was found." in capfd.readouterr().err


def test_an_environment_that_fits_is_left_alone(tool, tmp_path, lock):
    log = tmp_path / "log"
    python = tool("python3", f'echo "$*" >> {log}', f"mkdir -p {tmp_path}/venv")
    assert environment.make(python, str(tmp_path / "venv"), [lock]) == 0
    calls = log.read_text()
    assert environment.make(python, str(tmp_path / "venv"), [lock]) == 0
    assert log.read_text() == calls


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_somebody_elses_is_said(tmp_path, lock, capfd):
    tmp_path.chmod(0o555)
    assert environment.make(sys.executable, str(tmp_path / "venv"), [lock]) == 1
    assert f"you may not write to {tmp_path}." in capfd.readouterr().err


def test_a_lock_that_cannot_be_installed_is_tried_again(tool, tmp_path, lock, capfd):
    python = tool("python3", f"mkdir -p {tmp_path}/venv", 'case "$*" in *install*) exit 1;; esac')
    for _ in range(2):
        assert environment.make(python, str(tmp_path / "venv"), [lock]) == 1
    assert capfd.readouterr().err.count("could not be installed into") == 2
