import datetime
import html
import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.admin.lists import changelist
from backoffice.models import Operation
from organization.models import Department, Employee
from tests.scale.forms import posted_from

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    research = Department.objects.create(name="Research", code="R")
    chemistry = Department.objects.create(name="Chemistry", code="RC", parent=research)
    finance = Department.objects.create(name="Finance", code="F")
    ada = Employee.objects.create(
        name="Ada Müller", department=research, employee_number="1", job_title="Head"
    )
    Employee.objects.bulk_create(
        Employee(
            name=f"Person {number:02}",
            department=[research, chemistry, finance][number % 3],
            employee_number=str(number),
            manager=ada if number % 2 else None,
            hire_date=datetime.date(2000 + number % 20, 1, 1) if number % 5 else None,
        )
        for number in range(2, 40)
    )
    research.head = ada
    research.save()
    return {"research": research, "chemistry": chemistry, "finance": finance, "ada": ada}


EMPLOYEES = "admin:organization_employee_changelist"


@pytest.mark.parametrize(
    "query", ["", "?o=1", "?o=-2", "?o=3", "?o=-3", "?o=4", "?o=5", "?o=6", "?o=-6", "?o=7", "?o=-7"]
)
@pytest.mark.parametrize("place", ["", "last=1", "from=2005"])
def test_the_list_opens_sorted_by_each_column(panel, company, query, place):
    response = panel.get(reverse(EMPLOYEES) + (query or "?") + "&" + place, follow=True)
    assert response.status_code == 200


def test_notes_that_are_too_long_for_a_file_stay_when_something_else_is_changed(panel, company):
    ada, url = company["ada"], reverse("admin:organization_employee_change", args=[company["ada"].pk])
    Employee.objects.filter(pk=ada.pk).update(notes="x" * 150_000)
    shown = posted_from(panel.get(url).content.decode(), "name")
    assert len(shown["notes"][0].strip()) == 150_000
    assert panel.post(url, {**shown, "notes": "y" * 150_000}).status_code == 200
    assert panel.post(url, {**shown, "location": "Rome"}).status_code == 302
    ada.refresh_from_db()
    assert (ada.location, ada.notes) == ("Rome", "x" * 150_000)


def test_search_finds_without_accents_and_puts_exact_numbers_first(panel, company):
    names = [e.name for e in panel.get(reverse(EMPLOYEES), {"q": "muller"}).context["cl"].result_list]
    assert names == ["Ada Müller"]
    first = panel.get(reverse(EMPLOYEES), {"q": "3"}).context["cl"].result_list[0]
    assert first.employee_number == "3"


@pytest.mark.parametrize("least", [0, changelist.LEAST])
def test_the_department_filter_takes_several_and_everything_below(panel, company, monkeypatch, least):
    """A large part of the table is read in the order of the page, a small one is found and sorted."""
    monkeypatch.setattr(changelist, "LEAST", least)

    def names(**params):
        rows = panel.get(reverse(EMPLOYEES), params).context["cl"].result_list
        return {row.department.name for row in rows}

    research, finance = company["research"].pk, company["finance"].pk
    assert names(department=research) == {"Research"}
    assert names(department=[research, finance]) == {"Research", "Finance"}
    assert names(department=research, department__below="1") == {"Research", "Chemistry"}


@pytest.mark.parametrize(
    "params",
    [
        {"department": "x"},
        {"status": "nope"},
        {"hire_date__from": "2000-99-99"},
        {"after": "zz"},
        {"nope": "1"},
        {"from": "x", "o": "7"},
    ],
)
def test_a_bad_parameter_leads_back_to_the_list(panel, company, params):
    response = panel.get(reverse(EMPLOYEES), params)
    assert response.status_code == 302
    assert response["Location"].endswith("?e=1")


def inline_post(rows, **changes):
    data: dict[str, object] = {
        "employee_set-TOTAL_FORMS": len(rows),
        "employee_set-INITIAL_FORMS": len(rows),
        "employee_set-MIN_NUM_FORMS": 0,
        "employee_set-MAX_NUM_FORMS": 1000,
    }
    for index, row in enumerate(rows):
        prefix = f"employee_set-{index}-"
        data |= {
            prefix + "id": row.pk,
            prefix + "department": row.department_id,
            prefix + "name": row.name,
            prefix + "job_title": row.job_title,
            prefix + "status": row.status,
            prefix + "hire_date": row.hire_date or "",
        }
    return data | {f"employee_set-{key}": value for key, value in changes.items()}


