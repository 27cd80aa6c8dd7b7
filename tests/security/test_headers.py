"""What the browser is told, over HTTPS as in production."""

import re
import runpy

import pytest
from django.conf import settings as configured
from django.test import Client

from tests.library.models import Author
from tests.security.observatory import directives, score

TRANSPORT = ("HTTPS", "SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_", "X_FRAME_")
PASSWORD = "a long enough password"


@pytest.fixture
def secure(monkeypatch, settings):
    """A browser on the panel with the settings of production."""
    monkeypatch.setenv("HTTPS", "on")
    values = runpy.run_path(str(configured.BASE_DIR / "backoffice" / "settings.py"))
    for name, value in values.items():
        if name.startswith(TRANSPORT):
            setattr(settings, name, value)
    client = Client()
    client.defaults["wsgi.url_scheme"] = "https"
    return client


def sign_in(client):
    data = {"login": "hr", "password": PASSWORD}
    return client.post("/account/login/", data, secure=True)


def set_cookies(response):
    return [morsel.OutputString() for morsel in response.cookies.values()]


def test_the_observatory_would_give_115_points(secure, hr):
    login = secure.get("/account/login/", secure=True)
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', login.content.decode())
    cookies = set_cookies(login) + set_cookies(sign_in(secure))
    points = score(login.headers, cookies, scripts, "testserver")
    assert sum(points.values()) >= 115, points
    assert len(cookies) >= 2


def test_cookies_are_for_this_host_alone(secure, hr):
    login = secure.get("/account/login/", secure=True)
    for line in set_cookies(login) + set_cookies(sign_in(secure)):
        assert re.match("__Host-(sessionid|csrftoken|messages|familiar)=", line), line
        assert {"Secure", "HttpOnly", "Path=/"} <= set(line.split("; ")), line
        assert "Domain" not in line
        assert "SameSite" in line


def test_plain_http_leads_to_https_and_is_told_to_stay_there(secure, hr):
    response = secure.get("/admin/login/", **{"wsgi.url_scheme": "http"})
    assert (response.status_code, response.headers["Location"]) == (301, "https://testserver/admin/login/")
    header = secure.get("/account/login/", secure=True).headers["Strict-Transport-Security"]
    assert header == "max-age=31536000; includeSubDomains; preload"


def pages(author):
    return ["/admin/", "/admin/login/", f"/admin/library/author/{author.pk}/change/", "/admin/nowhere/",
            "/admin/backoffice/operation/", "/admin/jsi18n/", "/", "/admin/autocomplete/"]  # fmt: skip


def test_every_answer_carries_the_headers_whatever_it_is(panel):
    for path in pages(Author.objects.create(name="Ada")):
        headers = panel.get(path).headers
        assert "no-store" in headers["Cache-Control"], path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in headers["Permissions-Policy"]
        policy = directives(headers["Content-Security-Policy"])
        assert policy["default-src"] == policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
        assert not re.search("unsafe|\\*|http:|https:", headers["Content-Security-Policy"])


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/livez", "testserver", 200),
        ("/livez", "10.0.0.7", 200),
        ("/readyz", "10.0.0.7", 200),
        ("/metrics", "10.0.0.7", 401),
        ("/admin/", "testserver", 301),
        ("/admin/", "elsewhere.example.com", 400),
    ],
)
@pytest.mark.django_db
def test_what_is_answered_before_a_page_is_looked_for_lets_a_browser_do_nothing(
    secure, settings, path, host, status
):
    settings.METRICS_TOKEN = "token"
    response = secure.get(path, HTTP_HOST=host, **{"wsgi.url_scheme": "http"})
    assert response.status_code == status
    policy = directives(response.headers["Content-Security-Policy"])
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]


def test_a_nonce_is_in_the_page_and_of_this_answer_alone(panel):
    answers = [panel.get("/admin/") for _ in range(2)]
    nonces = [re.search(r'nonce="([^"]{16,})"', answer.content.decode())[1] for answer in answers]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip(answers, nonces, strict=True):
        assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


def test_who_signs_out_leaves_nothing_in_the_browser(panel):
    assert "Clear-Site-Data" not in panel.get("/admin/").headers
    assert panel.post("/admin/logout/").headers["Clear-Site-Data"] == '"cache", "storage"'


def test_files_of_an_operation_are_downloads_that_nobody_keeps(panel):
    Author.objects.create(name="Ada")
    from backoffice.models import Operation

    response = panel.get(f"/admin/backoffice/operation/{Operation.objects.get().pk}/rows.csv")
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in response.headers["Cache-Control"]


def test_no_page_says_what_it_is_made_of(panel):
    for path in pages(Author.objects.create(name="Ada")):
        response = panel.get(path)
        assert not re.search(
            r"(?i)(django|jazzmin|python|gunicorn)[ /-]*v?(ersion)?:?\s*\d", response.content.decode()
        )
        assert not {"Server", "X-Powered-By"} & response.headers.keys()
