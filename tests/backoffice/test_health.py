import time

import pytest
from django.contrib.staticfiles import storage
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import RequestFactory

from backoffice import health
from backoffice.deadline import Question

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def probe(monkeypatch):
    """What the middleware answers to a request, with nothing behind it."""
    question = Question(lambda: health.missing_in_database(), "probe")
    monkeypatch.setattr(health, "_questions", lambda: [question])
    middleware = health.HealthMiddleware(lambda request: pytest.fail("a probe went through"))
    return lambda path, method="get": middleware(getattr(RequestFactory(), method)(path))


@pytest.fixture
def no_database(monkeypatch):
    def refuse(*_):
        raise OperationalError("connection refused")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", refuse)


def test_alive_asks_no_database(probe, django_assert_num_queries, no_database):
    response = probe("/livez")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_an_answer_to_head_has_no_body_and_is_not_kept(probe, path):
    response = probe(path, "head")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Cache-Control"] == "no-store"


def test_ready_when_the_database_answers_and_is_migrated(probe):
    response = probe("/readyz")
    assert (response.status_code, response.content) == (200, b'{"ready": true, "missing": []}')


def test_a_database_that_does_not_answer_is_named(probe, no_database):
    response = probe("/readyz")
    assert response.status_code == 503
    assert (
        b"The database does not answer (OperationalError). Check the server and the login" in response.content
    )


def test_migrations_that_are_missing_are_named_with_the_command(probe, monkeypatch):
    names = {("library", "0001_authors_and_books"), *(("library", f"000{n}_new") for n in range(3, 6))}
    monkeypatch.setattr(health, "known_migrations", lambda: frozenset(names))
    response = probe("/readyz")
    assert response.status_code == 503
    said = "not applied: library.0003_new, library.0004_new, library.0005_new. Run python manage.py migrate."
    assert said in response.content.decode()


def test_many_missing_migrations_are_counted(monkeypatch):
    monkeypatch.setattr(
        health, "known_migrations", lambda: frozenset(("library", f"{n:04}") for n in range(10, 15))
    )
    (sentence,) = health.missing_in_database()
    assert "library.0010, library.0011, library.0012 and 2 more." in sentence


def test_a_database_without_any_table_is_not_ready(monkeypatch):
    monkeypatch.setattr(MigrationRecorder, "has_table", lambda self: False)
    (sentence,) = health.missing_in_database()
    assert sentence.startswith("Migrations are not applied: ")
    assert sentence.endswith(" more. Run python manage.py migrate.")


def test_a_database_that_hangs_is_not_waited_for_twice(probe, monkeypatch):
    asked = []

    def hang():
        asked.append(1)
        time.sleep(0.5)
        return []

    monkeypatch.setattr(health, "DEADLINE", 0.1)
    monkeypatch.setattr(health, "missing_in_database", hang)
    started = time.monotonic()
    responses = [probe("/readyz"), probe("/readyz")]
    assert time.monotonic() - started < 0.4
    assert [response.status_code for response in responses] == [503, 503]
    assert b"has not answered within 0.1 seconds" in responses[0].content
    assert len(asked) == 1


def test_static_files_that_were_not_collected_are_named(probe, monkeypatch, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    empty = storage.ManifestStaticFilesStorage(location=tmp_path)
    monkeypatch.setattr(health, "staticfiles_storage", empty)
    response = probe("/readyz")
    assert response.status_code == 503
    assert b"Run python manage.py collectstatic and start again." in response.content


def test_a_process_that_is_about_to_stop_is_alive_and_not_ready(probe, settings, tmp_path):
    settings.DRAIN_FILE = tmp_path / "drain"
    assert probe("/readyz").status_code == 200
    settings.DRAIN_FILE.touch()
    assert (probe("/readyz").status_code, probe("/livez").status_code) == (503, 200)
    assert b"This process is about to stop" in probe("/readyz").content


def test_a_probe_needs_no_host_name_and_no_https(client, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["hr.example.com"], True
    assert client.get("/readyz", headers={"host": "10.0.0.7"}).status_code == 200


def test_a_probe_leaves_no_connection_open(probe):
    if connection.vendor == "sqlite":
        pytest.skip("Django keeps a SQLite database in memory open")
    probe("/readyz")
    asked = Question(lambda: (health.missing_in_database(), connection.connection), "look")
    assert asked.answer(10)[1] is None
