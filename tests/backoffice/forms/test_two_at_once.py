"""Two people open the same form and both save: what does not meet is merged, what does is asked about."""

import datetime

import pytest
from django.db import connection
from django.db.models import TextField, Value
from django.test.utils import CaptureQueriesContext

from backoffice.operations import guard, operation
from tests.library.admin import BookAdmin, BookInline
from tests.library.models import Author, Book
from tests.scale.forms import posted_from

pytestmark = pytest.mark.django_db


@pytest.fixture
def bo(django_user_model):
    return django_user_model.objects.create_user("bo")


@pytest.fixture
def ada():
    return Author.objects.create(name="Ada")


@pytest.fixture
def book(ada):
    return Book.objects.create(title="Notes", author=ada, isbn="1")


@pytest.fixture
def listed(monkeypatch):
    """The list of books can be edited."""
    monkeypatch.setattr(BookAdmin, "list_editable", ("isbn", "published_on"))


def url_of(row):
    return f"/admin/library/{row._meta.model_name}/{row.pk}/change/"


LIST = "/admin/library/book/"


def opened(browser, url, field):
    return posted_from(browser.get(url).content.decode(), field)


def shown_again(response, field):
    return posted_from(response.content.decode(), field)


def by(user, rows, **values):
    with operation("edit", actor=user):
        rows.update(**values)


def this(row):
    return type(row).objects.filter(pk=row.pk)


def said(response):
    return [str(message) for message in response.context["messages"]]


def question(response, name):
    return response.context["adminform"].form.merge.questions[name]


# The change form


def test_what_only_the_other_changed_stays_and_is_told(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), isbn="2", published_on="2020-01-01")
    response = panel.post(url_of(book), {**mine, "title": "Mine"}, follow=True)
    assert this(book).values_list("title", "isbn").get() == ("Mine", "2")
    assert "“Mine” was merged with bo’s change of ISBN and published on." in said(response)


def test_the_same_change_by_both_is_no_question(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), title="Same")
    assert panel.post(url_of(book), {**mine, "title": "Same"}).status_code == 302


def test_what_both_changed_is_asked_and_nothing_is_saved(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), title="Theirs")
    response = panel.post(url_of(book), {**mine, "title": "Mine", "isbn": "9"})
    assert this(book).values_list("title", "isbn").get() == ("Theirs", "1")
    asked = question(response, "title")
    assert asked.base == "Before, it was “Notes”."
    assert asked.choices[0].label == "Keep mine: “Mine”, as it stands in the field"
    assert asked.choices[1].label.startswith("Take theirs: “Theirs”, saved by bo on ")
    page = response.content.decode()
    assert 'value="Mine"' in page
    assert "Title: which value stays?" in page
    assert '<a href="#id_title">Title</a>: Somebody else changed this meanwhile.' in page


@pytest.mark.parametrize(("choice", "stays"), [("mine", "Mine"), ("theirs", "Theirs")])
def test_the_chosen_value_stays(panel, bo, book, choice, stays):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), title="Theirs")
    again = shown_again(panel.post(url_of(book), {**mine, "title": "Mine", "isbn": "9"}), "title")
    assert panel.post(url_of(book), {**again, "_keep_title": choice}).status_code == 302
    assert this(book).values_list("title", "isbn").get() == (stays, "9")


def test_without_a_choice_it_is_asked_again(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), title="Theirs")
    again = shown_again(panel.post(url_of(book), {**mine, "title": "Mine"}), "title")
    response = panel.post(url_of(book), again)
    assert question(response, "title").base == "Before, it was “Notes”."
    assert this(book).get().title == "Theirs"


def test_a_choice_counts_only_for_what_was_shown_with_it(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), title="Theirs")
    again = shown_again(panel.post(url_of(book), {**mine, "title": "Mine"}), "title")
    by(bo, this(book), title="Newer")
    response = panel.post(url_of(book), {**again, "_keep_title": "mine"})
    assert "“Newer”" in question(response, "title").choices[1].label
    assert this(book).get().title == "Newer"


def test_what_was_merged_before_a_question_is_still_merged_after_it(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), title="Theirs", isbn="2")
    again = shown_again(panel.post(url_of(book), {**mine, "title": "Mine"}), "title")
    assert again["isbn"] == ["2"]
    response = panel.post(url_of(book), {**again, "_keep_title": "mine"}, follow=True)
    assert this(book).values_list("title", "isbn").get() == ("Mine", "2")
    assert "“Mine” was merged with bo’s change of ISBN." in said(response)


