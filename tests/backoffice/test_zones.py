import datetime

import pytest
from django.utils import timezone

from backoffice.models import Operation
from backoffice.zones import COOKIE, zone_named


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
