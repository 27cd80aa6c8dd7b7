"""What somebody brought and did not import yet: it goes with the person whom it tells of."""

import io
import zipfile

import pytest

from backoffice.imports import forgetting
from backoffice.models import Import, ImportProblem
from backoffice.privacy.needles import Names
from organization.models import Employee
from tests.organization.people import text
from tests.privacy.test_purge import LONG_AGO, leaver, purge

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/organization/employee/import/"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.IMPORT_FOLDER = tmp_path / "uploads"
    return settings.IMPORT_FOLDER


def bring(browser, content):
    """Upload a file and preview it; the address of its page."""
    file = io.BytesIO(content)
    file.name = "people.csv"
    url = browser.post(UPLOAD, {"file": file})["Location"]
    batch = Import.objects.latest("pk")
    columns = {f"column_{place}": header for place, header in enumerate(batch.mapping)}
    browser.post(url, {"stage": "preview", **columns})
    return url


def test_a_file_that_tells_of_somebody_goes_with_them_and_its_page_says_so(panel, alice, bob, sales, folder):
    leaver("Zoe Quuxanna", sales)
    url = bring(panel, b"employee_number,name,department\n1,Ada,Sales\n2,Quuxanna,")
    bring(panel, b"employee_number,name,department\n1,Ada,Sales")
    request = purge(alice, bob)
    told, other = Import.objects.order_by("pk")
    assert [path.name[:40] for path in folder.iterdir()] == [other.stored] * len(list(folder.iterdir()))
    assert (told.stored, told.state, told.samples, other.state) == ("", "expired", {}, "previewed")
    assert not ImportProblem.objects.filter(batch=told).exists()
    assert request.report["uploads"] == 1
    assert "The file told of somebody who was purged on" in text(panel.get(url))


def test_what_a_killed_process_left_of_an_upload_goes_with_whoever_is_purged(
    alice, bob, sales, settings, tmp_path
):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    left = tmp_path / "tmpglwkc42t.upload.csv"
    left.write_text("name\nZoe Quuxanna")
    leaver("Zoe Quuxanna", sales)
    purge(alice, bob)
    assert not left.exists()


def test_a_preview_that_tells_of_somebody_whom_its_file_does_not_name_goes_with_them(
    panel, alice, bob, sales
):
    zoe = Employee.objects.create(name="Zoe Quuxanna", department=sales)
    Employee.objects.create(name="Ada", employee_number="1", department=sales, manager=zoe)
    bring(panel, b"employee_number,manager\n1,")
    assert "Zoe Quuxanna" in str(Import.objects.get().samples)
    Employee.objects.filter(name="Ada").update(manager=None)
    Employee.objects.filter(pk=zoe.pk).update(status="left", end_date=LONG_AGO)
    purge(alice, bob)
    assert (Import.objects.get().stored, Import.objects.get().samples) == ("", {})


def test_a_reason_that_tells_of_somebody_counts_as_well(panel, sales):
    bring(panel, b"employee_number,name,department\n1,Ada,Sales")
    batch, forget = Import.objects.get(), Names(["Zoe Quuxanna"], []).log
    assert not forgetting.tells_of(batch, forget)
    ImportProblem.objects.create(batch=batch, line=2, reason="By Bo: Manager “Zoe Quuxanna” → “–”.")
    assert forgetting.tells_of(batch, forget)


def workbook(**parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(f"{name}.xml", content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding", "told"),
    [
        ("name\nZoë Quuxanna".encode("utf-16"), "utf-16", True),
        ("name\nZoë Quuxanna".encode("cp1252"), "cp1252", True),
        (b"x" * forgetting.PIECE + b" Quuxanna", "", True),
        (b"x" * (forgetting.PIECE - 4) + b" Quuxanna", "", True),
        (workbook(first="<t>Ada</t>", second="<t>Zo&#235;</t><t>Quuxanna</t>"), "", True),
        (workbook(first="<t>Ada</t>", second="<t>Bea</t>"), "", False),
        (workbook(first="<t>Ada</t>").replace(b"Ada", b"Bea"), "", True),  # it is broken
        (b"name\nAda", "", False),
        (b"name\nAda", "no such encoding", True),
    ],
)
def test_a_file_is_looked_through_whatever_its_kind(folder, content, encoding, told):
    folder.mkdir()
    (folder / "a").write_bytes(content)
    batch = Import(stored="a", reading={"encoding": encoding})
    assert forgetting.tells_of(batch, Names(["Zoe Quuxanna"], []).log) is told


def test_a_file_that_is_on_no_disk_of_this_host_is_not_imported_any_more(folder):
    assert forgetting.tells_of(Import(stored="a"), Names(["Zoe Quuxanna"], []).log)
