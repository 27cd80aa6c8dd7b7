import json
import re
from pathlib import Path

import allauth
import django
import pytest
from allauth.account.adapter import DefaultAccountAdapter
from babel.messages import pofile
from django.utils.translation import gettext, override

import backoffice
from backoffice.translated import languages
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db

TO_A_FRIEND = {
    "de": r"\b(du|dein\w*|dir|dich|habe|(bitte )?(gib|lass|versuche|wähle|kontaktiere|melde|folge))\b",
    "es": r"\b(tú|tus?|te|ten|estás|puedes|debes|utiliza|selecciona|introduce)\b",
    "fr": r"\b(tu|te|ton|ta|tes|toi)\b",
}
# Of allauth: addresses that people add, phones, sign-up, codes by mail, accounts elsewhere that people link.
NOT_HERE = re.compile(
    r"idp/|/email_|email/account_|account/email\.|phone|signup|confirm|verif|cannot_delete_primary|code|warn_no_email"
    r"|already_logged_in|account/login|socialaccount/(login|adapter|connections|email)|mfa/trust|account/fields"
)
NOT_SAID = {
    "You must type the same email each time.",
    *(
        str(DefaultAccountAdapter.error_messages[name])
        for name in (
            "cannot_remove_primary_email",
            "max_email_addresses",
            "select_only_one",
            "unverified_primary_email",
            "username_blacklisted",
        )
    ),
}


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


@pytest.mark.parametrize("language", TO_A_FRIEND)
def test_what_the_sign_in_says_it_says_as_to_a_stranger(language):
    ours, theirs = (Path(package.__file__).parent for package in (backoffice, allauth))
    with (theirs / f"locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        catalog = pofile.read_po(file, locale=language)
    said = [
        message.id
        for message in catalog
        if isinstance(message.id, str)
        and message.id
        and message.id not in NOT_SAID
        and any(
            not NOT_HERE.search(place) and not (ours / place).exists() for place, _line in message.locations
        )
    ]
    with override(language):
        assert len(said) > 50
        assert [text for text in map(gettext, said) if re.search(TO_A_FRIEND[language], text, re.I)] == []
