import pytest

from backoffice.translated import languages

pytestmark = pytest.mark.django_db


def test_the_complete_languages_and_the_one_of_the_installation_are_offered():
    assert [code for code, _name in languages("en")] == ["en", "de", "es", "fr"]
    assert languages("de-at")[-1] == ("de-at", "German")


def test_a_page_is_in_the_language_of_the_browser(panel):
    page = panel.get("/admin/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de"' in page


def test_the_language_that_somebody_chose_stays(panel):
    chosen = panel.post("/account/language/", {"language": "fr", "next": "/admin/"})
    assert (chosen.status_code, chosen["Location"]) == (302, "/admin/")
    assert '<html lang="fr"' in panel.get("/admin/", headers={"Accept-Language": "de"}).content.decode()


def test_the_way_back_leads_to_no_other_host(panel):
    chosen = panel.post("/account/language/", {"language": "fr", "next": "https://example.org/"})
    assert chosen["Location"] == "/"


def test_the_menu_says_which_language_it_is(panel):
    page = panel.get("/admin/", headers={"Accept-Language": "de"}).content.decode()
    assert 'value="de" lang="de" aria-current="true"' in page
