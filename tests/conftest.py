import pytest


@pytest.fixture
def hr(django_user_model):
    """Somebody who may do everything."""
    return django_user_model.objects.create_superuser("hr", password="a long enough password")


@pytest.fixture
def panel(client, hr):
    """A browser in which `hr` is signed in."""
    client.force_login(hr)
    return client
