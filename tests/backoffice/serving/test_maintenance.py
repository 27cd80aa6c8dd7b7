import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from backoffice.serving import maintenance
from tests.library.models import Author

pytestmark = pytest.mark.django_db
SENTENCE = "Nothing can be changed at the moment: the panel is under maintenance."


@pytest.fixture
def asked(settings, monkeypatch):
    settings.MAINTENANCE_ASKED_EVERY = 0
    monkeypatch.setattr(maintenance, "_known", (float("-inf"), maintenance.State(False)))


def said(*words):
    output = StringIO()
    call_command("maintenance", *words, stdout=output)
    return output.getvalue().strip()


def test_under_maintenance_everything_can_be_read_with_a_banner(panel, settings):
    settings.MAINTENANCE = True
    for page in ("/admin/", "/admin/library/author/", "/admin/library/author/add/", "/admin/none/"):
        assert SENTENCE in panel.get(page).content.decode()


def test_under_maintenance_a_write_is_answered_with_a_sentence(panel, settings):
    settings.MAINTENANCE = True
    response = panel.post("/admin/library/author/add/", {"name": "Ada"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert "Nothing was changed: the panel is under maintenance" in response.content.decode()
    assert not Author.objects.exists()


def test_what_was_typed_under_maintenance_can_be_sent_again(hr, settings):
    settings.MAINTENANCE = True
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(hr)
    address = "/admin/library/author/add/?_popup=1"
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', strict.get(address).content.decode())[1]
    page = strict.post(address, {"name": 'Ada "L"', "csrfmiddlewaretoken": token}).content.decode()
    assert f'action="{address}"' in page
    assert '<input type="hidden" name="name" value="Ada &quot;L&quot;">' in page
    assert page.count("csrfmiddlewaretoken") == 1
    assert strict.post(address, {"name": "forged"}).status_code == 403
    page = strict.post(address, {"password1": "secret", "csrfmiddlewaretoken": token}).content.decode()
    assert ("secret" in page, "Go back in your browser" in page) == (False, True)


def test_the_command_reaches_every_process(panel, asked):
    assert said("on", "--reason", "Back at 14:00.") == "The panel is read-only."
    assert f"{SENTENCE} Back at 14:00." in panel.get("/admin/").content.decode()
    assert panel.post("/admin/library/author/add/").status_code == 503
    assert said("off") == "The panel can be written to."
    assert SENTENCE not in panel.get("/admin/").content.decode()


def test_signing_in_and_out_goes_on_and_an_account_stays_as_it_is(panel, settings):
    settings.MAINTENANCE = True
    for page in ("password/change/", "password/reset/", "factors/app/add/", "factors/keys/add/"):
        assert panel.post(f"/account/{page}").status_code == 503
    for page in (
        "account/reauthenticate/",
        "account/sessions/",
        "admin/logout/",
        "account/login/",
        "account/logout/",
    ):
        assert panel.post(f"/{page}").status_code in (200, 302)


def test_what_the_command_said_is_asked_once_in_a_while(panel, settings, asked, django_assert_num_queries):
    settings.MAINTENANCE_ASKED_EVERY = 60
    maintenance.state()
    with django_assert_num_queries(0):
        maintenance.state()
