"""The one rule, on Author → Book → Chapter."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User

from backoffice.access import sees, visible
from tests.access.conftest import grant
from tests.library.models import Author, Book, Chapter, Loan

MODELS = [Author, Book, Chapter, Loan]


def names(user, model, permission="view"):
    return {str(row).partition(" ")[0] for row in visible(user, model.objects.all(), permission)}


@pytest.mark.parametrize("model", MODELS)
def test_a_role_for_one_author_shows_what_hangs_on_that_author(mine, foreign, model):
    assert names(grant("kim", "Reader", author=mine), model) == {"Mine"}


@pytest.mark.parametrize("model", MODELS)
def test_a_role_everywhere_shows_everything(mine, foreign, model):
    assert names(grant("kim", "Reader"), model) == {"Mine", "Foreign"}


@pytest.mark.parametrize("model", MODELS)
def test_no_role_shows_nothing(mine, model):
    for user in (User.objects.create(username="kim"), AnonymousUser()):
        assert not visible(user, model.objects.all())


def test_two_roles_add_up(mine, foreign):
    grant("kim", "Reader")
    user = grant("kim", "Keeper", author=mine)
    assert names(user, Book) == {"Mine", "Foreign"}
    assert names(user, Book, "change") == {"Mine"}


def test_a_permission_of_the_account_itself_holds_everywhere(mine, foreign):
    user = grant("kim", "Keeper", author=mine)
    user.user_permissions.add(Permission.objects.get(codename="view_book"))
    assert names(user, Book) == {"Mine", "Foreign"}
    assert names(user, Book, "delete") == {"Mine"}


def test_permissions_are_asked_anywhere_and_for_a_row(mine, foreign):
    user = grant("kim", "Keeper", author=mine)
    assert user.has_perm("library.change_author")
    assert user.has_perm("library.change_author", mine)
    assert not user.has_perm("library.change_author", foreign)
    assert not user.has_perm("library.import_author", mine)


def test_a_role_for_a_part_says_nothing_about_what_hangs_on_no_author(mine):
    role = grant("kim", "Keeper", author=mine)
    group = role.library_readerships.get().role
    group.permissions.add(Permission.objects.get(codename="view_group"))
    assert not User.objects.get(username="kim").has_perm("auth.view_group")


def test_an_inactive_account_has_nothing(mine):
    user = grant("kim", "Keeper")
    user.is_active = False
    assert not visible(user, Book.objects.all())
    assert not user.has_perm("library.view_book")


def test_a_superuser_is_asked_nothing(hr, mine, django_assert_num_queries):
    with django_assert_num_queries(0):
        visible(hr, Book.objects.all())
        sees(hr, mine, "change")


def test_what_somebody_holds_is_read_once(mine, django_assert_num_queries):
    user = grant("kim", "Keeper", author=mine)
    visible(user, Book.objects.all())
    with django_assert_num_queries(0):
        visible(user, Author.objects.all(), "delete")
