"""The delete page, on Author → Book → Chapter."""

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django.db import connection
from django.urls import reverse

from backoffice import previewed
from backoffice.admin.deletion import page as deletion_page
from backoffice.admin.deletion.mixin import DeletionMixin
from backoffice.cascades import CascadePlan
from backoffice.models import Operation
from tests.backoffice.deletion.deletion_pages import (
    NOTED,
    confirm,
    confirmation,
    look,
    make_author,
    text,
    url,
)
from tests.library.models import Author, Book, Chapter, Loan

pytestmark = pytest.mark.django_db


def test_the_page_says_what_goes_and_deletes_nothing(panel):
    ada = make_author(books=2, chapters=3)
    page = text(look(panel, ada))
    assert "<h1>Delete Ada?</h1>" in page
    assert "<strong>Ada, 2 books and 6 chapters</strong> will be deleted." in page
    assert 'class="bo-danger">Delete Ada, 2 books and 6 chapters</button>' in page
    assert Author.objects.count() == 1


def test_confirming_deletes_what_was_shown_and_says_so(panel, hr):
    ada, bo = make_author(books=2, chapters=1), make_author("Bo", books=1, chapters=1)
    response = confirm(panel, look(panel, ada))
    assert "Deleted Ada, 2 books and 2 chapters." in text(response)
    assert (Author.objects.get(), Book.objects.count(), Chapter.objects.count()) == (bo, 1, 1)
    line = Operation.objects.first()
    assert (line.kind, line.subject, line.actor, line.number) == ("delete", "Ada", hr, 5)


def test_nothing_but_the_author_goes_when_there_is_nothing_else(panel):
    assert "<strong>Ada</strong> will be deleted." in text(look(panel, make_author()))


def test_only_one_button_is_red_and_cancel_comes_first(panel):
    page = text(look(panel, make_author(books=1)))
    assert page.count("bo-danger") == 1
    assert page.index(">Cancel</a>") < page.index("bo-danger")


def test_rows_that_lose_what_they_point_at_are_named(panel):
    ada = make_author(books=1)
    Author.objects.create(name="Bo", mentor=ada)
    page = text(look(panel, ada))
    assert "1 author loses its mentor." in page
    assert ">Bo</a>" in page


def test_a_protected_book_is_explained_with_a_link_and_no_button(panel):
    ada = make_author(books=1)
    loan = Loan.objects.create(book=ada.book_set.get(), borrower="Eve")
    page = text(look(panel, ada))
    assert "<h1>Ada cannot be deleted</h1>" in page
    assert "1 loan has one of these books as its book." in page
    assert reverse("admin:library_loan_change", args=[loan.pk]) in page
    assert "bo-danger" not in page


def test_a_book_lent_since_the_preview_stops_the_deletion(panel):
    ada = make_author(books=1)
    response = look(panel, ada)
    Loan.objects.create(book=ada.book_set.get(), borrower="Eve")
    typed = {**confirmation(response), "reason": "Merger", "typed": "Ada"}
    page = text(panel.post(url(ada), typed))
    assert "Nothing was deleted" in page
    assert '<input type="text" id="deletion-reason" name="reason" value="Merger"' in page
    assert '<input type="hidden" name="typed" value="Ada">' in page
    assert "1 loan has one of these books" in page
    assert Author.objects.exists()


def test_a_newcomer_stops_the_deletion_and_is_named(panel):
    ada = make_author(books=2)
    response = look(panel, ada)
    Book.objects.create(title="Late arrival", author=ada)
    page = text(confirm(panel, response))
    assert "1 book is new: Late arrival." in page
    assert "Delete Ada and 3 books" in page
    assert Book.objects.count() == 3


def test_one_that_came_and_one_that_went_do_not_cancel_out(panel):
    ada, bo = make_author(books=2), make_author("Bo", books=1)
    response = look(panel, ada)
    ada.book_set.first().delete()
    Book.objects.filter(author=bo).update(author=ada)
    page = text(confirm(panel, response))
    assert "1 book is new: Bo 0. 1 book is no longer there." in page
    assert ada.book_set.count() == 2


@pytest.mark.parametrize(
    "forged",
    ["", "nonsense", signing.dumps({"library.Author": [1, 1, 1, [1]]})],
    ids=["empty", "nonsense", "signed for something else"],
)
def test_a_forged_preview_deletes_nothing(panel, forged):
    ada = make_author(books=1)
    response = panel.post(url(ada), {"previewed": forged})
    assert "Nothing was deleted: the page was incomplete." in text(response)
    assert Author.objects.exists()


