"""What HR brings in files, beyond what the command's own tests say."""

from unicodedata import normalize

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import override

from backoffice import exchange
from backoffice.imports import samples
from organization.exchange import DEPARTMENTS, EMPLOYEES
from organization.models import Department, Employee, Grant
from tests.backoffice.exchange.reading.workbooks import workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    research = Department.objects.create(name="Research", code="R")
    other = Department.objects.create(name="Sales", code="S")
    chemistry = Department.objects.create(name="Chemistry", parent=research)
    Department.objects.create(name="Chemistry", parent=other)
    return research, chemistry


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


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("Actif", "active"),
        ("ACTIVO", "active"),
        ("Suspendue", "suspended"),
        ("baja", "left"),
        ("CEASED", "left"),
    ],
)
def test_a_status_is_read_as_people_write_it(run, tree, word, value):
    run(
        EMPLOYEES,
        "number,name,department,status,end_date",
        f"1,Ann,R,{word},{'2024-01-01' * (value == 'left')}",
    )
    assert Employee.objects.get().status == value


def test_words_for_values_are_those_of_choices():
    for column in EMPLOYEES.columns:
        values = dict(EMPLOYEES.field(column.name).flatchoices)
        assert {value for _word, value in column.values} <= values.keys()


CHEMISTRIES = (
    "Several departments are called so. Write the way to one of them, or its code: “Research / Chemistry”; "
    "“Sales / Chemistry”"
)


@pytest.mark.parametrize("status", ["on_leave", "On leave", "ON LEAVE"])
def test_a_department_is_named_by_code_name_or_path(run, tree, status):
    plan = run(
        EMPLOYEES,
        "number,name,department,status",
        f"1,Ann,R,{status}",
        "2,Bo,research,",
        "3,Cy,Research / Chemistry,",
        "4,Di,Chemistry,",
        "5,Ed,Nowhere,",
    )
    places = dict(Employee.objects.values_list("name", "department"))
    assert places == {"Ann": tree[0].pk, "Bo": tree[0].pk, "Cy": tree[1].pk}
    assert [(p.line, p.reason) for p in plan.refusals] == [
        (5, CHEMISTRIES),
        (6, "There is no department with this code."),
    ]


def test_a_way_that_begins_below_the_top_may_mean_several_departments(run, tree):
    for above in Department.objects.filter(name="Chemistry"):
        Department.objects.create(name="Lab", parent=above)
    plan = run(EMPLOYEES, "number,name,department", "1,Ann,chemistry/lab", "2,Bo,Sales / Chemistry / Lab")
    [problem] = plan.refusals
    assert problem.reason.endswith("“Research / Chemistry / Lab”; “Sales / Chemistry / Lab”")
    assert (problem.line, plan.counts.created) == (2, 1)


def test_of_many_departments_of_one_name_some_are_named(run, django_assert_max_num_queries):
    for number in range(8):
        above = Department.objects.create(name=f"Region {number}")
        Department.objects.create(name="Sales", parent=above)
    with django_assert_max_num_queries(70):
        plan = run(EMPLOYEES, "number,name,department", "1,Ann,Sales", apply=False)
    [problem] = plan.refusals
    assert problem.reason.endswith("“Region 4 / Sales”; …")


def test_the_way_to_a_department_is_said_as_far_as_one_sees_it(run, tree):
    above = tree[1]
    for name in ("Day", "Night"):
        shift = Department.objects.create(name=name, parent=above)
        Department.objects.create(name="Team", parent=shift)
    officer = User.objects.create_user("officer", is_staff=True)
    Grant.objects.create(user=officer, role=Group.objects.get(name="HR officer"), department=above)
    plan = run(EMPLOYEES, "number,name,department", "1,Ann,Team", actor=officer, apply=False)
    assert plan.refusals[0].reason.endswith(": “Chemistry / Day / Team”; “Chemistry / Night / Team”")


def test_departments_on_the_way_are_created_when_asked(run, tree):
    run(EMPLOYEES, "number,name,department", "1,Ann,Research / Physics / Optics", create=True)
    optics = Employee.objects.get().department
    assert (optics.name, optics.parent.name, optics.parent.parent) == ("Optics", "Physics", tree[0])


