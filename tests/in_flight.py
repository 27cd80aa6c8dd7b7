"""What somebody has written and not committed yet, on PostgreSQL."""

import threading
import time
from contextlib import contextmanager

from django.db import connection, transaction

WAITING = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database()) OR NOT granted AND transactionid IS NOT NULL)
"""


@contextmanager
def in_flight(deed):
    """`deed` is done in a transaction that ends as soon as somebody waits for it."""
    done, errors = threading.Event(), []

    def work():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                deed()
                done.set()
                end = time.monotonic() + 10
                while time.monotonic() < end:
                    cursor.execute(WAITING)
                    if cursor.fetchone()[0]:
                        return
                    time.sleep(0.02)
                raise AssertionError("Nobody waited.")
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    done.wait(10)
    yield
    thread.join(15)
    assert errors == []
