import contextlib
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.utils import ConnectionHandler, DatabaseError, OperationalError

from backoffice import env
from backoffice.databases import database


@pytest.fixture
def given(monkeypatch):
    """Set X, or X_FILE, for one test."""
    return lambda value, name="X": monkeypatch.setenv(name, value)


def refused(sentence):
    return pytest.raises(ImproperlyConfigured, match=f"^{re.escape(sentence)}$")


def test_a_required_variable_that_is_missing_says_what_it_is_for():
    with refused("X is not set. It signs links."):
        env.text("X", hint="It signs links.")


@pytest.mark.parametrize("value", ["", "  "])
def test_a_variable_set_to_nothing_counts_as_not_set(given, value):
    given(value)
    assert env.text("X", "default") == "default"
    assert env.flag("X", True) is True
    assert env.number("X", 7) == 7
    assert env.listing("X", ["a"]) == ["a"]


def test_text_is_stripped(given):
    given("  Headquarters\n")
    assert env.text("X") == "Headquarters"


@pytest.mark.parametrize(
    ("value", "meaning"), [("1", True), ("Yes", True), ("ON", True), ("0", False), ("off", False)]
)
def test_a_flag_has_words_for_on_and_off(given, value, meaning):
    given(value)
    assert env.flag("X", not meaning) is meaning


def test_a_flag_that_is_neither_is_refused(given):
    given("perhaps")
    with refused(
        "X is 'perhaps', which is neither on nor off. Use one of 1, true, yes, on, 0, false, no, off."
    ):
        env.flag("X", True)


@pytest.mark.parametrize("value", ["many", "1.5", "-1", "101"])
def test_a_number_out_of_bounds_is_refused(given, value):
    given(value)
    with refused(f"X is '{value}'. Use a whole number from 0 to 100."):
        env.number("X", 1, maximum=100)


def test_bounds_are_included(given):
    given("100")
    assert env.number("X", 1, minimum=100, maximum=100) == 100


def test_a_choice_is_found_in_any_case(given):
    given("debug")
    assert env.choice("X", "INFO", ["DEBUG", "INFO"]) == "DEBUG"


def test_a_choice_that_is_not_offered_is_refused(given):
    given("loud")
    with refused("X is 'loud'. Use one of DEBUG, INFO."):
        env.choice("X", "INFO", ["DEBUG", "INFO"])


@pytest.mark.parametrize("value", ["de", "pt-br", "de-at", "EN"])
def test_a_language_or_a_variant_of_one_is_taken(given, value):
    given(value)
    assert env.language("X", "en") == value.lower()


@pytest.mark.parametrize("value", ["tlh", "en-", "en_us", "en-us-", "de-!", "en-unpronounceable"])
def test_an_unknown_language_is_refused(given, value):
    given(value)
    with refused(f"X is '{value}'. Use the code of a language, such as en, de, fr or pt-br."):
        env.language("X", "en")


@pytest.mark.parametrize("value", ["Mars/Base", "/etc/passwd", "../x", "Europe"])
def test_what_is_no_time_zone_is_refused(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=r"which is no time zone here\. Use a name such as UTC"):
        env.time_zone("X", "UTC")


@pytest.mark.parametrize(
    "value", ["0.0.0.0:8000", ":80", "hr.local:65535", "[::1]:8000", "unix:/run/hr.sock", "fd://3"]
)
def test_an_address_to_listen_on_is_taken(given, value):
    given(value)
    assert env.address("X", "0.0.0.0:8000") == value


@pytest.mark.parametrize(
    "value",
    [
        "foo:bar:baz",
        "8000",
        "host",
        "host:0",
        "host:65536",
        "::1:80",
        "unix:",
        "unix:/none/x",
        "unix:/tmp",
        "unix:/etc/passwd",
        "fd://a",
        "300.1.1.1:80",
        "[1::2::3]:80",
    ],
)
def test_what_is_no_address_to_listen_on_is_refused(given, value):
    given(value)
    with refused(f"X is '{value}'. Use HOST:PORT such as 0.0.0.0:8000, [::]:8000 or unix:/path/to/socket."):
        env.address("X", "0.0.0.0:8000")


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "clone").mkdir()
    return tmp_path / "clone"


def test_a_folder_may_be_new_or_inside_the_code(given, clone):
    assert env.folder_to_fill("X", clone / "static", code=clone) == clone / "static"
    given(str(clone.parent / "else" / "where"))
    assert env.folder_to_fill("X", clone, code=clone) == clone.parent / "else" / "where"