def test_people_without_a_number_are_found_by_their_address(run, tree):
    run(EMPLOYEES, "email,name,department", "Ann@X.example,Ann,R")
    plan = run(EMPLOYEES, "number,email,name,department", ",ann@x.example,Anna,R")
    assert plan.counts.updated == 1
    assert Employee.objects.get().name == "Anna"


def test_who_is_not_in_the_file_is_counted_and_marked_when_asked(run, tree):
    head = "number,name,department"
    run(EMPLOYEES, head, "1,Ann,R", "2,Bo,R", "3,Cy,S")
    assert run(EMPLOYEES, head, "1,Ann,R").counts.absent == 1
    run(EMPLOYEES, head, "1,Ann,R", absent=True)
    left = Employee.objects.get(status="left")
    assert (left.name, left.end_date) == ("Bo", timezone.localdate())


def test_somebody_whom_people_report_to_is_not_marked(run, tree):
    run(EMPLOYEES, "number,name,department,manager", "1,Ann,R,", "2,Bo,R,1")
    plan = run(EMPLOYEES, "number,name,department", "2,Bo,R", absent=True)
    assert [p.reason for p in plan.refusals] == [
        "Ann: People still report here. Give them another manager first."
    ]
    assert not Employee.objects.filter(status="left").exists()


def test_only_what_changed_of_each_row_stands_in_its_history(run, tree):
    run(EMPLOYEES, "number,name,department,title", "1,Ann,R,Clerk", "2,Bo,R,Cook")
    run(EMPLOYEES, "number,name,department,title", "1,Anna,R,Clerk", "2,Bo,R,Chef")
    fields = Employee.history_model.objects.filter(action="~").order_by("row")
    assert list(fields.values_list("fields", flat=True)) == [",name,", ",job_title,"]


def test_departments_without_codes_are_found_by_their_name(run):
    run(DEPARTMENTS, "name,location", "Finance,Paris")
    plan = run(DEPARTMENTS, "name,location", "Finance,Rome")
    assert (plan.counts.updated, Department.objects.get().location) == (1, "Rome")


def test_a_way_leads_through_departments_that_the_file_makes(run, tree):
    lines = [
        "name,parent",
        "Light,Optics / Lab",
        "Lab,Science / Optics",
        "Optics,Science",
        "Science,",
        "Lab,Research / Physics",
        "Physics,R",
        "Nothing,Science / Physics",
    ]
    plan = run(DEPARTMENTS, *lines)
    assert [(problem.line, problem.reason) for problem in plan.refusals] == [
        (8, "There is no department with this code.")
    ]
    parents = Department.objects.filter(name__in=["Light", "Lab"]).values_list("name", "parent__parent__name")
    assert set(parents) == {("Light", "Optics"), ("Lab", "Science"), ("Lab", "Research")}
    assert run(DEPARTMENTS, *lines[:-1]).counts.unchanged == 6
    run(DEPARTMENTS, "code,name,parent", "L,Law,", "T,Trade,Law", "C,Courts,Law / Trade")
    assert Department.objects.get(code="C").parent.code == "T"


def test_departments_of_one_name_are_told_apart_by_what_they_lie_below(run, tree):
    lines = [
        "name,parent,location",
        "Chemistry,R,Paris",
        "Chemistry,Sales,Rome",
        "Chemistry,,Nice",
        "Team,R,",
        "Team,S,",
    ]
    plan = run(DEPARTMENTS, *lines)
    assert (plan.counts.updated, plan.counts.created, plan.refusals) == (2, 3, [])
    places = Department.objects.filter(name="Chemistry").values_list("parent__code", "location")
    assert set(places) == {("R", "Paris"), ("S", "Rome"), (None, "Nice")}
    assert run(DEPARTMENTS, *lines).counts.unchanged == 5
    plan = run(DEPARTMENTS, "name,location", "Chemistry,Oslo", apply=False)
    assert [problem.reason for problem in plan.refusals] == [
        "Several departments have this name. Say by a column parent_code which one is meant."
    ]


def test_one_of_several_lines_of_a_name_is_the_department_that_is_there(run, tree):
    Department.objects.create(name="Law", parent=tree[0])
    plan = run(DEPARTMENTS, "name,parent,location", "Law,S,Rome", "Law,R,Paris")
    assert (plan.counts.created, plan.counts.updated, plan.refusals) == (1, 1, [])
    assert Department.objects.get(name="Law", parent=tree[0]).location == "Paris"


