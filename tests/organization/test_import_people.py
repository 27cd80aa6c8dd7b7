"""What HR brings in files of people, beyond what the command's own tests say."""

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from backoffice import exchange
from backoffice.imports import samples
from organization.exchange import EMPLOYEES
from organization.models import Department, Employee, Grant
from tests.backoffice.exchange.reading.workbooks import workbook

pytestmark = pytest.mark.django_db


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


def test_a_word_for_nothing_in_a_name_is_none_unless_it_is_written_as_one_and_is_told(run, tree):
    header = "number,department,first name,middle name,last name,second last name"
    lines = ["1,R,Ann,NULL,Lee,", "2,R,Eva,Na,Roux,Null", "3,R,KIM,NA,MIN,", "4,R,Ann,-,NULL,None"]
    plan = run(EMPLOYEES, header, *lines)
    names = set(Employee.objects.values_list("name", flat=True))
    assert names == {"Ann Lee", "Eva Na Roux Null", "KIM NA MIN", "Ann NULL"}
    told = [(each.line, each.value, "empty cell." in each.reason) for each in plan.warnings]
    assert told == [(2, "NULL", True), (4, "NA", False), (5, "NULL", False), (5, "None", True)]
    plan = run(EMPLOYEES, "number,name", "1,n/a", "2,Null", apply=False)
    assert [(each.line, each.reason) for each in plan.warnings] == [
        (2, "“n/a” is taken for a name. If it says that there is none, empty the cell.")
    ]


def test_who_is_said_to_have_no_manager_has_none(run, tree):
    plan = run(EMPLOYEES, "number,name,department,manager", "1,Ann,R,NO_MANAGER", "2,Bo,R,1")
    assert (plan.counts.created, [warning.line for warning in plan.warnings]) == (2, [2])


def test_a_number_that_is_there_without_its_letters_is_not_doubled_unsaid(run, tree):
    head = "number,name,department"
    run(EMPLOYEES, head, "42,Ann,R", "0043,Bo,R", "44,Cy,R")
    plan = run(EMPLOYEES, head, "E00042,ANN,R", "E-43,Bea,R", "C44,Cy,R", "44,Cy,R", "E9,Eva,R", apply=False)
    assert plan.counts[:4] == (3, 0, 1, 1)
    [refused], [warning] = plan.refusals, plan.warnings
    assert (refused.line, refused.reason[:31]) == (2, "“42” is there, of the same name")
    assert (warning.line, warning.reason[:25]) == (3, "“0043” is there: the same")


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


def test_a_total_of_a_department_is_nobody(run, tree):
    plan = run(EMPLOYEES, "name,number,department", "Zoe,77,R", "Total,12,R")
    assert (plan.counts.created, [refusal.line for refusal in plan.refusals]) == (1, [3])


def test_a_word_for_nothing_in_the_place_of_a_choice_is_told(run, tree):
    plan = run(
        EMPLOYEES,
        "number,name,department,status,employment_type",
        "1,Ann,R,n/a,",
        "2,Bo,R,left,-",
        apply=False,
    )
    assert [(told.line, told.reason) for told in plan.warnings if "empty" in told.reason] == [
        (2, "“n/a” is taken for an empty cell."),
        (3, "“-” is taken for an empty cell."),
    ]
