from io import BytesIO

import pytest

from backoffice.models import Import
from tests.library.models import Author

UPLOAD = "/admin/library/book/import/"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.IMPORT_FOLDER = tmp_path / "uploads"
    return settings.IMPORT_FOLDER


@pytest.fixture
def jane(db):
    return Author.objects.create(name="Jane")


@pytest.fixture
def upload(admin_client, jane):
    """The page of an import with these lines."""

    def upload(*lines, name="books.csv"):
        file = BytesIO("\n".join(lines).encode())
        file.name = name
        return admin_client.post(UPLOAD, {"file": file})["Location"]

    return upload


@pytest.fixture
def preview(admin_client, upload):
    def preview(*lines, **options):
        url = upload(*lines)
        batch = Import.objects.get()
        columns = {f"column_{place}": header for place, header in enumerate(batch.mapping)}
        admin_client.post(url, {"stage": "preview", "blank": "clear", **columns, **options})
        return url

    return preview


def seen(url):
    """What the form below a preview carries along: which one it is."""
    key = url.rstrip("/").rpartition("/")[2]
    return {"preview": Import.objects.get(pk=key).mark}


def text(response):
    return " ".join(response.content.decode().split())
