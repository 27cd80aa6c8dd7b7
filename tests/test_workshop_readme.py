import re

import pytest

from tests.test_workshop_lock import ROOT

pytestmark = pytest.mark.engineless

SOURCES = ["backoffice/settings.py", "deploy/gunicorn.conf.py", "deploy/trial.py"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_COLUMN = "\n".join(re.findall(r"^\|([^|]*)\|", README, re.MULTILINE))
NAMED = set(re.findall(r"`([A-Z][A-Z_]{3,})`", FIRST_COLUMN))
CODE = "".join((ROOT / source).read_text(encoding="utf-8") for source in SOURCES)
READ = set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", CODE))


@pytest.mark.parametrize("name", sorted(READ))
def test_every_variable_that_is_read_stands_in_the_readme(name):
    assert name in NAMED


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_variable_in_the_readme_is_read(name):
    assert name in READ
