"""A missing or wrong setting stops the boot with one sentence that names it, shows it and says what is allowed."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from backoffice.serving.probes import serve
from tests.deploy.server import ROOT, gunicorn, manage, production, serving, status
from tests.postgres import free_port

pytestmark = pytest.mark.engineless


def refusal(tmp_path, **changes):
    """What the boot says to this environment; it must refuse, in one line and without a traceback."""
    result = manage("check", env=production(tmp_path, **changes))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr.strip()


def test_a_complete_environment_boots(tmp_path):
    assert manage("check", env=production(tmp_path)).returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "MFA_ENCRYPTION_KEY"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_production_needs(tmp_path, name, value):
    assert refusal(tmp_path, **{name: value}).startswith(f"{name} is not set. ")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DEBUG", "maybe", "DEBUG is 'maybe', which is neither on nor off. Use one of 1, true, yes, on, 0, "),
        ("HTTPS", "2", "HTTPS is '2', which is neither on nor off."),
        ("BEHIND_PROXY", "nginx", "BEHIND_PROXY is 'nginx', which is neither on nor off."),
        (
            "SECRET_KEY",
            "short",
            "SECRET_KEY has 5 characters, 5 of them different, which can be guessed. Set it to 50",
        ),
        ("SECRET_KEY", "ab" * 30, "SECRET_KEY has 60 characters, 2 of them different, which can be guessed."),
        ("SECRET_KEY_FALLBACKS", "old", "SECRET_KEY_FALLBACKS has 3 characters"),
        (
            "ALLOWED_HOSTS",
            "https://hr.example.com",
            "ALLOWED_HOSTS has 'https://hr.example.com'. Use host names only",
        ),
        (
            "ALLOWED_HOSTS",
            "hr.example.com:8000",
            "ALLOWED_HOSTS has 'hr.example.com:8000'. Use host names only",
        ),
        (
            "CSRF_TRUSTED_ORIGINS",
            "hr.example.com",
            "CSRF_TRUSTED_ORIGINS has 'hr.example.com'. Write each with its",
        ),
        ("CSRF_TRUSTED_ORIGINS", "https://a.b/x", "CSRF_TRUSTED_ORIGINS has 'https://a.b/x'."),
        (
            "DATABASE_URL",
            "hr",
            "DATABASE_URL is a text without ://, not a database URL that can be used. Write it as postgres://",
        ),
        (
            "DATABASE_URL",
            "postgres://db.example.com",
            "DATABASE_URL is 'postgres://db.example.com', which names no database. Write it as postgres://",
        ),
        (
            "DATABASE_URL",
            "oracle://db/hr",
            "DATABASE_URL is for a database that is not supported. Write it as",
        ),
        (
            "DATABASE_URL",
            "sqlite:////none/hr",
            "DATABASE_URL puts the SQLite file into /none, which is no folder",
        ),
        ("DATABASE_URL", "sqlite:////etc", "DATABASE_URL names /etc, which is a folder. Name an SQLite"),
        ("DATABASE_URL", "sqlite:////etc/passwd", "DATABASE_URL names /etc/passwd, which is not an SQLite"),
        ("HSTS_SECONDS", "a year", "HSTS_SECONDS is 'a year'. Use a whole number from 0 to 315360000."),
        ("HSTS_SECONDS", "-1", "HSTS_SECONDS is '-1'. Use a whole number from 0 to 315360000."),
        (
            "LANGUAGE_CODE",
            "en-",
            "LANGUAGE_CODE is 'en-'. Use the code of a language, such as en, de",
        ),
        (
            "TIME_ZONE",
            "Mars/Base",
            "TIME_ZONE is 'Mars/Base', which is no time zone here. Use a name such as UTC",
        ),
        ("STATIC_ROOT", "/etc/passwd", "STATIC_ROOT is '/etc/passwd', which is no folder. Name a new or"),
        (
            "STATIC_ROOT",
            "/etc",
            "STATIC_ROOT is '/etc', which holds files that are not collected static files.",
        ),
        ("STATIC_ROOT", str(ROOT), f"STATIC_ROOT is '{ROOT}', which holds the code itself. Name a new"),
        ("MFA_ENCRYPTION_KEY", " , ", "MFA_ENCRYPTION_KEY has commas and no key. Set it to 50 or more"),
        ("METRICS_TOKEN", "zażółć gęślą jaźń " * 3, "METRICS_TOKEN has letters that no request can show."),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL is 'LOUD'. Use one of DEBUG, INFO, WARNING, ERROR, CRITICAL."),
    ],
)
def test_a_wrong_value_is_named_and_shown(tmp_path, name, value, said):
    assert refusal(tmp_path, **{name: value}).startswith(said)


@pytest.mark.parametrize("text", ["hunter2\n", f"{'B' * 40}:7\n{'A' * 40}:9\n"])
def test_a_file_that_is_no_list_of_hashes_in_their_order_is_refused(tmp_path, text):
    file = tmp_path / "passwords"
    file.write_text(text)
    said = "which is no such list. Name a list of SHA-1 hashes in their order."
    assert refusal(tmp_path, BREACHED_PASSWORDS=str(file)) == f"BREACHED_PASSWORDS is '{file}', {said}"


def test_a_wrong_value_is_refused_where_another_one_makes_it_idle(tmp_path):
    said = refusal(tmp_path, HTTPS="off", HSTS_SECONDS="-1")
    assert said == "HSTS_SECONDS is '-1'. Use a whole number from 0 to 315360000."


def test_a_secret_is_not_repeated(tmp_path):
    assert "hunter2" not in refusal(tmp_path, DATABASE_URL="postgres://hr:hunter2@db:99999/hr")


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_a_secret_can_come_from_a_file(tmp_path, name):
    environment = production(tmp_path)
    file = tmp_path / "secret"
    file.write_text(environment.pop(name) + "\n")
    assert manage("check", env={**environment, f"{name}_FILE": str(file)}).returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL"])
def test_a_secret_file_that_is_not_there_is_named(tmp_path, name):
    said = refusal(tmp_path, **{name: None, f"{name}_FILE": "/none"})
    assert (
        said
        == f"{name}_FILE is '/none', which cannot be read: No such file or directory. Name a readable text file."
    )


def test_a_secret_and_its_file_are_one_too_many(tmp_path):
    said = refusal(tmp_path, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert said == "SECRET_KEY and SECRET_KEY_FILE are both set. Keep one of them."


def test_a_database_that_is_not_there_gets_a_sentence(tmp_path):
    environment = production(tmp_path, DATABASE_URL=f"postgres://hr:hunter2@127.0.0.1:{free_port()}/hr")
    result = manage("migrate", env=environment)
    assert result.returncode == 1
    assert result.stderr.startswith("The database cannot be reached: connection failed: ")
    assert result.stderr.endswith("Check the server, the login and the options in DATABASE_URL.\n")
    assert "hunter2" not in result.stderr


def start(env, *way):
    """Boots with these settings, which it must refuse; `way` is a command in place of gunicorn's own."""
    command = way or gunicorn(port=free_port())
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", None, "SECRET_KEY is not set."),
        ("TIME_ZONE", "Mars/Base", "TIME_ZONE is 'Mars/Base'"),
        ("PORT", "http", "PORT is 'http'. Use a whole number from 1 to 65535."),
        (
            "IMPORT_FOLDER",
            "/proc/uploads",
            "IMPORT_FOLDER is '/proc/uploads', into which nothing can be written: ",
        ),
        ("PROBE_PORT", "8000", "PROBE_PORT is 8000, where the panel itself listens. Give the probes"),
        (
            "GUNICORN_BIND",
            "foo:bar:baz",
            "GUNICORN_BIND is 'foo:bar:baz'. Use HOST:PORT such as 0.0.0.0:8000",
        ),
        ("GUNICORN_BIND", "fd://77", "GUNICORN_BIND is 'fd://77', which is no open socket. Use HOST:PORT"),
        ("WEB_CONCURRENCY", "0", "WEB_CONCURRENCY is '0'. Use a whole number from 1 to 1000."),
        ("WEB_THREADS", "many", "WEB_THREADS is 'many'. Use a whole number from 1 to 1000."),
        ("GRACEFUL_TIMEOUT", "soon", "GRACEFUL_TIMEOUT is 'soon'. Use a whole number from 1."),
        ("KEEPALIVE", "long", "KEEPALIVE is 'long'. Use a whole number from 0."),
        ("LOG_FORMAT", "xml", "LOG_FORMAT is 'xml'. Use one of json, text."),
        ("DATABASE_URL", "sqlite:////etc/passwd", "DATABASE_URL names /etc/passwd, which is not an SQLite"),
        ("DATABASE_URL", "postgres://127.0.0.1/hr?colour=red", 'invalid connection option "colour".'),
        (
            "DATABASE_URL",
            "postgres://127.0.0.1/hr?sslmode=yes",
            "DATABASE_URL has sslmode=yes. Use one of disable, allow, ",
        ),
    ],
)
def test_gunicorn_stops_with_the_sentence(tmp_path, name, value, said):
    result = start(production(tmp_path, **{name: value}))
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_gunicorn_stops_where_somebody_else_answers_probes(tmp_path):
    worker = SimpleNamespace(alive=True)
    serve(worker, port := free_port())
    result = start(production(tmp_path, PROBE_PORT=str(port)))
    worker.alive = False
    assert result.returncode == 1
    assert f"PROBE_PORT is {port}: Address already in use. Choose another port." in result.stderr


