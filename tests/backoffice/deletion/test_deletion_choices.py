"""What can be chosen on the delete page, on Author → Book → Loan."""

import pytest
from django.db import connection
from django.urls import reverse

from backoffice import previewed
from backoffice.models import Operation
from tests.backoffice.deletion.deletion_pages import (
    NOTED,
    confirm,
    confirmation,
    look,
    make_author,
    select,
    text,
)
from tests.library.admin import AuthorAdmin
from tests.library.models import Author, Book, Loan

pytestmark = pytest.mark.django_db

BOOKS, LOANS = "library-book-author", "library-loan-book"


def to(target, name=BOOKS):
    return {name: "move", f"{name}-to": target.pk}


def test_books_can_be_moved_to_another_author(panel):
    ada, bo = make_author(books=3, chapters=2), make_author("Bo")
    response = look(panel, ada, **to(bo))
    assert "Delete Ada, move 3 books to Bo</button>" in text(response)
    panel.post(response.context["action_url"], confirmation(response))
    assert (Author.objects.get(), bo.book_set.count()) == (bo, 3)


def test_books_of_a_selection_are_moved_together(panel):
    ada, bo, cy = make_author(books=3), make_author("Bo", books=1), make_author("Cy")
    response = select(panel, ada, bo)
    response = panel.post(response.context["action_url"], {**response.context["hidden"], **to(cy)})
    assert "Delete 2 authors, move 4 books to Cy</button>" in text(response)
    panel.post(response.context["action_url"], confirmation(response))
    assert cy.book_set.count() == 4


def test_what_protects_can_be_moved_out_of_the_way(panel):
    book, other = make_author(books=2).book_set.all()
    Loan.objects.create(book=book, borrower="Eve")
    address = reverse("admin:library_book_delete", args=[book.pk])
    assert "Move them to another book:" in text(panel.get(address))
    response = panel.get(address, to(other, LOANS))
    assert f"Delete {book}, move 1 loan to {other}</button>" in text(response)
    panel.post(address, confirmation(response))
    assert other.loan_set.count() == 1


def test_a_book_lent_since_the_preview_of_a_move_stops_nothing_of_it(panel):
    """It moves with its loan: nothing that protects it goes."""
    ada, bo = make_author(books=1), make_author("Bo")
    response = look(panel, ada, **to(bo))
    Loan.objects.create(book=ada.book_set.get(), borrower="Eve")
    panel.post(response.context["action_url"], confirmation(response))
    assert bo.book_set.count() == 1


@pytest.mark.parametrize("several", [False, True])
def test_when_nobody_is_left_to_move_the_page_comes_back(panel, several):
    ada, bo, cy = make_author(books=1), make_author("Bo"), make_author("Cy")
    response = select(panel, ada, cy) if several else look(panel, ada, **to(bo))
    address = response.context["action_url"]
    if several:
        response = panel.post(address, {**response.context["hidden"], **to(bo)})
    ada.book_set.update(author=bo)
    again = panel.post(address, confirmation(response))
    assert "1 book is no longer there. Look again and confirm." in text(again)
    assert "What happens to 0 books?" in text(again)  # the answer goes along with what is confirmed
    assert text(look(panel, ada, **to(bo))).count("Delete Ada</button>") == 1
    panel.post(address, confirmation(again))
    assert not Author.objects.filter(pk=ada.pk).exists()


def test_an_admin_can_name_what_is_asked_about(panel, monkeypatch):
    monkeypatch.setattr(AuthorAdmin, "deletion_choices", ("students",), raising=False)
    assert "What happens to" not in text(look(panel, make_author(books=1)))


def test_an_admin_can_set_when_the_name_is_typed(panel, monkeypatch):
    ada = make_author(books=2)
    monkeypatch.setattr(AuthorAdmin, "type_name_above", 1)
    assert "Type <strong>Ada</strong> to confirm" in text(look(panel, ada))
    monkeypatch.setattr(AuthorAdmin, "type_name_above", None)
    assert 'name="typed"' not in text(look(panel, ada))