def department_post(department):
    return {
        "name": department.name,
        "code": department.code,
        "parent": department.parent_id or "",
        "head": department.head_id or "",
    }


def test_an_inline_saves_the_rows_it_was_posted(panel, company):
    finance = company["finance"]
    rows = list(finance.employee_set.all()[:3])
    url = reverse("admin:organization_department_change", args=[finance.pk])
    data = department_post(finance) | inline_post(rows, **{"1-job_title": "Accountant"})
    assert panel.post(url, data).status_code == 302
    rows[1].refresh_from_db()
    assert rows[1].job_title == "Accountant"


def test_rows_deleted_or_moved_meanwhile_are_named_and_the_rest_is_saved(panel, company):
    finance = company["finance"]
    rows = list(finance.employee_set.all()[:4])
    data = department_post(finance) | inline_post(
        rows, **{"0-job_title": "a", "1-job_title": "b", "2-job_title": "c", "3-job_title": "d"}
    )
    rows[0].delete()
    Employee.objects.filter(pk=rows[2].pk).update(department=company["chemistry"])
    url = reverse("admin:organization_department_change", args=[finance.pk])
    response = panel.post(url, data, follow=True)
    message = [str(m) for m in response.context["messages"]]
    assert any(rows[2].name in m and "left alone" in m for m in message)
    assert list(
        Employee.objects.filter(pk__in=[row.pk for row in rows[1:] if row.pk])
        .order_by("name")
        .values_list("job_title", flat=True)
    ) == ["b", "", "d"]


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_save_that_changes_nothing_says_so(panel, company, is_moved):
    finance = company["finance"]
    rows = list(finance.employee_set.all()[:2])
    data = department_post(finance) | inline_post(rows, **({"1-job_title": "b"} if is_moved else {}))
    if is_moved:
        Employee.objects.filter(pk=rows[1].pk).update(department=company["chemistry"])
    before = Operation.objects.count()
    url = reverse("admin:organization_department_change", args=[finance.pk])
    response = panel.post(url, data, follow=True)
    message = [str(m) for m in response.context["messages"]]
    assert message[-1] == "Nothing was changed."
    assert [m.endswith("was left alone.") for m in message[:-1]] == ([True, False] if is_moved else [])
    assert Operation.objects.count() == before


def test_a_rule_about_a_column_that_the_inline_lacks_is_told_at_the_row(panel, company):
    finance = company["finance"]
    rows = list(finance.employee_set.all()[:2])
    url = reverse("admin:organization_department_change", args=[finance.pk])
    response = panel.post(url, department_post(finance) | inline_post(rows, **{"1-status": "left"}))
    assert response.status_code == 200
    formset = response.context["inline_admin_formsets"][0].formset
    assert formset.errors[1] == {"status": ["Someone who has left needs an end date."]}


def test_somebody_can_be_added_on_any_page(panel, company):
    finance = company["finance"]
    data = department_post(finance) | inline_post(list(finance.employee_set.all()[:1]))
    data |= {
        "employee_set-TOTAL_FORMS": 2,
        "employee_set-1-id": "",
        "employee_set-1-department": finance.pk,
        "employee_set-1-name": "New",
        "employee_set-1-job_title": "",
        "employee_set-1-status": "active",
        "employee_set-1-hire_date": "",
    }
    panel.post(reverse("admin:organization_department_change", args=[finance.pk]), data)
    assert finance.employee_set.filter(name="New").exists()


def test_active_filters_are_shown_chosen_and_can_be_taken_off(panel, company):
    research = company["research"].pk
    response = panel.get(
        reverse(EMPLOYEES), {"department": research, "department__below": "1", "status": "active"}
    )
    page = response.content.decode()
    assert f'<option value="{research}" selected>Research</option>' in page
    chips = {chip.text: chip.query_string for chip in response.context["cl"].chips}
    assert chips == {
        "Department: Research and below": "?status=active",
        "Status: Active": f"?department={research}&department__below=1",
    }
    assert response.context["cl"].clear_all == "?"


