"""What PostgreSQL is told of the table of employees: no index for LIKE of Django's, and to clean up early."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.state import ProjectState

from backoffice.sql.pattern_indexes import DropPatternIndex
from organization.models import Employee

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="no other engine is told any of it"),
]


def pattern_indexes():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Employee._meta.db_table)
    return [name for name in found if name.endswith("_like")]


def test_none_is_kept_of_employees():
    assert pattern_indexes() == []


def test_one_can_be_brought_back_and_dropped_again():
    state, drop = ProjectState.from_apps(apps), DropPatternIndex("Employee", "work_email")
    with connection.schema_editor() as editor:
        drop.database_backwards("organization", editor, state, state)
        assert len(pattern_indexes()) == 1
        drop.database_forwards("organization", editor, state, state)
    assert pattern_indexes() == []


def test_it_is_cleaned_up_before_a_large_department_was_moved_twice():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [Employee._meta.db_table])
        assert "autovacuum_vacuum_scale_factor=0.02" in cursor.fetchone()[0]
