import io
import os
import re
import threading
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import ConnectionHandler

from backoffice import backups
from backoffice.backups import files, making, mysql, sealed
from backoffice.backups.contents import differences
from backoffice.backups.engines import measure
from backoffice.databases import database

KEY = "a key of thirty-two characters or more"


def both(content, key=KEY, other=KEY, change=lambda text: text):
    """What comes out of a sealed file."""
    closed = io.BytesIO()
    seal(content, closed, key)
    assert sealed.is_sealed(io.BytesIO(closed.getvalue()))
    return io.BufferedReader(sealed.Unsealed(io.BytesIO(change(closed.getvalue())), other)).read()


def seal(content, closed, key=KEY):
    sealer = sealed.Sealer(closed, key)
    for start in range(0, len(content), 700_000):
        sealer.write(content[start : start + 700_000])
    sealer.finish()
    assert sealer.tell() == len(content)


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
    seal(b"x", one)
    seal(b"x", two)
    assert one.getvalue() != two.getvalue()


def test_with_a_key_a_file_that_is_not_sealed_is_refused(tmp_path):
    file = tmp_path / "one.backup"
    file.write_bytes(b"anybody could have written it")
    refused = pytest.raises(backups.NoBackup, match="The backup is not encrypted, and BACKUP_KEY is set")
    with refused, sealed.opened(file, KEY):
        pass
    with sealed.opened(file, "") as opened:
        assert opened.read() == file.read_bytes()


def test_a_backup_goes_into_the_database_that_was_named(settings):
    settings.MIGRATE_DATABASE = {**connection.settings_dict, "NAME": "another"}
    with pytest.raises(
        CommandError, match="and MIGRATE_DATABASE_URL, by which backups are restored, another"
    ):
        call_command("restore", "none.backup")


def test_nothing_is_restored_through_a_pooler(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with pytest.raises(CommandError, match="DATABASE_URL has pgbouncer=1"):
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
def databases(*paths):
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
    with django_db_blocker.unblock(), databases(tmp_path / "one", tmp_path / "two") as pair:
        with pair[0].cursor() as cursor:
            cursor.execute("CREATE TABLE django_migrations (id integer, name text)")
            cursor.execute("INSERT INTO django_migrations VALUES (1, 'one'), (2, 'two')")
        yield pair


@pytest.mark.parametrize("key", ["", KEY])
def test_a_backup_of_sqlite_is_restored_and_compared(made, tmp_path, key, monkeypatch):
    one, two = made
    file = tmp_path / "backup"
    on_the_way = []

    def pack(*args):
        on_the_way.extend(path.read_bytes() for path in tmp_path.glob(f"{files.WORK}*/dump"))
        files.pack(*args)

    monkeypatch.setattr(making, "pack", pack)
    assert backups.write(one, file, key) == 2
    assert file.stat().st_mode & 0o077 == 0
    assert [b"two" in content for content in [*on_the_way, file.read_bytes()]] == [not key] * 2
    assert backups.restore(two, file, key) == 2
    with pytest.raises(backups.NoBackup, match=r"^The database is not empty"):
        backups.restore(two, file, key)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_backup_takes_the_place_of_a_file_and_of_nothing_else(made, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(backups.NoBackup, match=rf"^{re.escape(str(place))} is there and no file, "):
            backups.write(made[0], place)
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "old").write_text("an older one")
    (tmp_path / "latest").symlink_to("old")
    backups.write(made[0], tmp_path / "latest")
    assert (tmp_path / "latest").is_symlink()
    assert backups.restore(made[1], tmp_path / "old") == 2


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


INTO, INTO_COLUMNS = "INSERT INTO `word` VALUES", "INSERT INTO `word` (`id`, `text`) VALUES"
ROWS = ["(1,'it\\'s (not) ''one'', \\\\',NULL)", "(2,'a\\n;\\n),(',0xFF)", "(3,'',1.5)"]


def test_rows_in_a_dump_of_mysql_are_counted_and_summed_up_however_they_are_laid_out():
    head = ["CREATE TABLE `none` (", ");", "CREATE TABLE `word` (", "  `id` int", ");"]

    def held(*lines):
        found = mysql.Held()
        for line in lines:
            found.add(f"{line}\n".encode())
        return found.contents()

    one = held(*head, INTO, f"{ROWS[0]},", f"{ROWS[1]};", f"{INTO} {ROWS[2]};")
    assert (one["none"], one["word"][0]) == (["0", "0"], "3")
    assert held(*head, f"{INTO_COLUMNS} {','.join(ROWS[::-1])};") == one
    assert held(*head, f"{INTO} {ROWS[0]},{ROWS[1]},(3,'',1.6);")["word"] != one["word"]


def test_the_programs_of_mysql_connect_as_the_driver_does():
    words, environment = mysql.login(
        {"unix_socket": "/run/one", "port": 3306, "user": "hr", "password": "secret"}
    )
    assert words == ["--protocol=socket", "--socket=/run/one", "--user=hr"]
    assert environment == {"MYSQL_PWD": "secret"}
    words, _ = mysql.login({"host": "localhost", "port": 3307, "ssl": {"ca": "/ca.pem"}})
    assert words[:3] == ["--protocol=tcp", "--host=localhost", "--port=3307"]
    assert ("--loose-ssl-verify-server-cert" in words, words[-1]) == (True, "--ssl-ca=/ca.pem")


@pytest.mark.skipif(connection.vendor != "mysql", reason="Of MariaDB and MySQL.")
def test_a_backup_of_mariadb_is_of_one_moment_whoever_writes(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), servers("backed_up", "restored") as (one, two):
        with one.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE django_migrations (id int PRIMARY KEY AUTO_INCREMENT, a text, b blob)"
            )
            cursor.executemany(
                "INSERT INTO django_migrations (a, b) VALUES (%s, %s)", [("it's\\ (\n", b"\xff'")] * 50
            )
        with writing(one.copy()):
            assert backups.write(one, tmp_path / "backup", KEY) >= 50
        assert backups.restore(two, tmp_path / "backup", KEY) >= 50
        with two.cursor() as cursor:
            cursor.execute("SELECT a, b FROM django_migrations LIMIT 1")
            assert cursor.fetchone() == ("it's\\ (\n", b"\xff'")


@contextmanager
def servers(*names):
    """Databases of their own, by the server's socket: nobody answers at the host and port that are named."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@socket")
        [socket] = cursor.fetchone()
        for name in names:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name}")
    options = {**connection.settings_dict["OPTIONS"], "unix_socket": socket}
    entries = {
        name: {**connection.settings_dict, "NAME": name, "PORT": "1", "OPTIONS": options} for name in names
    }
    handler = ConnectionHandler({"default": connection.settings_dict, **entries})
    try:
        yield [handler[name] for name in names]
    finally:
        handler.close_all()
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"DROP DATABASE {name}")


@contextmanager
def writing(other):
    """Rows come and go all the time."""
    done = threading.Event()

    def write():
        with other.cursor() as cursor:
            while not done.is_set():
                cursor.execute("INSERT INTO django_migrations (a) VALUES ('more')")
                cursor.execute(
                    "UPDATE django_migrations SET a = concat(a, '.') WHERE id > 50 ORDER BY id DESC LIMIT 1"
                )
        other.close()

    other.inc_thread_sharing()
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.django_db
def test_every_table_of_this_database_can_be_measured():
    found = measure(connection)
    assert int(found["django_migrations"][0]) > 10
    assert "backoffice_operation" in found
