"""A job is carried out once or not at all, and says what came of it."""

import json
import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models.functions import Now
from django.db.models.signals import post_save
from django_tasks_db.models import DBTaskResult

from backoffice import background
from backoffice.background.boards import PATIENCE
from backoffice.background.jobs import Job
from backoffice.background.recovery import MOST, again
from backoffice.background.running import Run, run
from backoffice.management.commands.worker import NumberedWorker
from backoffice.models import Operation
from backoffice.serving import request_id
from backoffice.serving.logs import JsonLines
from tests.library.models import Book

pytestmark = pytest.mark.django_db
State = Job.State


def start(deed, actor, **options):
    path = f"tests.backoffice.background.deeds.{deed}"
    return background.start(
        deed, path, {"title": "New"}, actor=actor, rows=3, title="Rename books", **options
    )


def carry_out(deed, actor):
    job = start(deed, actor)
    run.call(job.pk, job.attempt)
    job.refresh_from_db()
    return job


def titles():
    return set(Book.objects.values_list("title", flat=True))


def test_a_job_waits_until_a_worker_takes_it(hr, books):
    job = start("rename", hr)
    assert job.state == State.WAITING
    assert titles() == {"Book 0", "Book 1", "Book 2"}


def test_a_job_is_not_cancelled_by_what_was_said_of_another_one_of_its_number(hr, books, board):
    number = start("rename", hr).pk
    Job.objects.all().delete()
    board.ask_to_end(Job(pk=number + 1))
    board.ask_to_end(Job(pk=number))
    assert carry_out("rename", hr).state == State.DONE


def test_it_says_what_was_done_and_names_the_operation(hr, books):
    job = carry_out("rename", hr)
    assert (job.state, job.message) == (State.DONE, "Renamed 3 books.")
    assert titles() == {"New"}
    assert job.operation == Operation.objects.get(kind="rename")
    assert (job.phase, job.recorded, job.changed) == ("finishing", 3, 3)
    assert job.parameters == {}


def test_a_job_without_any_change_has_no_operation(hr, books):
    job = carry_out("do_nothing", hr)
    assert (job.state, job.operation) == (State.DONE, None)


@pytest.mark.usefixtures("at_once")
def test_in_tests_it_is_done_at_once(hr, books):
    job = start("rename", hr)
    job.refresh_from_db()
    assert job.state == State.DONE


@pytest.mark.parametrize(
    ("deed", "state", "said"),
    [
        ("refuse", State.REFUSED, "There are too many books."),
        ("collide", State.REFUSED, "Nothing was changed: somebody changed something at that moment."),
        (
            "break_down",
            State.FAILED,
            "Nothing was changed: there was an error, which is in the log of the worker.",
        ),
    ],
)
def test_what_is_not_done_leaves_nothing_and_says_why(hr, books, deed, state, said):
    job = carry_out(deed, hr)
    assert (job.state, job.message, job.operation) == (state, said, None)
    assert titles() == {"Book 0", "Book 1", "Book 2"}
    assert not Operation.objects.filter(kind="rename").exists()


def test_who_was_locked_out_meanwhile_changes_nothing(hr, books):
    job = start("rename", hr)
    type(hr).objects.update(is_active=False)
    run.call(job.pk, job.attempt)
    job.refresh_from_db()
    assert job.state == State.REFUSED
    assert job.message.startswith("Nothing was changed: the account that asked for it")
    type(hr).objects.update(is_active=True)
    meanwhile = carry_out("lose_the_account", hr)
    assert (meanwhile.state, meanwhile.message) == (State.REFUSED, job.message)
    assert titles() == {"Book 0", "Book 1", "Book 2"}


def anna():
    user = User.objects.create(username="anna")
    user.user_permissions.set(Permission.objects.filter(codename="change_book"))
    return user


IN_MEMORY = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="In memory no other connection reads meanwhile."
)


@IN_MEMORY
@pytest.mark.django_db(transaction=True)
def test_who_lost_a_right_meanwhile_changes_nothing(books):
    job = carry_out("have_a_right_taken", anna())
    assert job.state == State.REFUSED
    assert job.message == "Nothing was changed: a right was taken from you meanwhile. Look again."
    assert titles() == {"Book 0", "Book 1", "Book 2"}


@IN_MEMORY
@pytest.mark.django_db(transaction=True)
def test_what_the_deed_itself_takes_is_theirs_to_take(books):
    assert carry_out("lose_a_right", anna()).state == State.DONE
    assert titles() == {"New"}


