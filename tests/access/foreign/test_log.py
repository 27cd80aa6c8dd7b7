"""The log, the history and what is undone: of the other company nothing shows, and nothing is taken back."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from backoffice.access import record
from backoffice.models import AccessEvent, Operation
from backoffice.operations import operation, retention
from backoffice.operations.undo import undo
from backoffice.privacy import holds
from organization.models import Department, Employee, Grant
from tests.access.foreign.company import FOREIGN, LOG, PEOPLE, page
from tests.backoffice.deletion.deletion_pages import confirmation


def test_the_log_tells_of_ones_own_rows(kim, tree, both):
    text = page(kim.get(LOG))
    assert ">Change</a>" in text
    text = page(kim.get(f"{LOG}{both.pk}/change/"))
    assert "Own 0" in text
    page(kim.get(f"{LOG}{both.pk}/undo/"))
    assert "Own 0" in page(kim.get(f"{LOG}{both.pk}/rows.csv?model=organization.Employee"))
    assert "Own gone" in page(kim.get("/admin/deleted/?model=organization.Employee"))
    asked = "app_label=organization&model_name=employeehistory&field_name=row&term=gone"
    assert "Own gone (gone)" in page(kim.get(f"{LOG}choices/?{asked}"))
    page(kim.get("/admin/"))


def test_the_log_is_filtered_by_nobody_who_is_gone_and_did_something_to_others_alone(kim, tree, own):
    for name, row in (("Ghost Zyx", tree["boss"]), ("Ghost Own", own)):
        actor = User.objects.create(username=name)
        with operation("edit", actor=actor):
            Employee.objects.filter(pk=row.pk).update(location="There")
        actor.delete()
    asked = "app_label=backoffice&model_name=operation&field_name=actor&term=ghost"
    offered = [row["text"] for row in kim.get(f"{LOG}choices/?{asked}").json()["results"]]
    assert offered == ["Ghost Own (gone)"]


def test_the_file_of_the_log_is_noted_down_for_those_whom_it_names_to_this_person(kim, both):
    own = Employee.history_model.objects.filter(action="+", new_name__startswith="Own")
    kim.get(f"{LOG}log.csv")
    noted = AccessEvent.objects.filter(model="organization.Employee").values_list("row", flat=True)
    assert sorted(noted) == sorted(map(str, own.values_list("row_id", flat=True)))


@pytest.fixture(params=[0, 10_000], ids=["many", "few"])
def looked_after(request, monkeypatch):
    """Whether much was recorded of the rows that somebody looks after."""
    monkeypatch.setattr(record, "FEW", request.param)


def test_the_log_keeps_what_was_done_to_ones_own_rows_that_are_gone(kim, tree, own, hr, looked_after):
    with operation("edit", actor=hr) as it:
        Employee.objects.filter(pk=own.pk).update(location="There")
    Employee.objects.filter(pk=own.pk).delete()
    assert it.operation.pk in listed(kim, "")
    page(kim.get(f"{LOG}{it.operation.pk}/change/"))


def test_the_log_does_not_tell_of_who_is_gone_and_stood_elsewhere_by_then(kim, tree, own, hr, looked_after):
    """Also not of who was deleted before, where one sees them, and came back."""
    Employee.objects.filter(pk=own.pk).delete()
    undo(Operation.objects.get(kind="delete"))
    with operation("edit", actor=hr) as it:
        Employee.objects.filter(pk=own.pk).update(location="There", department=tree["other"])
    Employee.objects.filter(pk=own.pk).delete()
    assert it.operation.pk not in listed(kim, "")
    page(kim.get(f"{LOG}{it.operation.pk}/change/"), 404)
    page(kim.get(f"{PEOPLE}{own.pk}/history/"), 404)


def test_an_operation_on_others_alone_is_not_there(kim, tree, hr, looked_after):
    with operation("edit", actor=hr) as it:
        tree["boss"].department.employee_set.update(location="There")
    for what in ("change/", "undo/", "rows.csv"):
        page(kim.get(f"{LOG}{it.operation.pk}/{what}"), 404)
    assert str(it.operation.pk) not in [str(row.pk) for row in kim.get(LOG).context["cl"].result_list]


def test_who_sees_everybody_reads_the_file_of_no_operation_that_the_log_does_not_show(kim, tree, hr):
    """A role for the log of some, and one for the people of all."""
    with operation("edit", actor=hr) as it:
        tree["boss"].department.employee_set.update(location="There")
    Grant.objects.create(user=User.objects.get(username="kim"), role=Group.objects.get(name="Viewer"))
    for what in ("change/", "rows.csv?model=organization.Employee"):
        assert kim.get(f"{LOG}{it.operation.pk}/{what}").status_code == 404


def test_who_sees_everybody_undoes_no_operation_that_the_log_does_not_show(kim, user, tree, both, hr):
    with operation("edit", actor=hr) as it:
        tree["boss"].department.employee_set.update(location="There")
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"))
    for ask in (kim.get, kim.post):
        assert ask(f"{LOG}{it.operation.pk}/undo/").status_code == 404
    assert kim.get(f"{LOG}{both.pk}/undo/").status_code == 200


def test_an_operation_on_accounts_alone_is_not_there(kim, tree, hr):
    with operation("add", actor=hr) as it:
        User.objects.create(username="somebody")
    for what in ("change/", "undo/", "rows.csv"):
        page(kim.get(f"{LOG}{it.operation.pk}/{what}"), 404)


def test_history_of_a_foreign_row_that_is_gone_is_not_there(kim, tree, both):
    gone = Employee.history_model.objects.filter(action="-", old_name__startswith=FOREIGN).first()
    page(kim.get(f"{PEOPLE}{gone.row_id}/history/"), 404)
    page(kim.get(f"{PEOPLE}{gone.row_id}/change/"), 404)


def test_undo_takes_back_ones_own_rows_and_no_others(kim, tree, both):
    kim.post(f"{LOG}{both.pk}/undo/")
    assert Employee.objects.get(name="Own 0").location == ""
    assert Employee.objects.get(name=f"{FOREIGN} 0").location == "Here"
    both.refresh_from_db()
    assert both.state == Operation.State.PARTLY_UNDONE


def test_undo_brings_nobody_back_to_where_one_may_not_put_them(kim, tree, own, hr):
    moved = Employee.objects.get(name=f"{FOREIGN} 0")
    with operation("transfer", actor=hr) as it:
        Employee.objects.filter(pk=moved.pk).update(department=tree["branch"])
    page(kim.post(f"{LOG}{it.operation.pk}/undo/"), 403)
    moved.refresh_from_db()
    assert moved.department == tree["branch"]


def test_undo_puts_nothing_where_one_may_not_put_it_for_want_of_what_it_stood_below(kim, user, tree):
    office = Department.objects.create(name="Office", parent=tree["branch"])
    ada, key = Employee.objects.create(name="Ada", department=office), office.pk
    for row in (office, tree["branch"]):
        with operation("delete", actor=user):
            row.delete()
    [above, below] = Operation.objects.filter(kind="delete")[:2]
    text = page(kim.post(f"{LOG}{below.pk}/undo/"))
    assert "Left as it is: 1 department. The parent department is not there any more." in text
    assert "Office" in page(kim.get(f"{LOG}{below.pk}/undo/?row=organization.Department:{key}"))
    kim.post(f"{LOG}{above.pk}/undo/")
    kim.post(f"{LOG}{below.pk}/undo/")
    assert Employee.objects.get(pk=ada.pk).department.parent.name == "Branch"


def test_what_refers_to_ones_own_row_is_not_counted_for_others(kim, user, tree, own):
    with operation("add", actor=user) as it:
        added = Employee.objects.create(name="Own added", department=tree["branch"])
    Employee.objects.filter(name__endswith=" 0").update(manager=added)
    text = page(kim.get(f"{LOG}{it.operation.pk}/undo/"))
    assert "employees (manager): " in text
    assert " more" not in text[text.index("employees (manager): ") :][:200]


def test_of_what_refers_to_a_row_the_first_that_one_sees_are_named_and_that_there_are_others(kim, user, tree):
    """However they are called."""
    for number in range(4):
        Employee.objects.create(name=f"Zz {number}", department=tree["branch"])
    with operation("add", actor=user) as it:
        added = Employee.objects.create(name="Own added", department=tree["branch"])
    Employee.objects.exclude(name__startswith="Own").update(manager=added)
    text = page(kim.get(f"{LOG}{it.operation.pk}/undo/"))
    told = re.sub("<[^>]*>", "", text[text.index("employees (manager): ") :]).splitlines()[0]
    named = re.sub(r"Zz \d", "Zz", told)
    assert named == "employees (manager): Zz, Zz, Zz and 1 more; others that you do not see"


def test_what_others_did_is_undone_by_those_who_may(client, tree, both):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"), department=tree["mine"])
    client.force_login(user)
    page(client.post(f"{LOG}{both.pk}/undo/"), 403)
    user.user_permissions.add(Permission.objects.get(codename="undo_others"))
    client.post(f"{LOG}{both.pk}/undo/")
    assert Employee.objects.get(name="Own 0").location == ""


def role(user, department, *codes):
    group = Group.objects.create(name=" ".join(codes))
    group.permissions.set(Permission.objects.filter(codename__in=codes))
    Grant.objects.create(user=user, role=group, department=department)


def test_undo_is_not_offered_of_what_one_sees_nothing_of(client, tree, hr):
    user = User.objects.create(username="lee")
    role(user, tree["mine"], "view_employee", "change_employee", "view_operation", "undo_others")
    with operation("grant", actor=hr) as it:
        Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=tree["mine"])
    client.force_login(user)
    undo = f"{LOG}{it.operation.pk}/undo/"
    assert client.get(undo).status_code == 404
    assert undo not in page(client.get(LOG))


def test_who_may_add_and_not_change_brings_back_a_manager_and_leaves_the_reports_for_later(
    client, hr, tree, own
):
    user = User.objects.create(username="lee", is_staff=True)
    codes = ["view_employee", "add_employee", "view_operation", "undo_others"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    report = Employee.objects.create(name="Report", manager=own, department=own.department)
    with operation("delete", actor=hr) as it:
        Employee.objects.filter(pk=own.pk).delete()
    client.force_login(user)
    url = f"{LOG}{it.operation.pk}/undo/?row=organization.Employee:{own.pk}"
    assert url.partition("=")[0] in page(client.get("/admin/deleted/"))
    client.post(url)
    assert Employee.objects.filter(pk=own.pk).exists()
    assert not Employee.objects.get(pk=report.pk).manager
    undo(it.operation)
    assert Employee.objects.get(pk=report.pk).manager_id == own.pk


def test_undo_of_many_rows_is_not_offered_to_who_may_change_none(client, tree, hr, monkeypatch):
    monkeypatch.setattr("backoffice.admin.undo.offered.offered.__defaults__", (1,))
    user = User.objects.create(username="lee")
    role(user, tree["mine"], "view_employee", "view_operation", "undo_others")
    with operation("edit", actor=hr) as it:
        Employee.objects.update(location="There")
    client.force_login(user)
    undo = f"{LOG}{it.operation.pk}/undo/"
    assert client.get(undo).status_code == 403
    assert undo not in page(client.get(LOG))
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"), department=tree["mine"])
    assert undo in page(client.get(LOG))


def test_undo_is_not_offered_of_what_one_may_not_bring_back_there(client, tree, own):
    """A role to delete people in a part, and one to add them in another."""
    user = User.objects.create(username="lee")
    role(user, tree["mine"], "view_employee", "delete_employee", "view_operation")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"), department=tree["below"])
    client.force_login(user)
    url = f"{PEOPLE}{own.pk}/delete/"
    text = client.post(url, confirmation(client.get(url)), follow=True).content.decode()
    line = Operation.objects.get(kind="delete")
    undo = f"{LOG}{line.pk}/undo/"
    assert client.get(undo).status_code == 403
    offers = [
        LOG,
        f"{LOG}mine/",
        f"{LOG}{line.pk}/change/",
        "/admin/",
        "/admin/deleted/",
        f"{PEOPLE}{own.pk}/history/",
    ]
    assert [url for url in offers if undo in client.get(url).content.decode()] == []
    assert "Own 0" in text
    assert undo not in text


def test_putting_back_moves_nobody_out_of_ones_scope(kim, tree, own):
    Employee.objects.filter(pk=own.pk).update(department=tree["other"])
    Employee.objects.filter(pk=own.pk).update(department=tree["mine"])
    url = f"{PEOPLE}{own.pk}/history/"
    version = Employee.history_model.objects.filter(row=own).order_by("-pk")[1]
    page(kim.get(f"{url}?to={version.pk}"), 302)
    kim.post(f"{url}?to={version.pk}", {"seen": version.pk + 1})
    assert Employee.objects.get(pk=own.pk).department == tree["mine"]


def listed(kim, query):
    return [row.pk for row in kim.get(f"{LOG}?{query}").context["cl"].result_list]


def test_the_log_is_searched_in_what_is_shown_of_it(kim, user, tree, both, hr):
    """A search that finds an operation by a name in it tells of the name."""
    with operation("edit", actor=hr, reason="Yearly review") as it:
        Employee.objects.filter(name="Own 1").update(location="There")
    assert listed(kim, "q=Zyxforeign") == listed(kim, "q=Zyx") == []
    assert listed(kim, "q=yearly") == [it.operation.pk]
    assert both.pk in listed(kim, "q=hr")


def reader_of_the_log(client, *codes):
    """Somebody with the log beside what roles they have."""
    user, _made = User.objects.get_or_create(username="lee", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_operation", *codes]))
    client.force_login(user)
    return user


def tell_nothing(client, operation, words):
    for found in ("", f"?q={words}", f"log.csv?q={words}", f"{operation.pk}/change/"):
        page(client.get(f"{LOG}{found}"))
    assert listed(client, f"q={words}") == []


def test_who_sees_nobody_is_told_by_the_log_of_nobody(client, both):
    reader_of_the_log(client)
    tell_nothing(client, both, "Zyx")
    reader_of_the_log(client, "view_employee", "view_department")
    assert listed(client, "q=Zyx")


@pytest.mark.parametrize("role", [None, "Viewer"])
def test_nobody_is_told_by_what_has_no_history_any_more(client, tree, own, both, hr, role):
    """Of one's own rows under legal hold some is left."""
    user = reader_of_the_log(client)
    if role:
        holds.place(own, actor=hr, reason="")
        Grant.objects.create(user=user, role=Group.objects.get(name=role), department=tree["mine"])
    retention.expire(timezone.now())
    tell_nothing(client, both, "Zyx")


