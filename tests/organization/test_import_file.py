from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils.html import escape

from backoffice.models import Import, KeptMapping
from backoffice.operations.current import command
from organization.models import Department, Employee
from tests.backoffice.exchange.reading.workbooks import workbook

pytestmark = pytest.mark.django_db

ORACLE = Path(settings.BASE_DIR).parent / "shared" / "data" / "oracle-hr"
EMPLOYEES = (
    "employee_number,name,work_email,phone,job_title,hire_date,manager_employee_number,department_code"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.IMPORT_FOLDER = tmp_path / "uploads"
    return settings.IMPORT_FOLDER


@pytest.fixture
def load(tmp_path, capsys):
    """Import lines as a file; what was printed, and how it ended when it did not end well."""

    def run(sheet, *lines, **options):
        path = tmp_path / f"{sheet}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return import_path(sheet, path, capsys, **options)

    return run


def import_path(sheet, path, capsys, **options):
    try:
        call_command("import_file", sheet, str(path), **options)
        error = None
    except CommandError as refused:
        error = str(refused)
    return capsys.readouterr().out, error


def counts(output):
    words = output.split()
    return {
        word: int(words[words.index(word) + 1].replace(",", ""))
        for word in ("created", "updated", "unchanged", "refused")
    }


@pytest.fixture
def company(load):
    load("departments", "code,name", "10,Finance", "20,Sales")
    load(
        "employees",
        "employee_number,name,department_code,manager_employee_number,work_email",
        "1,Alice,10,,alice@example.com",
        "2,Bob,10,1,bob@example.com",
        "3,Charlie,20,2,",
    )


def alice():
    return Employee.objects.get(employee_number="1")


def test_departments_employees_and_departments_again_fill_the_heads(load):
    departments = ["code,name,head_employee_number,location", "10,Finance,2,Paris", "20,Sales,,Rome"]
    output, error = load("departments", *departments)
    assert counts(output) == {"created": 2, "updated": 0, "unchanged": 0, "refused": 0}
    assert (
        "Warning: line 2, head_employee_number “2”: There is no employee with this employee number or work e-mail. "
        "The field stays empty; import the file again when there is." in output
    )
    people = [EMPLOYEES, "1,Ann,A@X.example,1,Clerk,2020-01-02,2,10", "2,Ben,,,,,,10", "3,Cy,,,,,,"]
    output, error = load("employees", *people, partial=True)
    assert counts(output) == {"created": 2, "updated": 0, "unchanged": 0, "refused": 1}
    assert "Refused: line 4, department_code: The cell is empty. Enter the department." in output
    assert error == "1 row was refused. The others were saved."
    output, error = load("departments", *departments)
    assert counts(output) == {"created": 0, "updated": 1, "unchanged": 1, "refused": 0}
    assert Department.objects.get(code="10").head.name == "Ben"
    assert Employee.objects.get(name="Ann").manager.name == "Ben"
    for sheet, lines in [("departments", departments), ("employees", people)]:
        assert counts(load(sheet, *lines, partial=True)[0])["unchanged"] == 2


@pytest.mark.skipif(not ORACLE.exists(), reason="the sample files lie beside the repository")
def test_the_sample_of_a_real_company(capsys):
    import_path("departments", ORACLE / "departments.csv", capsys)
    output, error = import_path("employees", ORACLE / "employees.csv", capsys, partial=True)
    assert (counts(output)["created"], error) == (106, "1 row was refused. The others were saved.")
    import_path("departments", ORACLE / "departments.csv", capsys)
    assert Department.objects.count() == 27
    assert Department.objects.exclude(head=None).count() == 11
    assert counts(import_path("employees", ORACLE / "employees.csv", capsys)[0])["unchanged"] == 106


def test_nothing_is_saved_when_a_row_is_refused(load, company):
    output, error = load("employees", "employee_number,name", "1,Alicia", "2,", blank="clear")
    assert "would be updated           1\n" in output
    assert "Nothing was saved.\n" in output
    assert (
        error == "1 row was refused. Nothing was saved. Correct the file, or save the others with --partial."
    )
    assert alice().name == "Alice"


def test_a_dry_run_saves_nothing(load):
    output, _error = load("departments", "code,name", "10,Finance", dry_run=True)
    assert "would be created           1\n" in output
    assert "This was a dry run: nothing was saved." in output
    assert not Department.objects.exists()


def test_a_dry_run_with_refusals_says_beside_the_table_that_nothing_was_saved(load, company):
    output, error = load("employees", "employee_number,name", "1,Alicia", "2,", dry_run=True, blank="clear")
    assert "This was a dry run: nothing was saved.\n" in output
    assert error == "1 row was refused. This was a dry run: nothing was saved."


def test_what_was_saved_is_said_to_be(load):
    output, _error = load("departments", "code,name", "10,Finance")
    assert "created                    1\n" in output
    assert "would be" not in output
    assert "This very file" not in output
    output, _error = load("departments", "code,name", "10,Finance")
    assert "This very file was imported already: on" in output


def test_what_was_saved_has_its_page_in_the_panel(admin_client, load, company, folder):
    lines = ("employee_number,name,department_code", "1,Alicia,10", "2,Bob,99")
    load("employees", *lines, partial=True, reason="Merger")
    batch = Import.objects.latest("pk")
    url = f"/admin/organization/employee/import/{batch.pk}/"
    page = " ".join(admin_client.get(url).content.decode().split())
    assert batch.counts["updated"] == batch.counts["refused"] == 1
    told = ("employees.csv", batch.sha256, escape(command()), "Merger", "<del>Alice</del>", ">Undo</a>")
    assert [word for word in told if word not in page] == []
    refused = b"".join(admin_client.get(f"{url}refused/")).decode()
    assert refused.splitlines()[1].startswith('2,Bob,99,"department_code: There is no department')
    assert {path.name for path in folder.iterdir()} == set(Import.objects.values_list("stored", flat=True))


def test_what_was_not_saved_leaves_nothing(load, company, folder):
    number = Import.objects.count()
    load("departments", "code,name", "30,Lab", dry_run=True)
    load("employees", "employee_number,name,department_code", "2,Bob,99")
    load("employees", "employee_number")
    assert len(list(folder.iterdir())) == Import.objects.count() == number


def test_a_header_alone_is_refused_with_its_line(load):
    _output, error = load("departments", "code,name")
    assert error == "departments.csv names the columns in line 1 and has no row below it."


def test_what_is_no_sheet_or_no_file_is_a_sentence(capsys, tmp_path):
    error = import_path("people", tmp_path / "x.csv", capsys)[1]
    assert error.startswith("There is no sheet “people”. Use one of: ")
    assert "cannot be read: No such file" in import_path("employees", tmp_path / "x.csv", capsys)[1]


def test_names_of_departments_and_shops_speak_every_script(load, company):
    load("employees", "employee_number,name", "1,李 伟", "2,Žofie Łukaszewicz")
    assert {e.name for e in Employee.objects.all()} == {"李 伟", "Žofie Łukaszewicz", "Charlie"}


@pytest.mark.parametrize(
    ("header", "line", "sentence"),
    [
        ("status", "1,left", "line 2, status “left”: Someone who has left needs an end date."),
        ("status", "1,gone", "status “gone”: Use one of: Planned, Active, On leave, Suspended, Left."),
        ("hire_date,end_date", "1,2020-01-02,2020-01-01", "The end date cannot be before the hire date."),
        ("end_reason", "1,retired", "An end reason needs an end date."),
        ("fte", "1,2", "The full-time equivalent must be above 0 and at most 1.5."),
        ("fte", "1,half", "“half” value must be a decimal number."),
        ("manager", "1,9", "manager “9”: There is no employee with this employee number or work e-mail."),
        ("manager", "1,3", "manager “3”: 3 would report to themselves, directly or through others."),
        ("work_email", "1,alice", "work_email “alice”: Enter a valid email address."),
        (
            "work_email",
            "1,BOB@example.com",
            "work_email “BOB@example.com”: Somebody else has this work e-mail already.",
        ),
        ("department", "1,99", "department “99”: There is no department with this code, name or way."),
        (
            "status,end_date",
            "1,left,2020-01-01",
            "People still report here. Give them another manager first.",
        ),
    ],
)
def test_an_employee_is_held_to_the_rules_of_the_form(load, company, header, line, sentence):
    output, error = load("employees", f"employee_number,{header}", line)
    assert sentence in output
    assert error.startswith("1 row was refused.")


def test_an_address_twice_in_the_file_is_refused(load, company):
    output, _error = load("employees", "employee_number,work_email", "1,x@example.com", "2,X@example.com")
    assert "line 3, work_email “X@example.com”: Line 2 has it already." in output


def test_two_people_can_exchange_their_addresses(load, company):
    _output, error = load(
        "employees", "employee_number,work_email", "1,bob@example.com", "2,alice@example.com"
    )
    assert (error, alice().work_email) == (None, "bob@example.com")


def test_a_manager_can_leave_when_the_file_gives_their_people_another_one(load, company):
    lines = ["1,left,2020-01-01,", "2,active,,"]
    _output, error = load("employees", "employee_number,status,end_date,manager", *lines, blank="clear")
    assert (error, alice().status) == (None, "left")


def test_nobody_gets_a_manager_who_has_left(load, company):
    load("employees", "employee_number,status,end_date", "3,left,2020-01-01")
    output, _error = load("employees", "employee_number,manager", "1,3")
    assert "manager “3”: Charlie has left and cannot be anyone's manager." in output


def test_nobody_gets_a_manager_who_leaves_in_the_same_file(load, company):
    lines = ["1,left,2020-01-01,", "2,active,,1", "3,active,,"]
    output, _error = load("employees", "employee_number,status,end_date,manager", *lines)
    assert "line 2, status “left”: People still report here." in output


def test_a_status_is_read_by_its_label_too(load, company):
    load("employees", "employee_number,status", "1,On Leave")
    assert alice().status == "on_leave"


def test_an_empty_status_leaves_the_status(load, company):
    load("employees", "employee_number,status,end_date", "3,left,2020-01-01")
    load("employees", "employee_number,status", "3,")
    assert Employee.objects.get(employee_number="3").status == "left"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["30,Finance,"], "There is a department of this name in the same place already."),
        (["30,FINANCE,"], "There is a department of this name in the same place already."),
        (["30,Shop,10", "31,shop,10"], "line 3, name “shop”: There is a department of this name"),
        (
            ["30,Küche ß,10", "31,KÜCHE  SS,10"],
            "line 3, name “KÜCHE  SS”: There is a department of this name",
        ),
        (
            ["10,Finance,20", "20,Sales,10"],
            "line 2, parent_code “20”: 20 is this department or lies below it.",
        ),
        (["10,Finance,10"], "10 is this department or lies below it."),
        (["30,Shop,99"], "parent_code “99”: There is no department with this code, name or way."),
    ],
)
def test_a_department_is_held_to_the_rules_of_the_form(load, company, lines, sentence):
    output, error = load("departments", "code,name,parent_code", *lines)
    assert sentence in output
    assert "Nothing was saved" in error


