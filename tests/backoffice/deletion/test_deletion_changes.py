"""A deletion is bound to who loses what by it, and to the values of what goes, on Author → Book."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.admin.deletion import deleting
from backoffice.admin.deletion import losses as deletion_losses
from backoffice.admin.deletion import page as deletion_page
from backoffice.admin.deletion.mixin import DeletionMixin
from backoffice.cascades import CascadePlan
from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.operations.since import Moment
from backoffice.security.locks import housekeeping
from tests.backoffice.deletion.deletion_pages import confirm, confirmation, look, make_author, select, text
from tests.library.models import Author, Book
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db


def make_students(mentor, number, name="Student"):
    return Author.objects.bulk_create(Author(name=f"{name} {n}", mentor=mentor) for n in range(number))


def make_sequels(author, to):
    return Book.objects.bulk_create(
        Book(title=f"After {book}", author=author, sequel_to=book) for book in to.book_set.all()
    )


# Who loses what it points at


def test_who_would_lose_something_since_the_preview_stops_the_deletion_and_is_named(panel):
    ada, bo = make_author(), make_author("Bo")
    response = look(panel, ada)
    Author.objects.filter(pk=bo.pk).update(mentor=ada)
    page = text(confirm(panel, response))
    assert "1 author would lose its mentor now, too: Bo." in page
    assert "1 author loses its mentor." in page  # what would happen now
    bo.refresh_from_db()
    assert bo.mentor == ada


def test_who_would_not_lose_it_any_more_stops_the_deletion_too(panel):
    ada = make_author()
    bo, _cy = make_students(ada, 2)
    response = look(panel, ada)
    Author.objects.filter(pk=bo.pk).update(mentor=None)
    assert "1 author would not lose its mentor any more." in text(confirm(panel, response))
    assert Author.objects.filter(pk=ada.pk).exists()


def test_who_would_lose_another_than_the_one_shown_stops_the_deletion_and_is_named(panel):
    ada, bo = make_author(), make_author("Bo")
    make_students(ada, 2)
    response = select(panel, ada, bo)
    Author.objects.filter(name="Student 0").update(mentor=bo)
    Author.objects.filter(name="Student 1").update(name="Student I")  # it loses what was shown
    page = text(panel.post(response.context["action_url"], confirmation(response), follow=True))
    assert "1 author has other values now: Student 0." in page
    assert Author.objects.count() == 4


def test_the_message_says_how_many_lost_something(panel):
    ada = make_author(books=2)
    make_students(ada, 3)
    make_sequels(make_author("Bo"), to=ada)
    page = text(confirm(panel, look(panel, ada)))
    assert "Deleted Ada and 2 books. 3 authors lost their mentor. 2 books lost their sequel to." in page


@pytest.fixture
def few_parents(monkeypatch):
    """Who loses its relation to more than two rows is looked for at one of them."""
    monkeypatch.setattr(deletion_page, "PARENTS", 2)
    monkeypatch.setattr(deletion_page, "SOME", 1)


def test_who_was_not_counted_before_is_compared_all_the_same(panel, few_parents):
    ada, bo = make_author(books=3), make_author("Bo")
    make_sequels(bo, to=ada)
    response = look(panel, ada)
    assert "Not counted yet" in text(response)
    Book.objects.create(title="Late sequel", author=bo, sequel_to=ada.book_set.last())
    assert "1 book would lose its sequel to now, too: Late sequel." in text(confirm(panel, response))
    assert bo.book_set.filter(sequel_to=None).count() == 0


def test_who_was_not_counted_and_was_there_before_is_named_in_the_message(panel, few_parents):
    ada, bo = make_author(books=3), make_author("Bo")
    make_sequels(bo, to=ada)
    response = look(panel, ada)
    Author.objects.create(name="Somebody else")  # others work on
    assert "3 books lost their sequel to." in text(confirm(panel, response))


def test_what_is_not_recorded_is_counted_before_it_can_be_confirmed(panel, few_parents, monkeypatch):
    monkeypatch.setattr(deletion_losses, "is_recorded", lambda model: False)
    ada = make_author(books=3)
    page = text(look(panel, ada))
    assert ">Count exactly, then decide</button>" in page
    assert "bo-danger" not in page
    assert "Delete Ada and 3 books</button>" in text(look(panel, ada, count="exact"))


def test_what_an_account_does_meanwhile_does_not_keep_it(panel, django_user_model):
    bo = django_user_model.objects.create_user("bo")
    address = reverse("admin:auth_user_delete", args=[bo.pk])
    fields = confirmation(panel.get(address))
    with operation("edit", actor=bo):
        make_author()
    show_who_it_is(panel)
    assert "Deleted bo. 1 operation lost its actor." in text(panel.post(address, fields, follow=True))


# Values


def test_what_was_changed_since_the_preview_is_not_deleted_and_is_named(panel):
    ada, bo = make_author(), make_author("Bo")
    response = select(panel, ada, bo)
    Author.objects.filter(pk=ada.pk).update(name="Somebody else")
    response = panel.post(response.context["action_url"], confirmation(response), follow=True)
    assert "1 author has other values now: Somebody else." in text(response)
    assert Author.objects.count() == 2
    panel.post(response.context["action_url"], confirmation(response))
    assert not Author.objects.exists()


def test_what_hangs_on_it_is_compared_too_whoever_changed_it(panel, hr):
    ada = make_author(books=2)
    response = look(panel, ada)
    with operation("edit", actor=hr):
        ada.book_set.filter(title="Ada 1").update(title="Ada I")
    assert "1 book has other values now: Ada I." in text(confirm(panel, response))
    assert ada.book_set.count() == 2


def test_who_is_new_is_not_called_changed_as_well(panel):
    ada, bo = make_author(), make_author("Bo", books=1)
    response = look(panel, ada)
    bo.book_set.update(author=ada)
    page = text(confirm(panel, response))
    assert "1 book is new: Bo 0." in page
    assert "other values" not in page


def test_who_was_elsewhere_before_is_named_as_new_among_many_too(panel, monkeypatch):
    monkeypatch.setattr("backoffice.previewed.NAMED", 1)
    bo, ada = make_author("Bo", books=1), make_author(books=3)
    response = look(panel, ada)
    bo.book_set.update(author=ada)
    ada.book_set.filter(title="Ada 1").update(title="Ada I")
    page = text(confirm(panel, response))
    assert "1 book is new: Bo 0." in page
    assert "1 book has other values now: Ada I." in page


def test_what_was_changed_before_the_preview_does_not_matter(panel):
    ada = make_author(books=1)
    for name in ("Ana", "Eve", "Ada"):
        Author.objects.filter(pk=ada.pk).update(name=name)
    with housekeeping():
        Operation.objects.filter(pk=Operation.objects.values("pk")[1]["pk"]).delete()  # came to nothing
    assert Moment.now().hidden
    assert "Deleted Ada and 1 book." in text(confirm(panel, look(panel, ada)))


def test_what_others_do_elsewhere_does_not_matter(panel):
    ada, bo = make_author(books=1), make_author("Bo", books=1)
    response = look(panel, ada)
    bo.book_set.update(title="New")
    assert "Deleted Ada and 1 book." in text(confirm(panel, response))


def test_what_is_written_at_the_very_moment_stops_the_deletion(panel, monkeypatch):
    """As if it had been committed only after it was looked for."""
    ada = make_author()
    response = look(panel, ada)
    monkeypatch.setattr(deleting, "changes", lambda page, before, own: [])
    Author.objects.filter(pk=ada.pk).update(name="Ana")
    assert "at the same moment" in text(confirm(panel, response))
    assert Author.objects.get().name == "Ana"


def test_who_gets_something_to_lose_at_the_very_moment_stops_the_deletion(panel, monkeypatch):
    def write_and_delete(self, request, queryset):
        Author.objects.filter(name="Bo").update(mentor=ada)
        return CascadePlan(queryset).apply()

    ada = make_author()
    response = look(panel, ada)
    make_author("Bo")
    monkeypatch.setattr(DeletionMixin, "delete_queryset", write_and_delete)
    assert "at the same moment" in text(confirm(panel, response))
    assert Author.objects.count() == 2


def test_who_comes_to_lose_another_at_the_very_moment_stops_the_deletion(panel, monkeypatch):
    ada, bo = make_author(), make_author("Bo")
    make_students(ada, 1)
    response = select(panel, ada, bo)
    monkeypatch.setattr(deleting, "changes", lambda page, before, own: [])
    Author.objects.filter(mentor=ada).update(mentor=bo)
    page = text(panel.post(response.context["action_url"], confirmation(response), follow=True))
    assert "at the same moment" in page
    assert bo.students.exists()


def test_a_confirmation_asks_as_much_of_few_as_of_many(panel):
    asked = []
    for number in (5, 800):  # above 1,000 relations are compared by the record, which is a query each
        ada = make_author(books=number)
        make_students(ada, number)
        make_sequels(make_author("Bo"), to=ada)
        response = look(panel, ada)
        Author.objects.filter(mentor=ada).update(name="New")  # others work on
        with CaptureQueriesContext(connection) as queries:
            panel.post(response.wsgi_request.path, confirmation(response))
        assert not Author.objects.filter(pk=ada.pk).exists()
        asked.append(len(queries))
    assert asked[0] == asked[1]
