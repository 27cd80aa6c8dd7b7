"""Every admin URL of a production start over HTTP, signed in: `python -m tests.deploy.smoke`.

The URLs are those of the URL configuration, each opened on a row that exists; then what the pages link to. Every
answer must be 200 or a redirect, every part of a page must come from this server and be there.
"""

import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.deploy.browser import Browser, Links, Page
from tests.deploy.server import manage, production, serving

HOST = "hr.example.com"
FINE = {200, 301, 302}
# What Django answers by design: signing out is a POST, no model has a page outside the panel, the rest is not there.
EXPECTED = {
    "admin:logout": {405},
    "admin:view_on_site": {404},
    "admin:backoffice_job_page": {404},
    "admin:backoffice_count_again": {405},
    ":policy_violations": {405},
    ":backoffice_on_its_way": {405},
    "admin:backoffice_operation_choices": {403},  # without a question
    "admin:backoffice_operation_add": {403},  # nobody writes the log by hand
    "admin:backoffice_operation_delete": {403},
    "admin:backoffice_operation_rows": {200, 404},  # what was loaded in bulk is not kept row by row
    "admin:backoffice_purgerequest_add": {403},  # asked for under the list of people
    "admin:backoffice_purgerequest_delete": {403},
    "admin:backoffice_accessevent_add": {403},
    "admin:backoffice_accessevent_delete": {403},
    **{  # nobody has brought a file
        f"admin:{model}_import_{page}": {404}
        for model in ("organization_department", "organization_employee", "library_author", "library_book")
        for page in ("page", "refused")
    },
    "admin:(?P<url>.*)$": {404},
    ":openid_connect_login": {404},  # no provider is configured
    ":openid_connect_callback": {404},
    ":backoffice_reauthenticate": {404},
    ":socialaccount_login_error": {401},
    ":mfa_edit_webauthn": {404},  # nobody has a key
    ":mfa_remove_webauthn": {404},
}
LOOKUPS = {
    "/admin/organization/employee/",
    "/admin/organization/department/",
}  # lists whose filters look up rows
MOST_LINKS = 300  # of what pages link to; a list links to a page of every row
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="smoke-") as name:
        folder = Path(name)
        login = {"username": "smoke", "password": secrets.token_urlsafe(16)}
        environment = production(
            folder, BEHIND_PROXY="on", **{f"DJANGO_SUPERUSER_{k.upper()}": login[k] for k in login}
        )
        prepare(environment)
        with serving(environment, folder / "log") as address:
            visitor = Visitor(address.removeprefix("http://"))
            visitor.sign_in(login)
            visitor.look_at_everything()
        for fault in visitor.faults:
            print(fault)
        if visitor.faults:
            print((folder / "log").read_text(errors="replace")[-6000:])
        print(
            f"Smoke: {len(visitor.seen)} addresses, {len(visitor.parts)} static files, {len(visitor.faults)} faults."
        )
        return 1 if visitor.faults else 0


def prepare(environment: dict[str, str]) -> None:
    """A production start with the demo organisation; this process reads the same database."""
    for command in (
        ["migrate", "--noinput"],
        ["collectstatic", "--noinput"],
        ["check", "--deploy", "--fail-level", "WARNING"],
        ["demo"],
    ):
        result = manage(*command, env=environment)
        if result.returncode:
            raise SystemExit(f"manage.py {' '.join(command)} failed:\n{result.stderr}")
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="backoffice.settings")
    import django

    django.setup()
    from django.contrib.auth.models import Group

    from backoffice.models import AccessEvent, PurgeRequest

    AccessEvent.objects.create(what="page", model="auth.Group", row="1")
    Group.objects.create(name="Smoke")
    manage("grant", "smoke", "viewer", env=environment)
    PurgeRequest.objects.create(model="organization.Employee", before="2001-01-31")


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


