"""A name that only one person bears is planted wherever a name can come, and after the purge it is found nowhere."""

import json
import logging
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.signing import TimestampSigner
from django.db import connection

from backoffice.access.kept import KEY
from backoffice.models import Job, KeptMapping, Operation
from backoffice.operations import operation
from backoffice.operations.undo import undo
from backoffice.privacy import requests
from organization.models import Department, Employee
from tests.organization.people import act
from tests.privacy.test_purge import LONG_AGO, ask
from tests.privacy.test_uploads import bring

pytestmark = pytest.mark.django_db(transaction=True)

NAME, MAIDEN = "Zebulon Quimperlé", "Zebulon Plantagenesta"
NUMBERS = [b"zq-4711", b"zq@planted.example"]
PLANTED = [b"quimperl", b"plantagenesta", b"zebulon", *NUMBERS]
IN_FULL = [b"zebulon quimperl", b", zebulon", b"zebulon plantagenesta", b"zebulon m.", *NUMBERS]


def stored():
    """Name and bytes of the database's file, or of the file of each table and index; on MySQL of the rows alone."""
    if connection.vendor == "sqlite":
        return [("file", connection.connection.serialize())]
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            return [(table, _rows(cursor, table)) for table in connection.introspection.table_names(cursor)]
        cursor.execute("CHECKPOINT")
        cursor.execute(
            "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class "
            "WHERE pg_relation_filepath(oid) <> '' AND NOT relisshared"
        )
        return [(name, bytes(content)) for name, content in cursor]


def _rows(cursor, table):
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
    return "\n".join(str(value) for row in cursor for value in row).encode()


def found(words=PLANTED):
    return {(word, name) for name, content in stored() for word in words if word in content.lower()}


def plant(sales, hr, django_user_model, panel):
    user = django_user_model.objects.create_user(
        "zq4711", first_name="Zebulon", last_name="Quimperlé", email="zq@planted.example"
    )
    names = {"first_name": "Zebulon", "last_name": "Quimperlé", "email": "ZQ@planted.example"}
    other = django_user_model.objects.create_user("zq4712", **names, is_active=False)  # linked to nobody
    claims = {"userinfo": {"name": NAME, "email": "zq@planted.example"}}
    SocialAccount.objects.create(user=other, provider="sso", uid="1", extra_data=claims)
    SocialAccount.objects.create(user=hr, provider="sso", uid="2", extra_data={"manager": NAME})
    values = {
        "employee_number": "ZQ-4711",
        "work_email": "zq@planted.example",
        "work_phone": "+49 30 47114711",
        **dict.fromkeys(("preferred_name", "location", "job_title", "notes"), NAME),
    }
    zoe = Employee.objects.create(name=MAIDEN, department=sales, user=user, **values)
    ada = Employee.objects.create(
        name="Ada", department=sales, manager=zoe, notes=f"Covers for {NAME.upper()}."
    )
    Employee.objects.create(
        name="Bo",
        department=sales,
        notes="For Quimperlé, Zebulon. Ms Plantagenesta, Zebulon's desk, Zebulon M. de la Quimperlé",
        job_title="Assistant to Quimperlé",
        work_phone="Zebulon 12",
    )
    Department.objects.filter(pk=sales.pk).update(head=zoe, description=f"Founded by {MAIDEN}")
    team = Department.objects.create(name="Team Quimperlé", code="zebulon", location="At Plantagenesta's")
    Department.objects.create(name="Zebulons", code="ZEBULON", description="Of Plantagenesta, Zebulon")
    Department.objects.filter(pk=team.pk).update(cost_center="Quimperlé")
    with operation("edit", actor=user, reason=f"{MAIDEN} married"):
        Employee.objects.filter(pk=zoe.pk).update(name=NAME)
    undo(Operation.objects.first(), actor=user, reason="Quimperlé said no")
    Employee.objects.filter(pk=zoe.pk).update(name=NAME)
    act(panel, "set_fields", [zoe, ada], set_job_title="set", job_title=f"Office of {NAME}")
    panel.get("/admin/organization/employee/", {"q": NAME})
    Job.objects.create(
        kind="page",
        title=f"Undo “{NAME}”",
        message=NAME,
        back="/admin/?q=Zebulon%20Quimperl%C3%A9",
        request_id="zebulon.plantagenesta-1",
    )
    UserSession.objects.create(
        user=hr, session_key="x", ip="127.0.0.1", user_agent="Mozilla Zebulon-Plantagenesta"
    )
    kind = ContentType.objects.get_for_model(Employee)
    LogEntry.objects.create(
        user=hr,
        content_type=kind,
        object_id=zoe.pk,
        object_repr=NAME,
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"name": "employee", "object": NAME}}]),
    )
    Group.objects.create(name="Friends of Quimperlé")
    first_row = {"zebulon": "first_name", "quimperlé": "last_name", "zebulon_plantagenesta": "notes"}
    KeptMapping.objects.create(sheet="employees", name="payroll", owner=hr, columns=first_row)
    Authenticator.objects.create(user=hr, type="webauthn", data={"name": f"Key of {NAME}", "credential": "x"})
    session = SessionStore()
    session["note"] = f"Deleted {NAME}"
    shown = json.dumps({"notes": f"Covers for\n{NAME} and\xa0Plantagenesta"})
    kept = {str(hr.pk): urlencode({"_shown": shown}), str(user.pk): "name=Ada"}
    chosen = urlencode({"selection": TimestampSigner().sign_object([urlencode({"q": NAME})])})
    session[KEY] = [{"user": key, "post": post, "url": f"/?{chosen}"} for key, post in kept.items()]
    session.save()
    Employee.objects.filter(pk=zoe.pk).update(status="left", end_date=LONG_AGO)
    return session.session_key


