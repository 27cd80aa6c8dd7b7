import io
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import ConnectionHandler

from backoffice import backups
from backoffice.backups import making, sealed
from backoffice.backups.contents import differences
from backoffice.databases import database

KEY = "a key of thirty-two characters or more"


def both(content, key=KEY, other=KEY, change=lambda text: text):
    """What comes out of a sealed file."""
    closed, opened = io.BytesIO(), io.BytesIO()
    sealed.seal(io.BytesIO(content), closed, key)
    assert sealed.is_sealed(io.BytesIO(closed.getvalue()))
    sealed.unseal(io.BytesIO(change(closed.getvalue())), opened, other)
    return opened.getvalue()


@pytest.mark.parametrize("size", [0, 1, sealed.PIECE - 1, sealed.PIECE, 2 * sealed.PIECE + 5])
def test_what_was_sealed_comes_out_again(size):
    content = bytes(range(256)) * (size // 256 + 1)
    assert both(content[:size]) == content[:size]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[
            : len(sealed.MAGIC) + sealed.SALT + sealed.PIECE + sealed.TAG
        ],  # the last piece is gone
        lambda text: text[:-1],
        lambda text: text[:-1] + bytes([text[-1] ^ 1]),
        lambda text: text[:25] + bytes([text[25] ^ 1]) + text[26:],
        lambda text: text + b"more",
    ],
)
def test_a_sealed_file_that_was_changed_is_refused(change):
    with pytest.raises(backups.NoBackup, match=r"^The backup cannot be opened: BACKUP_KEY is another one"):
        both(b"x" * (sealed.PIECE + 10), change=change)


def test_another_key_opens_nothing():
    with pytest.raises(backups.NoBackup):
        both(b"secret", other="another key of thirty-two characters")


def test_the_same_content_is_sealed_in_another_way_each_time():
    one, two = io.BytesIO(), io.BytesIO()
    sealed.seal(io.BytesIO(b"x"), one, KEY)
    sealed.seal(io.BytesIO(b"x"), two, KEY)
    assert one.getvalue() != two.getvalue()


def test_with_a_key_a_file_that_is_not_sealed_is_refused(tmp_path):
    file = tmp_path / "one.backup"
    file.write_bytes(b"anybody could have written it")
    with pytest.raises(backups.NoBackup, match="The backup is not encrypted, and BACKUP_KEY is set"):
        making._opened(file, tmp_path, KEY)
    assert making._opened(file, tmp_path, "") == file


def test_a_backup_goes_into_the_database_that_was_named(settings):
    settings.MIGRATE_DATABASE = {**connection.settings_dict, "NAME": "another"}
    with pytest.raises(
        CommandError, match="and MIGRATE_DATABASE_URL, by which backups are restored, another"
    ):
        call_command("restore", "none.backup")


def test_a_table_that_is_not_what_it_was_is_named():
    was = {"book": ["2", "17"], "author": ["1", "5"], "word": ["1", "1"]}
    assert differences(was, was) == []
    assert differences(was, {"book": ["1", "17"], "author": ["1", "6"]}) == [
        "author has 1 rows, as before, but others.",
        "book had 2 rows and has 1.",
        "word had 1 rows and has none.",
    ]


@contextmanager
def files(*paths):
    """SQLite databases of their own."""
    handler = ConnectionHandler(
        {"default": database(f"sqlite:///{paths[0]}")}
        | {str(number): database(f"sqlite:///{path}") for number, path in enumerate(paths)}
    )
    try:
        yield [handler[str(number)] for number in range(len(paths))]
    finally:
        handler.close_all()


@pytest.fixture
def made(tmp_path, django_db_blocker):
    """A database with a table that is ours."""
    with django_db_blocker.unblock(), files(tmp_path / "one", tmp_path / "two") as pair:
        with pair[0].cursor() as cursor:
            cursor.execute("CREATE TABLE django_migrations (id integer, name text)")
            cursor.execute("INSERT INTO django_migrations VALUES (1, 'one'), (2, 'two')")
        yield pair


@pytest.mark.parametrize("key", ["", KEY])
def test_a_backup_of_sqlite_is_restored_and_compared(made, tmp_path, key):
    one, two = made
    file = tmp_path / "backup"
    assert backups.write(one, file, key) == 2
    assert file.stat().st_mode & 0o077 == 0
    assert (b"two" in file.read_bytes()) is not bool(key)
    assert backups.restore(two, file, key) == 2
    with pytest.raises(backups.NoBackup, match=r"^The database is not empty"):
        backups.restore(two, file, key)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_what_is_no_backup_is_refused(made, tmp_path):
    (tmp_path / "text").write_text("no backup")
    with pytest.raises(backups.NoBackup, match=r"^text is no backup of this panel, or it is damaged\.$"):
        backups.restore(made[1], tmp_path / "text")
    with pytest.raises(backups.NoBackup, match=r"^There is no file "):
        backups.restore(made[1], tmp_path / "gone")


def test_an_encrypted_backup_asks_for_its_key(made, tmp_path):
    backups.write(made[0], tmp_path / "backup", KEY)
    with pytest.raises(backups.NoBackup, match=r"^The backup is encrypted: set BACKUP_KEY"):
        backups.restore(made[1], tmp_path / "backup")


@pytest.mark.django_db
def test_every_table_of_this_database_can_be_measured():
    from backoffice.backups.contents import contents

    found = contents(connection)
    assert int(found["django_migrations"][0]) > 10
    assert "backoffice_operation" in found