class Visitor:
    def __init__(self, host: str) -> None:
        self.browser = Browser(host, {"Host": HOST, "X-Forwarded-Proto": "https"})
        self.seen: set[str] = set()
        self.parts: set[str] = set()
        self.links: list[str] = []
        self.faults: list[str] = []

    def sign_in(self, login: dict[str, str]) -> None:
        """As the first administrator does: with the second factor that production asks for."""
        page = self.browser.sign_in(**login)
        if (page.status, page.location) != (302, "/admin/"):
            raise SystemExit(f"Signing in answers {page.status} {page.location}: {page.text[:500]}")
        page = self.browser.get("/admin/")
        if (page.status, page.location) != (302, "/account/factors/"):
            raise SystemExit(f"A second factor is not asked for: {page.status} {page.location}")
        page = self.browser.get("/account/factors/app/add/")
        secret = re.search(r'class="bo-secret">(\w+)<', page.text)
        code = {"code": code_of(secret[1])} if secret else {}
        page = self.browser.post("/account/factors/app/add/", code)
        if (page.status, page.location) != (302, "/account/factors/codes/"):
            raise SystemExit(f"The second factor is refused: {page.status} {page.location} {page.text[:500]}")

    def look_at_everything(self) -> None:
        for path, expected in addresses():
            self.visit(path, expected)
        for path, data in bulk_actions():
            self.visit(self.browser.post(path, data).location, {200})
        for path in self.links[:]:
            if len(self.seen) < MOST_LINKS:
                self.visit(path, FINE)

    def visit(self, path: str, expected: set[int]) -> None:
        if path in self.seen:
            return
        self.seen.add(path)
        page = self.browser.get(path)
        if page.status not in expected:
            self.faults.append(
                f"GET {path} answers {page.status}, not {' or '.join(map(str, sorted(expected)))}"
            )
        elif page.status == 200:
            self.look_at(path, page)

    def look_at(self, path: str, page: Page) -> None:
        links = Links(page.text)
        if path in LOOKUPS and not re.search(
            r'name="bo-later" content="[^"]*/autocomplete\.\w+\.js"', page.text
        ):
            self.faults.append(f"{path} has filters that look up rows, and no script for them")
        self.links += [link for link in (_absolute(path, link) for link in links.pages) if link]
        for part in links.parts:
            if not part.startswith(("/static/", "/admin/jsi18n/", "data:")):
                self.faults.append(f"{path} loads {part}, which is not of this server")
            elif part.startswith("/static/") and part not in self.parts:
                self.parts.add(part)
                status = self.browser.get(part).status
                if status != 200:
                    self.faults.append(f"{path} loads {part}, which answers {status}")


def _absolute(path: str, link: str) -> str:
    """The path that a link on a page leads to, or nothing when it leaves the panel."""
    link = link.partition("#")[0]
    if link.startswith("?"):
        return path.partition("?")[0] + link
    return link if link.startswith("/admin/") else ""


def addresses() -> Iterator[tuple[str, set[int]]]:
    """Every GET-able path of the URL configuration, with the statuses that are fine."""
    from django.urls import get_resolver

    for route, name in _patterns(get_resolver()):
        expected = EXPECTED.get(name, FINE)
        for path in _filled("/" + route):
            yield path, expected
    yield from ((path, {200}) for path in autocompletes())


def _patterns(resolver: Any, route: str = "", namespace: str = "") -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        part = str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern, route + part.strip("^"), pattern.namespace or namespace)
        elif pattern.name != "autocomplete":  # asked with its parameters by autocompletes()
            yield route + part.strip("^"), f"{namespace}:{pattern.name or part}"


def _filled(route: str) -> list[str]:
    """The route with each parameter replaced by every value that it can take here."""
    match = PARAMETER.search(route)
    if match is None:
        return [route.rstrip("$")]
    values = _values(match[1] or match[2], route)
    return [
        path for value in values for path in _filled(route[: match.start()] + value + route[match.end() :])
    ]


def _values(parameter: str, route: str) -> list[str]:
    from django.contrib.admin import site
    from django.contrib.contenttypes.models import ContentType

    from backoffice import dashboard

    if parameter == "app_label":
        return sorted({model._meta.app_label for model in site._registry})
    if parameter == "content_type_id":
        return [str(ContentType.objects.get_for_model(next(iter(site._registry))).pk)]
    if parameter == "url":
        return ["nowhere"]
    if parameter in ("board", "chart"):
        boards = {board.name: [chart.name for chart in board.charts] for board in dashboard.boards()}
        return (
            boards.get(route.split("/")[3], [])
            if parameter == "chart"
            else [name for name in boards if boards[name]]
        )
    if route.startswith("/account/"):
        return ["1"]
    if parameter == "pk" and "background/" in route:
        return ["1"]  # nothing has been too long for a request yet
    model = next((model for model in site._registry if _page(model) in route), next(iter(site._registry)))
    if parameter in ("object_id", "id", "pk"):
        return [str(model._default_manager.order_by("pk").values_list("pk", flat=True)[0])]
    if parameter == "name" and "/bulk/" in route:
        return [kind.name for kind in getattr(site._registry[model], "bulk_actions", ())]
    raise SystemExit(
        f"The smoke test does not know what to fill in for {parameter} in {route}: teach _values()."
    )


def _page(model: Any) -> str:
    return f"/{model._meta.app_label}/{model._meta.model_name}/"


def autocompletes() -> Iterator[str]:
    from django.contrib.admin import site

    for model, model_admin in site._registry.items():
        for field in model_admin.autocomplete_fields:
            meta = model._meta
            question = f"app_label={meta.app_label}&model_name={meta.model_name}&field_name={field}&term=a"
            yield f"/admin/autocomplete/?{question}"


def bulk_actions() -> Iterator[tuple[str, dict[str, str]]]:
    """What the list posts to start each action on one row."""
    from django.contrib.admin import site

    for model, model_admin in site._registry.items():
        key = model._default_manager.order_by("pk").values_list("pk", flat=True)[0]
        for kind in getattr(model_admin, "bulk_actions", ()):
            yield f"/admin{_page(model)}", {"action": kind.name, "_selected_action": str(key)}


if __name__ == "__main__":
    sys.exit(main())