def test_a_form_that_comes_back_says_what_was_merged(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    bea = Author.objects.create(name="Bea")
    by(bo, this(book), isbn="2", author=bea)
    for typed in ({"published_on": "nonsense"}, {}):  # again, as long as it comes back
        mine = mine | typed
        response = panel.post(url_of(book), mine)
        assert [m for m in said(response) if "meanwhile" in m] == [
            "“Notes” was changed by bo meanwhile: author: Ada → Bea; ISBN: 1 → 2. The page shows it; it stays unless "
            "you change it."
        ]
        mine = shown_again(response, "title")


def test_what_is_typed_over_a_merged_value_is_asked_about_and_not_called_merged(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), isbn="2")
    again = shown_again(panel.post(url_of(book), {**mine, "published_on": "nonsense"}), "title")
    response = panel.post(url_of(book), {**again, "published_on": "", "isbn": "3"})
    assert question(response, "isbn").base == "Before, it was “1”."
    assert "“2”, saved by bo on " in question(response, "isbn").choices[1].label
    again = shown_again(response, "title")
    response = panel.post(url_of(book), {**again, "_keep_isbn": "mine"}, follow=True)
    assert this(book).get().isbn == "3"
    assert not [message for message in said(response) if "merged" in message]


def test_a_merged_value_that_somebody_changes_once_more_is_merged_again(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), isbn="2")
    again = shown_again(panel.post(url_of(book), {**mine, "published_on": "nonsense"}), "title")
    by(bo, this(book), isbn="3")
    response = panel.post(url_of(book), {**again, "published_on": "", "title": "Mine"}, follow=True)
    assert this(book).values_list("title", "isbn").get() == ("Mine", "3")
    assert "“Mine” was merged with bo’s change of ISBN." in said(response)


def test_relations_and_dates_are_merged_and_asked_about_by_their_names(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    bea, cleo = (Author.objects.create(name=name) for name in ("Bea", "Cleo"))
    by(bo, this(book), author=bea, published_on=datetime.date(2020, 1, 1))
    response = panel.post(url_of(book), {**mine, "author": cleo.pk, "published_on": "2021-01-01"})
    assert question(response, "author").base == "Before, it was “Ada”."
    assert "“Cleo”" in question(response, "author").choices[0].label
    assert "“Bea”" in question(response, "author").choices[1].label
    assert "“Jan. 1, 2020”" in question(response, "published_on").choices[1].label
    assert question(response, "published_on").base == "Before, it was “–”."


def test_a_change_that_left_no_record_is_met_too(panel, book):
    mine = opened(panel, url_of(book), "title")
    with guard.writing(), connection.cursor() as cursor:  # not seen by the tests' guard
        cursor.execute("UPDATE library_book SET title = 'Raw' WHERE id = %s", [book.pk])
    response = panel.post(url_of(book), {**mine, "title": "Mine"})
    assert question(response, "title").choices[1].label == "Take theirs: “Raw”; who saved it was not recorded"


@pytest.mark.parametrize(
    "nonsense", ['{"shown": 1}', "[" * 100_000, '{"shown": {}, "asked": {}, "merged": [{}]}']
)
def test_a_form_that_carries_nonsense_asks_about_every_difference(panel, book, nonsense):
    mine = opened(panel, url_of(book), "title")
    response = panel.post(url_of(book), {**mine, "title": "Mine", "_shown": nonsense})
    assert question(response, "title").base == "What this page showed before is not known."
    assert list(response.context["adminform"].form.merge.conflicts) == ["title"]


def test_a_script_that_carries_nothing_is_taken_at_its_word_and_told_so(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), title="Theirs")
    del mine["_shown"]
    response = panel.post(url_of(book), {**mine, "title": "Mine"}, follow=True)
    assert this(book).get().title == "Mine"
    assert any("not compared with what others saved meanwhile: Mine." in m for m in said(response))
    assert not any(
        "compared" in m for m in said(panel.post(url_of(book), {**mine, "title": "Mine"}, follow=True))
    )


