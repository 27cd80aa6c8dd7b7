"""A large import is looked through and carried out by a worker."""

import pytest
from django.contrib.messages import get_messages

from backoffice.admin import job_page
from backoffice.admin.job_page import percent
from backoffice.background.boards import Files, Progress
from backoffice.background.jobs import Job, Phase
from backoffice.background.running import run
from backoffice.models import Import, Operation
from backoffice.progress import heard
from tests.backoffice.imports.conftest import UPLOAD, seen, text
from tests.library.models import Book
from tests.sessions import show_who_it_is

State = Job.State
LINES = ("isbn,title,author", "1,Emma!,Jane", "2,Persuasion,Jane")


@pytest.fixture(autouse=True)
def one_row_is_much(settings, admin_client):
    settings.BACKGROUND_ROWS = 1
    show_who_it_is(admin_client)


@pytest.fixture
def emma(jane):
    return Book.objects.create(isbn="1", title="Emma", author=jane)


def work():
    """Carry out all that waits; the last of it."""
    while job := Job.objects.filter(state=State.WAITING).first():
        run.call(job.pk, job.attempt)
    return Job.objects.latest("pk")


def test_it_previews_and_saves(admin_client, preview, emma):
    url = preview(*LINES)
    assert work().message.startswith("This is what would happen.")
    admin_client.post(url, {**seen(url), "stage": "apply"})
    job = work()
    assert (job.state, job.message) == (State.DONE, "Imported books.csv: 1 created, 1 updated, 0 refused.")
    assert job.operation == Operation.objects.get(kind="import")


def test_what_came_of_it_is_a_click_away(admin_client, preview, emma):
    url = preview(*LINES)
    link = f'href="{url}">Show the result</a>'
    job = work()
    told = [str(message.message) for message in get_messages(admin_client.get(UPLOAD).wsgi_request)]
    assert (link in told[-1], told[-1][:29]) == (True, "This is what would happen. No")
    assert f'class="bo-primary" {link}' in admin_client.get(f"/admin/background/{job.pk}/").content.decode()
    assert "Preview of books.csv:" not in text(admin_client.get(url))
    admin_client.post(url, {**seen(url), "stage": "apply"})
    assert link in admin_client.get(f"/admin/background/{work().pk}/").content.decode()


def test_a_second_click_while_it_waits_asks_for_nothing_more(admin_client, preview, emma):
    url = preview(*LINES)
    work()
    for _click in range(2):
        admin_client.post(url, {**seen(url), "stage": "apply"})
    assert Job.objects.filter(state=State.WAITING).count() == 1
    work()
    assert Operation.objects.filter(kind="import").count() == 1


def test_its_page_says_whether_a_worker_is_at_it(admin_client, preview, emma, tmp_path, monkeypatch):
    board = Files(tmp_path / "background")
    monkeypatch.setattr(job_page, "board", lambda: board)
    url = preview(*LINES)
    assert "Nobody is working on it: no worker is running." in text(admin_client.get(url))
    board.worker_lives("one")
    page = text(admin_client.get(url))
    assert "It waits for a worker" in page
    assert "Nobody is working on it" not in page
    Job.objects.update(state=State.RUNNING)
    page = admin_client.get(url).content.decode()
    assert "A worker is at it" in page
    assert '<progress id="job-progress" max="100" value="2">' in page
    board.worker_leaves("one")
    page = text(admin_client.get(url))
    assert "Nobody is working on it" in page
    assert "A worker is at it" not in page


def test_what_changed_since_the_preview_is_shown_and_not_overwritten(admin_client, preview, emma):
    url = preview(*LINES)
    work()
    Book.objects.update(title="Emma?")
    admin_client.post(url, {**seen(url), "stage": "apply"})
    first = Job.objects.latest("pk")
    again = work()
    first.refresh_from_db()
    assert (first.state, again.state) == (State.REFUSED, State.DONE)
    assert first.message.startswith("Nothing was saved: something changed since you looked")
    page = text(admin_client.get(url))
    assert "Somebody changed this row after the preview." in page
    assert "Import the good rows, leave 1 out" in page
    assert not Book.objects.filter(isbn="2").exists()


def test_what_is_cancelled_leaves_nothing(admin_client, preview, emma):
    url = preview(*LINES)
    work()
    admin_client.post(url, {**seen(url), "stage": "apply"})
    job = Job.objects.latest("pk")
    admin_client.post(f"/admin/background/{job.pk}/")
    assert work().state == State.CANCELLED
    assert Book.objects.get().title == "Emma"
    assert Import.objects.get().state == "previewed"
    page = text(admin_client.get(url))
    assert "Import of books.csv: It was cancelled. Nothing was changed." in page
    assert "Import: all or nothing" in page


def test_it_says_how_far_it_is_while_it_reads_and_checks(admin_client, preview, emma, settings):
    settings.BACKGROUND_ROWS = 100
    told = []
    with heard(lambda phase, part: told.append((phase, part))):
        url = preview(*LINES)
        admin_client.post(url, {**seen(url), "stage": "apply"})
    phases = [phase for phase, _part in told]
    assert phases == sorted(phases[: len(phases) // 2], reverse=True) * 2
    assert told[-1] == (Phase.CHECKING, 1)


def test_the_bar_never_goes_back():
    steps = [
        Progress(),
        Progress(Phase.READING, part=0.5),
        Progress(Phase.CHECKING, part=0.2),
        Progress(Phase.CHECKING, part=1),
        Progress(Phase.CHANGING, 0, 50, 1),
        Progress(Phase.RECORDING, 50, 50, 1),
        Progress(Phase.CHANGING, 50, 100, 1),
        Progress(Phase.RECORDING, 100, 100, 1),
        Progress(Phase.FINISHING, 100, 100, 1),
    ]
    bars = [percent(progress, 100) for progress in steps]
    assert bars == sorted(set(bars))
    assert percent(Progress(Phase.CHANGING, 100, 50), 100) == 73  # of a deed that reads no file
