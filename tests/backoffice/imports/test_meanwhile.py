"""What somebody else does between the preview of an import and the import."""

from html import unescape

import pytest

from backoffice.models import Import
from backoffice.operations import operation
from tests.backoffice.imports.conftest import seen, text
from tests.library.models import Author, Book


def test_it_says_who_changed_a_row_after_the_preview_and_what(admin_client, jane, preview, hr):
    Book.objects.create(isbn="1", title="Emma", author=jane)
    url = preview("isbn,title,author", "1,Emma!,Jane")
    with operation("edit", actor=hr):
        Book.objects.update(title="Emma?")
    with operation("edit", source="manage.py mend"):
        Book.objects.update(title="Emma 2", author=Author.objects.create(name="Mary"))
    page = unescape(text(admin_client.post(url, {**seen(url), "stage": "apply"})))
    said = "after the preview. By {}, manage.py mend: Title “Emma” → “Emma 2”; Author “Jane” → “Mary”."
    assert said.format(hr.get_full_name() or hr) in page


def test_a_row_that_somebody_deleted_after_the_preview_is_not_made_anew(admin_client, jane, preview, hr):
    Book.objects.create(isbn="1", title="Emma", author=jane)
    url = preview("isbn,title,author", "1,Emma!,Jane", "2,Sanditon,Jane")
    with operation("delete", actor=hr):
        Book.objects.get().delete()
    page = text(admin_client.post(url, {**seen(url), "stage": "apply"}))
    assert f"Somebody deleted this row after the preview. By {hr.get_full_name() or hr}." in page
    admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    assert [book.title for book in Book.objects.all()] == ["Sanditon"]


def test_the_page_afterwards_tells_of_no_row_that_was_refused_meanwhile(admin_client, jane, preview, hr):
    Book.objects.create(isbn="1", title="Emma", author=jane)
    url = preview("isbn,title,author", "1,Emma!,Jane", "2,Sanditon,Jane", "3,Persuasion,Jane")
    with operation("edit", actor=hr):
        Book.objects.update(title="Emma?")
        Book.objects.create(isbn="2", title="Other", author=jane)
    admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    samples = Import.objects.get().samples
    told = [[line for line, _name, _cells in samples[kind]] for kind in ("created", "updated", "unchanged")]
    assert told == [[4], [], []]
    assert "Sanditon" not in text(admin_client.get(url))


@pytest.mark.parametrize("number", [2, 30])
def test_saying_what_changed_costs_the_same_for_many(
    admin_client, jane, preview, number, django_assert_max_num_queries
):
    Book.objects.bulk_create([Book(isbn=str(n), title="Emma", author=jane) for n in range(number)])
    url = preview("isbn,title,author", *(f"{n},Emma!,Jane" for n in range(number)))
    Book.objects.update(author=Author.objects.create(name="Mary"))
    with django_assert_max_num_queries(175):
        page = text(admin_client.post(url, {**seen(url), "stage": "apply"}))
    assert page.count("Author “Jane” → “Mary”.") == number


def test_a_row_whose_relation_means_another_one_by_now_is_refused(admin_client, jane, preview):
    mary = Author.objects.create(name="Mary")
    Author.objects.create(name="NA")
    Book.objects.create(isbn="1", title="Emma", author=mary)
    url = preview("isbn,title,author", "1,Emma,Jane", "2,Sanditon,Mary", "3,Frankenstein,Mary", "4,Ruth,na")
    Author.objects.update(name="?")
    Author.objects.filter(pk=mary.pk).update(name="Jane")
    Author.objects.filter(pk=jane.pk).update(name="Mary")
    page = text(admin_client.post(url, {**seen(url), "stage": "apply"}))
    assert page.count("Which author this means was changed by somebody after the preview.") == 4
    admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    assert Book.objects.get().author == mary


def test_a_related_row_that_was_to_be_made_and_is_there_by_now_is_refused(admin_client, jane, preview):
    url = preview("isbn,title,author", "1,Emma,Mary", "2,Sanditon,Ann", create="on")
    Author.objects.create(name="Mary")
    admin_client.post(url, {**seen(url), "stage": "apply"})
    admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    assert [(book.title, book.author.name) for book in Book.objects.all()] == [("Sanditon", "Ann")]
