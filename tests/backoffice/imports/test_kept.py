"""What was read for the preview is kept for the deed, as long as it is of use; on PostgreSQL alone."""

import pytest
from django.db import connection

from backoffice.exchange import FileError
from backoffice.imports import carrying, uploads
from backoffice.models import Import
from tests.backoffice.imports.conftest import seen
from tests.library.models import Book

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="As PostgreSQL's COPY takes it")
LINES = ("isbn,title,author", "1,Emma,Jane", "2,,Jane")


def rows_file(folder):
    [path] = folder.glob("*.rows")
    return path


def test_it_is_the_owners_alone_and_gone_with_the_deed(
    admin_client, preview, folder, django_capture_on_commit_callbacks
):
    url = preview(*LINES)
    assert rows_file(folder).stat().st_mode & 0o777 == 0o600
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    assert [path.name for path in folder.iterdir()] == [Import.objects.get().stored]


def test_it_is_kept_while_statements_are_logged(admin_client, preview, folder, settings):
    settings.DEBUG = True
    preview(*LINES)
    assert b"Emma" in rows_file(folder).read_bytes()


def test_the_deed_does_not_read_the_file_again(admin_client, preview, monkeypatch):
    url = preview(*LINES)
    monkeypatch.setattr(carrying, "opened", None)
    admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    assert Book.objects.get().title == "Emma"
    batch = Import.objects.get()
    assert (batch.counts["refused"], batch.problems.get().line) == (1, 3)


def test_with_other_columns_the_file_is_read_again(admin_client, preview):
    url = preview("isbn,title,author,x", "1,Emma,Jane,Persuasion")
    columns = {"column_0": "isbn", "column_1": "", "column_2": "author", "column_3": "title"}
    admin_client.post(url, {"stage": "preview", **columns})
    admin_client.post(url, {**seen(url), "stage": "apply"})
    assert Book.objects.get().title == "Persuasion"


def test_what_somebody_altered_is_refused(admin_client, preview, folder):
    url = preview(*LINES)
    path = rows_file(folder)
    path.write_bytes(path.read_bytes().replace(b"Emma", b"Enna"))
    page = admin_client.post(url, {**seen(url), "stage": "apply_possible"}).content.decode()
    assert "What was read of the file is not kept as it was. Preview it again." in page
    assert not Book.objects.exists()


def test_nothing_is_kept_of_a_file_that_cannot_be_read_through(preview, folder, settings):
    settings.IMPORT_ROWS = 3
    url = preview(*LINES)
    batch = Import.objects.get()
    settings.IMPORT_ROWS = 1
    uploads.kept(batch).remove()
    with pytest.raises(FileError):
        carrying.preview(batch, batch.actor)
    assert (url, [path.name for path in folder.iterdir()]) == (url, [batch.stored])
