"""Everything that is held about one person, and of others keys and numbers only."""

import csv
import io
import json
import tempfile
from zipfile import ZipFile

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.core.signing import TimestampSigner, b64_encode

from backoffice.models import (
    AccessEvent,
    Import,
    ImportProblem,
    Job,
    KeptMapping,
    LegalHold,
    PurgeRequest,
    SavedView,
)
from backoffice.operations import operation
from backoffice.privacy import export
from backoffice.privacy.subjects import subject_of
from organization.models import Department, Employee, Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def zoe(sales, hr):
    boss = Employee.objects.create(name="Secret Boss", department=sales, work_email="boss@example.com")
    zoe = Employee.objects.create(name="Zoe Maiden", department=sales, manager=boss, user=hr, notes="=1+1")
    for name in ("Secret One", "Secret Two"):
        Employee.objects.create(name=name, department=sales, manager=zoe, notes=f"Like Zoe Quux: {name}")
    with operation("edit", actor=hr, reason="She married", subject="Zoe Maiden, Secret One"):
        Employee.objects.filter(name__in=["Zoe Maiden"]).update(name="Zoe Quux")
    Department.objects.filter(pk=sales.pk).update(head=zoe)
    zoe.refresh_from_db()
    return zoe


def files(content):
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def exported(person):
    return files(b"".join(export.chunks(subject_of(Employee), person)))


def table(found, name):
    return list(csv.DictReader(io.StringIO(found[f"{name}.csv"])))


def mentions(person):
    return {(line["model"], line["key"], line["column"]) for line in table(exported(person), "mentions")}


def test_the_row_comes_with_what_each_column_is_for(zoe):
    columns = {column["column"]: column for column in json.loads(exported(zoe)["person.json"])["columns"]}
    assert columns["name"]["value"] == "Zoe Quux"
    assert columns["notes"]["level"] == "sensitive"
    assert columns["name"]["purpose"]
    assert columns["name"]["retention"]


def test_who_looked_comes_with_the_files_of_many_rows(zoe, hr):
    one = AccessEvent.objects.create(what="export", model="organization.Employee", row=str(zoe.pk), actor=hr)
    many = {"number": 1204, "filters": "department=5"}
    AccessEvent.objects.create(what="export", model="organization.Employee", **many)
    AccessEvent.objects.create(what="page", model="organization.Employee")  # of somebody who was purged
    reads = [list(line.values()) for line in table(exported(zoe), "reads")]
    assert reads[0][1:] == ["export", str(one.actor_id), "1", ""]
    assert reads[-1][1:] == ["export", "", "1204", "department=5"]
    assert len(reads) == 2


def test_an_index_says_what_each_file_is(zoe):
    found = exported(zoe)
    index = found["index.html"]
    assert "Zoe Quux" in index
    assert all(name.partition(".")[0] in index for name in found)


def test_others_are_keys_and_numbers(zoe):
    found = exported(zoe)
    relations = json.loads(found["relations.json"])
    reports = Employee.objects.filter(manager=zoe).order_by("pk").values_list("pk", flat=True)
    assert relations["organization.Employee.manager"] == {"number": 2, "keys": list(reports)}
    assert relations["organization.Department.head"]["number"] == 1
    assert not [name for name, content in found.items() if "Secret" in content or "boss@" in content]


def test_history_and_operations_are_there_with_their_reasons(zoe):
    found = exported(zoe)
    renamed = [line for line in table(found, "history") if line["column"] == "name" and line["before"]]
    assert [(line["before"], line["after"]) for line in renamed] == [("Zoe Maiden", "Zoe Quux")]
    [line] = [line for line in table(found, "operations") if line["reason"]]
    assert (line["reason"], line["subject"]) == ("She married", "Zoe Maiden, …")
    assert json.loads(found["history.json"])[0]["action"] == "Created"
    assert [line["reason"] for line in table(found, "done")] == ["She married"]


def test_the_account_is_there_without_its_secrets(zoe, panel, hr):
    account = json.loads(exported(zoe)["account.json"])
    assert account["account"]["username"] == "hr"
    assert account["account"]["password"] == "(kept, not shown)"
    assert account["signed in in so many browsers"] == 1
    assert hr.password not in str(exported(zoe))


