"""The history of one row: its changes, two versions side by side, and back to how it was."""

import datetime
import re

import pytest
from django.contrib.auth.models import Permission

from backoffice.models import Operation
from backoffice.operations import operation
from backoffice.security.locks import housekeeping
from tests.growth import queries
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return Author.objects.create(name="Ada")


@pytest.fixture
def book(author):
    return Book.objects.create(title="Notes", author=author, published_on="2020-01-01")


def history(row, query=""):
    return f"/admin/library/{row._meta.model_name}/{row.pk}/history/{query}"


def last():
    return Operation.objects.first()


def text(panel, url, **kwargs):
    response = panel.get(url, **kwargs)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def versions(row):
    """The keys of its history rows, the oldest first."""
    return list(
        type(row).history_model.objects.filter(row=row.pk).order_by("pk").values_list("pk", flat=True)
    )


def seen(panel, url):
    """What a browser would post of the page that asks."""
    shown = panel.get(url).context
    return {"seen": shown["seen"], "fields": [field.name for field in shown["fields"]]}


def test_every_change_is_told_with_who_why_and_from_what_to_what(panel, hr, book):
    with operation("rename", actor=hr, reason="A better name"):
        Book.objects.filter(pk=book.pk).update(title="Sketches")
    page = text(panel, history(book))
    assert "<del>Notes</del>" in page
    assert "<ins>Sketches</ins>" in page
    assert "A better name" in page
    assert f"/admin/backoffice/operation/{last().pk}/change/" in page
    assert page.index("Rename") < page.index("Addition")


def test_several_steps_of_an_operation_are_one_change(panel, author):
    with operation("rename"):
        Author.objects.update(name="Bea")
        Author.objects.update(name="Cleo")
    page = text(panel, history(author))
    assert "Bea" not in page
    assert len(panel.get(history(author)).context["page"].entries) == 2


def test_a_cascade_is_in_the_history_of_each_row_it_took(panel, author, book):
    author.delete()
    page = text(panel, history(book))
    assert "It was deleted." in page
    assert "Restore Notes" in page
    assert "Ada (gone)" in page


def test_a_deletion_that_expired_is_not_offered_to_be_restored(panel, author, book):
    author.delete()
    with housekeeping():
        Operation.objects.update(expired_at="2026-01-01T00:00Z")
    page = text(panel, history(book))
    assert "It was deleted." in page
    assert "Restore" not in page


def test_two_versions_are_compared_field_by_field(panel, book):
    assert "Compare" not in text(panel, history(book))
    Book.objects.update(title="Sketches")
    assert "Compare the two" in text(panel, history(book))
    Book.objects.update(published_on="2021-01-01", title="Notes")
    first, _second, third = versions(book)
    lines = panel.get(history(book, f"?a={first}&b={third}")).context["page"].differences
    assert [line.label for line in lines] == ["Published on"]
    assert [
        line.label for line in panel.get(history(book, f"?a={first}&b=b{third}")).context["page"].differences
    ] == ["Title"]


def test_the_older_of_two_versions_stands_first_and_each_says_its_date_on_a_phone_beside_its_values(
    panel, book
):
    Book.objects.update(title="Sketches")
    first, second = versions(book)
    page = text(panel, history(book, f"?a={second}&b={first}"))
    dates = re.findall(r'<td data-label="([^"]+)">(\w+)</td>', page)
    assert [value for _date, value in dates] == ["Notes", "Sketches"]
    for date, _value in dates:
        assert re.search(f'<th scope="col"><time [^>]+>{re.escape(date)}</time></th>', page)
    page = text(panel, history(book, f"?a={second}&b=b{second}"))
    assert re.search(r'data-label="Before the change of [^"]+">Notes<', page)


@pytest.mark.parametrize("query", ["?a=1&b=999", "?a=x&b=y", "?a=99999999999999999999&b=1"])
def test_a_version_that_is_not_there_is_said_so(panel, book, query):
    assert "not kept" in text(panel, history(book, query))


def test_a_field_is_put_back(panel, hr, book):
    Book.objects.update(title="Sketches", isbn="1")
    url = history(book, f"?to=b{versions(book)[-1]}&field=title")
    page = text(panel, url)
    assert "<ins>Notes</ins>" in page
    assert "Isbn" not in page
    response = panel.post(url, {**seen(panel, url), "reason": "No"}, follow=True)
    book.refresh_from_db()
    assert (book.title, book.isbn) == ("Notes", "1")
    assert (last().kind, last().actor, last().reason) == ("restore", hr, "No")
    assert "Notes is put back." in str(next(iter(response.context["messages"])))


