"""The table of controls names files that are there."""

import re

from tests.deploy.server import ROOT

NAMED = re.findall(r"`([a-z]\w*/[\w/.]+\.\w+)`", (ROOT / "deploy" / "security.md").read_text())


def test_each_control_names_where_it_is_and_what_tests_it():
    assert len(NAMED) > 50
    assert [path for path in NAMED if not (ROOT / path).is_file()] == []
