"""Which department a file means, and which ones are made along."""

from unicodedata import normalize

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Count

from organization.exchange import DEPARTMENTS, EMPLOYEES
from organization.models import Department, Employee, Grant

pytestmark = pytest.mark.django_db


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
        (6, "There is no department with this code, name or way."),
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
        (8, "There is no department with this code, name or way.")
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
    assert {problem.reason for problem in plan.refusals} == {
        "There is no department with this code, name or way."
    }
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