WEB = (sys.executable, "-m", "backoffice.web")


def test_gunicorn_itself_refuses_a_number_of_workers_that_is_none(tmp_path):
    assert start(production(tmp_path, WEB_CONCURRENCY="many")).returncode != 0
    refused = start(production(tmp_path, WEB_CONCURRENCY="auto"), *WEB)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "WEB_CONCURRENCY is 'auto'. Use a whole number from 1 to 1000.\n"


def test_no_number_of_workers_is_the_default(tmp_path):
    refused = start(production(tmp_path, WEB_CONCURRENCY=" ", WEB_THREADS="many"), *WEB)
    assert refused.stderr == "WEB_THREADS is 'many'. Use a whole number from 1 to 1000.\n"


def make_run(tmp_path, **changes):
    """`make run` in this environment, which it must refuse."""
    environment = production(tmp_path, **{"PORT": str(free_port()), **changes})
    command = [sys.executable, "deploy/trial.py"]
    result = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 1
    return result.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WEB_CONCURRENCY", "many", "WEB_CONCURRENCY is 'many'. Use a whole number from 1 to 1000."),
        ("WEB_THREADS", "many", "WEB_THREADS is 'many'. Use a whole number from 1 to 1000."),
        ("KEEPALIVE", "long", "KEEPALIVE is 'long'. Use a whole number from 0."),
        ("LOG_FORMAT", "xml", "LOG_FORMAT is 'xml'. Use one of json, text."),
    ],
)
def test_make_run_stops_with_the_sentence_before_it_makes_anything(tmp_path, name, value, said):
    assert make_run(tmp_path, **{name: value}) == f"{said}\n"
    assert not list(tmp_path.iterdir())


