"""A watch on the templates of others that ours take the place of: told is when one changed, and when ours is needless.

`upstream.txt` holds them as they were when ours were written. When one differs, read what changed, carry over what
matters, and write the file anew: `python -m tests.backoffice.test_upstream`.
"""

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import django
import pytest

SITE = Path(__file__).parents[2] / "backoffice" / "templates"
KNOWN = Path(__file__).with_name("upstream.txt")
PACKAGES = {
    "django": "django.contrib.admin",
    "auth": "django.contrib.auth",
    "jazzmin": "jazzmin",
    "allauth": "allauth",
}
# These ours do not take the place of; other templates of ours, and the look, take their shape from them.
LIKENESSES = ("submit_line.html", "includes/fieldset.html")

# Our template → the package whose fault it mends, and what shows that the fault is still there.
FAULTS = {
    "admin/app_index.html": ("django", "lacks", "block content_title"),
    "admin/base.html": ("jazzmin", "has", "<script>"),  # inline
    "admin/base_site.html": ("django", "has", "{% if subtitle %}{{ subtitle }} | {% endif %}{{ title }}"),
    "admin/change_form.html": ("django", "has", "errornote"),
    "admin/change_list_results.html": ("jazzmin", "lacks", "aria-sort"),
    "admin/index.html": ("django", "has", "get_admin_log"),
    "admin/nav_sidebar.html": ("django", "has", "nav-filter"),  # a box that filters names, by script alone
    "admin/object_history.html": ("django", "has", "for action in action_list"),  # from the oldest on
    "admin/prepopulated_fields_js.html": ("django", "lacks", "defer"),
    "admin/widgets/related_widget_wrapper.html": ("django", "has", "<img"),
    "admin/widgets/split_datetime.html": ("django", "lacks", "<label"),
    "auth/widgets/read_only_password_hash.html": ("auth", "has", "entry.value"),
}


def folder(package: str) -> Path:
    spec = find_spec(PACKAGES[package])
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "templates"


def ours() -> list[str]:
    return sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*") if path.is_file())


def lines() -> Iterator[str]:
    """ "package template hash" of each upstream template that one of ours takes the place of."""
    for package in PACKAGES:
        for name in [*ours(), *(f"admin/{each}" for each in LIKENESSES)]:
            path = folder(package) / name
            if path.exists():
                yield f"{package} {name} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="the hashes are those of Django 5.2")
def test_the_templates_of_others_are_the_ones_that_ours_were_written_against():
    known, found = set(KNOWN.read_text().splitlines()), set(lines())
    told = "See the docstring. Changed, or overridden since: {}. Gone: {}."
    assert known == found, told.format(sorted(found - known), sorted(known - found))


def test_of_every_override_of_the_panel_it_is_known_what_it_mends():
    overrides = {line.split()[1] for line in KNOWN.read_text().splitlines()}
    panel = {name for name in overrides & set(ours()) if name.startswith(("admin/", "auth/"))}
    assert panel == set(FAULTS)


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="what a later Django mends is needed until then")
@pytest.mark.parametrize("name", FAULTS)
def test_what_an_override_mends_is_still_to_be_mended(name):
    package, how, text = FAULTS[name]
    upstream = (folder(package) / name).read_text(encoding="utf-8")
    assert (text in upstream) == (how == "has"), (
        f"{package} mended it: {name} of ours may be needless by now."
    )


if __name__ == "__main__":
    KNOWN.write_text("".join(f"{line}\n" for line in lines()))