def test_names_can_move_between_departments_in_one_file(load, company):
    _output, error = load("departments", "code,name", "10,Sales", "20,Finance")
    assert (error, Department.objects.get(code="10").name) == (None, "Sales")


def test_the_same_name_is_fine_in_another_place(load, company):
    _output, error = load("departments", "code,name,parent_code", "30,Sales,10", "31,Sales,30")
    assert error is None


def test_columns_are_guessed_and_said(load, company):
    output, error = load("employees", "Personalnummer;Name;Eintritt;Reason", "1;Alicia;2020-01-02;x")
    assert "Column “Personalnummer” is taken for employee_number.\n" in output
    assert "Column “Reason” is ignored.\n" in output
    assert (error, alice().name, str(alice().hire_date)) == (None, "Alicia", "2020-01-02")


def test_an_empty_cell_leaves_the_field_unless_said_otherwise(load, company):
    lines = ["employee_number,location,manager_employee_number", "2,,"]
    load("employees", *lines)
    assert Employee.objects.get(employee_number="2").manager == alice()
    load("employees", *lines, blank="clear")
    assert Employee.objects.get(employee_number="2").manager is None


def test_columns_may_be_said(load, company):
    lines = ["No;Name;Alias;Place;notes", "1;Alice;ALICIA;Rome;x"]
    maps = ["No=employee_number", "Alias=name", "place=location", "notes="]
    output, error = load("employees", *lines, map=maps)
    assert (error, alice().name, alice().location, alice().notes) == (None, "ALICIA", "Rome", "")
    assert "Column “Name” is ignored.\n" in output
    assert load("employees", *lines, map=["Nr=name"])[1].startswith(
        "“Nr=name” maps nothing. Columns of the file: No, Name, Alias, Place, notes. They may mean: employee_n"
    )
    assert "“No=nothing” maps nothing." in load("employees", *lines, map=["No=nothing"])[1]