def test_make_run_refuses_a_file_that_is_no_database(tmp_path):
    assert make_run(tmp_path, DATABASE_URL="sqlite:////etc/passwd").startswith("DATABASE_URL names /etc/pass")
    assert not list(tmp_path.iterdir())


def test_make_run_leaves_a_folder_of_something_else_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").touch()
    said = make_run(tmp_path, STATIC_ROOT=str(tmp_path / "mine"))
    assert said == (
        f"STATIC_ROOT is '{tmp_path}/mine', which holds files that are not collected static files. "
        "Name a new or an empty folder.\n"
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "thesis"]


def test_an_outage_of_the_database_does_not_keep_the_panel_from_starting(tmp_path):
    environment = production(tmp_path, DATABASE_URL=f"postgres://hr@127.0.0.1:{free_port()}/hr")
    with serving(environment, tmp_path / "log", "--workers", "1") as address:
        assert status(f"{address}/livez") == 200
        assert status(f"{address}/readyz") == 503


def test_an_empty_database_is_alive_and_not_ready(tmp_path):
    with serving(production(tmp_path), tmp_path / "log", "--workers", "1") as address:
        assert status(f"{address}/livez") == 200
        assert status(f"{address}/readyz") == 503


def test_warnings_at_start_are_lines_of_the_log(tmp_path):
    log = tmp_path / "log"
    (tmp_path / "noisy.py").write_text("import warnings\nwarnings.warn('Too loud.')\n")
    settings = "from backoffice.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'noisy']\n"
    (tmp_path / "noisy_settings.py").write_text(settings)
    changes = {
        "DJANGO_SETTINGS_MODULE": "noisy_settings",
        "PYTHONPATH": str(tmp_path),
        "BACKOFFICE_BACKGROUND_ROW": "7",
    }
    with serving(production(tmp_path, **changes), log, "--workers", "1"):
        pass
    messages = [json.loads(line)["message"] for line in log.read_text().splitlines()]
    assert sum("The variable BACKOFFICE_BACKGROUND_ROW is none" in message for message in messages) == 1
    assert any("UserWarning: Too loud." in message for message in messages)