def test_why_others_are_held_is_not_in_the_log_of_who_sees_a_part(client, tree, own, hr):
    boss = tree["boss"]
    holds.place(boss, actor=hr, reason=f"{FOREIGN} reason")
    user = reader_of_the_log(client)
    Grant.objects.create(user=user, role=Group.objects.get(name="Viewer"), department=tree["mine"])
    held = Operation.objects.get(kind="hold")
    tell_nothing(client, held, "Zyx")
    Grant.objects.create(user=user, role=Group.objects.get(name="Auditor"))
    assert held.pk in listed(client, "q=Zyx")


def test_what_one_did_oneself_is_told_as_long_as_one_has_a_role_there(kim, user, own):
    with operation("edit", actor=user, reason="Yearly", subject="Own 0"):
        Employee.objects.filter(pk=own.pk).update(location="Here")
    holds.place(own, actor=user, reason="Court")
    with operation("edit", actor=user, subject="kim") as it:  # such as a second factor
        it.note(User, user.pk, "updated", {})
    assert [line.subject for line in told(kim)] == ["kim", "Own 0", "Own 0"]
    Grant.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert [(line.subject, line.reason) for line in told(kim)] == [("kim", ""), ("", ""), ("", "")]


def told(client):
    return [line.operation for line in client.get(f"{LOG}mine/").context["operations"]]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Zyxforeign 0", "Zyxforeign gone"])
