"""While a test runs, whatever writes to a recorded table and leaves no record fails it, in any thread.

Not before and not after: Django empties the tables behind a test that commits. The same goes for accounts and groups,
whose writes are told by their signals: a statement on their tables has to stand between a `pre_` and its `post_`.
"""

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.signals import connection_created
from django.db.models import signals

from backoffice.operations import guard
from backoffice.security.locks import housekeeping

watching = False
told: set[tuple[type, int]] = set()  # writes whose signals are between before and after
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
    told.clear()
    try:
        return (yield)
    finally:
        watching = False


def refuse(execute, sql, params, many, context):
    from backoffice.operations import accounts  # which needs Django to be set up

    if watching and not (told or accounts.is_kept_up() or guard.is_writing()):
        guard.refuse_writes(sql, {model._meta.db_table for model in accounts.models()})
    if watching:
        return guard.refuse_unrecorded(execute, sql, params, many, context)
    return execute(sql, params, many, context)


def before(sender, instance, action="pre", **kwargs):
    (told.add if action.startswith("pre") else told.discard)((sender, id(instance)))


def after(sender, instance, **kwargs):
    told.discard((sender, id(instance)))


def listen():
    from backoffice.operations import accounts

    for model in accounts.models():
        for signal in (signals.pre_save, signals.pre_delete, signals.m2m_changed):
            signal.connect(before, sender=model, dispatch_uid="tests.guarded")
        for signal in (signals.post_save, signals.post_delete):
            signal.connect(after, sender=model, dispatch_uid="tests.guarded")


def attach(connection, **kwargs):
    listen()
    if refuse not in connection.execute_wrappers:
        connection.execute_wrappers.append(refuse)


connection_created.connect(attach, dispatch_uid="tests.guarded")
