"""The folder of uploads is the panel's: what others put there or made of it is not used."""

import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice.exchange.kept import Kept
from backoffice.exchange.meant import Meant
from backoffice.models import Import
from backoffice.start import make_folder


def test_what_is_kept_of_an_upload_is_not_written_where_a_link_leads(
    admin_client, preview, folder, tmp_path, monkeypatch
):
    other = tmp_path / "other"
    other.write_text("Theirs")
    url = preview("isbn,title,author", "1,Emma,Jane")
    batch = Import.objects.get()
    kept = [path for path in folder.iterdir() if path.name != batch.stored]
    for path in kept:
        path.unlink()
        path.symlink_to(other)
    for beside in (Kept, Meant):  # the link came after it
        monkeypatch.setattr(beside, "remove", lambda self: None)
    columns = {f"column_{place}": header for place, header in enumerate(batch.mapping)}
    admin_client.post(url, {"stage": "preview", "blank": "keep", **columns})
    assert other.read_text() == "Theirs"
    assert {path.lstat().st_mode & 0o777 for path in kept} == {0o600}


def linked(folder, other):
    folder.symlink_to(other)


def opened(folder, other):
    folder.mkdir()
    folder.chmod(0o777)


def strangers(folder, other):
    folder.mkdir()
    folder.parent.chmod(0o777)
    os.chown(folder, 12345, -1)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (linked, "which is a link. Name a folder of the user who runs the panel"),
        (opened, "which everybody may write into."),
        pytest.param(
            strangers,
            "which somebody else made in a place for everybody.",
            marks=pytest.mark.skipif(os.getuid() != 0, reason="Root alone gives a folder away"),
        ),
    ],
)
def test_a_folder_of_which_others_decide_stops_the_start(folder, tmp_path, made, said):
    made(folder, tmp_path)
    with pytest.raises(ImproperlyConfigured, match=said):
        make_folder()


def test_a_folder_of_a_group_is_used(folder):
    folder.mkdir()
    folder.chmod(0o2770)
    make_folder()
