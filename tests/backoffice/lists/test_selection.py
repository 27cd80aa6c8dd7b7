import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from backoffice.admin.lists import selection as module
from backoffice.admin.lists.selection import MAX_TICKED, Selection, SelectionError
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def books():
    author = Author.objects.create(name="Ana")
    return [Book.objects.create(title=title, author=author) for title in ("Red", "Green", "Blue")]


@pytest.fixture
def request_of(rf):
    """request_of("?q=red", user=bob, **posted): the list posted, or with `selection` a later page."""

    def built(query="", *, user=None, **posted):
        request = rf.post(f"/admin/library/book/{query}", posted)
        request.user = user or User.objects.get_or_create(username="alice", is_superuser=True)[0]
        return request

    return built


def selected(request):
    return Selection.from_request(request, site._registry[Book])


def titles(selection, request):
    return {book.title for book in selection.queryset(request, site._registry[Book])}


def later(request_of, selection, request, **options):
    """The request of a page that the token of `selection` has reached."""
    return request_of(selection=selection.token(request, site._registry[Book]), **options)


def test_ticked_rows_are_the_selection(request_of, books):
    request = request_of(_selected_action=[books[0].pk, books[2].pk, books[0].pk])
    assert titles(selected(request), request) == {"Red", "Blue"}


def test_all_that_match_are_the_rows_of_search_and_filters(request_of, books):
    request = request_of("?q=re&author=none", select_across="1")
    assert titles(selected(request), request) == set()
    request = request_of("?q=re", select_across="1", _selected_action=[books[2].pk])
    assert titles(selected(request), request) == {"Red"}


def test_whose_address_is_searched_for_is_alone_in_the_list_and_in_the_selection(
    request_of, books, admin_client
):
    for book, address in zip(books, ["diana@x.example", "ana@x.example", "mariana@x.example"], strict=True):
        Book.objects.filter(pk=book.pk).update(isbn=address)
    query = f"?q=ana@x.example&author={books[0].author_id}"
    page = admin_client.get(f"/admin/library/book/{query}").context["cl"]
    assert ([book.title for book in page.result_list], page.count) == (["Green"], (1, "exact"))
    request = request_of(query, select_across="1")
    assert (titles(selected(request), request), selected(request).size) == ({"Green"}, (1, "exact"))


def test_a_selection_comes_back_from_its_token(request_of, books):
    request = request_of("?q=re", select_across="1")
    selection = selected(request)
    assert selected(later(request_of, selection, request)) == selection


def test_all_that_match_is_asked_again_on_each_page(request_of, books):
    request = request_of("?q=re", select_across="1")
    token = later(request_of, selected(request), request)
    Book.objects.create(title="Reed", author=books[0].author)
    assert titles(selected(token), token) == {"Red", "Reed"}
    assert selected(token).size == (1, "exact")


def test_rows_that_the_admin_no_longer_shows_fall_out(request_of, books, monkeypatch):
    request = request_of(_selected_action=[book.pk for book in books])
    selection = selected(request)
    monkeypatch.setattr(
        site._registry[Book], "get_queryset", lambda request: Book.objects.exclude(title="Red")
    )
    assert titles(selection, request) == {"Green", "Blue"}


def test_the_way_back_has_the_filters(request_of, books):
    request = request_of("?q=re&o=2", select_across="1")
    assert selected(request).list_url(site._registry[Book]) == "/admin/library/book/?q=re&o=2"


def test_nothing_selected_is_told(request_of, books):
    with pytest.raises(SelectionError, match="Nothing is selected"):
        selected(request_of())


def test_too_many_ticked_rows_are_told(request_of, books):
    with pytest.raises(SelectionError, match=r"901 rows are ticked, but 900 is the most"):
        selected(request_of(_selected_action=range(MAX_TICKED + 1)))


@pytest.mark.parametrize("key", ["x", "1' or 1=1", "9" * 30, "-", "1.5", "\x00"])
def test_a_key_that_cannot_be_is_told(request_of, books, key):
    with pytest.raises(SelectionError, match="a row that cannot be"):
        selected(request_of(_selected_action=[key]))


def test_a_filter_that_does_not_work_is_told(request_of, books):
    with pytest.raises(SelectionError, match="A filter of this list does not work"):
        selected(request_of("?author=x", select_across="1"))


def test_a_forged_token_is_refused(request_of, books):
    request = request_of(_selected_action=[books[0].pk])
    forged = selected(request).token(request, site._registry[Book])[:-2] + "xx"
    with pytest.raises(PermissionDenied):
        selected(request_of(selection=forged))


def test_the_token_of_somebody_else_is_refused(request_of, books):
    request = request_of(_selected_action=[books[0].pk])
    bob = User.objects.create_superuser("bob")
    with pytest.raises(PermissionDenied):
        selected(later(request_of, selected(request), request, user=bob))


def test_the_token_of_another_model_is_refused(request_of, books):
    request = request_of(_selected_action=[books[0].pk])
    token = selected(request).token(request, site._registry[Book])
    with pytest.raises(PermissionDenied):
        Selection.from_request(request_of(selection=token), site._registry[Author])


def test_a_token_of_another_day_is_told(request_of, books, monkeypatch):
    request = request_of(_selected_action=[books[0].pk])
    old = later(request_of, selected(request), request)
    monkeypatch.setattr(module, "MAX_AGE", -1)
    with pytest.raises(SelectionError, match="from another day"):
        selected(old)


def test_selecting_all_reads_no_page_of_the_list(request_of, books, django_assert_num_queries):
    request = request_of("?q=re", select_across="1")
    with django_assert_num_queries(2):  # how many match; the newest key
        selected(request)