def test_a_department_is_found_by_the_way_to_it(run, tree):
    plan = run(
        DEPARTMENTS,
        "name,location",
        "Research / Chemistry,Paris",
        "Sales > Chemistry,Rome",
        "Input / Output,",
    )
    assert (plan.counts.updated, plan.counts.created, plan.refusals) == (2, 1, [])
    places = Department.objects.filter(name="Chemistry").values_list("parent__code", "location")
    assert set(places) == {("R", "Paris"), ("S", "Rome")}
    assert Department.objects.filter(name="Input / Output").exists()


def test_lines_of_the_file_are_found_in_any_letters(run, tree):
    lines = ["1,Ada.L@Example.com,Ada,R,", "2,Bob.S@Example.com,Bob,R,Ada.L@Example.com"]
    plan = run(EMPLOYEES, "number,email,name,department,manager", *lines)
    assert (plan.counts.created, plan.refusals) == (2, [])
    assert Employee.objects.get(employee_number="2").manager.name == "Ada"
    plan = run(DEPARTMENTS, "name,parent", "Research Y,", "Sub Y,RESEARCH Y")
    assert (plan.counts.created, plan.refusals) == (2, [])


@pytest.mark.parametrize("parent", ["Research  Lab", "RESEARCH LAB", " research\u00a0 lab "])
def test_a_name_finds_lines_and_stored_departments_in_any_letters_and_blanks(run, parent):
    lines = [
        "name,parent,location",
        "Research  Lab,,Rome",
        f"Sub A,{parent},",
        f"Sub B,{parent}  /  SUB a,",
        f"Sub C,{parent}/sub  A/SUB B,",
    ]
    plan = run(DEPARTMENTS, *lines)
    assert (plan.counts.created, plan.refusals) == (4, [])
    assert Department.objects.get(name="Sub C").parent.parent.parent.name == "Research  Lab"
    again = run(DEPARTMENTS, *lines, f"{parent.upper()},,Paris", apply=False)
    assert [(problem.line, problem.reason) for problem in again.refusals] == [
        (6, "Line 2 means the same row.")
    ]
    assert again.counts.unchanged == 4
    plan = run(DEPARTMENTS, "name,location", f"{parent},Oslo", f"{parent} / Sub A,Bonn", "sub c,Nice")
    assert (plan.counts.updated, plan.refusals) == (3, [])
    places = Department.objects.exclude(name="Sub B").order_by("name").values_list("name", "location")
    assert list(places) == [("Research  Lab", "Oslo"), ("Sub A", "Bonn"), ("Sub C", "Nice")]
    run(EMPLOYEES, "number,name,department", f"1,Ann,{parent}", f"2,Bo,{parent}/SUB  A/Sub B")
    assert set(Employee.objects.values_list("department__name", flat=True)) == {"Research  Lab", "Sub B"}


def test_a_name_in_capitals_or_with_accents_apart_is_the_same(run):
    """As payroll systems shout, and as macOS writes."""
    for name in ("Großkunden", "Entrepôt Zürich"):
        Department.objects.create(name=name)
    form = "NFC" if connection.vendor == "mysql" else "NFD"  # MariaDB cannot put them together
    texts = ["GROSSKUNDEN", "GROẞKUNDEN", normalize(form, "Entrepôt Zürich")]
    run(EMPLOYEES, "number,name,department", *(f"{n},Ann,{text}" for n, text in enumerate(texts)))
    assert Employee.objects.filter(department__name="Großkunden").count() == 2
    plan = run(DEPARTMENTS, "name,location", f"{texts[0]},Bonn", f"{texts[2]},Rome")
    assert (plan.counts.updated, plan.refusals) == (2, [])
    plan = run(DEPARTMENTS, "name,parent", "Straßenbau Z,", "Team 1,STRASSENBAU Z")
    assert (plan.counts.created, plan.refusals) == (2, [])
    for sheet, rest in ((DEPARTMENTS, ""), (EMPLOYEES, texts[0])):
        lines = ["name,department" if rest else "name,location", f"Groß Y,{rest}", f"GROSS  Y,{rest}"]
        plan = run(sheet, *lines, apply=False, keyless="name" if rest else "")
        assert [(each.line, each.reason) for each in plan.refusals] == [(3, "Line 2 has it already.")]