def test_a_job_that_is_delivered_twice_is_done_once(hr, books):
    job = carry_out("rename", hr)
    Book.objects.update(title="Something else")
    run.call(job.pk, job.attempt)
    assert titles() == {"Something else"}


def test_who_was_thought_dead_can_no_longer_commit(hr, books):
    job = start("rename", hr)
    Job.objects.update(state=State.RUNNING)
    slow = Run(Job.objects.select_related("actor").get())
    again(job)
    slow.carry_out()
    job.refresh_from_db()
    assert (job.state, job.attempt) == (State.WAITING, 2)
    assert titles() == {"Book 0", "Book 1", "Book 2"}


def test_a_job_that_loses_the_database_is_begun_again_and_given_up_in_the_end(hr, books):
    job = start("lose_the_database", hr)
    for attempt in range(1, MOST + 1):
        job.refresh_from_db()
        assert (job.state, job.attempt) == (State.WAITING, attempt)
        run.call(job.pk, attempt)
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert job.message.startswith("Nothing was changed: it was begun 3 times")
    assert titles() == {"Book 0", "Book 1", "Book 2"}


def test_a_job_that_waits_is_cancelled_at_once(hr, books):
    job = start("rename", hr)
    background.cancel(job)
    run.call(job.pk, job.attempt)
    job.refresh_from_db()
    assert (job.state, job.message) == (State.CANCELLED, "It was cancelled. Nothing was changed.")
    assert titles() == {"Book 0", "Book 1", "Book 2"}


def test_a_running_job_is_cancelled_before_its_next_statement(hr, books, monkeypatch):
    job = start("rename", hr)
    Job.objects.update(state=State.RUNNING)
    running = Run(Job.objects.select_related("actor").get())
    running.watch.end()
    running.carry_out()
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert titles() == {"Book 0", "Book 1", "Book 2"}


def test_a_wish_that_comes_before_the_commit_is_heard(hr, books, board, monkeypatch):
    job = start("rename", hr)
    Job.objects.update(state=State.RUNNING)
    running = Run(Job.objects.select_related("actor").get())
    monkeypatch.setattr(running.watch, "finish", lambda: board.ask_to_end(job))
    running.carry_out()
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert titles() == {"Book 0", "Book 1", "Book 2"}


def test_what_is_over_cannot_be_cancelled(hr, books):
    job = carry_out("rename", hr)
    background.cancel(job)
    job.refresh_from_db()
    assert job.state == State.DONE


def test_an_undo_can_be_asked_for(hr, books):
    operation = carry_out("rename", hr).operation
    job = background.undo(operation, actor=hr)
    run.call(job.pk, job.attempt)
    job.refresh_from_db()
    assert (job.state, job.message) == (State.DONE, "Took back 3 changes.")
    assert titles() == {"Book 0", "Book 1", "Book 2"}
    second = background.undo(operation, actor=hr)
    run.call(second.pk, second.attempt)
    second.refresh_from_db()
    assert (second.state, second.message) == (State.REFUSED, "This operation was undone already.")


def test_nothing_of_a_job_stays_on_the_connection(hr, books):
    before = list(connection.execute_wrappers), len(post_save.receivers)
    carry_out("break_down", hr)
    assert (connection.execute_wrappers, len(post_save.receivers)) == before


def test_a_job_that_has_just_begun_is_not_taken_from_its_worker(hr, board):
    job = start("rename", hr)
    running = Job.objects.filter(pk=job.pk)
    running.update(state=State.RUNNING, beat_at=Now())
    assert board.abandoned() == []
    running.update(beat_at=Now() - timedelta(seconds=PATIENCE + 1))
    assert board.abandoned() == [job]


def test_what_a_worker_says_of_a_job_has_the_number_of_the_request(hr, books, caplog):
    caplog.set_level(logging.INFO, "django_tasks")
    caplog.handler.setFormatter(JsonLines())
    with request_id.numbered("proxy-7"):
        start("rename", hr)
    worker = NumberedWorker.__new__(NumberedWorker)  # what it waits for is in the command
    worker._run_tasks = 0
    worker.run_task(DBTaskResult.objects.get())
    lines = [json.loads(line) for line in caplog.text.splitlines()]
    assert [line["message"].rpartition("=")[2] for line in lines] == ["READY", "SUCCESSFUL"]
    assert {line["request_id"] for line in lines} == {"proxy-7"}