@pytest.mark.parametrize("inside", ["", "/static"])
def test_a_file_is_no_folder_to_fill(given, clone, inside):
    (clone / "file").touch()
    given(f"{clone}/file{inside}")
    with refused(f"X is '{clone}/file{inside}', which is no folder. Name a new or an empty one."):
        env.folder_to_fill("X", clone / "static", code=clone)


@pytest.mark.parametrize("around", [".", "..", "../..", "other", "link"])
def test_a_folder_with_code_in_it_is_not_filled(given, clone, around):
    (clone / "other").mkdir()
    (clone / "other" / "manage.py").touch()
    (clone / "link").symlink_to(clone)
    given(f"{clone}/{around}")
    with refused(f"X is '{clone}/{around}', which holds the code itself. Name a new or an empty folder."):
        env.folder_to_fill("X", clone / "static", code=clone)


@pytest.mark.parametrize(
    ("files", "taken"), [([], True), ([".keep", "lost+found"], True), (["a"], False), (["a", "ours"], True)]
)
def test_a_folder_with_what_is_not_ours_is_not_filled(given, clone, files, taken):
    folder = clone / "static"
    folder.mkdir()
    for name in files:
        (folder / name).touch()
    with (
        contextlib.nullcontext()
        if taken
        else refused(
            f"X is '{folder}', which holds files that are not pictures. Name a new or an empty folder."
        )
    ):
        env.folder_to_fill("X", folder, code=clone, what="pictures", marks=["ours"])


def test_a_list_drops_empty_words(given):
    given(" a, ,b,")
    assert env.listing("X") == ["a", "b"]


def test_a_required_list_of_nothing_is_missing(given):
    given(" , ")
    with refused("X is not set. Name the hosts."):
        env.listing("X", hint="Name the hosts.")


def test_a_secret_comes_from_the_file_without_its_line_end(given, tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    given(str(tmp_path / "secret"), "X_FILE")
    assert env.secret("X") == "s3cret"


def test_a_missing_secret_says_that_a_file_would_do():
    with refused("X is not set. It signs links. X_FILE may name a file that holds it."):
        env.secret("X", hint="It signs links.")


@pytest.mark.parametrize(
    ("content", "why"), [(b"\xff\xfe", "which cannot be read: it is not UTF-8"), (b"\n", "empty")]
)
def test_a_secret_file_that_holds_no_text_is_refused(given, tmp_path, content, why):
    (tmp_path / "secret").write_bytes(content)
    given(str(tmp_path / "secret"), "X_FILE")
    with pytest.raises(ImproperlyConfigured, match=why):
        env.secret("X")


def test_a_secret_given_twice_is_refused(given, tmp_path):
    given("one")
    given(str(tmp_path / "two"), "X_FILE")
    with refused("X and X_FILE are both set. Keep one of them."):
        env.secret("X")


def test_a_wrong_setting_ends_the_process_with_its_sentence():
    with pytest.raises(SystemExit, match=r"^X is wrong\.$"), env.wrong_settings_in_one_sentence():
        raise ImproperlyConfigured("X is wrong.")


def test_a_traceback_can_be_asked_for():
    with pytest.raises(ImproperlyConfigured), env.wrong_settings_in_one_sentence(traceback=True):
        raise ImproperlyConfigured("X is wrong.")


def test_an_error_of_a_database_that_answers_keeps_its_traceback():
    with pytest.raises(OperationalError), env.wrong_settings_in_one_sentence():
        raise OperationalError("deadlock detected")


def opened(entry):
    return ConnectionHandler({"default": entry})["default"].ensure_connection()


@pytest.mark.django_db
def test_an_sqlite_file_that_is_gone_ends_the_process_with_a_sentence(tmp_path):
    entry = database(f"sqlite:///{tmp_path}/hr") | {"NAME": tmp_path / "gone" / "hr"}
    with pytest.raises(SystemExit) as caught, env.wrong_settings_in_one_sentence():
        opened(entry)
    assert str(caught.value) == (
        "The database cannot be reached: unable to open database file. Check the file in DATABASE_URL."
    )


@pytest.mark.django_db
def test_an_option_that_the_driver_refuses_ends_the_process_with_a_sentence():
    with pytest.raises(SystemExit) as caught, env.wrong_settings_in_one_sentence():
        opened(database("postgres://127.0.0.1/staff?colour=red"))
    assert str(caught.value) == (
        'The database cannot be reached: invalid connection option "colour". '
        "Check the server, the login and the options in DATABASE_URL."
    )


@pytest.mark.django_db
def test_an_error_of_a_statement_keeps_its_traceback():
    with pytest.raises(DatabaseError), env.wrong_settings_in_one_sentence(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