def test_a_header_that_says_percent_is_taken_at_its_word(run):
    lines = [
        "number,name,department,Beschäftigungsgrad in Prozent,Beschäftigungsart",
        "1,Ann,Ops,80,Vollzeit",
    ]
    run(EMPLOYEES, *lines, create=True)
    assert str(Employee.objects.get().fte) == "0.800"


def test_a_part_of_a_name_does_not_replace_the_whole(run):
    run(EMPLOYEES, "number,first name,last name,department", "1,Änne,Lange,Ops", "2,Cher,,Ops", create=True)
    new, same = "3,,Neu,Ops", "2,Cher,,Ops"
    lines = ["number,first name,last name,department", "1,,Kurz,Ops", "1b,Änne,Kurz,Ops", new, same]
    plan = run(EMPLOYEES, *lines, apply=False, keep_blank=True)
    assert [(each.line, each.reason) for each in plan.refusals] == [
        (
            2,
            "Without “First name” this would replace the whole name. Fill it in, or bring the name in one column.",
        )
    ]
    assert run(EMPLOYEES, *lines, apply=False).refusals == []
    lines = ["number,first name,last name", "1,,Lange", "2,Änne,"]
    plan = run(EMPLOYEES, *lines, apply=False, keep_blank=True)
    assert [each[1:3] for each in plan.refusals] == [("first name", ""), ("last name", "")]
    assert "Without “Last name”" in plan.refusals[1].reason
    plan = run(
        EMPLOYEES,
        "number,last name,department",
        "1,Kurz,Ops",
        "2,Cher,Ops",
        new.replace(",,", ","),
        apply=False,
    )
    assert [each.line for each in plan.refusals] == [2]


def test_a_middle_name_stands_between_the_others_and_may_be_missing(run):
    header = "last name,first name,mid init,number,department"
    run(EMPLOYEES, header, "Lange,Änne,Q,1,Ops", "Kurz,Bo,,2,Ops", create=True)
    assert sorted(Employee.objects.values_list("name", flat=True)) == ["Bo Kurz", "Änne Q Lange"]
    plan = run(EMPLOYEES, header, "Lange,, Q ,1,Ops", "Neu,Bo,,2,Ops", apply=False, keep_blank=True)
    assert [(each.line, each.column) for each in plan.refusals] == [(2, "first name")]
    assert plan.updated.get().name == "Bo Neu"


def test_a_second_last_name_stands_behind_the_first(run):
    header = "matrícula;departamento;apellido 2;nombre;apellido 1".replace(";", ",")
    run(EMPLOYEES, header, "1,Ops,López,María,García", "2,Ops,,Ana,Ruiz", create=True)
    assert set(Employee.objects.values_list("name", flat=True)) == {"María García López", "Ana Ruiz"}


def test_a_last_name_in_use_goes_over_that_of_birth_where_there_is_one(run):
    header = "matricule,service,nom de naissance,nom d'usage,prénom"
    lines = ["1,Ops,Martin,Dupont,Marie", "2,Ops,Leroy, ,Paul", "3,Ops,Roux,-,Luc", "4,Ops,Roux,Na,Eva"]
    run(EMPLOYEES, header, *lines, create=True)
    names = set(Employee.objects.values_list("name", flat=True))
    assert names == {"Marie Dupont", "Paul Leroy", "Luc Roux", "Eva Na"}
    plan = run(EMPLOYEES, "matricule,nom d'usage,prénom", "1,Duval,Marie", "2,,Paul", keep_blank=True)
    assert [(each.line, each.column) for each in plan.refusals] == [(3, "nom d'usage")]
    assert Employee.objects.get(employee_number="1").name == "Marie Duval"


def test_a_department_without_a_code_gets_that_of_the_line_with_its_name_and_place(run):
    run(EMPLOYEES, "number,name,department", "1,Ann,Labor", "2,Bo,Labor / Chemie", "3,Cy,Chemie", create=True)
    lines = [
        "code,name,parent,location",
        "L,LABOR,,Bonn",
        "N,Neubau,,",
        "LC,Chemie,L,Köln",
        "NC,Chemie,N,Ulm",
    ]
    plan = run(DEPARTMENTS, *lines)
    assert (plan.counts.created, plan.counts.updated, plan.refusals) == (2, 2, [])
    found = Department.objects.order_by("code").values_list("code", "name", "parent__code", "location")
    assert list(found.exclude(code="")) == [
        ("L", "LABOR", None, "Bonn"),  # as any line with a code says
        ("LC", "Chemie", "L", "Köln"),
        ("N", "Neubau", None, ""),
        ("NC", "Chemie", "N", "Ulm"),
    ]
    assert run(DEPARTMENTS, *lines).counts.unchanged == 4
    again = run(DEPARTMENTS, "code,name", "L2,LABOR", "L3,Chemie", "L4,CHEMIE", apply=False)
    assert [each.line for each in again.refusals] == [2, 4]


