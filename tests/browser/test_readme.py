"""The README's screenshot, taken of the demo organisation: `SCREENSHOTS=update make test TESTS=tests/browser`."""

import os
from pathlib import Path

import pytest
from django.core.management import call_command

from organization.models import Department

ROOT = Path(__file__).parents[2]
PICTURE = Path("tests/browser/screenshots/department.png")


@pytest.fixture
def demo(transactional_db):
    call_command("demo", verbosity=0)


def test_the_readme_shows_the_panel_with_the_demo_organisation(demo, desktop, tmp_path):
    assert f"]({PICTURE})" in (ROOT / "README.md").read_text(encoding="utf-8")
    department = Department.objects.get(name="Technology")
    desktop.goto(f"/admin/organization/department/{department.pk}/change/")
    assert desktop.locator("h1").inner_text() == "Technology"
    update = os.environ.get("SCREENSHOTS") == "update"
    path = ROOT / PICTURE if update else tmp_path / "department.png"
    desktop.screenshot(path=path)
    # The same page on another machine has other fonts: of the same size is the same enough.
    assert path.stat().st_size > (ROOT / PICTURE).stat().st_size / 3
