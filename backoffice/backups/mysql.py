"""MariaDB and MySQL: no other connection sees what mysqldump sees, so the rows are counted in what it writes."""

import hashlib
import os
import re
from pathlib import Path
from typing import IO, Any

from backoffice.backups.programs import feed, reading

TABLE = re.compile(rb"CREATE TABLE `([^`]+)`")
ROWS = re.compile(rb"INSERT INTO `([^`]+)` (?:\(`[^)]*`\) )?VALUES")
ROW = re.compile(rb"\((?:[^'()]++|'(?:[^'\\]++|\\.)*+')*+\)", re.DOTALL)
OPTIONS = ["--single-transaction", "--hex-blob", "--triggers", "--routines", "--skip-tz-utc"]
TLS_FILES = ("ca", "capath", "cert", "key", "cipher")


def dump(connection: Any, output: IO[bytes]) -> dict[str, list[str]]:
    words, environment = login(connection.get_connection_params())
    held = Held()
    name = connection.settings_dict["NAME"]
    with reading(["mysqldump", *words, *OPTIONS, name], environment) as lines:
        for line in lines:
            output.write(line)
            held.add(line)
    return held.contents()


def load(connection: Any, content: IO[bytes]) -> None:
    words, environment = login(connection.get_connection_params())
    feed(["mysql", *words, connection.settings_dict["NAME"]], environment, content)


def measure(connection: Any) -> dict[str, list[str]]:
    with Path(os.devnull).open("wb") as nowhere:
        return dump(connection, nowhere)


class Held:
    """What is in the tables of a dump that is read line by line: a line ends in no value, nor does a row."""

    def __init__(self) -> None:
        self._tables: dict[bytes, tuple[int, int]] = {}
        self._table: bytes | None = None

    def add(self, line: bytes) -> None:
        if self._table is None:
            if made := TABLE.match(line):
                self._tables.setdefault(made[1], (0, 0))
            begun = ROWS.match(line)
            if begun is None:
                return
            self._table, line = begun[1], line[begun.end() :]
        number, total = self._tables.get(self._table, (0, 0))
        for row in ROW.findall(line):
            number += 1
            total += int.from_bytes(hashlib.blake2b(row, digest_size=8).digest())
        self._tables[self._table] = number, total
        if line.endswith(b";\n"):
            self._table = None

    def contents(self) -> dict[str, list[str]]:
        return {name.decode(): [str(one), str(two)] for name, (one, two) in sorted(self._tables.items())}


def login(given: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The words for what the driver is given, and the password, which no list of processes shows."""
    defaults, socket = given.get("read_default_file"), given.get("unix_socket")
    words = [f"--defaults-file={defaults}"] if defaults else []  # is read as the first word only
    if socket:
        words += ["--protocol=socket", f"--socket={socket}"]
    else:  # by itself, a program takes a socket to “localhost”, whatever the port
        words += ["--protocol=tcp"]
        words += [f"--{name}={given[name]}" for name in ("host", "port") if given.get(name)]
    words += [f"--user={given['user']}"] if given.get("user") else []
    password = given.get("password")
    return words + _tls(given), {"MYSQL_PWD": str(password)} if password else {}


def _tls(given: dict[str, Any]) -> list[str]:
    """Options of MariaDB's programs and of MySQL's: `loose` ones are ignored by those that do not know them."""
    ssl = given.get("ssl") or {}
    files = {name: given.get(f"ssl_{name}") or ssl.get(name) for name in TLS_FILES}
    is_named = given.get("ssl_verify_identity") or (ssl.get("ca") and ssl.get("check_hostname", True))
    mode = given.get("ssl_mode")
    if given.get("ssl_disabled") or mode == "DISABLED":
        return ["--loose-skip-ssl", "--loose-ssl-mode=DISABLED"]
    if is_named or mode == "VERIFY_IDENTITY":
        words = ["--loose-ssl", "--loose-ssl-verify-server-cert", "--loose-ssl-mode=VERIFY_IDENTITY"]
    elif any(files.values()) or given.get("ssl_verify_cert") or mode in ("REQUIRED", "VERIFY_CA"):
        verified = given.get("ssl_verify_cert") or mode == "VERIFY_CA"
        words = ["--loose-ssl", f"--loose-ssl-mode={'VERIFY_CA' if verified else 'REQUIRED'}"]
    else:
        return []
    return words + [f"--ssl-{name}={value}" for name, value in files.items() if value]
