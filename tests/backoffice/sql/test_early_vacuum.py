"""PostgreSQL cleans up after few changed rows: pages count by indexes alone."""

import pytest
from django.apps import apps
from django.db import connection

from backoffice.sql.early_vacuum import SETTINGS, VacuumEarly
from tests.library.models import Book

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere nothing is left to clean up"),
]


def test_a_table_is_cleaned_up_early_and_as_before_again():
    operation, state = VacuumEarly("book"), type("State", (), {"apps": apps})
    with connection.schema_editor() as editor:
        operation.database_forwards("library", editor, state, state)
    assert settings_of(Book) == [f"{name}=0.02" for name in SETTINGS]
    with connection.schema_editor() as editor:
        operation.database_backwards("library", editor, state, state)
    assert settings_of(Book) == []


def settings_of(model):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [model._meta.db_table])
        return cursor.fetchone()[0] or []
