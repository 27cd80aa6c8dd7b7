"""The tree of the organization chart while answers are slow, or do not come."""

import pytest
from playwright.sync_api import expect

from backoffice.chart import pages
from organization.models import Department, Employee

PAGE = "/admin/organization/department/chart/"


@pytest.fixture
def company(transactional_db):
    company = Department.objects.create(name="Company")
    for name, person in (("Audit", "Alice"), ("Finance", "Bob"), ("Sales", "Charlie")):
        department = Department.objects.create(name=name, parent=company)
        Employee.objects.create(name=person, department=department)
    return company


class Answers:
    """What the script asks the server for, kept back until it is let through."""

    def __init__(self, page):
        self.page, self.kept, self.count = page, [], 0
        page.route("**/chart/?*node=*", self._keep)

    def _keep(self, route):
        self.kept.append(route)
        self.count += 1

    def asked(self, count):
        for _look in range(
            1_500
        ):  # 30 s, as long as Playwright waits for a page: a busy machine stalls for seconds
            if self.count >= count:
                return
            self.page.wait_for_timeout(20)
        pytest.fail(f"The script asked {self.count} times, not {count}.")

    def let_through(self):
        kept, self.kept = self.kept, []
        for route in kept:
            route.continue_()
        expect(self.page.locator("#chart [aria-busy]")).to_have_count(0)

    def fail(self, **answer):
        kept, self.kept = self.kept, []
        for route in kept:
            route.fulfill(**answer) if answer else route.abort()


@pytest.fixture
def tree(desktop, company):
    """The chart with the company open and the focus on Audit."""
    desktop.goto(f"{PAGE}?open={company.pk}")
    item(desktop, "Audit").focus()
    return desktop


@pytest.fixture
def answers(tree):
    return Answers(tree)


def item(page, name):
    return page.locator("#chart [role=treeitem]").filter(has_text=name)


def assert_one_item_is_reached_by_tab(page):
    expect(page.locator("#chart [tabindex='0']")).to_have_count(1)


def test_a_key_pressed_twice_while_a_level_loads_loads_it_once(tree, answers):
    tree.keyboard.press("ArrowRight")
    answers.asked(1)
    tree.keyboard.press("ArrowRight")
    tree.keyboard.press(" ")
    busy = tree.get_by_role("status").filter(has_text="Working on it")
    expect(busy).to_be_in_viewport()
    answers.let_through()
    expect(item(tree, "Alice")).to_be_visible()
    expect(busy).to_have_count(0)
    assert answers.count == 1
    assert_one_item_is_reached_by_tab(tree)
    expect(item(tree, "Audit")).to_be_focused()


def test_a_focus_that_has_moved_on_is_not_pulled_back(tree, answers):
    tree.keyboard.press("ArrowRight")
    tree.keyboard.press("ArrowDown")
    answers.asked(1)
    answers.let_through()
    expect(item(tree, "Finance")).to_be_focused()
    tree.keyboard.press("ArrowRight")
    answers.asked(2)
    tree.locator("#chart-search").focus()
    answers.let_through()
    expect(tree.locator("#chart-search")).to_be_focused()
    expect(item(tree, "Bob")).to_be_visible()
    assert_one_item_is_reached_by_tab(tree)
    item(tree, "Finance").and_(tree.locator("[tabindex='0']")).wait_for()


def test_what_was_closed_with_the_row_above_it_is_not_put_back(tree, answers):
    tree.keyboard.press("ArrowRight")
    answers.asked(1)
    tree.keyboard.press("Home")
    tree.keyboard.press("ArrowLeft")
    answers.let_through()
    expect(tree.locator("#chart [role=treeitem]")).to_have_count(1)
    assert_one_item_is_reached_by_tab(tree)
    expect(item(tree, "Company")).to_be_focused()


@pytest.mark.parametrize("answer", [{}, {"status": 503, "body": "busy"}])
def test_a_level_that_did_not_come_is_said_and_can_be_asked_for_again(tree, answers, answer):
    before, faults = tree.url, []
    tree.on("pageerror", lambda fault: faults.append(fault))
    tree.keyboard.press("ArrowRight")
    answers.asked(1)
    answers.fail(**answer)
    said = tree.get_by_role("status").filter(has_text="The chart did not answer. Try again.")
    expect(said).to_be_in_viewport()
    expect(tree.locator("#chart [aria-busy]")).to_have_count(0)
    assert tree.url == before
    expect(item(tree, "Audit")).to_be_focused()
    tree.keyboard.press("ArrowRight")
    answers.asked(2)
    answers.let_through()
    expect(item(tree, "Alice")).to_be_visible()
    expect(said).to_have_count(0)
    assert faults == []


def test_an_asterisk_opens_all_of_a_level_and_nothing_below(tree, answers, company):
    below = Department.objects.create(name="Payroll", parent=Department.objects.get(name="Finance"))
    Employee.objects.create(name="Dave", department=below)
    tree.keyboard.press("*")
    answers.asked(1)
    answers.let_through()
    for name in ("Alice", "Bob", "Charlie", "Payroll"):
        expect(item(tree, name)).to_be_visible()
    expect(item(tree, "Dave")).to_have_count(0)
    expect(item(tree, "Audit")).to_be_focused()
    assert answers.count == 1


def test_no_more_is_opened_than_an_address_can_name(desktop, company, monkeypatch):
    monkeypatch.setattr(pages, "MOST_OPEN", 2)
    desktop.goto(f"{PAGE}?open={company.pk}")
    item(desktop, "Audit").focus()
    desktop.keyboard.press("*")
    expect(desktop.locator("#chart-said")).to_contain_text("Very much is open")
    desktop.keyboard.press("ArrowRight")
    item(desktop, "Alice").wait_for()
    expect(desktop.locator("#chart-said")).to_be_empty()


def test_the_next_page_of_a_level_begins_where_the_focus_goes(desktop, company):
    sales = Department.objects.get(name="Sales")
    Employee.objects.bulk_create(Employee(name=f"Person {n:02}", department=sales) for n in range(60))
    desktop.goto(f"{PAGE}?open={company.pk}.{sales.pk}")
    answers = Answers(desktop)
    item(desktop, "Show the next ones").focus()
    desktop.keyboard.press("Enter")
    answers.asked(1)
    desktop.keyboard.press("Enter")
    answers.let_through()
    expect(desktop.locator("#chart [role=treeitem]:focus")).to_contain_text("Person 49")
    assert_one_item_is_reached_by_tab(desktop)
    assert answers.count == 1
