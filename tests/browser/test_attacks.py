"""What somebody planted in the data is text on every page, and no page breaks its own Content-Security-Policy.

Every page of the URL configuration in one browser, with an attack in every text field of every model.
"""

from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import models

from backoffice.models import AccessEvent, LegalHold, Operation, PurgeRequest
from backoffice.operations import operation
from backoffice.operations.undo import undo
from organization.models import Department, Employee, Grant
from tests.deploy import smoke
from tests.library.models import Author, Book, Chapter, Loan

ATTACKS = (
    "\"'><img src=x onerror=boom()>",
    "</script><script>boom()</script>",
    "'-boom()-'<svg onload=boom()>",
    "javascript:boom()//{{7*7}}",
)
PLANTED = "img[src=x], svg[onload], [href^='javascript:'], [onerror]"
LISTENER = """
window.found = [];
window.boom = () => found.push('a planted script ran');
document.addEventListener('securitypolicyviolation', event =>
    found.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
FILES = (".csv", "/figures/", "/drawing/", "/template/", "/refused/")
OTHERS = ("/library/", "/shapes/", "/django_tasks")  # the templates are the same


def attacked(model, number, **values):
    """A row with an attack in each of its text fields."""
    for place, field in enumerate(model._meta.concrete_fields):
        if isinstance(field, models.CharField | models.TextField) and not (field.choices or field.generated):
            text = ATTACKS[(number + place) % len(ATTACKS)] + str(number)
            values.setdefault(field.name, text[-field.max_length :] if field.max_length else text)
    return model(**values)


@pytest.fixture
def planted(transactional_db, hr, django_user_model):
    """Two rows of everything, and a log that has seen all kinds of operations."""
    hr.first_name, hr.last_name, hr.email = ATTACKS[:3]
    hr.save()
    Group.objects.create(name=ATTACKS[1])
    with operation(ATTACKS[0], actor=hr, reason=ATTACKS[1], subject=ATTACKS[2], source=ATTACKS[3]):
        top = attacked(Department, 0)
        top.save()
        department = attacked(Department, 1, parent=top)
        department.save()
        people = [attacked(Employee, n, department=department) for n in range(3)]
        people[2].manager = people[0]
        for person in people:
            person.save()
    Employee.objects.filter(pk=people[0].pk).update(name=ATTACKS[1], job_title=ATTACKS[0])
    Employee.objects.filter(pk=people[1].pk).delete()
    undo(Operation.objects.first(), actor=hr, reason=ATTACKS[0])
    Employee.objects.filter(pk=people[1].pk).delete()
    attacked(Author, 0).save()
    attacked(Book, 0, author=Author.objects.get()).save()
    attacked(Chapter, 0, book=Book.objects.get()).save()
    attacked(Loan, 0, book=Book.objects.get()).save()
    AccessEvent.objects.create(what=ATTACKS[0][:30], model=ATTACKS[1], row=ATTACKS[2], filters=ATTACKS[3])
    AccessEvent.objects.create(what="export", model="organization.Employee", filters=ATTACKS[0])
    about = {"model": "organization.Employee", "reason": ATTACKS[0]}
    PurgeRequest.objects.create(**about, before="2001-01-31", asked_name=ATTACKS[1], answer=ATTACKS[0])
    LegalHold.objects.create(**about, key=people[0].pk, by_name=ATTACKS[1])
    Grant.objects.create(user=hr, role=Group.objects.get(name="Viewer"))
    return people[0]


@pytest.fixture
def watched(open_page, hr):
    """A page of `hr` with everything that must not happen in its list `faults`."""
    page = open_page("desktop", user=hr)
    page.faults, page.hosts = [], set()
    page.context.add_init_script(LISTENER)
    page.on("dialog", lambda dialog: (page.faults.append("a dialog"), dialog.dismiss()))
    page.on("pageerror", lambda error: page.faults.append((page.url, str(error))))
    page.on("request", lambda request: page.hosts.add(urlsplit(request.url).netloc))
    return page


def look(page):
    """Note down what is wrong with the page that was opened."""
    page.faults += [(page.url, what) for what in page.evaluate("window.found || []")]
    count = page.locator(PLANTED).count()
    if count:
        page.faults.append((page.url, f"{count} planted elements"))


def post(page, path, data):
    """Send a form from the page that is open."""
    fill = """([path, data]) => {
        const form = document.createElement('form');
        const token = document.querySelector('[name=csrfmiddlewaretoken]').value;
        Object.assign(form, {method: 'post', action: path});
        for (const [name, value] of Object.entries({...data, csrfmiddlewaretoken: token}))
            form.append(Object.assign(document.createElement('input'), {name, value}));
        document.body.append(form);
        form.submit();
    }"""
    with page.expect_navigation():
        page.evaluate(fill, [path, data])


def test_nothing_that_was_planted_acts_and_no_page_breaks_its_policy(watched, planted, live_server):
    page, opened = watched, 0
    for path, expected in smoke.addresses():
        if expected == smoke.FINE and not any(part in path for part in OTHERS + FILES):
            page.goto(path)
            look(page)
            opened += 1
    for path, data in smoke.bulk_actions():
        if not any(part in path for part in OTHERS):
            page.goto(path)
            post(page, path, {**data, "_selected_action": str(planted.pk)})
            look(page)
    employee = f"/admin/organization/employee/{planted.pk}"
    for path in (
        f"{employee}/readers/",
        "/admin/organization/employee/999/change/",
        "/admin/backoffice/operation/?q=img",
    ):
        page.goto(path)
        look(page)
    assert (page.faults, opened > 30) == ([], True)
    assert page.hosts - {""} == {urlsplit(live_server.url).netloc}


def test_words_that_come_by_script_are_text_too(watched, planted):
    """Messages, the choices of an autocomplete, the popup that hands a name back to its opener."""
    page = watched
    page.goto(f"/admin/organization/employee/{planted.pk}/change/")
    page.locator(".field-manager .select2-selection").first.click()
    page.locator(".select2-search__field").last.press_sequentially("boom")
    page.locator(".select2-results__option", has_text="boom").first.wait_for()
    look(page)
    page.keyboard.press("Escape")
    with page.expect_popup() as popup:
        page.locator("#add_id_department").click()
    popup.value.get_by_label("Name:", exact=True).fill(ATTACKS[0])
    popup.value.get_by_role("button", name="Save", exact=True).click()
    page.locator("#id_department option:checked", has_text="img").wait_for(state="attached")
    look(page)
    page.locator("#id_work_email").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".alert").first.wait_for()
    look(page)
    assert page.faults == []


def test_what_a_policy_refused_is_told_to_the_panel(watched):
    watched.goto("/admin/")
    with watched.expect_event("response", lambda answer: answer.url.endswith("/account/policy/")) as told:
        watched.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
    assert told.value.status == 204