def written_in(folder, since):
    """The files of a folder that were written since, and what is in them."""
    files = [file for file in Path(folder).rglob("*") if file.is_file() and file.stat().st_mtime >= since]
    return b"".join(file.read_bytes() for file in files).lower()


def test_a_planted_name_is_found_nowhere(
    alice, bob, sales, hr, panel, django_user_model, caplog, tmp_path, monkeypatch, settings
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.IMPORT_FOLDER = tmp_path / "uploads"
    caplog.set_level(logging.DEBUG)
    caplog.handler.setLevel(logging.INFO)
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA secure_delete = OFF")  # as many builds have it
    session = plant(sales, hr, django_user_model, panel)
    bring(panel, f"name,employee_number\n{NAME},\nX,ZQ-4711".encode())
    assert {word for word, _name in found()} == set(PLANTED)
    request = ask(alice, reason=f"{NAME} asked for it")
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    assert found() == set()
    kept = SessionStore(session).load()
    assert kept["note"] == "Deleted [removed]"
    assert "Covers+for%5Cn%5Bremoved%5D+and%5Cu00a0%5Bremoved%5D" in kept[KEY][0]["post"]
    assert [sent["url"] for sent in kept[KEY]] == ["/?selection=[removed]"]
    said = caplog.text.encode().lower() + written_in(tmp_path, 0)
    assert not [word for word in PLANTED if word in said]
    assert Employee.objects.get(name="Ada").notes == "Covers for [removed]."
    assert Authenticator.objects.get().data == {"name": "Key of [removed]", "credential": "x"}
    assert {"names of keys": 1, "names of roles": 1}.items() <= request.report.items()


def test_a_role_of_the_product_keeps_its_name_and_a_key_what_it_is(alice, bob, sales):
    key = {"name": "Officers", "credential": "Officer-Hadley"}
    Authenticator.objects.create(user=bob, type="webauthn", data=key)
    Employee.objects.create(name="Hadley Officer", department=sales, status="left", end_date=LONG_AGO)
    request = ask(alice)
    requests.approve(request, actor=bob)
    requests.run(request, actor=bob)
    assert Group.objects.filter(name="HR officer").exists()
    assert Authenticator.objects.get().data == {"name": "[removed]", "credential": "Officer-Hadley"}