def test_other_rows_whose_keys_amount_to_the_same_are_noticed(panel, monkeypatch):
    monkeypatch.setattr(previewed, "NAMED", 1)
    ada, bo = make_author(books=6), make_author("Bo")
    keys = list(ada.book_set.order_by("pk").values_list("pk", flat=True))
    Book.objects.filter(pk__in=keys[1:3]).update(author=bo)
    response = look(panel, ada)
    Book.objects.filter(pk__in=keys[1:3]).update(author=ada)
    Book.objects.filter(pk__in=[keys[0], keys[3]]).update(author=bo)
    assert "They are not the same books any more." in text(confirm(panel, response))
    assert ada.book_set.count() == 4


def test_the_preview_of_somebody_else_deletes_nothing(panel, client, django_user_model):
    ada = make_author(books=1)
    fields = confirmation(look(panel, ada))
    client.force_login(django_user_model.objects.create_superuser("other", password="x"))
    assert "Nothing was deleted: the page was incomplete." in text(client.post(url(ada), fields))


def test_an_old_preview_deletes_nothing(panel, monkeypatch):
    ada = make_author(books=1)
    response = look(panel, ada)
    monkeypatch.setattr(previewed, "MAX_AGE", -1)
    assert "older than an hour" in text(confirm(panel, response))
    assert Author.objects.exists()


def test_the_preview_of_another_model_deletes_nothing(panel, hr):
    ada = make_author(books=1)
    nonce = previewed.new_nonce()
    other = previewed.signed({"library.Loan": previewed.look(Loan.objects.all(), nonce)}, nonce, hr)
    assert "Nothing was deleted" in text(panel.post(url(ada), {"previewed": other}))
    assert Author.objects.exists()


def test_a_post_without_a_preview_deletes_nothing(panel):
    ada = make_author()
    panel.post(url(ada), {"post": "yes"})
    assert Author.objects.exists()


def test_somebody_who_may_not_delete_books_is_told_so(client, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["delete_author", "view_author"]))
    client.force_login(clerk)
    ada = make_author(books=1)
    page = text(look(client, ada))
    assert "Ada and 1 book would be deleted, but you may not delete books. Ask somebody who may." in page
    assert "bo-danger" not in page
    assert "Ada 0" not in page  # and may not see them either
    fingerprint = look(client, ada).context["page"].fingerprint
    assert client.post(url(ada), {"previewed": fingerprint}).status_code == 403
    assert Author.objects.exists()


def test_rows_that_somebody_may_delete_but_not_view_are_counted_and_not_named(client, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    may = ["delete_author", "view_author", "delete_book", "delete_chapter"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=may))
    client.force_login(clerk)
    page = text(look(client, make_author(books=1)))
    assert "Delete Ada and 1 book</button>" in page
    assert "Ada 0" not in page


def test_who_may_delete_a_book_may_so_with_a_sequel_that_only_loses_it(client, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["delete_book", "view_book"]))
    client.force_login(clerk)
    ada = make_author(books=1)
    Book.objects.create(title="More", author=ada, sequel_to=ada.book_set.get())
    page = text(client.get(f"/admin/library/book/{ada.book_set.get(sequel_to=None).pk}/delete/"))
    assert ("you may not change" in page, "bo-danger" in page) == (False, True)


def test_a_book_that_comes_while_the_deletion_runs_is_not_swept_away_unseen(panel, monkeypatch):
    def write_and_delete(self, request, queryset):
        Book.objects.create(title="Late", author=queryset.get())
        return CascadePlan(queryset).apply()

    ada = make_author(books=1)
    response = look(panel, ada)
    monkeypatch.setattr(DeletionMixin, "delete_queryset", write_and_delete)
    assert "at the same moment" in text(confirm(panel, response))
    assert ada.book_set.count() == 1


def test_without_permission_there_is_no_page(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("guest", is_staff=True))
    assert look(client, make_author()).status_code == 403


def test_an_author_who_is_gone_leads_back_to_the_list(panel):
    ada = make_author()
    address = url(ada)
    ada.delete()
    assert "This author does not exist (any more)." in text(panel.get(address, follow=True))
    page = text(panel.post(address, {"reason": "Merger"}, follow=True))
    assert "(any more). What you entered was not saved: Reason: “Merger”." in page


