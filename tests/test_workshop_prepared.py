import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from tests.library.models import Author


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_behind_a_test_that_commits_the_database_is_as_before(turn):
    assert not Author.objects.exists()
    assert not Author.history_model.objects.exists()
    assert Group.objects.filter(name="HR administrator").exists()
    assert Permission.objects.filter(content_type=ContentType.objects.get_for_model(Author)).exists()
    Author.objects.create(name="Ada")
    Group.objects.all().delete()
