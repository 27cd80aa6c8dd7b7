"""Not a page: what the browser tests themselves stand on."""

import sqlite3
import threading

from django.db.backends.sqlite3.base import SQLiteCursorWrapper


def test_threads_that_share_a_connection_do_not_wait_for_each_other_for_good():
    shared = sqlite3.connect(":memory:", check_same_thread=False)
    shared.create_function("same", 1, lambda value: value)
    shared.execute("CREATE TABLE numbers (number)")
    shared.executemany("INSERT INTO numbers VALUES (?)", [(number,) for number in range(50)])
    done = []

    def read():
        for _ in range(300):
            with_python = "SELECT same(number) FROM numbers WHERE number < %s AND number >= %s"
            cursor = shared.cursor(factory=SQLiteCursorWrapper)
            done.append(len(cursor.execute(with_python, (50, 0)).fetchall()))
            cursor.close()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shared.close()
    assert done == [50] * 900
