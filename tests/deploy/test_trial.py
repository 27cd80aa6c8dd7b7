import runpy

import pytest

from tests.deploy.server import ROOT

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