def test_the_access_log_is_json_without_the_query(tmp_path):
    log = tmp_path / "log"
    with serving(production(tmp_path, HTTPS="off"), log, "--workers", "1") as address:
        host = address.removeprefix("http://")
        with contextlib.closing(http.client.HTTPConnection(host, timeout=10)) as connection:
            connection.request("GET", "/?q=Alice", headers={"User-Agent": 'a "quoted\\" one'})
            assert connection.getresponse().status == 302
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line.get("path") == "/"]
    assert (line["status"], line["user_agent"]) == (302, 'a "quoted\\" one')
    assert "Alice" not in log.read_text()


@pytest.mark.parametrize(("form", "kept"), [("json", "off"), ("text", "off"), ("json", "on")])
def test_the_log_of_requests_holds_addresses_where_the_setting_says_so(tmp_path, form, kept):
    log = tmp_path / "log"
    environment = production(tmp_path, LOG_FORMAT=form, LOG_ADDRESSES=kept)
    with serving(environment, log, "--workers", "1") as address:
        host, port = address.removeprefix("http://").split(":")
        requests = (
            b"GET / HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7",
            b"GET /admin/x%0A%1b[31mforged%00/alice-holmgren/ HTTP/1.1",
            b"GET /account/password/reset/key/2-dit82g-3ad8b0/ HTTP/1.1",
            b"GET /static/alice-holmgren HTTP/1.1",
            b"GET /alice holmgren HTTP/nine",
        )
        for request in requests:
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(request + b"\r\nHost: hr.example.com\r\nConnection: close\r\n\r\n")
                answer = connection.recv(2000)
                assert answer.startswith(b"HTTP/1.1 ")
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in answer  # gunicorn's own, to what is no request
    assert answer.endswith(b"\r\n\r\nBad Request")
    lines = [line for line in log.read_text().splitlines() if "Listening" not in line]
    held = sum("127.0.0.1" in line or "192.0.2.7" in line for line in lines)
    assert any("Invalid request" in line for line in lines)
    assert held >= 2 if kept == "on" else held == 0, lines
    assert not any(line.startswith("\x1b") or "\x00" in line for line in lines)
    assert sum("/admin/…/…/" in line for line in lines) == 1
    assert sum("/account/password/reset/key/…/" in line for line in lines) == 1
    assert sum("/static/…" in line for line in lines) == 1
    assert not any(word in log.read_text() for word in ("forged", "dit82g", "alice", "holmgren"))


def test_production_settings_have_no_deployment_warning(tmp_path):
    result = manage("check", "--deploy", "--fail-level", "WARNING", env=production(tmp_path))
    assert result.returncode == 0, result.stderr
