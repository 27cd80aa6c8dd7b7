"""While a test runs, whatever writes to a recorded table and leaves no record fails it, in any thread.

Not before and not after: Django empties the tables behind a test that commits.
"""

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.signals import connection_created

from backoffice.operations import guard
from backoffice.security.locks import housekeeping

watching = False
_flush = BaseDatabaseOperations.execute_sql_flush


def flush(self, sql_list):
    """Between tests the logs are emptied, too, which their triggers refuse to everybody else."""
    with housekeeping(self.connection.alias):
        _flush(self, sql_list)


BaseDatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    global watching
    watching = item.get_closest_marker("unrecorded") is None
    try:
        return (yield)
    finally:
        watching = False


def refuse(execute, sql, params, many, context):
    if watching:
        return guard.refuse_unrecorded(execute, sql, params, many, context)
    return execute(sql, params, many, context)


def attach(connection, **kwargs):
    if refuse not in connection.execute_wrappers:
        connection.execute_wrappers.append(refuse)


connection_created.connect(attach, dispatch_uid="tests.guarded")
