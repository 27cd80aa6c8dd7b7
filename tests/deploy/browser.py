"""A browser without a screen: cookies, forms, and what a page links to. Standard library only."""

import http.client
import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

Attributes = list[tuple[str, str | None]]


class Page(NamedTuple):
    status: int
    location: str
    text: str


class Browser:
    """One connection to one server; every request carries `headers` and the cookies so far."""

    def __init__(self, host: str, headers: Mapping[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection(host, timeout=30)
        self.headers = dict(headers or {})
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Page:
        return self._read(self._ask("GET", path))

    def post(self, path: str, data: Mapping[str, str]) -> Page:
        return self._read(self.send(path, data))

    def send(self, path: str, data: Mapping[str, str]) -> http.client.HTTPResponse:
        """The answer to a POST, to be read."""
        token = self.cookies.get("__Host-csrftoken") or self.cookies.get("csrftoken", "")
        body = urlencode({"csrfmiddlewaretoken": token, **data})
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def upload(self, path: str, name: str, file: Path) -> Page:
        """A form that sends one file."""
        mark = "a line that no file has"
        token = self.cookies.get("__Host-csrftoken") or self.cookies.get("csrftoken", "")
        disposition = "Content-Disposition: form-data; name"
        lines = [f"--{mark}", f'{disposition}="csrfmiddlewaretoken"', "", token]
        lines += [f"--{mark}", f'{disposition}="{name}"; filename="{file.name}"', "", file.read_text()]
        kind = {"Content-Type": f'multipart/form-data; boundary="{mark}"'}
        return self._read(self._ask("POST", path, "\r\n".join([*lines, f"--{mark}--", ""]), kind))

    def sign_in(self, username: str, password: str) -> Page:
        """Where one is sent after name and password."""
        self.get("/account/login/?next=/admin/")
        return self.post("/account/login/", {"login": username, "password": password, "next": "/admin/"})

    def close(self) -> None:
        self.connection.close()

    def _ask(
        self, method: str, path: str, body: str | None = None, extra: Mapping[str, str] | None = None
    ) -> http.client.HTTPResponse:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        referer = f"https://{self.headers.get('Host', '')}{path}"  # HTTPS forms are refused without one
        headers = {**self.headers, "Cookie": cookies, "Referer": referer, **(extra or {})}
        self.connection.request(method, path, body, headers)
        return self.connection.getresponse()

    def _read(self, response: http.client.HTTPResponse) -> Page:
        text = response.read().decode(errors="replace")
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return Page(response.status, response.headers.get("Location", ""), text)


def hidden_fields(page: Page) -> dict[str, str]:
    """What the forms of a page carry along unseen; the token against forged forms is the browser's."""
    tags = re.findall(r'<input[^>]*type="hidden"[^>]*>', page.text)
    pairs = (re.search(r'name="([^"]*)"[^>]*value="([^"]*)"', tag) for tag in tags)
    return {pair[1]: unescape(pair[2]) for pair in pairs if pair and pair[1] != "csrfmiddlewaretoken"}


class Links(HTMLParser):
    """What a page links to (`pages`) and what it is made of (`parts`: scripts, style sheets, images)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.parts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.pages.append(values["href"])
        elif tag == "link" and "href" in values:
            self.parts.append(values["href"])
        elif tag in ("script", "img") and "src" in values:
            self.parts.append(values["src"])


class Form(HTMLParser):
    """What the one form with this id would send when nothing is typed."""

    def __init__(self, text: str, form_id: str) -> None:
        super().__init__()
        self.data: dict[str, str] = {}
        self._id, self._inside, self._select = form_id, False, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form":
            self._inside = values.get("id") == self._id
        elif not self._inside:
            return
        elif tag == "input" and name:
            self._input(name, values)
        elif tag == "textarea":
            self.data[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in values or self._select not in self.data):
            self.data[self._select] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _input(self, name: str, values: dict[str, str]) -> None:
        kind = values.get("type", "text")
        if kind in ("submit", "button", "file") or (
            kind in ("checkbox", "radio") and "checked" not in values
        ):
            return
        self.data[name] = values.get("value", "on" if kind == "checkbox" else "")
