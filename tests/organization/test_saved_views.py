"""Views that were saved before an address of the lists changed."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from backoffice.saved_views import SavedView


@pytest.mark.django_db
def test_a_view_of_those_without_a_location_goes_on_to_show_them(django_user_model):
    hr = django_user_model.objects.create(username="hr")
    asked = {"q": ["x"], "location": ["none", "Rome"], "manager": ["none"]}
    view = SavedView.objects.create(model="organization.employee", owner=hr, name="Homeless", query=asked)
    migration = import_module("organization.migrations.0021_views_without_location")
    migration.ask_for_the_empty_by_its_name(apps, SimpleNamespace(connection=connection))
    view.refresh_from_db()
    assert view.query == {"q": ["x"], "location__empty": ["1"], "location": ["Rome"], "manager": ["none"]}
