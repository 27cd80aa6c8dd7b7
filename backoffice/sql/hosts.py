"""Of several hosts in DATABASE_URL or REPLICA_URL, the one that a connection was made to last is asked first.

While another is silent, each new connection would wait for it before it goes on. All are still asked in their turn:
where the first one is gone, or no longer written to, the next connection finds who is. A replica that is far behind is
asked last.
"""

from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created

from backoffice.databases import READ_FROM, WRITTEN_TO, each_host

DEFAULT_PORT = "5432"


def install() -> None:
    connection_created.connect(_ask_first, dispatch_uid="backoffice.sql.hosts")


def ask_last(connection: Any) -> None:
    """The host of this connection, which is open, after all others."""
    _ask_first(connection, is_first=False)


def _ask_first(connection: Any, is_first: bool = True, **_facts: Any) -> None:
    """From now on the host of this connection, in this thread, in those that begin and in the pool."""
    entry = connection.settings_dict
    hosts = each_host(entry, (*WRITTEN_TO, *READ_FROM)) if connection.vendor == "postgresql" else []
    if not hosts:
        return
    there = (connection.connection.info.host, str(connection.connection.info.port))
    order = sorted(
        hosts, key=lambda one: (one["HOST"], one["PORT"] or DEFAULT_PORT) == there, reverse=is_first
    )
    if order == hosts:
        return
    host, port = (",".join(one[name] for one in order) for name in ("HOST", "PORT"))
    # A new entry, whose host and port belong together: another thread may be reading the old one.
    connection.settings_dict = {**entry, "HOST": host, "PORT": port}
    if connections.settings.get(connection.alias) is entry:
        connections.settings[connection.alias] = connection.settings_dict
    if connection.pool:
        connection.pool.kwargs = {**connection.pool.kwargs, "host": host, "port": port}