def test_a_department_that_is_made_along_has_the_code_that_the_file_names_and_its_name_beside(run):
    stored = Department.objects.create(name="Shipping")
    head = "number,name,department_code,department_name"
    lines = [
        "1,Ann,10,Administration",
        "2,Bo,10,Administration",
        "3,Cy,20,",
        "4,Di,50,SHIPPING",
        "5,Ed,60,IT",
    ]
    plan = run(EMPLOYEES, head, *lines, "6,Fay,70,it", create=True)
    assert [str(row) for row in plan.related["department"]] == ["Administration", "20", "IT", "70"]
    found = Department.objects.order_by("pk").values_list("code", "name")
    assert list(found.exclude(pk=stored.pk)) == [
        ("10", "Administration"),
        ("20", "20"),
        ("60", "IT"),
        ("70", "70"),  # another one is called so
    ]
    assert Employee.objects.get(name="Di").department == stored
    departments = ["code,name,location", "10,Administration,Rome", "20,Marketing,", "50,Shipping,Oslo"]
    assert run(DEPARTMENTS, *departments).counts[:3] == (0, 3, 0)
    assert Employee.objects.get(name="Cy").department.name == "Marketing"


def test_a_department_of_a_code_alone_is_called_so_and_one_of_a_name_has_no_code(run):
    lines = ["1,Ann,10", "2,Bo,Sales", "3,Cy,Legal / 7", "4,Di,HR OPS"]
    run(EMPLOYEES, "number,name,dept id", *lines, create=True)
    run(EMPLOYEES, "number,name,department", "5,Ed,FIRE", create=True)
    found = {name: code or "" for name, code in Department.objects.values_list("name", "code")}
    assert found == {"10": "10", "Sales": "", "Legal": "", "7": "", "HR OPS": "", "FIRE": ""}
    assert run(DEPARTMENTS, "code,name", "10,Administration").counts.updated == 1


@pytest.mark.parametrize(
    ("head", "lines", "made"),
    [
        (
            "division,department description",
            ["Production,Assembly", "Production,Paint"],
            [("", "Production")],
        ),
        ("department_code,department_name", ["HR / OPS,", "HR,"], [("", "OPS"), ("HR", "HR")]),
        ("department_code,department_name", ["A,B", "B,C"], [("A", "B"), ("B", "C")]),
        ("department_code,department_name", ["HR,People", "hr,People"], [("HR", "People")]),
        ("department_code,department_name", ["7,Day", "7,Night"], [("7", "7")]),
    ],
)
def test_departments_of_codes_are_made_once(run, head, lines, made):
    people = [f"{number},Ann,{line}" for number, line in enumerate(lines)]
    assert run(EMPLOYEES, f"number,name,{head}", *people, create=True).refusals == []
    found = [(code or "", name) for code, name in Department.objects.values_list("code", "name")]
    assert sorted(found) == made


def test_a_department_whose_names_are_taken_is_not_made(run):
    head = "number,name,department_code,department_name"
    plan = run(EMPLOYEES, head, "1,Ann,A,B", "2,Bo,B,C", "3,Cy,C,B", create=True)
    assert [each.line for each in plan.refusals] == [4]


def test_i_with_a_dot_and_without_is_found_by_its_letters_first(run):
    for name in ("RIZE", "RİZE"):
        Department.objects.create(name=name)
    texts = ["İnsan Kaynakları", "İNSAN  KAYNAKLARI", "Legal / İzmir", "RİZE"]
    for _time in range(2):
        lines = [f"{number},Ann,{text}" for number, text in enumerate(texts)]
        assert run(EMPLOYEES, "number,name,department", *lines, create=True).refusals == []
    places = [
        "name,parent,location",
        "İnsan Kaynakları,,Bonn",
        "Team 9,İnsan Kaynakları,",
        "Team 10,Legal / İzmir,",
    ]
    for _time in range(2):
        assert run(DEPARTMENTS, *places).refusals == []
    found = Department.objects.values_list("name", "parent__name", "location", Count("employee"))
    assert sorted(found, key=str) == [
        ("Legal", None, "", 0),
        ("RIZE", None, "", 0),
        ("RİZE", None, "", 1),
        ("Team 10", "İzmir", "", 0),
        ("Team 9", "İnsan Kaynakları", "", 0),
        ("İnsan Kaynakları", None, "Bonn", 2),
        ("İzmir", "Legal", "", 1),
    ]