@pytest.mark.parametrize(
    "asked",
    [
        "q=person",
        "department={research}&department__below=1",
        "department={research}&department__below=1&o=-3",
        "department={research}&department__below=1&q=person&o=3",
        "q=person&o=-7",
        "q=p",
    ],
)
@pytest.mark.parametrize("plenty", [5, 1_000])
def test_a_list_of_more_than_is_counted_shows_every_row_once(panel, company, monkeypatch, asked, plenty):
    monkeypatch.setattr("backoffice.admin.counting.LIMIT", 3)
    monkeypatch.setattr("backoffice.admin.lists.found.SMALL", 0)
    monkeypatch.setattr("backoffice.admin.lists.found.PLENTY", plenty)
    monkeypatch.setattr("organization.admin.employee.EmployeeAdmin.list_per_page", 4)
    query, seen, found = "?" + asked.format(research=company["research"].pk), [], None
    while query:
        cl = panel.get(reverse(EMPLOYEES) + query).context["cl"]
        found, query = cl.queryset, cl.links.next
        seen += [row.pk for row in cl.result_list]
    assert cl.count.kind != "exact"
    assert sorted(seen) == sorted(found.values_list("pk", flat=True))
    assert len(seen) > 10


def test_a_row_ticked_for_deletion_is_shown_with_what_it_takes_along_before_it_goes(panel, company):
    ada, research = company["ada"], company["research"]
    url = reverse("admin:organization_department_change", args=[research.pk])
    rows = [ada, research.employee_set.exclude(pk=ada.pk).first()]
    data = department_post(research) | inline_post(rows, **{"0-DELETE": "on", "1-job_title": "Chemist"})
    response = panel.post(url, data, follow=True)
    assert Employee.objects.filter(pk=ada.pk).exists()
    assert research.employee_set.filter(job_title="Chemist").exists()
    page = response.content.decode()
    assert "Delete Ada Müller?" in page
    assert "Research" in page  # loses its head


@pytest.mark.parametrize(
    "path", ["employee/add/?department=abc", "department/add/?parent=99999999999999999999999"]
)
def test_a_mistyped_key_in_a_link_selects_nothing(panel, company, path):
    assert panel.get(f"/admin/organization/{path}").status_code == 200


def test_a_mistyped_key_in_a_post_is_told_at_its_field(panel, company):
    response = panel.post("/admin/organization/employee/add/", {"name": "New", "department": "abc"})
    assert response.status_code == 200
    assert "department" in response.context["adminform"].form.errors


@pytest.mark.parametrize("lookup", ["search_text__regex=(", "notes__contains=x"])
def test_only_the_filters_of_the_list_filter_it(panel, company, lookup):
    assert panel.get(f"{reverse(EMPLOYEES)}?{lookup}")["Location"].endswith("?e=1")


def test_no_list_can_be_asked_about_a_password(panel, company):
    assert panel.get(f"{reverse(EMPLOYEES)}?user__password__startswith=x").status_code == 400


def test_users_are_deleted_by_the_same_page(panel, hr, django_user_model):
    other = django_user_model.objects.create_user("other")
    page = panel.get(f"/admin/auth/user/{other.pk}/delete/").content.decode()
    assert "Delete other?" in page
    assert panel.get("/admin/auth/user/?is_active=1").context["cl"].result_list == [hr, other]


