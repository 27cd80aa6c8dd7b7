import pytest
from django.db.models import F, Q

from backoffice.exchange.conditions import holds


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Q(a=1), True),
        (~Q(a=1), False),
        (Q(a=1) & Q(b=1), False),
        (Q(a=1) | Q(b=1), True),
        (Q(none=1), None),
        (~Q(none=1), None),
        (Q(none=1) | Q(a=1), True),
        (Q(none=1) & Q(a=2), False),
        (Q(none__isnull=True), True),
        (Q(b__gte=F("a"), b__lt=3, a__in=[1, 5]), True),
        (Q(a__gt=F("b")) | Q(a__lte=F("none")), None),
        (Q(a__regex="x"), None),
    ],
)
def test_a_condition_holds_or_does_not_or_is_unknown(condition, expected):
    values = {"a": 1, "b": 2, "none": None}
    assert holds(condition, values.__getitem__) is expected
