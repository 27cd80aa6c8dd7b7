"""The delete page of what is ticked in a list, or of all that match, on Author → Book → Chapter."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.cascades import CascadePlan
from backoffice.models import AccessEvent, LegalHold, Operation
from backoffice.sql.frozen import frozen
from tests.backoffice.deletion.deletion_pages import confirmation, make_author, select, text
from tests.library.models import Author, Book, Loan
from tests.scale.forms import posted_from

pytestmark = pytest.mark.django_db


def confirm_selection(panel, response):
    return panel.post(response.context["action_url"], confirmation(response), follow=True)


def test_a_selection_is_shown_with_what_hangs_on_it(panel):
    ada, bo = make_author(books=3), make_author("Bo", books=1)
    make_author("Cy", books=1)
    page = text(select(panel, ada, bo))
    assert "<h1>Delete 2 authors?</h1>" in page
    assert "Delete 2 authors and 4 books</button>" in page
    assert "Ada: 3 · Bo: 1" in page
    assert Author.objects.count() == 3


def test_a_confirmed_selection_goes_and_the_rest_stays(panel):
    ada, bo, cy = make_author(books=3), make_author("Bo", books=1), make_author("Cy", books=1)
    response = confirm_selection(panel, select(panel, ada, bo))
    assert "Deleted 2 authors and 4 books." in text(response)
    assert list(Author.objects.all()) == [cy]
    assert Operation.objects.first().subject == "Ada, Bo"


def test_why_rows_of_a_form_are_ticked_for_deletion_goes_along_with_them(panel):
    page = reverse("admin:library_author_change", args=[make_author(books=2).pk])
    shown = posted_from(panel.get(page).content.decode(), "name")
    why = {"book_set-0-DELETE": "on", "operation_reason": "Lost in the flood"}
    response = panel.post(page, {**shown, **why}, follow=True)
    assert 'name="reason" value="Lost in the flood"' in text(response)
    assert "data-typed" in text(response)
    assert "Lost" not in response.wsgi_request.get_full_path()
    panel.post(response.wsgi_request.path, {**confirmation(response), "reason": response.context["reason"]})
    assert (Operation.objects.first().reason, Book.objects.count()) == ("Lost in the flood", 1)


def test_all_that_match_a_search_go(panel):
    for number in range(60):
        make_author(f"Ada {number}", books=1)
    bo = make_author("Bo")
    response = select(panel, Author.objects.first(), across=True, q="Ada")
    assert "Delete 60 authors and 60 books</button>" in text(response)
    confirm_selection(panel, response)
    assert Author.objects.get() == bo


def test_one_that_matches_only_after_the_preview_stops_the_deletion(panel):
    make_author("Ada 1")
    response = select(panel, Author.objects.first(), across=True, q="Ada")
    make_author("Ada 2")
    assert "1 author is new: Ada 2." in text(confirm_selection(panel, response))
    assert Author.objects.count() == 2


def test_a_selection_is_searched_without_losing_it(panel):
    response = select(panel, make_author(books=30), make_author("Bo", books=2))
    found = panel.post(response.context["action_url"], {**response.context["hidden"], "q": "Bo 1"})
    assert ">Bo 1</a>" in text(found)
    assert "Ada 1<" not in text(found)
    assert "Delete 2 authors and 32 books</button>" in text(found)


def test_a_selection_with_a_protected_book_says_which_loan(panel):
    ada = make_author(books=1)
    Loan.objects.create(book=ada.book_set.get(), borrower="Eve")
    page = text(select(panel, ada, make_author("Bo")))
    assert "<h1>2 authors cannot be deleted</h1>" in page
    assert ">Eve: loan " in page
    assert "bo-danger" not in page


def test_those_of_a_selection_that_can_be_deleted_go_without_the_others(panel):
    ada, bo, cy = make_author(books=1), make_author("Bo", books=1), make_author("Cy")
    Loan.objects.create(book=ada.book_set.get(), borrower="Eve")
    LegalHold.objects.create(model="library.Book", key=bo.book_set.get().pk)
    page = select(panel, ada, bo, cy)
    assert "Leave those out and look at the 1 that can be deleted" in text(page)
    address, hidden = page.context["action_url"], page.context["hidden"]
    file = panel.post(address, {**hidden, "refused": "1"}).getvalue().decode("utf-8-sig").splitlines()
    assert [line.split(",", 1)[1] for line in file[1:]] == [
        'Bo,"It, or what goes along, is under legal hold. Lift that before you delete."',
        "Ada,Protected by loans.",
    ]
    rest = panel.post(address, {**hidden, "possible": "1"})
    assert "2 of the selected cannot be deleted and stay." in text(rest)
    done = text(confirm_selection(panel, rest))
    assert "Deleted Cy. 2 of the selected were left as they are." in done
    assert set(Author.objects.all()) == {ada, bo}


def test_the_file_of_those_that_cannot_be_deleted_is_noted_down_for_each_of_them_alone(panel, settings):
    ada, *others = [make_author(name) for name in ("Ada", "Bo", "Cy")]
    LegalHold.objects.create(model="library.Author", key=ada.pk)
    page = select(panel, ada, *others)
    settings.FRESH_ROWS, settings.FRESH_SECONDS = 2, 0
    panel.post(page.context["action_url"], {**page.context["hidden"], "refused": "1"}).getvalue()
    noted = AccessEvent.objects.get(what="refused_rows")
    assert (noted.row, noted.number, noted.filters) == (str(ada.pk), 1, "action=delete")


def test_a_selection_that_is_gone_leads_back_to_the_list(panel):
    ada = make_author()
    response = select(panel, ada)
    ada.delete()
    fields = {**confirmation(response), "reason": "Merger"}
    page = text(panel.post(response.context["action_url"], fields, follow=True))
    assert "Nothing of what you selected is there any more." in page
    assert "What you entered was not saved: Reason: “Merger”." in page


def test_somebody_who_may_not_delete_has_no_such_action(client, django_user_model):
    viewer = django_user_model.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_author"))
    client.force_login(viewer)
    ada = make_author()
    assert select(client, ada).status_code == 403
    assert Author.objects.exists()


@pytest.mark.parametrize("number", [5, 1200])
def test_more_authors_than_can_be_named_go_as_well(panel, number, django_assert_max_num_queries):
    made = Author.objects.bulk_create(Author(name=f"Ada {n}") for n in range(number))
    Book.objects.bulk_create(Book(title=author.name, author=author) for author in made)
    response = select(panel, made[0], across=True)
    with django_assert_max_num_queries(60):
        confirm_selection(panel, response)
    assert not Author.objects.exists()
    assert not Book.objects.exists()


def test_authors_chosen_by_their_books_are_still_found_when_the_books_are_gone():
    made = Author.objects.bulk_create(Author(name=f"Ada {n}") for n in range(600))
    Book.objects.bulk_create(Book(title=author.name, author=author) for author in made)
    with frozen(Author.objects.filter(book__isnull=False)) as authors:
        CascadePlan(authors).apply()
    assert not Author.objects.exists()
