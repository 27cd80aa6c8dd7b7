"""What the columns of people's and departments' files are taken for."""

import pytest
from django.utils.translation import override

from organization.exchange import DEPARTMENTS, EMPLOYEES
from organization.models import Employee

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "header",
    [
        ["Employee ID", "Full name", "Email", "Department", "Start date"],
        ["Personalnummer", "Mitarbeiter", "E-Mail-Adresse", "Abteilung", "Eintrittsdatum"],
        ["Matricule", "Nom complet", "Courriel", "Service", "Date d'embauche"],
        ["Número de empleado", "Nombre completo", "Correo electrónico", "Departamento", "Fecha de ingreso"],
    ],
)
def test_columns_are_guessed_in_four_languages(header):
    found = [column and column.name for column in EMPLOYEES.guess(header)]
    assert found == ["employee_number", "name", "work_email", "department", "hire_date"]


@pytest.mark.parametrize("sheet", [DEPARTMENTS, EMPLOYEES], ids=["departments", "employees"])
@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_a_columns_label_is_guessed_in_any_language(sheet, language):
    with override(language):
        labels = {sheet.label(column): column for column in sheet.all if not sheet.field(column.name).choices}
    for other in ("en", "fr"):
        with override(other):
            assert {label: sheet.guess([label]) for label in labels} == {
                label: [column] for label, column in labels.items()
            }


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["ID", "E-Mail Address"], ["employee_number", "work_email"]),
        (["ID", "Department Name"], ["employee_number", "department"]),
        (["ID", "Department Name", "Department Code"], ["employee_number", None, "department"]),
        (["ID", "Department", "Department Code"], ["employee_number", None, "department"]),
        (["ID", "Department Name", "Dept"], ["employee_number", None, "department"]),
        (["AgencyID", "JobTitle", "HireDate"], [None, "job_title", "hire_date"]),
        (["Matricule", "Nom de naissance", "Nom", "Prénom"], ["employee_number", None, "name", "name"]),
        (["ID", "Supervisor", "Supervisor ID"], ["employee_number", None, "manager"]),
        (["ID", "Manager", "Manager ID"], ["employee_number", None, "manager"]),
        (["ID", "Manager"], ["employee_number", "manager"]),
        (["ID", "Employee Number"], [None, "employee_number"]),
        (["N° matricule", "Nachname, Vorname", "Adresse mail"], ["employee_number", "name", "work_email"]),
        (["ID", "Fecha Alta", "Responsable hiérarchique"], ["employee_number", "hire_date", "manager"]),
        (["ID", "DEPTID", "Vorgesetzter Pers.-Nr."], ["employee_number", "department", "manager"]),
        (["Payroll Number", "Name"], [None, "name"]),
        (["Employee Identifier", "Home Department Code"], ["employee_number", "department"]),
        (
            ["Tipo de contratación", "Beschäftigungsart", "Motif de fin"],
            ["employment_type", None, "end_reason"],
        ),
        (
            ["File #", "JOBTITLE", "Org.Einheit", "N+1"],
            ["employee_number", "job_title", "department", "manager"],
        ),
        (["ID", "Job Class Title"], ["employee_number", "job_title"]),
        (["Employee ID", "Legal First Name", "Legal Last Name"], ["employee_number", "name", "name"]),
        (["Name", "Vorname", "ID"], ["name", "name", "employee_number"]),
        (["Last Name", "First Name", "Mid Init", "ID"], ["name", "name", "name", "employee_number"]),
        (["Full name", "MI", "ID"], ["name", None, "employee_number"]),
        (["Full name", "First name", "ID"], ["name", None, "employee_number"]),
        (["Nombre", "Apellido de soltera", "ID"], [None, None, "employee_number"]),
        (["Vorname", "Nachname laut Pass", "ID"], [None, None, "employee_number"]),
        (["Nom", "Nom d’usage", "Prénom"], ["name", "name", "name"]),
        (["Associate ID", "Reports To Associate ID"], ["employee_number", "manager"]),
        (
            ["Mitarbeiternr.", "Abteilungs-Nr.", "Beschäftigungsgrad (in %)"],
            ["employee_number", "department", "fte"],
        ),
        (["Matricule salarié", "Matricule N+1", "Date entrée"], ["employee_number", "manager", "hire_date"]),
        (["Nº trabajador", "Jefe directo", "% Jornada"], ["employee_number", "manager", "fte"]),
        (["id", "employee_id", "full_name"], [None, "employee_number", "name"]),
        (["Title", "FirstName", "LastName", "JobTitle"], [None, "name", "name", "job_title"]),
        (["Position", "Business Title", "Email", "Work Email"], [None, "job_title", None, "work_email"]),
        (["Division", "Dept", "Reports To", "Reports To ID"], [None, "department", None, "manager"]),
        (["Employee", "Employee#"], ["name", "employee_number"]),
        (
            ["Worker", "Legal Name - First Name", "Legal Name - Last Name", "Primary Work Phone"],
            [None, "name", "name", "work_phone"],
        ),
        (["USERID", "EMPID", "BIZ_PHONE"], [None, "employee_number", "work_phone"]),
        (["Vorgesetzte:r", "Vorgesetzte:r E-Mail", "Letzter Arbeitstag"], [None, "manager", "end_date"]),
        (["Letzter Arbeitstag", "Austrittsdatum", "Büro"], [None, "end_date", "location"]),
        (["Cód. Trabajador", "Nature du contrat"], ["employee_number", "employment_type"]),
        (["Division", "Department Name", "Number"], [None, "department", "employee_number"]),
    ],
)
def test_a_columns_own_name_goes_before_another_word_for_it(header, found):
    assert [column and column.name for column in EMPLOYEES.guess(header)] == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["id", "dept_code", "dept_name"], [None, "code", "name"]),
        (["Direction", "Service"], [None, "name"]),
        (["Manager", "Manager ID", "ID"], [None, "head", "code"]),
    ],
)
def test_a_word_that_may_mean_anything_counts_where_nothing_else_does(header, found):
    assert [column and column.name for column in DEPARTMENTS.guess(header)] == found