def test_somebody_who_may_not_look_departments_up_gets_no_filter_on_them(client, company, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_employee"]))
    client.force_login(clerk)
    titles = [str(spec.title) for spec in client.get(reverse(EMPLOYEES)).context["cl"].filter_specs]
    assert "department" not in titles
    assert "manager" in titles


def test_one_more_place_can_be_typed_beside_those_that_are_chosen(panel, company):
    page = panel.get(reverse(EMPLOYEES), {"location": ["", "Gent", "Bern", "none"]}).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="location" value="(\w+)" checked>', page)
    assert boxes == ["Gent", "Bern", "none"]
    assert re.search(r'<input [^>]*id="filter-location" name="location" list="filter-location-values">', page)


@pytest.mark.parametrize(
    ("first", "final", "warned"), [("2020-02-01", "2020-01-01", 1), ("2020-01-01", "2020-01-01", 0)]
)
def test_dates_the_wrong_way_round_are_told_and_kept(panel, company, first, final, warned):
    page = panel.get(reverse(EMPLOYEES), {"hire_date__from": first, "hire_date__to": final})
    sentence = "Hire date: from Feb. 1, 2020 to Jan. 1, 2020 there is no day. Exchange the two dates."
    text = page.content.decode()
    assert [spec.warning for spec in page.context["cl"].to_correct] == [sentence] * warned
    assert text.count(f'<a href="#filter-hire_date">{sentence}</a>') == text.count("<title>Error: ") == warned
    assert text.count('aria-invalid="true"') == 2 * warned
    assert all(f'value="{day}"' in text for day in (first, final))


def test_autocomplete_takes_any_text(panel, company):
    asked = {
        "app_label": "organization",
        "model_name": "employee",
        "field_name": "manager",
        "term": "a\x00da",
    }
    names = [row["text"] for row in panel.get("/admin/autocomplete/", asked).json()["results"]]
    assert names == ["Ada Müller (Head, Research)"]


@pytest.mark.parametrize("plenty", [5, 1_000])
def test_a_search_in_an_inline_that_finds_more_than_is_counted_is_in_order(
    panel, company, monkeypatch, plenty
):
    monkeypatch.setattr("backoffice.admin.counting.LIMIT", 3)
    monkeypatch.setattr("backoffice.admin.lists.found.SMALL", 0)
    monkeypatch.setattr("backoffice.admin.lists.found.PLENTY", plenty)
    url = reverse("admin:organization_department_change", args=[company["finance"].pk])
    page = panel.get(url, {"employee_set-q": "person"})
    formset = page.context["inline_admin_formsets"][0].formset
    people = company["finance"].employee_set.values_list("name", flat=True)
    assert [form.instance.name for form in formset.initial_forms] == list(people)
    assert str(formset.listing.count) == "3+"


def test_the_list_offers_to_count_what_each_choice_would_leave(panel, company):
    chosen = f"department={company['research'].pk}&department__below=1"
    page = panel.get(f"{reverse(EMPLOYEES)}?{chosen}")
    assert "Show counts" in page.content.decode()
    counted = panel.get(reverse(EMPLOYEES) + page.context["cl"].add_facet_link)
    people = Employee.objects.exclude(department=company["finance"]).count()
    assert f"({people})" in counted.content.decode()
    assert "Hide counts" in counted.content.decode()


def test_what_a_choice_would_leave_of_a_sub_tree_is_not_looked_for_in_all_of_it(
    panel, company, django_assert_max_num_queries
):
    chosen = f"department={company['research'].pk}&department__below=1&_facets=True"
    with django_assert_max_num_queries(40) as asked:
        panel.get(f"{reverse(EMPLOYEES)}?{chosen}")
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"] and "'intern'" in query["sql"]]
    assert counts
    assert not [sql for sql in counts if "IN (WITH" in sql]


@pytest.mark.parametrize("deed", ["change", "delete"])
def test_a_list_keeps_every_value_of_its_filters_behind_a_form(panel, company, deed):
    filters = "status=planned&status=active&q=person"
    row = Employee.objects.filter(department=company["finance"]).first()
    listed = panel.get(f"{reverse('admin:organization_employee_changelist')}?{filters}").content.decode()
    way = re.search(rf'href="(/admin/organization/employee/{row.pk}/change/\?[^"]+)"', listed)[1]
    url = html.unescape(way).replace("/change/", f"/{deed}/")
    if deed == "change":
        data = {"name": "New", "department": row.department_id, "status": "active", "fte": "1"}
    else:
        page = panel.get(url).context
        data = {**page["hidden"], "previewed": page["page"].fingerprint, "typed": page["page"].to_type}
    assert panel.post(url, data)["Location"] == f"/admin/organization/employee/?{filters}"


@pytest.mark.parametrize(
    ("status", "day", "is_told"),
    [("active", "2999-01-01", True), ("planned", "2999-01-01", False), ("active", "2020-01-01", False)],
)
def test_who_counts_before_they_come_is_named(panel, company, status, day, is_told):
    told = "Hired in the future, and counted already: Zoe (Jan. 1, 2999). Until then “Planned” fits."
    posted = {"name": "Zoe", "department": company["finance"].pk, "fte": 1, "status": status}
    page = panel.post(f"{reverse(EMPLOYEES)}add/", {**posted, "hire_date": day}, follow=True)
    assert [told] * is_told == [str(each) for each in page.context["messages"] if "Hired" in str(each)]


def test_who_counts_before_they_come_is_named_in_a_department_too(panel, company):
    finance = company["finance"]
    rows = list(finance.employee_set.all()[:2])
    url = reverse("admin:organization_department_change", args=[finance.pk])
    data = department_post(finance) | inline_post(rows, **{"1-hire_date": "2999-01-01"})
    page = panel.post(url, data, follow=True)
    assert f"counted already: {rows[1]} (Jan. 1, 2999)." in html.unescape(page.content.decode())
