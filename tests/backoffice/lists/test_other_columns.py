"""Lists with columns that are neither texts nor days nor relations."""

from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.contrib.admin import SimpleListFilter, site

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