def test_above_the_limit_moves_are_counted_before_they_can_be_confirmed(panel, monkeypatch):
    monkeypatch.setattr(previewed, "EXACT", 3)
    ada, bo = make_author(books=5), make_author("Bo")
    page = text(look(panel, ada, **to(bo)))
    assert ">Count exactly, then decide</button>" in page
    assert "bo-danger" not in page
    response = look(panel, ada, count="exact", **to(bo))
    assert "move 5 books to Bo</button>" in text(response)
    confirm(panel, response)
    assert Book.objects.exclude(author=ada).count() == 5


def test_each_list_is_searched_by_itself_and_keeps_what_was_chosen(panel):
    ada, bo = make_author(books=25), make_author("Bo")
    response = look(panel, ada, **to(bo), **{"find-moving-book-author": "24"})
    page = text(response)
    assert "Ada 24</a>" in page
    assert "Ada 23</a>" not in page
    assert "move 25 books to Bo</button>" in page
    elsewhere = look(panel, ada, **to(bo), **{"find-going-chapter": "24"})
    assert "Ada 0</a>" in text(elsewhere)


MENTOR = "library-author-mentor"


@pytest.fixture
def students():
    """Eve is the mentor of Ada, who is that of Bo, of Cy and of Di."""
    ada = make_author("Ada")
    Author.objects.filter(pk=ada.pk).update(mentor=make_author("Eve"))
    return ada, *(Author.objects.create(name=name, mentor=ada) for name in ("Bo", "Cy", "Di"))


def mentors():
    return dict(Author.objects.values_list("name", "mentor__name"))


def test_one_of_those_who_get_another_can_be_it_and_gets_the_one_above(panel, students):
    ada, bo, *_others = students
    response = look(panel, ada, **{MENTOR: "move", f"{MENTOR}-to": bo.pk})
    assert "What happens to the mentor of 3 authors?" in text(response)
    button = "Delete Ada, give 2 authors Bo as their mentor, give 1 author Eve as its mentor</button>"
    assert button in text(response)
    confirm(panel, response)
    assert mentors() == {"Eve": None, "Bo": "Eve", "Cy": "Bo", "Di": "Bo"}


def test_at_the_top_who_takes_over_has_none(panel, students):
    ada, bo, *_others = students
    Author.objects.filter(pk=ada.pk).update(mentor=None)
    response = look(panel, ada, **{MENTOR: "move", f"{MENTOR}-to": bo.pk})
    assert "1 author loses its mentor." in text(response)
    said = "Deleted Ada, gave 2 authors Bo as their mentor. 1 author lost its mentor."
    assert said in text(confirm(panel, response))
    assert mentors() == {"Eve": None, "Bo": None, "Cy": "Bo", "Di": "Bo"}


def test_another_above_than_the_one_that_was_shown_is_shown_first(panel, students):
    ada, bo, *_others = students
    response = look(panel, ada, **{MENTOR: "move", f"{MENTOR}-to": bo.pk})
    Author.objects.filter(pk=ada.pk).update(mentor=make_author("Flo"))
    page = text(confirm(panel, response))
    assert "What moves up would come elsewhere now: 1 author gets Flo as its mentor." in page
    assert mentors()["Bo"] == "Ada"


def test_of_the_one_above_nothing_is_said_where_nobody_gets_it(panel, students):
    ada, *_others = students
    heir = Author.objects.create(name="Gus", mentor=make_author("Flo"))
    response = look(panel, ada, **{MENTOR: "move", f"{MENTOR}-to": heir.pk})
    Author.objects.filter(name="Flo").update(name="Florence")
    confirm(panel, response)
    assert mentors()["Bo"] == "Gus"


@pytest.mark.parametrize("books", [5, 2000])
def test_a_preview_of_a_move_costs_the_same_number_of_queries_at_any_size(
    panel, books, django_assert_num_queries
):
    ada, bo = make_author(books=books), make_author("Bo")
    # session, user; the newest operations; author; keys; target (found, not among what goes); keys again; name; number
    # and keys of authors, of books and number of roles given for authors; lost mentors; the rules ask nothing; names of
    # books, of who loses what
    estimates = 2 * (connection.vendor == "postgresql")  # of how many books move, and of grants
    with django_assert_num_queries(18 + estimates + NOTED):
        look(panel, ada, **to(bo))


def test_a_reason_is_kept_with_the_operation(panel):
    response = look(panel, make_author())
    panel.post(response.context["action_url"], {**confirmation(response), "reason": " Merged "})
    assert Operation.objects.latest("pk").reason == "Merged"