def test_an_account_with_their_address_is_theirs_where_it_is_linked_to_nobody(zoe, hr, sales):
    zoe.user, zoe.work_email = None, "zq@example.com"
    zoe.save()
    assert json.loads(exported(zoe)["account.json"]) == {}
    type(hr).objects.filter(pk=hr.pk).update(email="ZQ@example.com")
    assert json.loads(exported(zoe)["account.json"])["account"]["username"] == "hr"
    Employee.objects.create(name="Ada", department=sales, user=hr)
    assert json.loads(exported(zoe)["account.json"]) == {}


def test_what_the_account_was_given_and_did_is_there_and_names_nobody_else(zoe, hr, alice):
    Grant.objects.create(user=hr, role=Group.objects.first(), department=zoe.department)
    Job.objects.create(actor=hr, kind="sheet", title="Secret One")
    Import.objects.create(actor=hr, sheet="x", size=1, file_name="Secret.csv", samples=[["Secret"]])
    AccessEvent.objects.create(what="page", model="organization.Employee", row="7", actor=hr)
    LegalHold.objects.create(model="organization.Employee", key=7, reason="Secret", by=hr)
    PurgeRequest.objects.create(model="organization.Employee", before="2026-01-01", asked_by=hr)
    other = PurgeRequest.objects.create(model="organization.Employee", before="2026-01-01", asked_by=alice)
    PurgeRequest.objects.filter(pk=other.pk).update(state=PurgeRequest.State.APPROVED, approved_by=hr)
    LogEntry.objects.create(user=hr, action_flag=2, object_id="7", object_repr="Secret One")
    found = exported(zoe)
    account = json.loads(found["account.json"])
    assert {name for name in account if "." in name} == {
        *("organization.Grant.user", "organization.GrantHistory.new_user", "admin.LogEntry.user"),
        *("backoffice.Job.actor", "backoffice.Import.actor", "backoffice.AccessEvent.actor"),
        *(
            "backoffice.LegalHold.by",
            "backoffice.PurgeRequest.asked_by",
            "backoffice.PurgeRequest.approved_by",
        ),
    }
    assert [event["row"] for event in account["backoffice.AccessEvent.actor"]] == ["7"]
    assert not [name for name, content in found.items() if "Secret" in content]


def test_texts_about_others_are_said_to_name_the_person(zoe):
    assert [line["column"] for line in table(exported(zoe), "mentions")] == ["notes", "notes"]


def test_a_text_names_the_person_also_by_what_the_account_is_and_was_called(zoe, hr):
    before = mentions(zoe)
    hr.username, hr.first_name, hr.last_name = "zquimbyton", "Zed", "Vornamexx"
    hr.save()
    texts = "Ask Zed Vornamexx", "Login zquimbyton", "Zed and Mr Vornamexx"
    rows = [
        Employee.objects.create(name="Ada", department=zoe.department, notes=text).pk for text in texts[:2]
    ]
    Employee.objects.create(name="Bo", department=zoe.department, notes=texts[2])
    hr.username, hr.last_name = "hr", "Xyz"
    hr.save()
    assert mentions(zoe) - before == {("organization.Employee", str(key), "notes") for key in rows}
    assert "zquimbyton" in json.loads(exported(zoe)["person.json"])["former names"]
    hr.delete()
    zoe.refresh_from_db()
    assert {"zquimbyton", "hr"} <= set(json.loads(exported(zoe)["person.json"])["former names"])


def test_a_text_names_the_person_however_it_is_written_and_also_once_it_is_gone(zoe):
    before, keys = mentions(zoe), []
    packed = TimestampSigner().sign_object("Zoe Quux"), b64_encode(b'["Zoe Quux"]').decode()
    written = "Quux, Zoë: late", "Zoë\nQuux", "zoe  quux", "Zoe%20Quux", "Zoe Qu\u00adux", "ZOE-QUUX"
    for text in (*written, *(f"See {token}." for token in packed)):
        here, clean, gone = (
            Employee.objects.create(name="Ada", department=zoe.department, notes=text) for _row in range(3)
        )
        keys.append((here.pk, clean.pk, gone.pk))
        Employee.objects.filter(pk=clean.pk).update(notes="")
        gone.delete()
    Employee.objects.create(name="Ada", department=zoe.department, notes="Zoe and Quux, two cats")
    steps = Employee.history_model.objects.filter(row_id__in=sum(keys, ()), action__in="~-")
    history = {("organization.EmployeeHistory", str(step.pk), "old_notes") for step in steps}
    now = {("organization.Employee", str(here), "notes") for here, *_others in keys}
    assert (len(now), len(history)) == (8, 16)
    assert mentions(zoe) - before == now | history


