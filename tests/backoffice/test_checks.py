from types import SimpleNamespace

from django.core.checks import run_checks

from backoffice import checks
from backoffice.databases import database


def test_our_settings_pass(settings):
    assert checks.probes_come_first(None) == []
    assert checks.hosts_are_named(None) == []


def test_probes_behind_another_middleware_are_an_error(settings):
    settings.MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", *settings.MIDDLEWARE]
    (message,) = checks.probes_come_first(None)
    assert (message.id, message.hint) == (
        "backoffice.E001",
        "Put backoffice.health.HealthMiddleware first in MIDDLEWARE.",
    )


def test_any_host_is_a_warning(settings):
    settings.ALLOWED_HOSTS = ["*"]
    (message,) = checks.hosts_are_named(None)
    assert message.id == "backoffice.W001"


def test_a_password_alone_is_a_warning(settings):
    settings.REQUIRE_SECOND_FACTOR = "off"
    (message,) = checks.a_second_factor_is_asked_for(None)
    assert message.id == "backoffice.W002"
    settings.REQUIRE_SECOND_FACTOR = "on"
    assert checks.a_second_factor_is_asked_for(None) == []


def test_a_variable_with_a_slip_in_its_name_is_a_warning_with_the_right_one(monkeypatch):
    assert checks.variables_are_known(None) == []
    monkeypatch.setenv("BACKOFFICE_BACKGROUND_ROW", "5")
    (message,) = checks.variables_are_known(None)
    assert message.msg == "The variable BACKOFFICE_BACKGROUND_ROW is none that the panel reads."
    assert message.hint == "BACKOFFICE_BACKGROUND_ROWS may be meant."


def test_a_database_far_away_whose_certificate_is_not_looked_at_is_a_warning(monkeypatch):
    def found(*urls):
        entries = {url: database(url) for url in urls}
        monkeypatch.setattr(checks, "settings", SimpleNamespace(DATABASES=entries))
        return checks.databases_are_who_they_say(None)

    (message,) = found("postgres://db.example.com,127.0.0.1/hr", "postgres://127.0.0.1/hr")
    assert message.id == "backoffice.W004"
    assert found("postgres://db.example.com/hr?sslmode=verify-full", "postgres://%2Fvar%2Frun/hr") == []


def test_a_name_like_none_of_ours_is_taken_for_none(monkeypatch):
    monkeypatch.setenv("BACKOFFICE_FOO", "1")
    (message,) = checks.variables_are_known(None)
    assert message.hint == "README.md has the table of all variables."


def test_what_travels_in_the_open_is_a_warning(settings):
    settings.HTTPS = False
    (message,) = checks.nothing_travels_in_the_open(None)
    assert message.hint.startswith("Leave HTTPS out")
    settings.HTTPS, settings.SECURE_HSTS_SECONDS = True, 0
    (message,) = checks.nothing_travels_in_the_open(None)
    assert message.msg.startswith("HSTS_SECONDS is 0")
    settings.SECURE_HSTS_SECONDS = 60
    assert checks.nothing_travels_in_the_open(None) == []


def test_every_finding_says_what_to_do(settings, monkeypatch):
    settings.ALLOWED_HOSTS, settings.REQUIRE_SECOND_FACTOR = ["*"], "off"
    settings.HTTPS, settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = False, False, 0
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]
    monkeypatch.setenv("BACKOFFICE_X", "")
    found = run_checks(include_deployment_checks=True, tags=["security", "compatibility"])
    said = {one.id: one for one in found if not one.is_silenced()}
    assert {"backoffice.E001", *(f"backoffice.W00{n}" for n in (1, 2, 3, 5))} <= said.keys()
    assert [one.id for one in said.values() if not one.hint] == []
