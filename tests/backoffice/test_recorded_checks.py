"""A recorded model that something could be written to without a record is reported at start."""

import pytest
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

from backoffice.models import Recorded
from backoffice.operations import checks
from backoffice.operations.sets import RecordedQuerySet


def model(*bases, meta=Recorded.Meta, **attributes):
    meta = type("Meta", (meta,), {"app_label": "shapes", "abstract": False})
    attributes = {"__module__": __name__, "Meta": meta, "__str__": lambda row: "", **attributes}
    return type("Thing", bases or (Recorded,), attributes)


def with_a_plain_base_manager():
    return model(meta=type("Meta", (), {"base_manager_name": "plain"}), plain=models.Manager())


def with_a_plain_manager():
    return model(found=models.Manager())


def in_two_tables():
    return type(
        "Part",
        (model(),),
        {"__module__": __name__, "Meta": type("Meta", (Recorded.Meta,), {"app_label": "shapes"})},
    )


def with_a_set():
    return model(tags=models.ManyToManyField("self"))


def that_goes_with_an_unrecorded():
    other = type(
        "Other", (models.Model,), {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "shapes"})}
    )
    return model(other=models.ForeignKey(other, models.CASCADE))


def that_takes_an_unrecorded_along():
    thing = model()
    attributes = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "shapes"})}
    type("Other", (models.Model,), {**attributes, "thing": models.ForeignKey(thing, models.CASCADE)})
    return thing


@pytest.mark.parametrize(
    ("number", "make"),
    [
        ("E101", with_a_plain_base_manager),
        ("E102", with_a_plain_manager),
        ("E103", in_two_tables),
        ("W201", with_a_set),
        ("W202", that_goes_with_an_unrecorded),
        ("W203", that_takes_an_unrecorded_along),
    ],
)
@isolate_apps("tests.shapes")
def test_what_could_leave_no_record_is_reported(number, make):
    found = {message.id: message for message in checks.problems(make())}
    assert found[f"backoffice.{number}"].hint


@isolate_apps("tests.shapes")
def test_a_manager_of_ones_own_that_records_is_fine():
    class People(RecordedQuerySet):
        pass

    assert list(checks.problems(model(objects=People.as_manager()))) == []


@pytest.mark.django_db  # Django 6.1 asks the engine about JSON
def test_the_models_of_the_product_and_of_the_library_have_nothing_to_report():
    assert [message for message in run_checks() if "backoffice" in message.id] == []