def test_a_merge_that_breaks_a_rule_is_refused_and_shows_the_merged_value(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    by(bo, this(book), published_on=datetime.date(2020, 1, 1))
    response = panel.post(url_of(book), {**mine, "withdrawn_on": "2019-01-01"})
    assert response.status_code == 200
    assert shown_again(response, "title")["published_on"] == ["2020-01-01"]


def test_only_the_changed_columns_are_written(panel, book):
    mine = opened(panel, url_of(book), "title")
    with CaptureQueriesContext(connection) as captured:
        panel.post(url_of(book), {**mine, "isbn": "7"})
    asked = [query["sql"].replace("`", '"') for query in captured]
    [update] = [sql for sql in asked if sql.startswith('UPDATE "library_book"')]
    assert "isbn" in update
    assert "title" not in update


def test_lines_that_a_browser_ends_anew_are_no_change(panel, book):
    this(book).update(title="One\nTwo")
    mine = opened(panel, url_of(book), "title")
    panel.post(url_of(book), {**mine, "title": "One\r\nTwo", "isbn": "2"})
    assert this(book).values_list("title", "isbn").get() == ("One\nTwo", "2")


def test_what_a_field_would_trim_is_left_as_it_is_stored(panel, book):
    """The one only in the form, the other in the row as well."""
    this(book).update(title=" One ", isbn=Value(" 1", output_field=TextField()))
    mine = opened(panel, url_of(book), "title")
    answer = panel.post(url_of(book), {**mine, "published_on": "2020-01-01"}, follow=True)
    assert "merged" not in answer.content.decode()
    assert this(book).values_list("title", "isbn").get() == (" One ", " 1")
    assert Book.history_model.objects.order_by("-pk")[0].fields == ",published_on,"


def test_a_row_that_was_deleted_meanwhile_is_named(panel, bo, book):
    mine = opened(panel, url_of(book), "title")
    with operation("delete", actor=bo):
        book_url = url_of(book)
        book.delete()
    response = panel.post(book_url, {**mine, "title": "Mine"}, follow=True)
    [message] = said(response)
    assert ", bo deleted the book “Notes”. What you entered was not saved: Title: “Mine”. <a " in message
    assert Book.objects.count() == 0


def test_what_was_typed_below_a_row_that_was_deleted_meanwhile_is_told_too(panel, bo, ada, books):
    mine = opened(panel, url_of(ada), "name")
    url = url_of(ada)
    by(bo, Author.objects.all(), name="Ada L.")
    ada.delete()
    typed = {"book_set-1-title": "Mine", "book_set-2-published_on": "2020-01-02"}
    [message] = said(panel.post(url, {**mine, **typed}, follow=True))
    assert "What you entered was not saved: Title: “Mine”; Published on: “Jan. 2, 2020”." in message


def test_nothing_typed_is_told_of_a_row_that_was_only_looked_at(panel, bo, book):
    mine, url = opened(panel, url_of(book), "title"), url_of(book)
    book.delete()
    assert "What you entered was not saved. <a " in said(panel.post(url, mine, follow=True))[0]


def test_a_row_that_never_was_is_answered_as_ever(panel):
    assert "Perhaps it was deleted?" in said(panel.get("/admin/library/book/99/change/", follow=True))[0]


# The rows of an inline


@pytest.fixture
def books(ada):
    return Book.objects.bulk_create([Book(title=f"Book {n}", author=ada) for n in range(4)])


def test_rows_of_an_inline_are_merged_each_by_itself(panel, bo, ada, books):
    mine = opened(panel, url_of(ada), "name")
    by(bo, this(books[1]), published_on="2020-01-01")
    response = panel.post(url_of(ada), {**mine, "book_set-1-title": "Mine"}, follow=True)
    assert str(this(books[1]).values_list("title", "published_on").get()[1]) == "2020-01-01"
    assert "“Mine” was merged with bo’s change of published on." in said(response)


@pytest.mark.parametrize("asks", [True, False])
def test_a_ticked_row_that_somebody_changed_meanwhile_is_not_deleted_and_said_so(
    panel, bo, ada, books, monkeypatch, asks
):
    monkeypatch.setattr(BookInline, "asks_before_deleting", lambda inline, request: asks)
    mine = opened(panel, url_of(ada), "name")
    by(bo, this(books[1]), published_on="2020-01-01")
    response = panel.post(url_of(ada), {**mine, "book_set-1-DELETE": "on"}, follow=True)
    sentence = "“Book 1” was not deleted, because of bo’s change of published on meanwhile. Look again."
    assert sentence in said(response)
    assert "was merged" not in " ".join(said(response))
    assert this(books[1]).exists()


def test_a_question_in_one_row_keeps_what_was_typed_in_the_others(panel, bo, ada, books):
    mine = opened(panel, url_of(ada), "name")
    by(bo, this(books[1]), title="Theirs")
    typed = {"name": "Ada L.", "book_set-1-title": "Mine", "book_set-2-title": "Also mine"}
    response = panel.post(url_of(ada), {**mine, **typed})
    assert this(ada).get().name == "Ada"
    assert set(Book.objects.values_list("title", flat=True)) == {"Book 0", "Theirs", "Book 2", "Book 3"}
    assert "Books, row 2: Title" in response.content.decode()
    again = shown_again(response, "name")
    assert {name: again[name] for name in typed} == {name: [value] for name, value in typed.items()}
    panel.post(url_of(ada), {**again, "book_set-1-_keep_title": "mine"})
    assert this(ada).get().name == "Ada L."
    assert set(Book.objects.values_list("title", flat=True)) == {"Book 0", "Mine", "Also mine", "Book 3"}


# The rows of a list


def test_a_list_merges_and_saves_what_does_not_meet(panel, listed, bo, books):
    mine = opened(panel, LIST, "form-0-isbn")
    by(bo, this(books[0]), published_on="2020-01-01")
    response = panel.post(LIST, {**mine, "form-0-isbn": "a", "form-1-isbn": "b", "_save": ""}, follow=True)
    assert list(Book.objects.order_by("pk").values_list("isbn", flat=True)) == ["a", "b", None, None]
    assert Book.objects.get(pk=books[0].pk).published_on == datetime.date(2020, 1, 1)
    assert "“Book 0” was merged with bo’s change of published on." in said(response)


def test_a_list_that_comes_back_says_what_was_merged(panel, listed, bo, books):
    mine = opened(panel, LIST, "form-0-isbn")
    by(bo, this(books[0]), published_on="2020-01-01")
    response = panel.post(LIST, {**mine, "form-1-isbn": "b" * 100, "_save": ""})
    assert any(m.startswith("“Book 0” was changed by bo meanwhile: published on: –") for m in said(response))


def test_a_list_saves_nothing_until_all_is_chosen(panel, listed, bo, books):
    mine = opened(panel, LIST, "form-0-isbn")
    by(bo, this(books[0]), isbn="theirs", title="Zzz")
    response = panel.post(LIST, {**mine, "form-0-isbn": "a", "form-1-isbn": "b", "_save": ""})
    assert set(Book.objects.values_list("isbn", flat=True)) == {"theirs", None}
    again = shown_again(response, "form-0-isbn")
    assert (again["form-0-isbn"], again["form-1-isbn"]) == (["a"], ["b"])
    assert [row.pk for row in response.context["cl"].result_list] == [book.pk for book in books]
    panel.post(LIST, {**again, "form-0-_keep_isbn": "theirs", "_save": ""})
    assert list(Book.objects.order_by("pk").values_list("isbn", flat=True)) == ["theirs", "b", None, None]


def test_what_was_typed_for_a_row_that_is_gone_is_said_also_when_the_page_comes_back(panel, ada, books):
    mine = opened(panel, url_of(ada), "book_set-0-title")
    books[0].delete()
    mine |= {"book_set-0-title": "Typed", "book_set-1-published_on": "nonsense"}
    response = panel.post(url_of(ada), mine)
    assert response.status_code == 200
    [sentence] = [message for message in said(response) if "What you typed there is not saved" in message]
    assert "Typed" in sentence


def test_a_list_says_what_was_merged(panel, listed, bo, books):
    mine = opened(panel, LIST, "form-0-isbn")
    by(bo, this(books[0]), published_on="2020-01-01")
    response = panel.post(LIST, {**mine, "form-0-isbn": "a", "_save": ""}, follow=True)
    assert "“Book 0” was merged with bo’s change of published on." in said(response)


def test_a_list_names_the_rows_that_are_gone_and_saves_the_rest(panel, listed, books):
    mine = opened(panel, LIST, "form-0-isbn")
    key = books[0].pk
    books[0].delete()
    response = panel.post(LIST, {**mine, "form-0-isbn": "a", "form-1-isbn": "b", "_save": ""}, follow=True)
    assert any("left alone; the rest is saved." in message for message in said(response))
    assert "What you typed there is not saved: a: ISBN: “a”." in said(response)
    assert Book.objects.get(pk=books[1].pk).isbn == "b"
    assert not Book.objects.filter(pk=key).exists()


# Growth


def queries_of(browser, url, data):
    with CaptureQueriesContext(connection) as captured:
        response = browser.post(url, data)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("place", ["inline", "list"])
def test_questions_in_many_rows_cost_as_many_queries_as_in_one(panel, listed, bo, ada, place):
    books = Book.objects.bulk_create([Book(title=f"Book {n:02}", author=ada) for n in range(20)])
    url, prefix = (url_of(ada), "book_set") if place == "inline" else (LIST, "form")
    mine = opened(panel, url, f"{prefix}-0-published_on")
    typed = {f"{prefix}-{n}-published_on": "2021-01-01" for n in range(20)} | {"_save": ""}
    by(bo, this(books[0]), published_on="2020-01-01")
    one = queries_of(panel, url, {**mine, **typed})
    by(bo, Book.objects.all(), published_on="2020-01-01")
    assert queries_of(panel, url, {**mine, **typed}) == one
