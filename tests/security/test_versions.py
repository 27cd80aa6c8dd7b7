"""Nothing is installed or may be installed that is older than the version in which a known hole was closed. Offline."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(settings.BASE_DIR)
# What was closed when, of the packages that we ship or that somebody may add: raise a floor with each advisory.
FLOORS = {
    "django": {
        "5.2.19": "CVE-2026-108147 memory of uploads in base64",
        "5.2.18": "CVE-2026-87975 formsets with keys that can be edited",
        "5.2.17": "CVE-2026-15920 javascript: in URL fields; CVE-2026-15307 spatial look-ups",
        "5.2.14": "CVE-2026-35192 sessions in cached pages",
        "5.2.13": "CVE-2026-4292 list_editable adds; CVE-2026-4277 generic inlines; CVE-2026-33033 uploads",
        "5.2.11": "CVE-2026-1287, CVE-2026-1312 SQL by aliases and order_by",
        "5.2.8": "CVE-2025-64459 SQL by _connector",
        "5.2.2": "CVE-2025-48432 lines smuggled into the log by a path",
    },
    "django-allauth": {
        "65.19.4": "CVE-2026-97764 providers",
        "65.13.0": "CVE-2025-65430, CVE-2025-65431 tokens of deactivated users, ids of providers",
    },
    "gunicorn": {"22.0.0": "CVE-2024-1135, CVE-2024-6827 request smuggling"},
    "sqlparse": {"0.5.0": "CVE-2024-4340 recursion"},
    "whitenoise": {"4.0": "-"},
    "django-import-export": {"3.3.6": "HTML in exports (issue 1547)"},
    "django-two-factor-auth": {"1.12": "CVE-2020-15105 passwords in the session"},
}


def floor(name):
    return max((Version(version) for version in FLOORS.get(name, {})), default=Version("0"))


def locked(file):
    lines = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", (ROOT / file).read_text(), re.MULTILINE
    )
    return {canonicalize_name(name): Version(version) for name, version in lines}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "tests/django-6.1.txt"])
def test_the_lock_has_no_version_with_a_known_hole(file):
    found = locked(file)
    assert found
    assert {name: str(version) for name, version in found.items() if version < floor(name)} == {}


def test_pyproject_allows_no_version_with_a_known_hole():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for text in project["dependencies"]:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        lowest = [
            Version(part.version) for part in requirement.specifier if part.operator in (">=", "==", "~=")
        ]
        assert lowest, f"{name} has no lowest version"
        assert max(lowest) >= floor(name), FLOORS[name]


def test_the_floor_of_django_is_what_research_found():
    assert floor("django") == Version("5.2.19")