def test_the_choices_of_the_panel_are_there(load, company):
    lines = ["employee_number,name,department_code", '1,"SMITH,  ALICE",Research', "3,Charlie,10"]
    output, _error = load("employees", *lines, tidy=True, create=True, absent=True, dry_run=True)
    assert "not in the file            1\n" in output
    assert "made along                 1\n" in output
    load("employees", *lines, tidy=True, create=True)
    assert (alice().name, alice().department.name) == ("Alice Smith", "Research")


def test_a_department_called_like_a_word_for_nothing_keeps_what_lies_below_it(load):
    lines = ["code,name,parent_code", "N1,Boston,NA", "NA,America,", "-,Oslo,", "none,Rome,", "None,Bonn,-"]
    output, error = load("departments", *lines)
    assert (error, Department.objects.get(code="N1").parent.name) == (None, "America")
    assert {found.name for found in Department.objects.filter(code=None)} == {"Oslo", "Rome", "Bonn"}
    assert output.count("is taken for an empty cell") == 4
    output, error = load("departments", *lines)
    assert (error, counts(output)["unchanged"]) == (None, 5)


def test_a_kept_mapping_is_taken_with_its_options(load, company, django_user_model):
    for name in ("ann", "bob"):
        KeptMapping.objects.create(
            sheet="employees",
            name="Payroll",
            owner=django_user_model.objects.create(username=name),
            columns={"no": "employee_number", "who": "name" if name == "ann" else "notes"},
            options={"keep_blank": False, "tidy": True},
        )
    lines = ["No;Who;x", '1;"SMITH, ALICE";y']
    _output, error = load("employees", *lines, mapping="Payroll")
    assert error == "Several people keep a mapping “Payroll”: say whose with --owner, for instance ann."
    assert load("employees", *lines, mapping="x")[1] == "No mapping is kept as “x”. Kept are: Payroll."
    _output, error = load("employees", *lines, mapping="Payroll", owner="ann")
    assert (error, alice().name) == (None, "Alice Smith")


