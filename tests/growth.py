"""Count the queries of a page, for "as many at 5 rows as at 5,000"."""

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries(client, url):
    """(queries, size in bytes) of a page that must answer 200; once before, to fill the caches."""
    client.get(url)
    return asked(client, url)


def asked(client, url):
    """As queries(), of a page that was opened before."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return [query["sql"] for query in captured.captured_queries], len(response.content)