def test_the_log_does_not_say_what_happened_to_a_foreign_row(kim, both, name):
    row = Employee.history_model.objects.filter(old_name=name).first()
    assert listed(kim, f"row=organization.Employee:{row.row_id}") == []


def test_putting_back_does_not_say_whose_account_a_person_is(client, tree, own):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    for account in (user, None):
        Employee.objects.filter(pk=own.pk).update(user=account)
    newest, version = Employee.history_model.objects.filter(row=own).order_by("-pk")[:2]
    client.force_login(user)
    client.post(f"{PEOPLE}{own.pk}/history/?to={version.pk}&field=user", {"seen": newest.pk})
    assert Employee.objects.get(pk=own.pk).user is None


ACCOUNTS = "Which account is theirs is decided by those who give roles there."


def test_an_undo_does_not_say_whose_account_a_person_is(client, tree, own, hr):
    user = User.objects.create(username="lee")
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    user.user_permissions.add(Permission.objects.get(codename="undo_others"))
    with operation("edit", actor=hr) as it:
        Employee.objects.filter(name__startswith="Own").update(location="Here")
        Employee.objects.filter(pk=own.pk).update(user=user)
    client.force_login(user)
    undo = f"{LOG}{it.operation.pk}/undo/"
    alone = client.get(f"{undo}?row=organization.Employee:{own.pk}")
    assert (alone.status_code, ACCOUNTS in alone.content.decode()) == (403, True)
    for page_of_it in (client.get(undo), client.post(undo, follow=True)):
        assert f"Left as it is: 1 employee. {ACCOUNTS}" in page_of_it.content.decode()
    assert list(Employee.objects.filter(location="Here", user=user)) == [own]
    assert not Employee.objects.filter(location="Here").exclude(pk=own.pk).exists()
    assert "Own 0" in page(client.get(f"{undo}?left=csv"))