def test_uploads_views_and_holds_are_said_to_name_the_person(zoe, hr, settings, tmp_path):
    settings.IMPORT_FOLDER = tmp_path
    upload = Import.objects.create(
        actor=hr, sheet="x", size=1, stored="people.csv", file_name="Quux, Zoe.csv"
    )
    (tmp_path / upload.stored).write_text("name\nZoë Quux\n")
    problem = ImportProblem.objects.create(batch=upload, line=2, column="name", value="zoe quux", reason="no")
    view = SavedView.objects.create(
        owner=hr, model="organization.Employee", name="Mine", query="q=Zoe+Maiden"
    )
    mapping = KeptMapping.objects.create(owner=hr, sheet="x", name="Mine", columns={"zoe_quux": "name"})
    hold = LegalHold.objects.create(model="organization.Employee", key=zoe.manager_id, reason="By Zoe Quux")
    LegalHold.objects.create(model="organization.Employee", key=zoe.pk, reason="A case")
    assert mentions(zoe) >= {
        ("backoffice.Import", str(upload.pk), "stored"),
        ("backoffice.Import", str(upload.pk), "file_name"),
        ("backoffice.ImportProblem", str(problem.pk), "value"),
        ("backoffice.SavedView", str(view.pk), "query"),
        ("backoffice.KeptMapping", str(mapping.pk), "columns"),
        ("backoffice.LegalHold", str(hold.pk), "reason"),
    }
    assert json.loads(exported(zoe)["person.json"])["legal hold"]["reason"] == "A case"


def test_no_value_is_taken_for_a_formula(zoe):
    values = [value for line in table(exported(zoe), "history") for value in line.values()]
    assert "'=1+1" in values
    assert not [value for value in values if value.startswith("=")]


def test_the_page_sends_the_file_and_leaves_none_behind(panel, zoe, tmp_path, monkeypatch, events):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    response = panel.post(f"/admin/organization/employee/{zoe.pk}/held/")
    assert response["Content-Disposition"] == f'attachment; filename="employee-{zoe.pk}.zip"'
    assert "Zoe Quux" in files(response.getvalue())["index.html"]
    assert list(tmp_path.iterdir()) == []
    [line] = [line for line in events if line["event"].startswith("sensitive_read")]
    assert (line["level"], line["what"], line["row"]) == ("WARN", "subject_access", zoe.pk)


def test_it_is_sent_piece_by_piece(zoe):
    """However many there are, no piece holds more than a part of them."""
    Employee.objects.bulk_create(
        Employee(name=f"Report {n}", department=zoe.department, manager=zoe) for n in range(1500)
    )
    AccessEvent.objects.bulk_create(AccessEvent(what="page", model="x", actor=zoe.user) for n in range(1500))
    assert max(map(len, export.chunks(subject_of(Employee), zoe))) < 64 * 1024


def test_the_command_writes_a_file_for_its_owner_alone(zoe, tmp_path, capsys):
    file = tmp_path / "zoe.zip"
    call_command("export_person", str(zoe.pk), to=str(file))
    assert "Zoe Quux" in files(file.read_bytes())["index.html"]
    assert file.stat().st_mode & 0o777 == 0o600
    read = AccessEvent.objects.get(row=str(zoe.pk))
    assert (read.what, read.actor_id, bool(read.filters)) == ("subject_access", None, True)
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("export_person", str(zoe.pk), to=str(file))


@pytest.mark.parametrize("key", ["999", "x"])
def test_the_command_refuses_a_key_of_nobody(key, tmp_path):
    with pytest.raises(CommandError, match="There is no"):
        call_command("export_person", key, to=str(tmp_path / "none.zip"))
    assert list(tmp_path.iterdir()) == []