def test_names_are_shown_as_they_are_and_never_as_markup(panel):
    ada = make_author('<script>alert("ö")</script> 李')
    page = text(look(panel, ada))
    assert "<script>alert" not in page
    assert "Delete &lt;script&gt;alert(&quot;ö&quot;)&lt;/script&gt; 李?" in page


def test_the_first_twenty_are_listed_and_all_can_be_searched(panel):
    ada = make_author(books=25)
    page = text(look(panel, ada))
    assert page.count('/change/">Ada ') == 20
    assert "and 5 more" in page
    assert f'href="{reverse("admin:library_book_changelist")}?author={ada.pk}"' in page
    assert "Ada 24</a>" in text(look(panel, ada, q="24"))
    assert "None of them matches “xyz”." in text(look(panel, ada, q="xyz"))


@pytest.mark.parametrize("button", ["", "exact", "going-book"])
def test_looking_again_deletes_nothing_and_keeps_what_was_typed(panel, button):
    ada = make_author(books=25)
    typed = {**confirmation(look(panel, ada)), "reason": "Merger", "typed": "Ad", "find-going-book": "24"}
    response = panel.post(url(ada), {**typed, "look": button})
    assert Author.objects.get() == ada
    page = text(response)
    assert 'name="reason" value="Merger"' in page
    assert 'name="typed" value="Ad"' in page
    assert "Ada 24</a>" in page
    assert "Ada 23</a>" not in page


def test_the_search_of_a_list_sends_all_that_was_typed(panel):
    page = text(look(panel, make_author(books=25)))
    assert 'id="deletion"' in page
    assert page.count('form="deletion"') == 2  # the words and the button


@pytest.mark.parametrize("books", [5, 5000])
def test_the_page_costs_the_same_number_of_queries_at_any_size(panel, books, django_assert_num_queries):
    ada = make_author(books=books, chapters=1)
    estimates = 2 * (connection.vendor == "postgresql")  # of how many rows go, and of grants
    with django_assert_num_queries(22 + estimates + NOTED):  # one of the 22 for who is under legal hold
        look(panel, ada)


def test_above_the_limit_everything_is_counted_before_it_can_be_confirmed(panel, monkeypatch):
    monkeypatch.setattr(previewed, "EXACT", 3)
    monkeypatch.setattr(deletion_page, "rows_estimate", lambda rows: None)  # it depends on the tests before
    ada = make_author(books=5)
    page = text(look(panel, ada))
    assert "3+ books" in page
    assert "bo-danger" not in page
    response = look(panel, ada, count="exact")
    assert "Delete Ada and 5 books" in text(response)
    confirm(panel, response)
    assert not Author.objects.exists()


def test_what_is_lost_is_counted_in_part_where_many_go_and_in_full_when_asked(panel, monkeypatch):
    monkeypatch.setattr(deletion_page, "PARENTS", 2)
    monkeypatch.setattr(deletion_page, "SOME", 1)
    ada, bo = make_author(books=3), make_author("Bo")
    for book in ada.book_set.all():
        Book.objects.create(title=f"After {book}", author=bo, sequel_to=book)
    page = text(look(panel, ada))
    assert "1+ books lose their sequel to." in page
    assert ">Count exactly</button>" in page
    page = text(look(panel, ada, count="exact"))
    assert "3 books lose their sequel to." in page
    assert "Count exactly" not in page


def test_what_is_lost_and_was_not_looked_for_is_said_where_none_was_found(panel, monkeypatch):
    monkeypatch.setattr(deletion_page, "PARENTS", 2)
    monkeypatch.setattr(deletion_page, "SOME", 1)
    ada = make_author(books=3)
    Book.objects.create(title="After", author=make_author("Bo"), sequel_to=ada.book_set.order_by("pk").last())
    sentence = "Not counted yet: how many books lose their sequel to. Only 1 of the books were looked at."
    assert sentence in text(look(panel, ada))
    assert "Not counted yet" not in text(look(panel, ada, count="exact"))


def test_a_set_is_looked_at_while_another_statement_is_under_way():
    """SQLite takes no function meanwhile."""
    make_author("Ann", books=2)
    with connection.cursor() as cursor:
        for _again in range(2):
            cursor.execute("SELECT id FROM library_book")
            cursor.fetchone()
            assert previewed.look(Book.objects.all(), "nonce").number == 2
