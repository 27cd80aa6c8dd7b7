import pytest
from django.contrib.auth.models import Group, User

from tests.library.models import Author, Book, Chapter, Loan, Readership


def make_account(name, *, staff=False):
    return User.objects.create(username=name, is_staff=staff)


def grant(name, role, **where):
    """An account with a role of the library."""
    user, _made = User.objects.get_or_create(username=name)
    Readership.objects.create(user=user, role=Group.objects.get(name=role), **where)
    return user


def make_author(name):
    author = Author.objects.create(name=name)
    for number in range(2):
        book = Book.objects.create(title=f"{name} book {number}", author=author, isbn=f"{name}-{number}")
        Chapter.objects.create(title=f"{name} chapter {number}", book=book)
    Loan.objects.create(borrower=f"{name} borrower", book=book)
    return author


@pytest.fixture
def mine(db):
    return make_author("Mine")


@pytest.fixture
def foreign(db):
    return make_author("Foreign")
