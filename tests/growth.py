"""Count the queries of a page, for "as many at 5 rows as at 5,000"."""

from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries(client, url):
    """(queries, size in bytes) of a page that must answer 200; once before, to fill the caches."""
    client.get(url)
    # A session is written once in so many seconds: not on the page that is asked for just then.
    with (
        patch("backoffice.access.sessions.NOTED_EVERY", 10**6),
        CaptureQueriesContext(connection) as captured,
    ):
        response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return [query["sql"] for query in captured.captured_queries], len(response.content)
