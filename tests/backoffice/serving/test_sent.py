"""A form that is refused: what was typed into it can be sent again from the page that says so."""

import pytest
from django.test import Client

from backoffice.admin import ModelAdmin

pytestmark = pytest.mark.django_db

ADD = "/admin/library/author/add/"
FIELD = '<input type="hidden" name="name" value="Ada">'


@pytest.fixture
def strict(hr):
    client = Client(enforce_csrf_checks=True)
    client.force_login(hr)
    return client


def test_a_form_of_this_site_whose_token_is_of_another_session_can_be_sent_again(strict):
    page = strict.post(ADD, {"name": "Ada"}, headers={"Origin": "http://testserver"})
    assert (page.status_code, FIELD in page.content.decode()) == (403, True)
    page = strict.post(ADD, {"name": "Ada", "password": "x"}, headers={"Origin": "http://testserver"})
    assert "Go back in your browser" in page.content.decode()
    assert FIELD not in page.content.decode()


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://elsewhere.example"}, {"Origin": "null"}])
def test_a_form_of_another_site_is_not_offered_to_be_sent(strict, headers):
    page = strict.post(ADD, {"name": "Ada"}, headers=headers)
    assert (page.status_code, FIELD in page.content.decode()) == (403, False)


def test_a_right_that_was_taken_meanwhile_takes_nothing_that_was_typed(panel, monkeypatch):
    monkeypatch.setattr(ModelAdmin, "has_add_permission", lambda *_: False)
    page = panel.post(ADD, {"name": "Ada"})
    assert (page.status_code, FIELD in page.content.decode()) == (403, True)


def test_an_address_that_there_is_not_reads_nothing_of_what_is_sent_to_it(strict, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    page = strict.post("/none/", {"name": "Ada" * 9}, headers={"Origin": "http://testserver"})
    assert (page.status_code, "Send it again" in page.content.decode()) == (404, False)