def test_a_whole_row_is_put_back(panel, book):
    Book.objects.update(title="Sketches", isbn="1")
    url = history(book, f"?to={versions(book)[0]}")
    panel.post(url, seen(panel, url))
    book.refresh_from_db()
    assert (book.title, book.isbn) == ("Notes", None)


def test_a_row_that_is_as_it_was_needs_nothing(panel, book):
    response = panel.post(history(book, f"?to={versions(book)[0]}"), {"reason": "Wrong"}, follow=True)
    assert response.redirect_chain
    assert "What you entered was not saved: Reason: “Wrong”." in response.content.decode()


def test_what_breaks_a_rule_is_not_put_back(panel, book):
    Book.objects.update(published_on=None, withdrawn_on="2019-01-01")
    url = history(book, f"?to=b{versions(book)[-1]}&field=published_on")
    response = panel.post(url, {**seen(panel, url), "reason": "Typed"})
    assert "cannot be withdrawn before" in response.content.decode()
    assert 'name="reason" value="Typed"' in response.content.decode()
    book.refresh_from_db()
    assert book.published_on is None


def test_a_field_is_put_back_whatever_is_wrong_with_another_one(panel, book):
    Book.objects.update(title="", isbn="1")  # no form takes a book without a title
    url = history(book, f"?to=b{versions(book)[-1]}&field=isbn")
    panel.post(url, seen(panel, url))
    book.refresh_from_db()
    assert (book.title, book.isbn) == ("", None)
    Book.objects.update(title="Emma")
    url = history(book, f"?to=b{versions(book)[-1]}&field=title")
    assert "This field cannot be blank." in panel.post(url, seen(panel, url)).content.decode()


def test_a_unique_value_that_is_taken_is_not_put_back(panel, author, book):
    Book.objects.update(isbn="1")
    Book.objects.update(isbn=None)
    Book.objects.create(title="Other", author=author, isbn="1")
    url = history(book, f"?to=b{versions(book)[-1]}&field=isbn")
    assert "taken" in panel.post(url, seen(panel, url)).content.decode()


def test_of_several_fields_those_are_put_back_that_can_be(panel, author, book):
    Book.objects.update(isbn="1")
    Book.objects.update(isbn=None, title="Sketches")
    Book.objects.create(title="Other", author=author, isbn="1")
    url = history(book, f"?to=b{versions(book)[-1]}")
    page = panel.post(url, seen(panel, url))
    assert "taken" in page.content.decode()
    assert [(choice.name, choice.is_ticked) for choice in page.context["choices"]] == [
        ("title", True),
        ("isbn", False),
    ]
    assert 'name="fields" value="isbn">' in page.content.decode()
    assert "Nothing is ticked" in panel.post(url, {**seen(panel, url), "fields": []}).content.decode()
    panel.post(url, {**seen(panel, url), "fields": ["title"]})
    book.refresh_from_db()
    assert (book.title, book.isbn) == ("Notes", None)


def test_a_relation_to_a_row_that_is_gone_is_not_put_back(panel, author, book):
    Book.objects.update(author=Author.objects.create(name="Bea"))
    author.delete()
    url = history(book, f"?to=b{versions(book)[-1]}&field=author")
    assert (
        "The author was Ada (gone), which is not there any more."
        in panel.post(url, seen(panel, url)).content.decode()
    )


def test_the_rest_of_a_row_is_put_back_without_what_is_gone(panel, author, book):
    Book.objects.update(author=Author.objects.create(name="Bea"), title="Sketches")
    author.delete()
    url = history(book, f"?to=b{versions(book)[-1]}")
    assert "The author was Ada (gone), which is not there any more. It stays as it is." in text(panel, url)
    panel.post(url, seen(panel, url))
    book.refresh_from_db()
    assert (book.title, book.author.name) == ("Notes", "Bea")


def test_when_what_a_row_pointed_at_goes_meanwhile_the_page_comes_back(panel, author, book):
    Book.objects.update(author=Author.objects.create(name="Bea"), title="Sketches")
    url = history(book, f"?to=b{versions(book)[-1]}")
    posted = seen(panel, url)
    author.delete()
    page = panel.post(url, {**posted, "reason": "Typed"}).content.decode()
    assert "Somebody changed it since you opened this page" in page
    assert "The author was Ada (gone), which is not there any more. It stays as it is." in page
    assert 'name="reason" value="Typed"' in page
    panel.post(url, seen(panel, url))
    assert Book.objects.values_list("title", "author__name").get() == ("Notes", "Bea")


