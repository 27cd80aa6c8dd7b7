"""Large confirmed operations go to a worker, with all their checks; their page says how far they are."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice import previewed
from backoffice.admin import job_page
from backoffice.admin.bulk import plan
from backoffice.admin.later import words
from backoffice.admin.lists import selection
from backoffice.background.boards import Progress
from backoffice.background.jobs import Job
from backoffice.background.recovery import again
from backoffice.background.running import run
from backoffice.models import Operation
from backoffice.serving.zones import COOKIE
from tests.growth import queries
from tests.library.models import Author, Book
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db

LIST = "/admin/library/book/"
State = Job.State


@pytest.fixture(autouse=True)
def two_rows_are_many(settings):
    settings.BACKGROUND_ROWS = 2


@pytest.fixture
def panel(panel):
    """Whoever leaves something to a worker has just shown who they are: nobody can be asked there."""
    return show_who_it_is(panel)


def test_a_worker_gets_nothing_from_somebody_who_is_not_asked(client, hr, books, otto):
    client.force_login(hr)
    assert confirm(client, otto).redirect_chain[0][0].startswith("/account/reauthenticate/")
    assert not Job.objects.exists()


@pytest.fixture
def otto():
    return Author.objects.create(name="Otto")


def confirm(panel, otto, **answers):
    """Select all books, preview, confirm: the page that follows."""
    ticked = [book.pk for book in Book.objects.all()]
    form = panel.post(LIST, {"_selected_action": ticked, "action": "reassign"}, follow=True)
    preview = answer(panel, form, "preview", author=otto.pk)
    return answer(panel, preview, "apply", author=otto.pk, **answers)


def answer(panel, page, stage, **answers):
    hidden = re.findall(r'name="(selection|plan)" value="([^"]*)"', page.content.decode())
    return panel.post(page.wsgi_request.path, {**dict(hidden), "stage": stage, **answers}, follow=True)


def carried_out():
    job = Job.objects.get()
    run.call(job.pk, job.attempt)
    job.refresh_from_db()
    return job


def text(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def said(page):
    return [words(message.message) for message in get_messages(page.wsgi_request)]


def test_a_large_bulk_action_waits_for_a_worker(panel, books, otto):
    page = confirm(panel, otto)
    assert page.redirect_chain[-1][0] == f"/admin/background/{Job.objects.get().pk}/"
    assert "Change up to 3 books" in text(page)
    assert not otto.book_set.exists()


def test_who_confirms_twice_asks_once(panel, books, otto):
    ticked = [book.pk for book in Book.objects.all()]
    form = panel.post(LIST, {"_selected_action": ticked, "action": "reassign"}, follow=True)
    preview = answer(panel, form, "preview", author=otto.pk)
    pages = [answer(panel, preview, "apply", author=otto.pk) for _time in range(2)]
    assert {page.redirect_chain[-1][0] for page in pages} == {f"/admin/background/{Job.objects.get().pk}/"}
    panel.post(pages[0].wsgi_request.path)  # cancelled: that it is asked for again is meant
    answer(panel, preview, "apply", author=otto.pk)
    assert Job.objects.count() == 2
    for author in (books[0].author, otto):  # to and fro: the last word counts
        answer(panel, answer(panel, form, "preview", author=author.pk), "apply", author=author.pk)
    assert Job.objects.count() == 4


def test_the_worker_does_what_was_confirmed(panel, books, otto):
    confirm(panel, otto)
    job = carried_out()
    assert (job.state, job.message) == (State.DONE, "Changed 3 books.")
    assert otto.book_set.count() == 3
    assert job.operation == Operation.objects.latest("pk")
    assert job.operation.actor == job.actor


def test_days_begin_for_the_worker_where_they_begin_for_who_confirmed(panel, books, otto):
    panel.cookies[COOKIE] = "Asia/Tokyo"
    confirm(panel, otto)
    zones = []

    def noted(execute, sql, *rest):
        zones.append((sql.startswith("UPDATE"), timezone.get_current_timezone_name()))
        return execute(sql, *rest)

    with connection.execute_wrapper(noted):
        assert carried_out().state == State.DONE
    assert (True, "Asia/Tokyo") in zones


def test_a_job_whose_worker_ended_says_that_it_is_begun_again(panel, books, otto):
    confirm(panel, otto)
    job = Job.objects.get()
    assert "attempt" not in text(panel.get(f"/admin/background/{job.pk}/"))
    Job.objects.update(state=State.RUNNING)
    again(job)
    page = text(panel.get(f"/admin/background/{job.pk}/"))
    assert "broken off before it was through, so nothing was changed." in page
    assert "This is attempt 2 of 3." in page


def test_an_undo_is_called_what_it_does(panel, books, otto):
    confirm(panel, otto)
    panel.post(f"/admin/backoffice/operation/{carried_out().operation_id}/undo/")
    assert Job.objects.latest("pk").title == "Undo “Give to another author”"


def test_one_row_is_restored_by_a_worker_where_much_comes_back_with_it(panel, otto):
    mentor = Author.objects.create(name="Eve")
    Author.objects.bulk_create(Author(name=name, mentor=mentor) for name in ("Bo", "Cy"))
    key = mentor.pk
    mentor.delete()
    panel.post(f"/admin/backoffice/operation/{Operation.objects.first().pk}/undo/?row=library.Author:{key}")
    assert carried_out().rows == 3
    assert Author.objects.filter(mentor=key).count() == 2


def test_an_undo_that_left_rows_leads_to_what_stands_against_them(panel, books, otto):
    confirm(panel, otto)
    target = carried_out().operation_id
    Job.objects.all().delete()
    Book.objects.filter(pk=books[0].pk).update(author=books[1].author)
    undo = f"/admin/backoffice/operation/{target}/undo/"
    panel.post(undo)
    job = carried_out()
    assert "1 of its changes stay: the page of its undo says what stands against them." in job.message
    link = f'href="{undo}">Show what stays and why</a>'
    assert link in panel.get(f"/admin/background/{job.pk}/").content.decode()
    assert "Left as it is: 1 book." in text(panel.get(undo))


def test_the_next_page_leads_there_too(panel, books, otto):
    confirm(panel, otto)
    target = carried_out().operation_id
    Job.objects.all().delete()
    Book.objects.filter(pk=books[0].pk).update(author=books[1].author)
    panel.post(f"/admin/backoffice/operation/{target}/undo/")
    carried_out()
    told = [str(message.message) for message in get_messages(panel.get(LIST).wsgi_request)]
    assert f'href="/admin/backoffice/operation/{target}/undo/">Show what stays and why</a>' in told[-1]


def test_an_undo_that_left_nothing_leads_nowhere_else(panel, books, otto):
    confirm(panel, otto)
    target = carried_out().operation_id
    Job.objects.all().delete()
    panel.post(f"/admin/backoffice/operation/{target}/undo/")
    job = carried_out()
    assert "Show what stays" not in text(panel.get(f"/admin/background/{job.pk}/"))


def test_a_small_one_is_done_in_the_request(panel, books, otto, settings):
    settings.BACKGROUND_ROWS = 3
    confirm(panel, otto)
    assert otto.book_set.count() == 3
    assert not Job.objects.exists()


def test_a_plan_that_no_longer_fits_is_not_carried_out(panel, books, otto):
    confirm(panel, otto, operation_reason="Merger")
    books[0].delete()
    job = carried_out()
    assert job.state == State.REFUSED
    assert job.message.endswith("What you entered was not saved: Reason: “Merger”.")
    assert job.message.startswith("Nothing was changed: the selection is not what you looked at.")
    page = panel.get(job.back)
    assert page.context["form"]["author"].value() == str(otto.pk)
    assert not otto.book_set.exists()
    page = panel.get(f"/admin/background/{job.pk}/")
    assert job.back in page.content.decode().replace("&amp;", "&")
    assert panel.get(job.back).status_code == 200


def test_what_was_confirmed_in_time_is_done_however_long_it_waits(panel, books, otto, monkeypatch):
    confirm(panel, otto)
    monkeypatch.setattr(plan, "MAX_AGE", -1)
    monkeypatch.setattr(selection, "MAX_AGE", -1)
    assert carried_out().message == "Changed 3 books."


def test_an_old_preview_asks_no_worker(panel, books, otto, monkeypatch):
    monkeypatch.setattr(plan, "MAX_AGE", -1)
    assert "this preview is older than an hour" in text(confirm(panel, otto))
    assert not Job.objects.exists()


def test_who_lost_the_permission_meanwhile_changes_nothing(client, books, otto):
    anna = User.objects.create_user("anna", is_staff=True)
    anna.user_permissions.set(
        Permission.objects.filter(codename__in=["view_book", "change_book", "view_author"])
    )
    client.force_login(anna)
    show_who_it_is(client)
    confirm(client, otto)
    anna.user_permissions.clear()
    job = carried_out()
    assert (job.state, job.message) == (State.REFUSED, "Nothing was changed: you may not do this any more.")
    assert not otto.book_set.exists()


def test_a_large_deletion_waits_for_a_worker_too(panel, books, monkeypatch):
    ana = books[0].author
    url = f"/admin/library/author/{ana.pk}/delete/"
    hidden = re.findall(r'name="(previewed|count)" value="([^"]*)"', panel.get(url).content.decode())
    page = panel.post(url, {**dict(hidden), "post": "yes"}, follow=True)
    assert "Delete Ana and 3 books" in text(page)
    assert Book.objects.count() == 3
    monkeypatch.setattr(previewed, "MAX_AGE", -1)  # it was confirmed in time
    job = carried_out()
    assert (job.state, job.message) == (State.DONE, "Deleted Ana and 3 books.")
    assert not Book.objects.exists()


def test_a_deletion_that_is_not_carried_out_keeps_what_was_chosen_and_says_what_was_typed(panel, books, otto):
    url = f"/admin/library/author/{books[0].author_id}/delete/"
    chosen = {"library-book-author": "move", "library-book-author-to": str(otto.pk)}
    looked = panel.post(url, {**chosen, "look": ""}).context
    panel.post(
        url, {**looked["hidden"], "previewed": looked["page"].fingerprint, "reason": "Merger", "typed": "Ana"}
    )
    Book.objects.filter(pk=books[0].pk).update(author=otto)
    with CaptureQueriesContext(connection) as captured:
        job = carried_out()
    asked = [query["sql"] for query in captured]
    assert not any("accessevent" in sql for sql in asked)  # nobody was shown it
    assert "Reason: “Merger”" in job.message
    assert "Merger" not in job.back
    assert panel.get(job.back).context["hidden"] == chosen


def test_the_next_page_says_that_it_is_over(panel, books, otto):
    confirm(panel, otto)
    assert said(panel.get(LIST)) == []
    carried_out()
    assert said(panel.get(LIST)) == ["Changed 3 books."]
    assert said(panel.get(LIST)) == []


def test_the_next_page_says_why_it_was_not_done(panel, books, otto):
    confirm(panel, otto)
    books[0].delete()
    carried_out()
    assert said(panel.get(LIST))[0].startswith(
        "Change up to 3 books: Nothing was changed: the selection is not"
    )


def test_the_page_of_the_job_says_it_itself(panel, books, otto, monkeypatch):
    monkeypatch.setattr("backoffice.replica.wrote", lambda request: "1/A")
    confirm(panel, otto)
    assert "written" not in panel.get(f"/admin/background/{Job.objects.get().pk}/").cookies
    job = carried_out()
    page = panel.get(f"/admin/background/{job.pk}/")
    assert page.cookies["written"].value == "1/A"
    assert "Changed 3 books." in text(page)
    assert said(page) == []
    assert said(panel.get(LIST)) == []


def test_a_cookie_that_is_not_ours_asks_for_nothing(panel, books, otto):
    confirm(panel, otto)
    carried_out()
    panel.cookies["background"] = "1:forged"
    assert said(panel.get(LIST)) == []


def test_without_a_worker_the_page_says_so(panel, books, otto):
    assert "Nobody is working on it: no worker is running." in text(confirm(panel, otto))


def test_with_a_worker_it_only_waits(panel, books, otto, board, monkeypatch):
    board.worker_lives("one")
    page = confirm(panel, otto)
    assert "Nobody is working on it" not in text(page)
    assert "Waiting" in text(page)
    with monkeypatch.context() as patch:
        patch.setattr(job_page, "HEARD", 0)  # one that is not heard of is told before it counts as dead
        assert "Nobody is working on it" in text(panel.get(page.wsgi_request.path))
        assert board.has_worker()
    board.worker_leaves("one")
    assert "Nobody is working on it" in text(panel.get(page.wsgi_request.path))


def test_it_shows_how_far_it_is(panel, books, otto, board):
    page = confirm(panel, otto)
    Job.objects.update(state=State.RUNNING)
    board.job_lives(Job.objects.get(), Progress("changing", 3, 1))
    shown = panel.get(page.wsgi_request.path)
    assert "About 3 rows. Recorded: 3. Changed: 1." in text(shown)
    assert '<progress id="job-progress" max="100" value="65">' in shown.content.decode()


def test_its_button_cancels_it(panel, books, otto):
    page = confirm(panel, otto)
    assert "Cancel it" in text(page)
    after = panel.post(page.wsgi_request.path, follow=True)
    assert "It was cancelled. Nothing was changed." in text(after)
    assert "It was over already." in text(panel.post(page.wsgi_request.path, follow=True))
    assert carried_out().state == State.CANCELLED


def test_another_person_may_neither_look_nor_cancel(panel, books, otto, client):
    url = confirm(panel, otto).wsgi_request.path
    client.force_login(User.objects.create_user("bob", is_staff=True))
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404
    assert Job.objects.get().state == State.WAITING


def test_who_may_look_may_not_cancel(panel, books, otto, client):
    url = confirm(panel, otto).wsgi_request.path
    carla = User.objects.create_user("carla", is_staff=True)
    carla.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(carla)
    page = client.get(url)
    assert page.status_code == 200
    assert "Cancel it" not in text(page)
    assert client.post(url).status_code == 403


def test_a_job_that_does_not_exist_is_not_found(panel):
    assert panel.get("/admin/background/7/").status_code == 404


def test_the_page_costs_the_same_however_many_jobs_there_are(panel, hr, books, otto):
    url = confirm(panel, otto).wsgi_request.path
    few, size = queries(panel, url)
    Job.objects.bulk_create(
        Job(kind="page", title="Old", path="x", actor=hr, language="en", state=State.DONE) for _ in range(500)
    )
    many, size_of_many = queries(panel, url)
    assert len(few) == len(many)
    assert size == size_of_many


def test_nobody_who_waits_for_nothing_is_asked_for_it(panel, books, otto):
    few, _size = queries(panel, LIST)
    assert not [sql for sql in few if "backoffice_job" in sql]