def test_one_at_the_top_is_named_by_what_means_it_alone(run):
    top = Department.objects.create(name="Ops")
    Department.objects.create(name="Ops", parent=Department.objects.create(name="Holding"))
    plan = run(EMPLOYEES, "number,name,department", "1,Ann,Ops", apply=False)
    assert plan.refusals[0].reason.endswith(f"its code: “Holding / Ops”; “Ops [#{top.pk}]”")
    assert run(EMPLOYEES, "number,name,department", f"1,Ann,Ops [#{top.pk}]").refusals == []


def test_a_text_longer_than_any_way_is_not_looked_up(run, tree):
    asked = []

    def note(execute, sql, params, many, context):
        asked.extend([] if many else map(len, map(str, params or ())))
        return execute(sql, params, many, context)

    names = ["".join(map(chr, range(start, start + 100))) for start in range(0x4E00, 0x5800, 100)]
    long = [*(f"{n} {'xY z/' * 20_000}" for n in range(2)), " / ".join(names)]
    with connection.execute_wrapper(note):
        plan = run(
            EMPLOYEES,
            "number,name,department",
            *(f"{n},N,{text}" for n, text in enumerate(long)),
            create=True,
        )
    assert {problem.reason for problem in plan.refusals} == {"There is no department with this code."}
    assert (plan.counts.refused, max(asked) < 10_000) == (3, True)


def test_exactly_the_same_letters_go_before_others(run):
    for name in ("Law", "LAW"):
        Department.objects.create(name="Team", parent=Department.objects.create(name=name))
    lines = ["Law,Rome", "LAW,Paris", "law,Oslo", "Law / Team,Bonn", "LAW / TEAM,Nice", "law / team,Lyon"]
    plan = run(DEPARTMENTS, "name,location", *lines)
    assert [problem.line for problem in plan.refusals] == [4, 6, 7]
    assert {problem.reason for problem in plan.refusals} == {
        "Several departments have this name. Say by a column parent_code which one is meant."
    }
    run(EMPLOYEES, "number,name,department", "1,Ann,LAW", "2,Bo,Law / Team")
    assert Employee.objects.get(name="Ann").department.location == "Paris"
    assert Employee.objects.get(name="Bo").department.location == "Bonn"
    plan = run(EMPLOYEES, "number,name,department", "3,Cy,law", "4,Di,Law / New", create=True)
    assert [problem.reason[:37] for problem in plan.refusals] == ["Several departments are called so. Wr"]


def test_a_way_is_no_name_either_where_what_it_lies_below_has_a_column_of_its_own(run, tree):
    lines = ["Research / Inside,", "Sales / Inside,Research", "FIRE / EMS,"]
    plan = run(DEPARTMENTS, "name,parent", *lines, apply=False)
    assert [(problem.line, problem.value) for problem in plan.refusals] == [(2, "Research / Inside")]


def test_the_way_to_a_department_that_is_not_there_is_no_name(run, tree):
    lines = [
        "code,name",
        "I,Sales / Inside",
        "N,Sales / Inside / North",
        "W,Law / West",
        "L,Law",
        "O,Input / Output",
    ]
    plan = run(DEPARTMENTS, *lines, apply=False)
    assert [problem.line for problem in plan.refusals] == [2, 3, 4]
    assert plan.refusals[0].reason.endswith("Say in a column “parent_code” what it lies below.")
    assert plan.counts.created == 2


CITY = [
    "Name,Job Titles,Department,Salary",
    '"AARON,  JEFFERY M",SERGEANT,R,"$123,456.00"',
    '"AARON,  KIM",COOK,R,',
]


