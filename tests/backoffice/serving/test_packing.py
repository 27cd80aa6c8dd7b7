"""Pages are sent packed to whoever takes them so, and nothing else is."""

import gzip

import pytest

from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db
LIST = "/admin/library/book/"


def test_a_page_is_packed_for_whoever_takes_it_so(panel):
    packed = panel.get(LIST, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert b"<h1>" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in panel.get(LIST)


def test_a_file_goes_out_as_it_is(panel):
    Book.objects.create(title="Emma", author=Author.objects.create(name="Jane"))
    template = panel.get(f"{LIST}import/template/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in template
