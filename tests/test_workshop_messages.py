"""No sentence that people see lacks a translation into a language that is offered as complete."""

import subprocess
import sys

import pytest

from tests.test_workshop_lock import ROOT

pytestmark = pytest.mark.engineless


def test_every_sentence_is_translated_and_compiled():
    found = subprocess.run(
        [sys.executable, ".ci/messages", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
