"""The template engine "peer": jazzmin's templates on Django's, without ours."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any


def engine(ours: dict[str, Any]) -> dict[str, Any]:
    """An entry of TEMPLATES beside this one."""
    folders = [_templates("jazzmin"), _templates("django.contrib.admin")]
    return {**ours, "NAME": "peer", "DIRS": folders}


def _templates(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "templates"
