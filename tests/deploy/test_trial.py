import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.deploy.server import ROOT

pytestmark = pytest.mark.engineless

TRIAL = runpy.run_path(str(ROOT / "deploy" / "trial.py"))


@pytest.mark.parametrize(
    ("file", "cleared"), [(None, True), (".collected", True), ("staticfiles.json", False)]
)
def test_only_a_folder_that_is_ours_is_cleared(tmp_path, settings, file, cleared):
    settings.STATIC_ROOT = tmp_path
    if file:
        (tmp_path / file).touch()
    assert TRIAL["may_be_cleared"]() is cleared


def test_a_folder_that_is_not_there_yet_may_be_made(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path / "new"
    assert TRIAL["may_be_cleared"]() is True


@pytest.mark.parametrize(("clear", "kept"), [(True, False), (False, True)])
def test_what_may_not_be_cleared_is_added_to(tmp_path, settings, clear, kept):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "other").touch()
    TRIAL["collect_static"](clear=clear)
    assert (settings.STATIC_ROOT / "other").exists() is kept
    assert (settings.STATIC_ROOT / "backoffice" / "backoffice.css").exists()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path / "file" / "static"
    (tmp_path / "file").touch()
    with pytest.raises(TRIAL["CommandError"], match="Set STATIC_ROOT to a folder that you may write to"):
        TRIAL["collect_static"](clear=True)


TOGETHER = f"""
import runpy, sys
trial = runpy.run_path({str(ROOT / "deploy" / "trial.py")!r})
sys.exit(trial["together"](*([sys.executable, "-c", code] for code in sys.argv[1:])))
"""
FOR_EVER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"


def together(*codes):
    return subprocess.Popen([sys.executable, "-c", TOGETHER, *codes])


def for_ever(file):
    return f"import sys; sys.argv = ['', {str(file)!r}]; {FOR_EVER}"


def test_when_one_of_two_ends_so_does_the_other(tmp_path):
    process = together(
        for_ever(tmp_path / "web"),
        f"import os, sys, time\nwhile not os.path.exists({str(tmp_path / 'web')!r}): time.sleep(0.05)\nsys.exit(3)",
    )
    assert process.wait(30) == 3
    assert is_gone(tmp_path / "web")


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a killed parent cannot tell")
def test_when_it_is_stopped_both_end(tmp_path, sent, code):
    process = together(for_ever(tmp_path / "web"), for_ever(tmp_path / "worker"))
    until(lambda: pid(tmp_path / "web") and pid(tmp_path / "worker"))
    process.send_signal(sent)
    assert process.wait(30) == code
    until(lambda: is_gone(tmp_path / "web") and is_gone(tmp_path / "worker"))


def test_one_that_is_killed_is_started_anew(tmp_path):
    web, worker = tmp_path / "web", tmp_path / "worker"
    process = together(for_ever(web), for_ever(worker))
    until(lambda: pid(web) and pid(worker))
    killed = pid(worker)
    os.kill(killed, signal.SIGKILL)
    until(lambda: pid(worker) not in (0, killed))
    assert not is_gone(web)
    process.terminate()
    assert process.wait(30) == 143


def until(true):
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def pid(file):
    return int(file.read_text() or 0) if file.exists() else 0


def is_gone(file):
    """Whether the process has ended; as a zombie it has."""
    status = Path(f"/proc/{pid(file)}/status")
    try:
        return "State:\tZ" in status.read_text()
    except FileNotFoundError:
        return True