def test_a_file_of_refused_rows_marks_nobody_unless_that_is_said(load, company, admin_client, admin_user):
    columns = {"no": "employee_number", "name": "name", "dept": "department_code"}
    how = {"sheet": "employees", "name": "all", "owner": admin_user, "options": {"absent": True}}
    kept = KeptMapping.objects.create(columns=columns, **how)
    people = ("no,name,dept,Reason", "1,Alice,10,name: The cell is empty.")
    told = (
        "“Mark as left, as of today” is not taken from the mapping “all”: this file holds rows that an import "
        "refused, not all that there are."
    )
    assert told in load("employees", *people, mapping="all")[0]
    assert Employee.objects.exclude(status="left").count() == 3
    file = SimpleUploadedFile("rest.csv", "\n".join(people).encode())
    url = admin_client.post("/admin/organization/employee/import/", {"file": file})["Location"]
    page = admin_client.post(url, {"stage": "kept", "mapping": kept.pk}, follow=True).content.decode()
    assert (told in page, Import.objects.latest("pk").options["absent"]) == (True, False)
    for how in ({"mapping": "all", "absent": True}, {"mapping": "all", "map": ["Reason=notes"]}):
        output, _error = load("employees", *people, dry_run=True, **how)
        assert (told in output, "Not in the file, status: Bob" in output) == (False, True)


def test_how_the_file_is_read_may_be_said(load, company, capsys, tmp_path):
    path = tmp_path / "people.txt"
    path.write_bytes("Staff,2024\n;\nnumber;name,notes\n1;Zoë\n".encode("utf-16-le"))
    how = {"encoding": "utf-16-le", "separator": ";", "header_line": 3}
    _output, error = import_path("employees", path, capsys, **how, map=["name,notes=name"])
    assert (error, alice().name) == (None, "Zoë")
    assert (
        "no worksheet of that name"
        in import_path("employees", workbook_of(tmp_path), capsys, worksheet="x")[1]
    )


def workbook_of(folder):
    path = folder / "people.xlsx"
    path.write_bytes(workbook(["number", "name"], ["1", "Zoë"]))
    return path


def test_whoever_is_not_in_the_file_has_no_line_in_it(load, company):
    load("employees", "number,name,department,manager", "91,Ada,20,", "92,Bo,10,91", "93,Cy,20,")
    output, _error = load("employees", "number,name,department", "93,Cy,20", absent=True)
    assert "Refused: Not in the file, status: Ada: People still report here." in output
