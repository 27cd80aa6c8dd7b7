"""The page that undoes an operation or one row of it; the rows that were deleted and can come back."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from backoffice.models import AccessEvent, Operation
from backoffice.operations import operation, update
from backoffice.operations.undo import UndoError, undo
from backoffice.security.locks import housekeeping
from tests.growth import queries
from tests.library.models import Author, Book, Chapter

pytestmark = pytest.mark.django_db

LOG = "/admin/backoffice/operation/"
DELETED = "/admin/deleted/"


@pytest.fixture
def author():
    return Author.objects.create(name="Ada")


@pytest.fixture
def books(author):
    return Book.objects.bulk_create([Book(title=f"Book {n}", author=author, isbn=f"{n}") for n in range(3)])


def last():
    return Operation.objects.first()


def undo_url(target):
    return f"{LOG}{target.pk}/undo/"


def restore_url(target, row):
    return f"{undo_url(target)}?row={row._meta.label}:{row.pk}"


def signed_in(client, django_user_model, *permissions):
    user = django_user_model.objects.create_user("clerk", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def told(response):
    return [str(message) for message in response.context["messages"]]


def test_the_preview_says_what_comes_back_and_changes_nothing(panel, author, books):
    author.delete()
    target, lines = last(), Operation.objects.count()
    text = panel.get(undo_url(target)).content.decode()
    assert "1 author brought back and 3 books brought back" in text
    assert not Book.objects.exists()
    assert Operation.objects.count() == lines


def test_the_preview_says_who_did_what_and_names_the_rows_with_old_and_new(panel, hr, author, books):
    """None that stays: it is named below, with the reason."""
    with operation("tidy", actor=hr, reason="The spring clean"):
        Book.objects.update(title="Same")
    target = last()
    Book.objects.filter(pk=books[1].pk).update(title="Mine now")
    page = panel.get(undo_url(target))
    words = " ".join(unescape(re.sub("<[^>]+>", " ", page.content.decode())).split())
    assert "by hr. Reason: The spring clean Operation" in words
    assert f'href="{LOG}{target.pk}/change/">Operation {target.pk}</a>' in page.content.decode()
    [part] = page.context["page"].sample
    titles = {line.name: (field.old, field.new) for line in part.lines for field in line.fields}
    assert titles == {"Book 0": ("Same", "Book 0"), "Book 2": ("Same", "Book 2")}
    assert "Books, before and after" in words
    assert "Title: Same → Book 2" in words


def test_what_comes_back_together_is_not_called_gone(panel, author, books):
    author.delete()
    page = panel.get(undo_url(last()))
    shown = {line.name: line.fields for part in page.context["page"].sample for line in part.lines}
    assert "Ada" in [field.new for field in shown["Book 0"]]
    assert not Author.objects.exists()
    assert AccessEvent.objects.get(model="library.Author").what == AccessEvent.What.HISTORY


def test_confirming_brings_back_and_says_so_with_the_way_to_take_that_back(panel, hr, author, books):
    author.delete()
    response = panel.post(undo_url(last()), {"reason": "By mistake"}, follow=True)
    assert Book.objects.count() == 3
    assert "3 books brought back" in told(response)[0]
    assert undo_url(last()) in told(response)[0]
    assert (last().reason, last().actor) == ("By mistake", hr)


@pytest.mark.parametrize("place", ["/admin/library/book/?author=1", "//example.com/", "javascript:x"])
def test_one_goes_on_where_one_came_from(panel, author, books, place):
    """To no other host."""
    author.delete()
    url, own = f"{undo_url(last())}?{urlencode({'next': place})}", f"{LOG}{last().pk}/change/"
    goes = place if place.startswith("/admin/") else own
    assert f'<a class="bo-neutral" href="{goes}">Back</a>' in panel.get(url).content.decode()
    assert panel.post(url).url == goes


def test_a_reason_stays_in_its_box_when_nothing_was_undone(panel, author, books, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise UndoError("Somebody was quicker.")

    author.delete()
    monkeypatch.setattr("backoffice.admin.undo.page.undo", refuse)
    text = panel.post(undo_url(last()), {"reason": "By mistake"}).content.decode()
    assert "Somebody was quicker." in text
    assert 'name="reason" value="By mistake"' in text


def test_what_changed_a_row_since_is_named_with_who_did_it_and_a_link(panel, hr, author, books):
    Book.objects.update(published_on="2020-01-01")
    target = last()
    with operation("rename", actor=hr):
        Book.objects.filter(pk=books[1].pk).update(title="Mine now")
    text = " ".join(panel.get(undo_url(target)).content.decode().split())
    assert f'Book 1</a>: <a href="{LOG}{last().pk}/change/">Rename by hr, ' in text
    assert text.count(f"{LOG}{last().pk}/change/") == 1


def test_who_may_not_see_the_log_is_told_only_who_changed_a_row_since(
    client, django_user_model, author, books
):
    Book.objects.update(published_on="2020-01-01")
    target = last()
    with operation("rename", subject="Secret"):
        Book.objects.filter(pk=books[1].pk).update(title="Mine now")
    clerk = signed_in(client, django_user_model, "undo_others", "view_book", "change_book")
    text = " ".join(clerk.get(undo_url(target)).content.decode().split())
    assert "Book 1</a>: Rename by " in text
    assert "Secret" not in text


def test_what_changed_rows_since_costs_as_many_queries_for_20_rows_as_for_2(panel, author):
    def asked(number):
        Book.objects.all().delete()
        Book.objects.bulk_create(Book(title=f"Book {n}", author=author) for n in range(number))
        Book.objects.update(published_on="2020-01-01")
        target = last()
        for book in Book.objects.all():
            Book.objects.filter(pk=book.pk).update(title="Mine now")
        return len(queries(panel, undo_url(target))[0])

    assert asked(2) == asked(20)


def test_more_rows_than_are_named_stay_and_are_a_file(panel, hr, author):
    made = Book.objects.bulk_create(Book(title=f"Book {n}", author=author) for n in range(25))
    with operation("rename", actor=hr):
        Book.objects.update(title="Yours")
    target = last()
    Book.objects.filter(pk__in=[book.pk for book in made[:23]]).update(title="Mine")
    page = panel.get(undo_url(target)).content.decode()
    assert "and 3 more" in page
    assert 'href="?left=csv"' in page
    lines = panel.get(f"{undo_url(target)}?left=csv").getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "Key,Name,Reason,Operation"
    assert len(lines) == 24
    assert lines[1].startswith(f"{made[0].pk},Yours,Changed since by another operation,")
    assert AccessEvent.objects.filter(what="operation_rows", number=23).exists()
    assert panel.get(f"{undo_url(last())}?left=csv").status_code == 302


def test_the_page_says_why_nothing_of_it_can_be_undone(panel, author, monkeypatch):
    def refuses(*_arguments, **_options):
        raise UndoError("Nothing was undone: a rule.")

    monkeypatch.setattr("backoffice.admin.undo.asked.trial", refuses)
    page = panel.get(undo_url(last())).content.decode()
    assert "Nothing was undone: a rule." in page
    assert "These are many rows" not in page


def test_who_comes_back_without_what_is_gone_is_told_before_and_after(panel, author):
    pupils = [Author.objects.create(name=name, mentor=author) for name in ("Bea", "Cleo")]
    Author.objects.filter(pk__in=[pupil.pk for pupil in pupils]).delete()
    target, author_key = last(), author.pk
    author.delete()
    sentence = "2 authors come back without their mentor, which is not there any more."
    text = panel.get(undo_url(target)).content.decode()
    assert sentence in text
    assert "The rest stays as it is" not in text
    deletion = last()
    response = panel.post(undo_url(target), follow=True)
    assert [sentence in message for message in told(response)] == [True]
    text = panel.get(undo_url(target)).content.decode()
    assert "Back, but not whole: 2 authors. The mentor is not there any more." in text
    assert "It was undone already, but for what is said below." in text
    assert ">Bea</a>" in text
    undo(deletion)
    row = f"{undo_url(target)}?row=library.Author:{pupils[0].pk}"
    assert "1 author put back as before" in panel.get(row).content.decode().lower()
    panel.post(undo_url(target))
    assert Author.objects.filter(mentor=author_key).count() == 2


def test_what_was_changed_since_is_named_with_the_reason(panel, author, books):
    update(Book.objects.all(), {"author": Author.objects.create(name="Bea")}, actor=None, kind="hand_over")
    target = last()
    Book.objects.filter(pk=books[1].pk).update(title="Mine now")
    text = panel.get(undo_url(target)).content.decode()
    assert "2 books put back as before" in text.lower()
    assert "Left as it is: 1 book." in text
    assert "Changed since by another operation" in text
    response = panel.post(undo_url(target), follow=True)
    assert "Changed since by another operation" in response.content.decode()


def test_of_a_large_operation_only_numbers_are_shown(panel, author, books, monkeypatch):
    monkeypatch.setattr("backoffice.admin.undo.asked.MANY", 2)
    author.delete()
    text = panel.get(undo_url(last())).content.decode()
    assert "each is looked at when you confirm" in text
    assert "up to 3 books brought back" in text.lower()


def test_what_refers_to_a_row_that_stays_is_named_by_each_relation_as_far_as_it_is_seen(
    client, django_user_model, author
):
    target = last()
    Author.objects.bulk_create(Author(name=f"Student {n}", mentor=author) for n in range(5))
    book = Book.objects.create(title="Notes", author=author)
    clerk = signed_in(client, django_user_model, "undo_others", "view_author", "delete_author")
    page = clerk.get(undo_url(target)).content.decode()
    assert page.count('">Student ') == 3
    assert "authors (mentor): <a" in page
    assert "and 2 more" in page
    assert "Notes" not in page
    clerk = django_user_model.objects.get(username="clerk")
    clerk.user_permissions.add(Permission.objects.get(codename="view_book"))
    page = client.get(undo_url(target)).content.decode()
    assert f'books (author): <a href="/admin/library/book/{book.pk}/change/">Notes</a>' in page


def test_what_refers_to_a_row_that_stays_is_named_however_much_refers_to_another(panel):
    with operation("add") as it:
        busy, quiet = (Author.objects.create(name=name) for name in ("Busy", "Quiet"))
    Book.objects.bulk_create(Book(title=f"Book {n}", isbn=f"b{n}", author=busy) for n in range(300))
    Book.objects.create(title="Alone", author=quiet)
    page = panel.get(undo_url(it.operation)).content.decode()
    assert ">Alone</a>" in page
    assert "and 297 more" in page


@pytest.mark.parametrize("many", [1, 2])
def test_what_is_left_of_a_large_operation_is_named_and_alone_offered(
    panel, author, books, monkeypatch, many
):
    monkeypatch.setattr("backoffice.admin.undo.asked.MANY", many)
    Book.objects.update(title="Same")
    target = last()
    for book in books[:2]:
        Book.objects.filter(pk=book.pk).update(title="Mine now")
    response = panel.post(undo_url(target), follow=True)
    assert "2 of its changes stay" in told(response)[1]
    page = response.content.decode()
    assert "Left as it is: 2 books. Changed since by another operation" in page
    assert "3 books" not in page
    assert all(f"/book/{book.pk}/history/" in page for book in books[:2])
    assert ("2 books put back as before" in page.lower()) == (
        many == 1
    )  # all that could be tried was refused


def test_an_operation_whose_rows_are_not_kept_is_said_so(panel, author):
    target = last()
    with housekeeping():
        Operation.objects.update(expired_at=timezone.now())
    assert "cannot be undone" in panel.get(undo_url(target)).content.decode()
    assert "not kept any more" in panel.post(undo_url(target)).content.decode()
    assert Author.objects.exists()


def test_nothing_is_undone_twice(panel, author):
    Author.objects.update(name="Bea")
    target = last()
    undo(target)
    page = panel.post(undo_url(target), {"reason": "Wrong Bea"}).content.decode()
    assert "undone already" in page
    assert "What you entered was not saved: Reason: “Wrong Bea”." in page


@pytest.mark.parametrize(("held", "status"), [("add_book", 403), ("add_author", 403), ("both", 200)])
def test_undoing_takes_the_permission_for_what_it_does(
    client, django_user_model, author, books, held, status
):
    author.delete()
    permissions = ("add_book", "add_author") if held == "both" else (held,)
    url = undo_url(last())
    browser = signed_in(client, django_user_model, "undo_others", *permissions)
    assert browser.get(url).status_code == status
    posted = browser.post(url, follow=True)
    assert posted.status_code == status
    assert Author.objects.exists() is (status == 200)


# One row


def test_one_row_is_restored_and_the_operation_partly_undone(panel, author, books):
    Book.objects.all().delete()
    deletion = last()
    response = panel.post(restore_url(deletion, books[1]), follow=True)
    assert [book.pk for book in Book.objects.all()] == [books[1].pk]
    assert "1 book brought back" in told(response)[0]
    assert last().subject == "Book 1"
    deletion.refresh_from_db()
    assert deletion.state == "partly_undone"


def test_the_rest_can_be_restored_afterwards(author, books):
    Book.objects.all().delete()
    deletion = last()
    undo(deletion, only={Book: [books[0].pk]})
    undo(deletion, only={Book: [books[1].pk]})
    undo(deletion)
    deletion.refresh_from_db()
    assert (Book.objects.count(), deletion.state) == (3, "undone")


def test_the_last_single_row_makes_the_operation_undone(author, books):
    Book.objects.all().delete()
    deletion = last()
    for book in books:
        undo(deletion, only={Book: [book.pk]})
    deletion.refresh_from_db()
    assert deletion.state == "undone"


def test_a_single_restoration_can_be_undone(author, books):
    Book.objects.all().delete()
    deletion = last()
    undo(deletion, only={Book: [books[0].pk]})
    first = last()
    undo(deletion, only={Book: [books[1].pk]})
    undo(first)
    deletion.refresh_from_db()
    assert deletion.state == "partly_undone"
    assert [book.pk for book in Book.objects.all()] == [books[1].pk]
    undo(deletion)
    assert Book.objects.count() == 3


def test_a_row_whose_parent_is_gone_says_so_and_offers_the_whole_operation(panel, author, books):
    key = author.pk
    author.delete()
    deletion = last()
    text = panel.get(restore_url(deletion, books[1])).content.decode()
    assert "Nothing of it can be undone now" in text
    assert "The author was Ada (gone), which is not there any more." in text
    assert f'href="{undo_url(deletion)}"' in text
    panel.post(restore_url(deletion, books[1]))
    assert not Book.objects.exists()
    panel.post(undo_url(deletion))
    assert Book.objects.filter(author=key).count() == 3


def test_a_restored_row_gets_back_what_pointed_at_it(panel, author):
    student = Author.objects.create(name="Bea", mentor=author)
    gone = Author.objects.get(pk=author.pk)
    gone.delete()
    panel.post(restore_url(last(), author))
    student.refresh_from_db()
    assert student.mentor_id == author.pk


def test_restored_one_by_one_rows_are_as_they_were(panel, author):
    student = Author.objects.create(name="Bea", mentor=author)
    Author.objects.all().delete()
    deletion = last()
    panel.post(restore_url(deletion, student))
    told = panel.get(f"/admin/backoffice/operation/{last().pk}/change/").content.decode()
    assert "1 author came back without its mentor" in told
    panel.post(restore_url(deletion, author))
    student.refresh_from_db()
    deletion.refresh_from_db()
    assert (student.mentor_id, deletion.state) == (author.pk, "undone")


def test_a_unique_value_that_a_row_outside_the_choice_has_stands_against_it(author, books):
    from backoffice.operations import operation

    with operation("swap"):
        Book.objects.filter(pk=books[0].pk).update(isbn=None)
        Book.objects.filter(pk=books[1].pk).update(isbn="0")
    with pytest.raises(UndoError, match="The ISBN belongs to another row now"):
        undo(last(), only={Book: [books[0].pk]})


@pytest.mark.parametrize(
    "row", ["nonsense", "library.Book:0", "library.Book:x", "auth.User:1", "library.Book"]
)
def test_a_row_that_is_no_part_of_the_operation_is_not_found(panel, author, row):
    assert panel.get(f"{undo_url(last())}?row={row}").status_code == 404


# Recently deleted


def listed(panel, query=""):
    response = panel.get(DELETED + query)
    assert response.status_code == 200
    return [row.name for row in response.context["page"].rows]


def test_what_was_deleted_and_is_not_back_is_listed_newest_first(panel, author, books):
    Book.objects.get(pk=books[0].pk).delete()
    Book.objects.get(pk=books[1].pk).delete()
    assert listed(panel, "?model=library.Book") == ["Book 1", "Book 0"]
    undo(last())
    assert listed(panel, "?model=library.Book") == ["Book 0"]


def test_a_row_that_changed_in_two_steps_is_counted_once(panel, books):
    with operation("swap") as it:
        Book.objects.filter(pk__in=[books[0].pk, books[1].pk]).update(isbn=None)
        Book.objects.filter(pk=books[0].pk).update(isbn="1")
        Book.objects.filter(pk=books[1].pk).update(isbn="0")
    page = panel.get(f"{LOG}{it.operation.pk}/change/").context["page"]
    assert (it.operation.number, page.words, page.rows.count.number) == (2, "2 books changed", 2)
    assert panel.get(undo_url(it.operation)).context["page"].back == "2 books put back as before"
    [message] = told(panel.post(undo_url(it.operation), follow=True))
    assert message.startswith("Undone: 2 books put back as before.")
    assert last().rows == {"library.Book": {"updated": 2}}


def test_a_row_that_is_changed_and_deleted_is_one_line_and_counted_so(panel, author, books):
    with operation("end") as it:
        Book.objects.filter(pk=books[0].pk).update(isbn=None)
        Book.objects.get(pk=books[0].pk).delete()
    page = panel.get(f"{LOG}{it.operation.pk}/change/").context["page"]
    assert (len(page.rows.lines), page.rows.count.number) == (1, 1)


def test_what_an_operation_made_and_deleted_itself_is_not_offered_to_be_restored(panel):
    with operation("tidy"):
        Author.objects.create(name="Cleo").delete()
    assert "Cleo" not in panel.get(f"{DELETED}?model=library.Author").content.decode()


def test_a_row_deleted_twice_is_listed_once(panel, author, books):
    Book.objects.get(pk=books[0].pk).delete()
    undo(last())
    Book.objects.get(pk=books[0].pk).delete()
    assert listed(panel, "?model=library.Book") == ["Book 0"]


def test_each_deleted_row_leads_to_its_restoration_and_to_its_history(panel, author, books):
    author_key = author.pk
    author.delete()
    text = panel.get(f"{DELETED}?model=library.Author").content.decode()
    assert f"{undo_url(last())}?row=library.Author%3A{author_key}" in text
    assert f'href="{undo_url(last())}"' in text
    assert f"/admin/library/author/{author_key}/history/" in text


def test_what_was_restored_or_taken_back_already_is_told_so(panel, author, books):
    Book.objects.update(title="Same")
    changed = last()
    Book.objects.all().delete()
    deleted = last()
    for target, words in ((deleted, "It was restored already."), (changed, "It was undone already.")):
        address = restore_url(target, books[0])
        panel.post(address)
        page = panel.get(address).content.decode()
        assert "Nothing to undo" in page
        assert words in page


def test_what_changed_in_a_field_that_is_gone_is_told_so(panel, books):
    Book.objects.filter(pk=books[0].pk).update(title="Other")
    with housekeeping():
        Book.history_model.objects.filter(fields=",title,").update(fields=",called,", new_title=None)
    page = panel.get(undo_url(last())).content.decode()
    assert "undone already" not in page
    assert "Left as it is: 1 book. What it changed is not kept any more: the field is gone." in page
    history = panel.get(f"/admin/library/book/{books[0].pk}/history/").content.decode()
    assert "Changed (with a field that is not there any more)" in history


def test_deleted_rows_are_found_by_name_and_paged(panel, author):
    Book.objects.bulk_create(Book(title=f"Book {n}", author=author) for n in range(60))
    Book.objects.all().delete()
    assert listed(panel, "?model=library.Book&q=book 41") == ["Book 41"]
    first = panel.get(f"{DELETED}?model=library.Book").context["page"]
    assert len(listed(panel, first.links["next"])) == 10


def test_only_kinds_that_somebody_may_see_are_listed(client, django_user_model, author, books):
    author.delete()
    browser = signed_in(client, django_user_model, "view_author")
    assert listed(browser) == ["Ada"]
    assert browser.get(f"{DELETED}?model=library.Book").status_code == 404
    assert "Restore Ada" not in browser.get(DELETED).content.decode()


def test_the_first_kind_that_has_something_to_restore_is_shown_at_first(panel, author, books):
    Book.objects.get(pk=books[0].pk).delete()
    deletion = last()
    assert listed(panel) == ["Book 0"]
    assert listed(panel, "?model=library.Author") == []
    Chapter.objects.create(title="Kept", book=books[1]).delete()
    with housekeeping():
        Operation.objects.filter(pk=deletion.pk).update(expired_at=timezone.now())
    assert listed(panel) == ["Kept"]


def test_nothing_deleted_is_said_so(panel):
    assert "Nothing to restore." in panel.get(DELETED).content.decode()


def test_the_pages_ask_as_much_for_many_as_for_few(panel):
    seen = []
    for number in (5, 60):
        authors = Author.objects.bulk_create(Author(name=f"Author {n}") for n in range(number))
        books = Book.objects.bulk_create(Book(title=f"Book {n}", author=authors[n]) for n in range(number))
        Chapter.objects.bulk_create(Chapter(title=f"Chapter {n}", book=books[n]) for n in range(number))
        Author.objects.filter(pk__in=[author.pk for author in authors]).delete()
        urls = [DELETED, f"{DELETED}?model=library.Book", undo_url(last()), restore_url(last(), books[0])]
        seen.append([len(queries(panel, url)[0]) for url in urls])
    assert seen[0] == seen[1]