def test_who_puts_back_a_row_that_is_deleted_meanwhile_is_told_that_it_is_gone(panel, book):
    Book.objects.update(title="Sketches")
    url = history(book, f"?to=b{versions(book)[-1]}")
    posted = seen(panel, url)
    book.delete()
    page = panel.post(url, {**posted, "reason": "Typed"}, follow=True).content.decode()
    assert "This book does not exist (any more). What you entered was not saved: Reason: “Typed”." in page
    assert "Restore Sketches" in page


def test_nothing_is_offered_where_nothing_can_be_put_back(panel, author, book):
    Book.objects.update(author=Author.objects.create(name="Bea"))
    assert "to=b" in text(panel, history(book))
    assert "Put everything back" in text(panel, history(book))
    author.delete()
    assert "?to=" not in text(panel, history(book))


def test_a_value_that_the_record_does_not_know_yet_is_not_offered(panel, book):
    Book.objects.update(title="Sketches")
    with housekeeping():
        Book.history_model.objects.filter(pk=versions(book)[0]).update(new_title=None)
        Book.history_model.objects.filter(pk=versions(book)[1]).update(old_title=None)
    assert "?to=" not in text(panel, history(book))


def test_a_row_that_came_and_went_in_one_operation_is_not_offered_to_be_restored(panel, author):
    with operation("try_out"):
        book = Book.objects.create(title="Notes", author=author)
        key = book.pk
        book.delete()
    book.pk = key
    page = text(panel, history(book))
    assert "It was deleted." in page
    assert "/undo/" not in page


def test_a_change_between_looking_and_confirming_is_told(panel, book):
    Book.objects.update(title="Sketches")
    url = history(book, f"?to=b{versions(book)[-1]}&field=title")
    old = seen(panel, url)
    Book.objects.update(published_on=datetime.date(2022, 2, 2))
    assert "Somebody changed it" in panel.post(url, old).content.decode()
    book.refresh_from_db()
    assert book.title == "Sketches"


def test_putting_back_takes_the_permission_to_change(client, django_user_model, book):
    user = django_user_model.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_book", "delete_book"]))
    client.force_login(user)
    Book.objects.update(title="Sketches")
    page = text(client, history(book))
    assert "Put back" not in page
    assert "/admin/backoffice/" not in page
    url = history(book, f"?to=b{versions(book)[-1]}")
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403


def test_history_takes_the_permission_to_view(client, django_user_model, author, book):
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
    assert client.get(history(book)).status_code == 403
    author.delete()
    assert client.get(history(book)).status_code == 403


@pytest.mark.parametrize("key", ["0", "x", "99999999999999999999"])
def test_a_row_that_never_was_is_said_so(panel, key):
    assert panel.get(f"/admin/library/book/{key}/history/").status_code == 302


def test_a_row_that_was_loaded_by_other_means_shows_how_it_was_before(panel, author):
    with housekeeping():
        Author.history_model.objects.all().delete()
    assert "No changes are recorded yet." in text(panel, history(author))
    Author.objects.update(name="Bea")
    page = panel.get(history(author)).context["page"]
    assert page.oldest == f"b{versions(author)[0]}"


def test_the_history_is_paged_and_costs_the_same_for_many_changes(panel, author):
    counts = []
    for number in (2, 60):
        for n in range(number):
            Author.objects.update(name=f"Name {number} {n}")
        counts.append(len(queries(panel, history(author))[0]))
    assert counts[0] == counts[1]
    page = panel.get(history(author)).context["page"]
    second = panel.get(history(author, page.links["next"])).context["page"]
    assert len(page.entries) == len(second.entries) == 25
    assert "first" in second.links


def test_a_version_that_is_chosen_goes_along_to_older_pages(panel, author, monkeypatch):
    monkeypatch.setattr("backoffice.admin.history.versions.PER_PAGE", 1)
    Author.objects.update(name="Bea")
    Author.objects.update(name="Cleo")
    made = versions(author)
    older = panel.get(history(author, f"?a={made[-1]}&after={made[-1]}")).content.decode()
    assert "Chosen on another page" in older
    assert f'name="a" value="{made[-1]}" checked' in older
    assert f'name="b" value="{made[-2]}"' in older
    assert "Chosen on another page" not in panel.get(history(author, f"?a={made[-1]}")).content.decode()