def test_a_file_without_numbers_is_refused_unless_somebody_says_how_people_are_found(run, tree):
    with pytest.raises(exchange.FileError, match="No column is the employee number, by which rows are found"):
        run(EMPLOYEES, *CITY)
    assert run(EMPLOYEES, *CITY, keyless="name").counts.created == 2
    assert run(EMPLOYEES, *CITY, keyless="name").counts.unchanged == 2
    assert run(EMPLOYEES, *CITY, keyless="new", apply=False).counts.created == 2


def test_of_namesakes_a_name_finds_none(run, tree):
    for _time in range(2):
        run(EMPLOYEES, *CITY[:2], keyless="new")
    plan = run(EMPLOYEES, *CITY, keyless="name")
    assert [(p.line, p.reason) for p in plan.refusals] == [(2, "Several employees have this name.")]
    assert plan.counts.created == 1


def test_where_every_row_is_new_nobody_is_missing(run, tree):
    run(EMPLOYEES, "number,name,department", "1,Ann,R")
    assert run(EMPLOYEES, *CITY, keyless="new", absent=True).counts.absent == 0
    assert Employee.objects.filter(status="left").count() == 0


def test_a_department_is_found_however_its_name_is_written(run, tree):
    Department.objects.create(name="Fire and Rescue", code="FR")
    run(EMPLOYEES, "number,name,department", "1,Ann,FIRE AND RESCUE")
    assert Employee.objects.get().department.code == "FR"


NAMED = ["Research / Chemistry", "research/chemistry", "RESEARCH", "FIRE/EMS", "POLICE  DEPT", "Police Dept"]
PEOPLE = ["number,name,department", *(f"{n},P{n},{name}" for n, name in enumerate(NAMED))]


def test_a_department_is_made_once_however_it_is_written(run):
    assert run(EMPLOYEES, *PEOPLE, create=True).counts.related == 4
    made = Department.objects.order_by("name").values_list("name", "parent__name")
    assert list(made) == [
        ("Chemistry", "Research"),
        ("FIRE/EMS", None),
        ("Police Dept", None),
        ("Research", None),
    ]
    again = run(EMPLOYEES, *PEOPLE, create=True)
    assert (again.counts.unchanged, again.counts.related, again.refusals) == (6, 0, [])


def test_what_lies_below_a_stored_department_is_made_there(run, tree):
    Department.objects.create(name="Lab", parent=tree[0])
    lines = ["1,Ann,RESEARCH / Optics", "2,Bo,research/Optics", "3,Cy,Lab / Laser", "4,Di,Laser"]
    plan = run(EMPLOYEES, "number,name,department", *lines, create=True)
    assert [str(row) for row in plan.related["department"]] == ["Lab / Laser", "RESEARCH / Optics"]
    places = dict(Employee.objects.values_list("name", "department__parent__name"))
    assert places == {"Ann": "Research", "Bo": "Research", "Cy": "Lab", "Di": "Lab"}


def test_what_only_refused_lines_name_is_not_made(run):
    lines = ["1,Ann,Sales,active", "2,Bo,Nowhere / Else,gone"]
    assert run(EMPLOYEES, "number,name,department,status", *lines, create=True).counts.related == 1
    assert [each.name for each in Department.objects.all()] == ["Sales"]


def test_a_preview_names_nobody_whom_one_does_not_see(run, tree):
    place, other = Department.objects.filter(parent=None).order_by("code")
    boss = Employee.objects.create(name="Hidden Boss", department=other)
    Employee.objects.create(name="Ann", employee_number="1", department=place, manager=boss)
    officer = User.objects.create_user("officer", is_staff=True)
    Grant.objects.create(user=officer, role=Group.objects.get(name="HR officer"), department=place)
    plan = run(EMPLOYEES, "number,manager", "1,", actor=officer, apply=False)
    [[_line, _name, cells]] = samples.of(plan)["updated"]
    assert cells == [["1", "1"], ["(outside of what you see)", ""]]


def test_an_error_in_a_part_of_the_name_is_no_name(tree, tmp_path):
    path, header = tmp_path / "people.xlsx", ["Employee ID", "First name", "Last name", "Department code"]
    path.write_bytes(workbook(header, ["1", "Ada", "\u2060#N/A", "R"], ["2", "Bea", "\u2060#3", "R"]))
    table = exchange.open_table(path)
    [refused] = exchange.plan_import(EMPLOYEES, table, columns=EMPLOYEES.guess(header)).refusals
    assert (refused.line, refused.reason[:28]) == (2, "“#N/A” is an error of the sp")
