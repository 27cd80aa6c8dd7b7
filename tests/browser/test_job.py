"""The page of an operation in the background, watched without touching it: waiting, moving, cancelled, done."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from backoffice.background.boards import Progress, board
from backoffice.background.jobs import Job, Phase
from backoffice.background.running import Run, run
from organization.models import Department, Employee
from tests.sessions import show_who_it_is

State = Job.State


@pytest.fixture
def page(desktop):
    """Somebody who has just shown who it is."""
    [cookie] = [cookie for cookie in desktop.context.cookies() if cookie["name"] == "sessionid"]
    client = Client()
    client.cookies["sessionid"] = cookie["value"]
    show_who_it_is(client)
    return desktop


@pytest.fixture
def job(page, settings, transactional_db):
    """A transfer of three people that was confirmed; the clock of the page is ours."""
    settings.BACKGROUND_ROWS = 2
    one, Department.two = (Department.objects.create(name=name) for name in ("One", "Two"))
    Employee.objects.bulk_create(Employee(name=f"Person {n}", department=one) for n in range(3))
    page.goto("/admin/organization/employee/")
    page.evaluate("document.querySelector('#action-toggle').click()")
    page.select_option("select[name=action]", "transfer")
    page.get_by_role("button", name="Continue", exact=True).click()
    choices = page.locator("select[name=department]")  # asked for by what is typed; here it is there already
    choices.evaluate(
        "(choices, key) => choices.add(new Option('Two', key, true, true))", str(Department.two.pk)
    )
    page.get_by_role("button", name="Show what will happen").click()
    page.clock.install()
    page.get_by_role("button", name="Move 3 employees to Two").click()
    page.wait_for_url("**/background/*/")
    board().forget(Job.objects.get())  # what another test said of a job of the same number
    yield Job.objects.get()
    board().worker_leaves("one")
    board().forget(Job.objects.get())


def text(page):
    """What it says after the page has asked once more."""
    with page.expect_response("**/background/*/"):
        page.clock.run_for(2100)
    page.wait_for_timeout(100)
    return page.locator("#job").inner_text()


def begin(job):
    board().worker_lives("one")
    Job.objects.update(state=State.RUNNING)
    return Run(Job.objects.select_related("actor").get())


def bar(page):
    return int(page.locator("#job-progress").evaluate("bar => bar.value"))


def test_it_says_that_no_worker_runs_moves_with_one_and_says_that_it_is_done(page, job):
    assert "no worker is running" in page.locator("#job").inner_text()
    running = begin(job)
    assert "no worker is running" not in text(page)
    seen = [bar(page)]
    for progress in (Progress("recording", 1), Progress("recording", 3), Progress("changing", 3, 2)):
        board().job_lives(job, progress)
        assert f"Recorded: {progress.recorded}. Changed: {progress.changed}." in text(page)
        seen.append(bar(page))
    assert seen == sorted(set(seen))
    running.carry_out()
    assert "Moved 3 employees to Two." in text(page)
    expect(page.get_by_role("status").get_by_text("Done")).to_be_visible()
    assert Employee.objects.filter(department=Department.two).count() == 3
    page.get_by_role("link", name="Undo").click()
    page.wait_for_url("**/undo/")


def test_its_button_cancels_it_before_anything_is_changed(page, job):
    running = begin(job)
    text(page)
    page.get_by_role("button", name="Cancel it").click()
    page.get_by_text("Being cancelled").wait_for()
    running.carry_out()
    assert "It was cancelled. Nothing was changed." in text(page)
    assert not Employee.objects.filter(department=Department.two).exists()
    expect(page.get_by_role("link", name="Look again")).to_be_visible()


def test_one_that_waits_is_cancelled_at_once_and_the_next_page_says_nothing_twice(page, job):
    page.get_by_role("button", name="Cancel it").click()
    page.get_by_text("It was cancelled. Nothing was changed.").wait_for()
    run.call(job.pk, job.attempt)
    page.goto("/admin/")
    expect(page.get_by_text("It was cancelled")).to_have_count(0)


def test_the_page_of_an_import_says_how_far_it_is(page, settings, transactional_db):
    settings.BACKGROUND_ROWS = 1
    page.goto("/admin/organization/department/import/")
    file = {"name": "d.csv", "mimeType": "text/csv", "buffer": b"name,code\nOne,1\nTwo,2\n"}
    page.locator("input[type=file]").set_input_files(file)
    page.clock.install()
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("button", name="Show what would happen").click()
    page.wait_for_url("**/background/*/")
    job = Job.objects.get()
    board().forget(job)
    running = begin(job)
    page.goto(job.back)
    assert bar(page) == 2
    board().job_lives(job, Progress(Phase.CHECKING, part=0.5))
    with page.expect_response("**/background/*/"):
        page.clock.run_for(2100)
    page.get_by_label(str(Phase.CHECKING.label)).wait_for()
    assert bar(page) == 40
    running.carry_out()
    with page.expect_navigation():
        page.clock.run_for(2100)
    page.get_by_role("button", name="Import: all or nothing").wait_for()
    board().worker_leaves("one")
    board().forget(job)
