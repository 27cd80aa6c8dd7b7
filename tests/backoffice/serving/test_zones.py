import datetime
import re

import pytest
from django.utils import timezone, translation

from backoffice.admin.moments import moments
from backoffice.models import Operation
from backoffice.security.locks import housekeeping
from backoffice.serving.zones import COOKIE, zone_named
from tests.library.models import Author


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "/etc/passwd", "Europe", "No/Where", "x" * 99, "\x00", "é"]
)
def test_what_names_no_zone_is_none(name):
    assert zone_named(name) is None


@pytest.mark.django_db
def test_times_are_those_of_the_browser(panel):
    at = datetime.datetime(2026, 1, 31, 23, 30, tzinfo=timezone.get_default_timezone())
    operation = Operation.objects.create(kind="edit", at=at)
    url = f"/admin/backoffice/operation/{operation.pk}/change/"
    assert "Jan. 31, 2026, 11:30 p.m." in panel.get(url).content.decode()
    panel.cookies[COOKIE] = "Asia/Kolkata"
    assert "Feb. 1, 2026, 5 a.m." in panel.get(url).content.decode()
    assert timezone.get_current_timezone_name() == timezone.get_default_timezone_name()


def test_times_that_would_read_alike_are_told_apart():
    def at(*time):
        return datetime.datetime(2026, 10, 25, *time, tzinfo=datetime.UTC)

    times = [at(9, 0), at(0, 30), at(1, 30), at(7, 5, 1), at(7, 5, 1, 5), at(7, 5, 2)]
    with timezone.override("Europe/Berlin"), translation.override("de"):
        assert [re.sub("<[^>]+>", "", words) for words in moments(times, exactly=True).values()] == [
            "25. Oktober 2026 10:00",
            "25. Oktober 2026 02:30 CEST",
            "25. Oktober 2026 02:30 CET",
            "25. Oktober 2026 08:05:01.000000",
            "25. Oktober 2026 08:05:01.000005",
            "25. Oktober 2026 08:05:02",
        ]
        assert '<time datetime="2026-10-25T10:00:00+01:00">' in moments(times)[times[0]]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["library/author/{key}/history/", "backoffice/operation/"])
def test_two_changes_of_one_minute_read_differently(panel, path):
    author = Author.objects.create(name="Ada")
    Author.objects.update(name="Bea")
    for second, operation in enumerate(Operation.objects.order_by("pk")):
        with housekeeping():
            Operation.objects.filter(pk=operation.pk).update(at=f"2026-01-31T23:30:0{second}Z")
    panel.cookies[COOKIE] = "Asia/Kolkata"
    page = panel.get(f"/admin/{path.format(key=author.pk)}").content.decode()
    assert ("Times are those of Asia/Kolkata." if "history" in path else "Time (Asia/Kolkata)") in page
    for second in range(2):
        shown = f'<time datetime="2026-02-01T05:00:0{second}+05:30">Feb. 1, 2026, 5:00:0{second} a.m.</time>'
        assert page.count(shown) == (3 if "history" in path else 1)  # its radio buttons are called so, too
