import os
import tempfile
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from backoffice.imports import carrying, uploads
from backoffice.imports.begun import carrying_out
from backoffice.models import Import, ImportProblem, KeptMapping, Operation
from backoffice.operations.undo import undo
from tests.backoffice.imports.conftest import UPLOAD, seen, text
from tests.library.models import Book


def test_a_file_is_uploaded_and_its_columns_are_guessed(admin_client, upload, folder):
    page = text(admin_client.get(upload("ISBN;Titel;title;author", "1;x;Emma;Jane")))
    assert Import.objects.get().mapping == ["isbn", "", "title", "author"]
    assert ">Author (name)</option>" in page
    assert "Separator: Semicolon · Line with the names of the columns: 1</summary>" in page
    [stored] = folder.iterdir()
    assert (stored.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_what_is_no_table_is_refused_with_a_sentence_and_nothing_is_left(admin_client, db, folder):
    response = admin_client.post(UPLOAD, {"file": BytesIO(b"")})
    assert response.status_code == 400
    assert not Import.objects.exists()
    assert not list(folder.glob("*"))


def test_a_file_that_is_misread_is_kept_and_its_reading_is_asked_for(admin_client, jane):
    content = b"isbn;title\n1;Jos\xe9\n" + "2;Zoë\n".encode()
    url = admin_client.post(UPLOAD, {"file": BytesIO(content)})["Location"]
    page = text(admin_client.get(url))
    assert "is not UTF-8 throughout: see line 2, byte 6." in page
    assert "as it is found out" in page
    admin_client.post(url, {"stage": "read", "encoding": "windows-1252"})
    assert Import.objects.get().mapping == ["isbn", "title"]


def test_a_file_without_names_of_columns_is_kept_and_asked_for_their_line(admin_client, jane):
    url = admin_client.post(UPLOAD, {"file": BytesIO(b"7;1\n8;2\n")})["Location"]
    page = text(admin_client.get(url))
    assert "has no line that names the columns: line 1 holds “7”." in page
    assert ("Read the file again" in page, "Show what would happen" in page) == (True, False)
    assert "as it is found out" not in page
    page = text(admin_client.post(url, {"stage": "preview"}))
    assert "Read the file again" in page
    admin_client.post(url, {"stage": "read", "header_line": "1", "delimiter": ";"})
    assert Import.objects.get().header == ["7", "1"]


@pytest.mark.parametrize(
    ("lines", "doubted"),
    [
        (["E001,Ann", "E002,Bob"], True),
        (["Ann,Sales", "Bob,Sales"], True),
        (["title,Q1", "Emma,Q2"], True),
        (["isbn,title", "1,Emma"], False),
    ],
)
def test_a_first_line_that_may_be_a_row_is_said(admin_client, upload, lines, doubted):
    page = text(admin_client.get(upload(*lines)))
    names = ", ".join(lines[0].split(","))
    assert (f"Line 1 is taken for the names of the columns: {names}." in page) == doubted


def test_what_a_killed_process_left_of_an_upload_goes_after_a_day(db, folder, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    names = "tmpglwkc42t.upload.csv", "tmpglwkc42t.csv", "tmp0wkc42t_.upload"
    for name in names:
        (tmp_path / name).touch()
    for name in names[:2]:
        os.utime(tmp_path / name, (0, 0))
    uploads.expire()
    assert [name for name in names if (tmp_path / name).exists()] == list(names[1:])


def test_what_a_killed_process_left_of_an_export_goes_and_what_is_written_stays(
    db, folder, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, others, begun = (
        tmp_path / "export-lhvt6wbe",
        tmp_path / "export-of-mine",
        tmp_path / "export-0cpvvsis",
    )
    for path in (left, others, begun):
        path.mkdir()
    (left / "tmpp6vhoh88").touch()
    with uploads.export_folder() as written:
        (written / "tmpp6vhoh88").touch()
        call_command("expire_uploads")
        assert set(tmp_path.iterdir()) - {folder} == {others, begun, written}
    os.utime(begun, (0, 0))
    call_command("expire_uploads")
    assert set(tmp_path.iterdir()) - {folder} == {others}


def test_the_preview_counts_and_saves_nothing(admin_client, preview):
    page = text(admin_client.get(preview("isbn,title,author", "1,Emma,Jane", "2,,Jane")))
    assert "<dt>Would be created</dt><dd>1</dd>" in page
    assert "The cell is empty. Enter the title." in page
    assert not Book.objects.exists()


def test_the_preview_is_in_the_words_of_whoever_looks_at_it(admin_client, jane, preview):
    jane.book_set.create(isbn="1", title="Emma", published_on="1815-12-23")
    url = preview("isbn,published_on", "1,1816-01-31")
    page = text(admin_client.get(url, headers={"accept-language": "de"}))
    assert '<td data-label="Published on"><del>23. Dezember 1815</del>' in page
    assert "<ins>31. Januar 1816</ins>" in page


def test_the_good_rows_are_imported_as_one_operation_that_can_be_undone(admin_client, preview):
    url = preview("isbn,title,author", "1,Emma,Jane", "2,,Jane")
    admin_client.post(url, {**seen(url), "stage": "apply_possible", "operation_reason": "New books"})
    operation = Operation.objects.get(kind="import")
    assert (Book.objects.get().title, operation.reason, operation.subject) == (
        "Emma",
        "New books",
        "books.csv",
    )
    assert f"/operation/{operation.pk}/undo/" in text(admin_client.get(url))
    undo(operation, actor=operation.actor)
    assert not Book.objects.exists()
    assert "Undone by admin" in text(admin_client.get(url))
    assert "<td>Undone by admin</td>" in text(admin_client.get(UPLOAD))


def test_all_or_nothing_saves_nothing_when_a_row_is_refused(admin_client, preview):
    url = preview("isbn,title,author", "1,Emma,Jane", "2,,Jane")
    page = text(admin_client.post(url, {**seen(url), "stage": "apply", "operation_reason": "Reprint"}))
    assert ">Reprint</textarea>" in page
    assert "Nothing was saved" in page
    assert not Book.objects.exists()


def test_a_row_that_somebody_changed_after_the_preview_is_not_overwritten(admin_client, jane, preview):
    Book.objects.create(isbn="1", title="Emma", author=jane)
    url = preview("isbn,title,author", "1,Emma!,Jane")
    Book.objects.update(title="Emma?")
    page = text(admin_client.post(url, {**seen(url), "stage": "apply", "operation_reason": "Reprint"}))
    assert "Somebody changed this row after the preview." in page
    assert "What you entered was not saved: Reason: “Reprint”." in page
    assert Book.objects.get().title == "Emma?"


def test_a_second_click_imports_nothing_more(admin_client, preview):
    url = preview("isbn,title,author", "1,Emma,Jane")
    for _click in range(2):
        admin_client.post(url, {**seen(url), "stage": "apply"})
    assert Operation.objects.filter(kind="import").count() == 1


def test_the_page_says_that_it_is_being_imported_or_was_broken_off(admin_client, preview):
    url = preview("isbn,title,author", "1,Emma,Jane")
    batch, words = Import.objects.get(), "was broken off before it was through: nothing was changed."
    with carrying_out(batch):
        page = text(admin_client.get(url))
        assert "It is being imported at this moment" in page
        assert ("Import: all or nothing" in page, words in page) == (False, False)
    uploads.begun(batch).touch()  # as a killed process leaves it
    page = text(admin_client.get(url))
    assert ("Import: all or nothing" in page, words in page) == (True, True)
    admin_client.post(url, {**seen(url), "stage": "apply"})
    assert words not in text(admin_client.get(url))
    assert Book.objects.get().title == "Emma"
    assert not uploads.begun(batch).exists()


def test_the_refused_rows_come_back_with_their_reasons(admin_client, preview):
    url = preview("isbn,title,author", "1,Emma,Jane", '2,,"=Jane"')
    content = b"".join(admin_client.get(f"{url}refused/")).decode("utf-8-sig")
    assert content.splitlines()[0] == "isbn,title,author,Reason"
    assert content.splitlines()[1].startswith("2,,'=Jane,")
    assert "title: The cell is empty." in content


def test_as_a_workbook_they_keep_their_zeros(admin_client, preview):
    url = preview("isbn,title,author", "007,,Jane,more", '0012,,"=Jane"')
    assert f'href="{url}refused/?format=xlsx"' in admin_client.get(url).content.decode()
    response = admin_client.get(f"{url}refused/?format=xlsx")
    assert response["Content-Disposition"] == f'attachment; filename="refused-{Import.objects.get().pk}.xlsx"'
    again = BytesIO(b"".join(response))
    again.name = "refused.xlsx"
    url = admin_client.post(UPLOAD, {"file": again})["Location"]
    with carrying.opened(Import.objects.latest("pk")) as table:
        rows = [line.cells[:3] for line in table.lines]
    assert (table.header[-1], rows) == ("Reason", [["007", "", "Jane"], ["0012", "", "=Jane"]])


def test_they_come_back_with_the_separator_of_the_file_and_can_be_uploaded_again(
    admin_client, preview, upload
):
    url = preview("isbn;title;author", "1;Emma;Jane", "2;;Jane, or her sister", "3;;Jane")
    content = b"".join(admin_client.get(f"{url}refused/")).decode("utf-8-sig")
    assert content.splitlines()[:2] == [
        "isbn;title;author;Reason",
        "2;;Jane, or her sister;title: The cell is empty. Enter the title. author: There is no author with this name.",
    ]
    upload(*content.splitlines())
    again = Import.objects.order_by("pk").last()
    assert (again.mapping, again.reading["delimiter"]) == (["isbn", "title", "author", ""], ";")


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("de", ";"), ("fr", ";"), ("es", ";")])
def test_the_template_has_the_separator_of_spreadsheets_in_the_language(admin_client, language, separator):
    response = admin_client.get(f"{UPLOAD}template/", headers={"accept-language": language})
    assert b"".join(response).decode("utf-8-sig").startswith(f"isbn{separator}title{separator}")


@pytest.mark.parametrize("reason", ["Reason", "grund", "Motif"])
def test_the_reasons_of_an_earlier_time_are_not_given_again(admin_client, preview, reason):
    url = preview(f"isbn,title,author,{reason}", "2,,Jane,title: The cell is empty.", "3,,Jane,,more")
    rows = b"".join(admin_client.get(f"{url}refused/")).decode("utf-8-sig").splitlines()
    assert rows[0] == "isbn,title,author,Reason"
    assert rows[1].startswith("2,,Jane,title: The cell is empty.")
    assert rows[2].startswith("3,,Jane,more,")


def test_a_column_that_is_called_reason_and_means_something_stays(admin_client, preview):
    url = preview("isbn,title,Reason,author", "2,,x,Jane", column_3="")
    rows = b"".join(admin_client.get(f"{url}refused/")).decode("utf-8-sig").splitlines()
    assert rows[0] == "isbn,title,Reason,author,Reason (2)"
    assert rows[1].startswith("2,,x,Jane,")


def test_a_loose_word_is_taken_where_the_first_lines_fit(upload):
    upload("isbn,heading", "1,Emma")
    upload("isbn,heading", "2,Emma", "3,chapter 1")
    assert [batch.mapping for batch in Import.objects.order_by("pk")] == [["isbn", "title"], ["isbn", ""]]


def test_a_mapping_is_kept_under_a_name_and_taken(admin_client, preview, upload):
    preview("no,name of it,who", "1,Emma,Jane", column_0="isbn", column_1="title", keep_as="Shop")
    url = upload("who,no,name of it", "Jane,1,Emma")
    batch = Import.objects.first()
    assert batch.mapping == ["", "", ""]
    page = text(admin_client.get(url))
    key = page.split('<select id="mapping" name="mapping"><option value="')[1].split('"')[0]
    admin_client.post(url, {"stage": "kept", "mapping": key})
    batch.refresh_from_db()
    assert batch.mapping == ["", "isbn", "title"]


def test_what_a_kept_mapping_does_not_know_is_guessed_and_named(admin_client, preview, upload):
    preview(
        "no,name of it,author", "1,Emma,Jane", column_0="isbn", column_1="title", column_2="", keep_as="Shop"
    )
    url = upload("no,author,ISBN,published,x", "1,Jane,2,,")
    page = admin_client.post(url, {"stage": "kept", "mapping": KeptMapping.objects.get().pk}, follow=True)
    assert Import.objects.first().mapping == ["isbn", "", "", "published_on", ""]
    shop = KeptMapping.objects.get()
    earlier = KeptMapping.objects.create(sheet="books", name="x", owner=shop.owner, columns={"no": "isbn"})
    admin_client.post(url, {"stage": "kept", "mapping": earlier.pk})
    assert Import.objects.first().mapping == ["isbn", "", "", "", ""]  # it does not say what it left out
    assert (
        "The mapping “Shop” does not know these columns, which are guessed: “ISBN”, “published”, “x”. "
        "The file lacks columns of the mapping “Shop”: “name of it”."
    ) in text(page)


def test_uploads_expire_with_what_was_noted_of_their_rows(admin_client, preview, folder, settings):
    preview("isbn,title,author", "2,,Jane")
    Import.objects.update(created_at="2020-01-01T00:00Z")
    admin_client.post(UPLOAD, {"file": BytesIO(b"isbn,title\n1,x\n")})
    old = Import.objects.last()
    assert (old.state, old.samples, old.problems.count()) == ("expired", {}, 0)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("size", [5, 5000])
def test_the_page_costs_the_same_for_any_number_of_problems(
    admin_client, preview, size, django_assert_max_num_queries
):
    url = preview("isbn,title,author", *(f"{n},,Jane" for n in range(size)))
    with django_assert_max_num_queries(14):  # session, user, its name, import, job, problems, menus
        admin_client.get(url)


def test_who_may_not_import_is_refused_and_who_did_not_bring_it_finds_nothing(
    client, preview, django_user_model
):
    url = preview("isbn,title,author", "1,Emma,Jane")
    other = django_user_model.objects.create(username="other", is_staff=True)
    client.force_login(other)
    assert client.get(url).status_code == client.get(UPLOAD).status_code == 403


@pytest.mark.parametrize(
    "lines", [["isbn,title", *map(str, range(9))], ['isbn,title,"a', 'b"', *map(str, range(4))]]
)
def test_too_many_rows_are_refused_at_the_upload(admin_client, db, folder, settings, lines):
    settings.IMPORT_ROWS = 3
    response = admin_client.post(UPLOAD, {"file": BytesIO("\n".join(lines).encode())})
    assert response.status_code == 400
    assert "has more than 3 rows, which is the limit." in text(response)
    assert not list(folder.glob("*"))


def test_empty_lines_and_line_breaks_in_cells_are_no_rows(upload, settings):
    settings.IMPORT_ROWS = 4
    upload("isbn,title", "", "", '1,"a\nb\nc\nd"', "", "2,c", "3,d")
    assert Import.objects.get().header == ["isbn", "title"]


def test_old_uploads_are_removed_by_a_command(preview, folder, capsys):
    preview("isbn,title,author", "2,,Jane")
    Import.objects.update(created_at="2020-01-01T00:00Z")
    call_command("expire_uploads")
    assert capsys.readouterr().out == "Removed 1 upload.\n"
    assert not list(folder.iterdir())
    assert not ImportProblem.objects.exists()


def test_the_very_same_file_again_is_said(admin_client, preview):
    lines = ("isbn,title,author", "1,Emma,Jane")
    url = preview(*lines)
    admin_client.post(url, {**seen(url), "stage": "apply"})
    file = BytesIO("\n".join(lines).encode())
    file.name = "again.csv"
    page = text(admin_client.get(admin_client.post(UPLOAD, {"file": file})["Location"]))
    assert "This very file was imported already: on " in page
    assert "by admin.</div>" in page
    undone = Operation.objects.get(kind="import")
    undo(undone, actor=undone.actor)
    page = text(admin_client.get(f"{UPLOAD}{Import.objects.first().pk}/"))
    assert "by admin. Undone by admin.</div>" in page


def test_a_row_that_was_left_out_as_changed_stays_left_out(admin_client, jane, preview):
    Book.objects.create(isbn="1", title="Emma", author=jane)
    url = preview("isbn,title,author", "1,Emma!,Jane", "2,Persuasion,Jane")
    Book.objects.update(title="Emma?")
    admin_client.post(url, {**seen(url), "stage": "apply"})
    admin_client.post(url, {**seen(url), "stage": "apply_possible"})
    assert set(Book.objects.values_list("title", flat=True)) == {"Emma?", "Persuasion"}


def test_what_is_imported_is_what_was_shown(admin_client, preview):
    url = preview("isbn,title,author,x", "1,Emma,Jane,Persuasion")
    page = admin_client.get(url).content.decode()
    mine = seen(url)
    assert f'<input type="hidden" name="preview" value="{mine["preview"]}">' in page
    other = {"column_0": "isbn", "column_1": "", "column_2": "author", "column_3": "title"}
    admin_client.post(url, {"stage": "preview", **other})
    for answers in (mine, {}):
        page = text(admin_client.post(url, {**answers, "stage": "apply"}))
        assert "Nothing was saved: this file was previewed anew since you looked." in page
        assert "Persuasion" in page
        assert not Book.objects.exists()
    admin_client.post(url, {**seen(url), "stage": "apply"})
    assert Book.objects.get().title == "Persuasion"


@pytest.mark.parametrize("stage", ["preview", "read", "kept", "again", "apply"])
def test_what_has_expired_stays_so(admin_client, preview, stage):
    url = preview("isbn,title,author", "1,Emma,Jane")
    Import.objects.update(created_at="2020-01-01T00:00Z")
    call_command("expire_uploads")
    page = admin_client.post(url, {"stage": stage, "column_0": "isbn"}, follow=True)
    assert "is not kept any more. Upload it again." in text(page)
    assert Import.objects.get().state == "expired"


def test_what_was_applied_in_another_window_is_not_previewed_again(preview):
    preview("isbn,title,author", "1,Emma,Jane")
    batch = Import.objects.get()
    Import.objects.update(state="applied")
    for deed in (batch.keep, lambda: carrying.preview(batch, batch.actor)):
        with pytest.raises(Import.Over):
            deed()
    assert Import.objects.get().state == "applied"


def test_who_reads_the_log_reads_what_others_imported_and_brings_nothing(
    admin_client, client, preview, upload, django_user_model
):
    url = preview("isbn,title,author", "1,Emma,Jane", "2,,Jane")
    auditor = django_user_model.objects.create_user("aud", is_staff=True)
    rights = Permission.objects.filter(codename__in=["view_book", "view_author", "view_operation"])
    auditor.user_permissions.set(rights.exclude(codename="view_operation"))
    client.force_login(auditor)
    assert (client.get(url).status_code, client.get(UPLOAD).status_code) == (403, 403)
    auditor.user_permissions.set(rights)
    assert ">Imports</a>" in text(client.get("/admin/library/book/"))
    page = text(client.get(UPLOAD))
    assert ("books.csv" in page, 'type="file"' in page) == (True, False)
    page = text(client.get(url))
    assert "Emma" in page
    assert ('name="stage"' in page, "refused/" in page) == (False, False)
    assert client.get(f"{url}refused/").status_code == client.post(url, {"stage": "apply"}).status_code == 403
    assert client.post(UPLOAD, {"file": BytesIO(b"isbn\n1")}).status_code == 403
    assert client.get(f"{UPLOAD}template/").status_code == 403
    assert client.get(upload("isbn,title,author", "3,Persuasion,Jane")).status_code == 404
    assert Import.objects.count() == 2
