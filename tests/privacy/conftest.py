import pytest
from django.contrib.auth.models import Permission

from backoffice.access import fresh
from organization.models import Department

SEEN = ["view_author", "view_department", "view_employee"]


def privacy_officer(django_user_model, name, sees=SEEN):
    user = django_user_model.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["purge", *sees]))
    return user


@pytest.fixture
def alice(django_user_model):
    return privacy_officer(django_user_model, "alice")


@pytest.fixture
def bob(django_user_model):
    return privacy_officer(django_user_model, "bob")


@pytest.fixture
def sales():
    return Department.objects.create(name="Sales")


@pytest.fixture(autouse=True)
def signed_in_just_now(monkeypatch):
    monkeypatch.setattr(fresh, "is_fresh", lambda request: True)
