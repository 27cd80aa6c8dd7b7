"""The table of who gets which answer: every URL, every kind of person, GET and POST.

`matrix.txt` is the table: a line for each URL, in each cell the code of GET and, where it is another one, of POST.
`python -m tests.access.matrix` writes the table for readers, deploy/access.md, from it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.admin import site
from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).with_name("matrix.txt")
READERS = Path(__file__).parents[2] / "deploy" / "access.md"
TESTS_OWN = ("library", "shapes")  # the apps of the tests: the same machinery

PEOPLE = {
    "anonymous": "Nobody signed in",
    "no_role": "Account without a role",
    "viewer": "Viewer",
    "officer": "HR officer",
    "administrator": "HR administrator",
    "auditor": "Auditor",
    "head": "Department head, in their department",
    "in_officer": "HR officer of the department",
    "in_admin": "HR administrator of the department",
    "in_auditor": "Auditor of the department",
    "out_officer": "HR officer of another department",
    "outside": "HR administrator of another department",
    "out_auditor": "Auditor of another department",
    "superuser": "Superuser",
}
ACTION = "<slug:name>"  # of a selection: a line for each name, so that a new one needs one
PROBES = ["/livez", "/readyz", "/metrics"]

Table = dict[str, dict[str, tuple[int, int]]]


def walk(patterns, namespace="", route=""):
    for pattern in patterns:
        path = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern.url_patterns, inner, path)
        elif isinstance(pattern, URLPattern):
            yield pattern, namespace, path


def urls() -> Iterator[str]:
    """Each route of the real URL configuration, as the table names it."""
    yield from PROBES
    for _pattern, _namespace, route in walk(get_resolver().url_patterns):
        if not set(route.split("/")) & set(TESTS_OWN):
            named = "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("$", "")
            yield from (named.replace(ACTION, name) for name in actions(named))


def actions(route: str) -> list[str]:
    """What a selection of these rows can be used for; what stands in the route, where that is nothing."""
    parts = route.split("/")
    if ACTION not in parts:
        return [ACTION]
    app, model = parts[2:4]
    admin: Any = site.get_model_admin(apps.get_model(app, model))
    return [action.name for action in admin.get_bulk_actions()] or [ACTION]


def read() -> Table:
    head, *lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    people = head.split()[1:]
    return {line.split()[0]: dict(zip(people, map(_codes, line.split()[1:]), strict=True)) for line in lines}


def _codes(cell: str) -> tuple[int, int]:
    get, _slash, post = cell.partition("/")
    return int(get), int(post or get)


def line(route: str, codes: dict[str, tuple[int, int]]) -> str:
    cells = [str(get) if get == post else f"{get}/{post}" for get, post in codes.values()]
    return f"{route:<64}" + "".join(f"{cell:<14}" for cell in cells).rstrip()


def head() -> str:
    return f"{'url':<64}" + "".join(f"{name:<14}" for name in PEOPLE).rstrip()


WORDS = {200: "yes", 302: "goes on", 403: "refused", 404: "not there", 405: "not so", 301: "goes on"}


def document(table: Table) -> str:
    """The same for readers."""
    rows = ["| " + " | ".join(["Page", *PEOPLE.values()]) + " |", "|---" * (len(PEOPLE) + 1) + "|"]
    for route, codes in table.items():
        cells = [_words(*pair) for pair in codes.values()]
        rows.append("| " + " | ".join([f"`{route}`", *cells]) + " |")
    return INTRODUCTION + "\n".join(rows) + "\n"


def _words(get: int, post: int) -> str:
    one, other = WORDS.get(get, str(get)), WORDS.get(post, str(post))
    return one if one == other else f"{one}; sending: {other}"


INTRODUCTION = """# Who may what

What each page answers to whom. Made from `tests/access/matrix.txt`, which the tests hold every page to; after a change
there write this file anew with `python -m tests.access.matrix`. The rows asked for lie in one department: a role for
another department finds nothing there.

*yes*: the page is shown. *goes on*: the browser is sent to another page, people who are not signed in to the sign-in
page. *refused*: 403. *not there*: 404, also for rows outside of one's departments. *not so*: 405. What is sent is an
empty form (*yes*: it comes back with its questions), to `bulk/` with one row selected.

"""


if __name__ == "__main__":
    READERS.write_text(document(read()))
