"""The first page of another one-to-many."""

from django.db.models import Q
from django.db.models.functions import TruncMonth

from backoffice import dashboard
from backoffice.access.trees import trees_of
from backoffice.dashboard.charts import months
from backoffice.dashboard.counts import month
from tests.library.models import Book

[AUTHORS] = trees_of(Book)


def in_a_year(column):
    return lambda day: Q(**{f"{column}__gte": months(day)[0]})


def between(column):
    return lambda first, final: {f"{column}__from": first.isoformat(), f"{column}__to": final.isoformat()}


BOOKS = dashboard.declare(
    dashboard.Board(
        name="books",
        model=Book,
        tree=AUTHORS,
        title="Books",
        size="books",
        place_filter="author",
        measures=(
            dashboard.Measure("books", lambda day: Q()),
            dashboard.Measure("published", in_a_year("published_on"), TruncMonth("published_on")),
            dashboard.Measure("withdrawn", in_a_year("withdrawn_on"), TruncMonth("withdrawn_on")),
            dashboard.Measure("by_isbn", lambda day: Q(), "isbn"),
            dashboard.Measure("undated", lambda day: Q(published_on__isnull=True)),
        ),
        figures=(
            dashboard.Figure(
                "published",
                lambda day: "Published this month",
                lambda counts, day: counts.of("published", month(day)),
                lambda day: {"published_on__from": day.replace(day=1).isoformat()},
            ),
        ),
        attention=(
            dashboard.Attention(
                "undated",
                lambda number: "books without a date",
                lambda day: {"published_on": "none"},
                "Set fields",
                keep=True,
            ),
        ),
        charts=(
            dashboard.Below("author", "Books by author", "books", lambda day: {}, "Author"),
            dashboard.Months(
                "months",
                "Withdrawn and published",
                dashboard.Series("withdrawn", "Withdrawn", between("withdrawn_on")),
                dashboard.Series("published", "Published", between("published_on")),
            ),
            dashboard.Groups(
                "isbn",
                "Books by ISBN",
                "by_isbn",
                lambda day, value: {"q": value},
                lambda value: value or "None",
            ),
        ),
    )
)
