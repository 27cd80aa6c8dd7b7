"""Lists with columns that are neither texts nor days nor relations."""

from datetime import UTC, datetime
from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.contrib.admin import SimpleListFilter, site
from django.contrib.admin.options import IncorrectLookupParameters
from django.utils.timezone import override as time_zone

from backoffice import admin
from backoffice.admin import counting
from tests.shapes.models import Measure

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(rf, hr):
    """listed("?o=1", list_display=(…)): the list of the measures, two on a page."""

    def built(query="", **attributes):
        request = rf.get(f"/{query}")
        request.user, request._messages = hr, Mock()
        kind = type("Admin", (admin.ModelAdmin,), {"list_per_page": 2, "ordering": ("name",), **attributes})
        return kind(Measure, site).get_changelist_instance(request)

    return built


def make(**values):
    """A row for each of the values of a column, named A, B, C …"""
    [(column, each)] = values.items()
    rows = [Measure(name=chr(65 + number), **{column: value}) for number, value in enumerate(each)]
    Measure.objects.bulk_create(rows)


def names(changelist):
    return "".join(row.name for row in changelist.result_list)


def asked(listed, query, **attributes):
    try:
        return names(listed(query, **attributes))
    except IncorrectLookupParameters:
        return "refused"


class Dear(SimpleListFilter):
    title, parameter_name = "dear", "dear"

    def lookups(self, request, model_admin):
        return [("1", "Dear")]

    def queryset(self, request, queryset):
        return queryset.filter(amount__gte=Decimal("9.5"), amount__in=[Decimal(10), Decimal("9.50")])


def test_many_rows_are_filtered_by_a_decimal_as_they_are_counted(listed, monkeypatch):
    make(amount=["10", "9", "9.5", None])
    monkeypatch.setattr(counting, "LIMIT", 1)
    assert names(listed(list_filter=(Dear,))) == "AC"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("at__from=2026-01-05&at__to=2026-01-05", "BC"),
        ("at__from=2026-01-06", "D"),
        ("at__from=0001-01-01&at__to=9999-12-31", "ABCD"),
        ("at__to=2026-01-04&at=none", "AE"),
    ],
)
@time_zone("Asia/Tokyo")
def test_days_of_moments_are_whole_ones_of_the_persons_time_zone(listed, query, found):
    moments = "04T14:59:59", "04T15:00", "05T14:59:59.999999", "05T15:00"
    make(at=[*(datetime.fromisoformat(f"2026-01-{at}Z") for at in moments), None])
    assert names(listed(f"?{query}", list_filter=(("at", admin.DateRangeFilter),), list_per_page=9)) == found


@pytest.mark.parametrize(
    ("column", "query", "found"),
    [("is_right", "none", "C"), ("is_right", "0", "B"), ("level", "2", "AC"), ("level", "none", "refused")],
)
def test_empty_is_a_choice_where_a_column_can_be(listed, column, query, found):
    make(is_right=[True, False, None])
    Measure.objects.exclude(name="B").update(level=2)
    filters = {"list_filter": ((column, admin.ChoicesFilter),)}
    counted = listed("?_facets=True", **filters)
    [spec] = counted.filter_specs
    assert ("none" in [choice["value"] for choice in spec.choices(counted)]) == (column == "is_right")
    assert asked(listed, f"?{column}={query}", **filters) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("1.5", "AC"),
        ("1.5&weight=2", "ABC"),
        ("x", "refused"),
        ("1e999", "refused"),
        ("1.5&weight__empty=1", "ACD"),
    ],
)
def test_values_of_numbers_are_typed_and_none_are_suggested(listed, query, found):
    make(weight=[1.5, 2, 1.5, None])
    filters = {"list_filter": (("weight", admin.ValuesFilter), ("level", admin.ValuesFilter))}
    assert [spec.suggestions for spec in listed(**filters).filter_specs] == [[], []]
    assert asked(listed, f"?weight={query}", **filters, list_per_page=9) == found
    assert asked(listed, f"?level={10**19}", **filters) == "refused"
    assert asked(listed, "?level__empty=1", **filters) == "refused"


OTHERS = ("name", "amount", "at", "is_right", "weight", "address", "scan", "facts", "raw")


@pytest.mark.parametrize("column", OTHERS[1:])
def test_every_row_is_seen_whatever_column_is_sorted_by(listed, column):
    values = {
        "amount": ["10", "9", "9.5", "9", None],
        "at": [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 6)],
        "is_right": [True, None, False, True, True],
        "weight": [1.5, 0.1, None, 1e300, 0.1],
        "address": ["10.0.0.9", "10.0.0.10", None, "10.0.0.9", "::1"],
        "scan": ["b.pdf", "", "a.pdf", "", "b.pdf"],
        "facts": [[1], {"a": 1}, "x", None, [1]],
        "raw": [b"b", b"a", None, b"b", b"a"],
    }
    make(**{column: values[column]})
    for sign in ("", "-"):
        assert_walk(listed, f"o={sign}{OTHERS.index(column) + 1}")


def assert_walk(listed, order):
    query, seen = f"?{order}", ""
    while query is not None and len(seen) < 6:
        page = listed(query, list_display=OTHERS)
        seen, query = seen + names(page), page.links.next
    assert "".join(sorted(seen)) == "ABCDE"


@pytest.mark.parametrize("column", ["facts", "raw"])
def test_nobody_sorts_by_what_no_link_can_hold(listed, column):
    page = listed("?o=2", list_display=("name", column))
    assert list(page.sortable_by) == ["name"]
    assert listed(ordering=(column,)).order.paths == ("pk",)


@pytest.mark.parametrize(
    ("start", "found"), [("2026-01-02", "BA"), ("2026-01-02T10:00", "A"), ("2026-01-02T10:00Z", "A")]
)
def test_a_jump_downward_begins_at_the_moment_or_after_the_day_that_was_typed(listed, start, found):
    make(at=[datetime(2026, 1, 2, hour, tzinfo=UTC) for hour in (9, 12)])
    assert asked(listed, f"?o=-2&from={start}", list_display=("name", "at")) == found


@pytest.mark.parametrize(
    ("column", "text"),
    [("address", "10.0.0.300"), ("weight", "NaN"), ("weight", "1e400"), ("at", "x")],
)
def test_a_jump_to_what_a_column_cannot_hold_is_no_failure(listed, column, text):
    make(amount=["1", "2"])
    found = asked(listed, f"?o=2&from={text}", list_display=("name", column))
    assert found == "refused" or column == "address"  # which only PostgreSQL knows from a text
