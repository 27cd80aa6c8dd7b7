from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from backoffice.fields import KeyField, NameField, PlainDecimalField, UniqueEmailField
from backoffice.shown import shown_value

ZERO_WIDTH, JOINER, MARK, FILLER = "\u200b", "\u200d", "\ufeff", "\u3164"


@pytest.mark.parametrize("text", [ZERO_WIDTH, MARK, f" {JOINER}\n", FILLER, "\u00a0"])
def test_a_name_that_nobody_sees_is_none(text):
    with pytest.raises(ValidationError, match="Enter a name"):
        NameField(max_length=9).clean(text, None)
    assert KeyField().clean(text, None) is None


def test_what_nobody_sees_stays_inside_and_goes_at_the_ends():
    family = f"A{JOINER}B"
    assert NameField(max_length=9).clean(f"{MARK}{family} {ZERO_WIDTH}", None) == family
    assert UniqueEmailField().clean(f"A@x.example{ZERO_WIDTH}", None) == "a@x.example"


def test_a_name_is_kept_as_a_text_like_others():
    assert NameField(max_length=9).deconstruct()[1] == "django.db.models.CharField"


@pytest.mark.parametrize(("stored", "shown"), [("0.800", "0.8"), ("1.000", "1"), ("10.000", "10")])
def test_zeros_at_the_end_of_a_plain_number_are_not_shown(stored, shown):
    field = PlainDecimalField(max_digits=5, decimal_places=3)
    assert str(field.formfield().prepare_value(Decimal(stored))) == shown
    assert shown_value(Decimal(stored), field, "-") == shown
    assert field.deconstruct()[1] == "django.db.models.DecimalField"
