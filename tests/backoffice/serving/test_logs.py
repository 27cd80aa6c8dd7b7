"""Nothing that somebody typed into an address stands in a log."""

import logging
from io import StringIO
from logging.config import DictConfigurator

import pytest
from django.conf import settings

from backoffice.serving.logs import said_path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "/"),
        ("/livez", "/livez"),
        ("/admin/library/author/bulk/export/", "/admin/library/author/bulk/export/"),
        ("/admin/library/author/1204/history/", "/admin/library/author/1204/history/"),
        (
            "/admin/r/7/0f8fad5b-d9cb-469f-a165-70867728950e/",
            "/admin/r/7/0f8fad5b-d9cb-469f-a165-70867728950e/",
        ),
        ("/admin/library/author/alice-holmgren/", "/admin/library/author/…/"),
        ("/admin/library/author/alice/holmgren/change", "/admin/library/author/…/…/change"),
        ("/admin/library/author/bulk/alice/", "/admin/library/author/bulk/…/"),
        ("/admin/library/author/12alice/", "/admin/library/author/…/"),
        ("/alice\n\x1b[31m\x00", "/…"),
        ("//Åsa//", "//…//"),
        ("/static/alice.css", "/static/…"),
        ("/static/kept.css", "/static/kept.css"),
        ("http://host/alice", "…//…/…"),
    ],
)
def test_a_path_is_said_in_words_of_the_panel(path, said, settings, tmp_path):
    (tmp_path / "kept.css").touch()
    settings.STATIC_ROOT = tmp_path
    assert said_path(path) == said


@pytest.mark.django_db
def test_what_django_says_of_a_page_that_is_not_there_names_nobody(panel, monkeypatch):
    console = logging.getLogger("django").handlers[0]
    monkeypatch.setattr(console, "stream", written := StringIO())
    assert panel.get("/admin/library/alice-holmgren/").status_code == 404
    assert "Not Found: /admin/library/…/" in written.getvalue()
    assert "alice" not in written.getvalue()


@pytest.mark.parametrize("form", ["line", "json"])
def test_a_line_has_no_query_of_an_address(form):
    formatter = DictConfigurator(settings.LOGGING).configure_formatter(settings.LOGGING["formatters"][form])
    facts = {"msg": "Referer %s is not trusted.", "args": ("https://x.example/?q=Ada+Holmgren",)}
    said = formatter.format(logging.makeLogRecord(facts))
    assert "Referer https://x.example/?… is not trusted." in said
