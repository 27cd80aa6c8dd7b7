"""What is taken and what is no name is said in the same words by form, inline and import."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from organization.models import Department, Employee

pytestmark = pytest.mark.django_db

ZERO_WIDTH = "\u200b"


@pytest.fixture
def finance():
    return Department.objects.create(name="Finance", code="F")


@pytest.fixture
def alice(finance):
    return Employee.objects.create(
        name="Alice", employee_number="1", work_email="alice@example.com", department=finance
    )


def told(row):
    with pytest.raises(ValidationError) as error:
        row.full_clean()
    return error.value.message_dict


def test_a_form_says_what_is_taken(alice, finance):
    other = Employee(name="Bob", employee_number="1", work_email="ALICE@example.com", department=finance)
    assert told(other) == {
        "employee_number": ["Somebody else has this employee number already."],
        "work_email": ["Somebody else has this work e-mail already."],
    }
    assert told(Department(name="Funds", code="F")) == {"code": ["Another department has this code already."]}


def test_an_import_says_the_same(alice, tmp_path, capsys):
    path = tmp_path / "people.csv"
    path.write_text("employee_number,name,department,work_email\n2,Bob,F,alice@example.com\n")
    with pytest.raises(CommandError):
        call_command("import_file", "employees", str(path))
    assert "“alice@example.com”: Somebody else has this work e-mail already." in capsys.readouterr().out


@pytest.mark.parametrize("model", ["department", "employee"])
def test_a_form_wants_a_name_that_can_be_seen(panel, finance, model):
    url = f"/admin/organization/{model}/add/"
    page = panel.post(url, {"name": ZERO_WIDTH, "department": finance.pk, "status": "active", "fte": "1"})
    assert page.context["adminform"].form.errors["name"] == ["Enter a name."]


@pytest.mark.parametrize(
    ("sheet", "line"), [("departments", f"D,{ZERO_WIDTH},"), ("employees", f"2,{ZERO_WIDTH},F")]
)
def test_an_import_wants_a_name_that_can_be_seen(finance, tmp_path, capsys, sheet, line):
    path = tmp_path / "names.csv"
    key, place = ("code", "location") if sheet == "departments" else ("employee_number", "department")
    path.write_text(f"{key},name,{place}\n{line}\n", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_file", sheet, str(path))
    assert "Enter a name." in capsys.readouterr().out


def test_case_makes_two_codes_and_the_form_says_so(panel, finance):
    Department(name="Funds", code="f").full_clean()
    page = panel.get("/admin/organization/department/add/").content.decode()
    assert "“a1” and “A1” are two codes." in page