@pytest.mark.parametrize(
    ("header", "lines", "found"),
    [
        (["Statut", "Jornada"], [["Cadre", "Completa"], ["Non cadre", ""]], [None, None]),
        (["Statut", "Jornada"], [["Cadre", "-"], ["n/a", "Completa"]], [None, None]),
        (["Statut", "% Jornada"], [["", "80"], ["Actif", "100"]], ["status", "fte"]),
        (["Title", "Position"], [["", "Clerk"], ["Mrs.", "Cook"]], [None, "job_title"]),
        (["Title", "Position"], [["Clerk", "7"], []], ["job_title", None]),
    ],
)
def test_such_a_word_counts_where_the_first_lines_fit(header, lines, found):
    assert [column and column.name for column in EMPLOYEES.guess(header, lines)] == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["Straße", "PLZ", "Ort", "Telefon"], [None, None, None, None]),
        (["Address", "City", "Zip", "Work Location"], [None, None, None, "location"]),
        (["Street", "Number", "Work phone"], [None, None, "work_phone"]),
        (["Ville", "Téléphone"], ["location", "work_phone"]),
    ],
)
def test_a_home_address_says_nothing_of_work(header, found):
    assert [column and column.name for column in EMPLOYEES.guess(header)] == found


def test_a_header_that_says_percent_is_taken_at_its_word(run):
    lines = [
        "number,name,department,Beschäftigungsgrad in Prozent,Beschäftigungsart",
        "1,Ann,Ops,80,Vollzeit",
    ]
    run(EMPLOYEES, *lines, create=True)
    assert str(Employee.objects.get().fte) == "0.800"
