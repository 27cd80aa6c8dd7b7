import json
import re
from pathlib import Path

import django
import pytest

from backoffice.translated import languages
from tests.sessions import show_who_it_is

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


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_what_a_script_of_django_says_is_said_in_each_language(panel, language):
    script = Path(django.__file__).parent / "contrib/admin/static/admin/js/SelectFilter2.js"
    said = {text for _quote, text in re.findall(r"gettext\((['\"])(.+?)\1\)", script.read_text())}
    answer = panel.get("/admin/jsi18n/", headers={"Accept-Language": language}).content.decode()
    catalog = json.loads(re.search(r"const newcatalog = (\{.*?\n  \});", answer, re.DOTALL)[1])
    assert len(said) > 9
    same = {"Filter"}  # in German, too
    assert {text for text in said if catalog.get(text, text) == text} <= same


def test_the_fields_of_a_new_key_are_named_in_each_language(panel):
    show_who_it_is(panel)
    said = {}
    for language in ("de", "es", "fr"):
        page = panel.get("/account/factors/keys/add/", headers={"Accept-Language": language})
        said[language] = [str(field.label) for field in page.context["form"].visible_fields()]
    assert said == {
        "de": ["Name", "Ohne Passwort"],
        "es": ["Nombre", "Sin contraseña"],
        "fr": ["Nom", "Sans mot de passe"],
    }