def test_who_gives_roles_in_a_part_brings_people_back_with_their_accounts_there_alone(
    kim, user, tree, own, hr
):
    """A role for the people of all, and one to give roles in a part."""
    Grant.objects.create(user=user, role=Group.objects.get(name="HR officer"))
    people = Employee.objects.filter(name__endswith=" 0")
    for row in people:
        Employee.objects.filter(pk=row.pk).update(user=User.objects.create(username=row.name))
    with operation("delete", actor=hr) as it:
        people.delete()
    text = kim.post(f"{LOG}{it.operation.pk}/undo/", follow=True).content.decode()
    assert f"Left as it is: 1 employee. {ACCOUNTS}" in text
    assert list(people) == [own]


def test_the_log_does_not_tell_how_many_others_were_touched(kim, tree, both, hr):
    """Not by a count, nor by an order or a filter; the page of an operation counts what one sees."""
    text = page(kim.get(LOG))
    assert "2 employees changed" not in text
    assert "number" not in kim.get(LOG).context["cl"].list_display
    assert kim.get(f"{LOG}?number=one")["Location"].endswith("?e=1")
    assert "1 employee changed" in page(kim.get(f"{LOG}{both.pk}/change/"))
    kim.logout()
    kim.force_login(hr)
    assert "2 employees changed" in kim.get(LOG).content.decode()
    assert kim.get(f"{LOG}?number=few").status_code == 200


def test_a_small_operation_looks_like_a_large_one_where_one_sees_a_part_of_it(kim, both, monkeypatch):
    def lines():
        rows = kim.get(LOG).context["cl"].result_list
        return [(row.number, row.rows, row.subject) for row in rows if row.pk == both.pk]

    small = lines()
    monkeypatch.setattr("backoffice.admin.log.seen.seen.__defaults__", (1,))
    assert small == lines() == [(None, {"organization.Employee": {}}, "")]
