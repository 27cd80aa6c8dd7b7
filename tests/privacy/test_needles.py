"""Names in texts: found as people write them, and not in other words."""

import json
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from django.core.signing import TimestampSigner

from backoffice.admin.lists.order import Order
from backoffice.privacy.needles import Names, Needles, Used, phrase
from tests.library.models import Author


def without(text, *names):
    return Needles(phrase(name) for name in names).clean(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Zoë Quux left", "[removed] left"),
        ("zoe-quux, QUUX and Ada", "[removed], QUUX and Ada"),
        ("mail zoe.quux@example.com", "mail [removed]@example.com"),
        ("?q=Zo%C3%AB%20Quux", "?q=[removed]"),
        ("Zo\u00adë Qu\u200bux left", "[removed] left"),
        ("Quuxland, Zoe and Mr Quux", "Quuxland, Zoe and Mr Quux"),
        ("Zoe. And then there was Quux", "Zoe. And then there was Quux"),
        ("", ""),
    ],
)
def test_a_name_is_found_as_people_write_it(text, left):
    assert without(text, "Zoe Quux") == left


@pytest.mark.parametrize("name", ["欧阳娜娜", "佐藤 優子", "王小明"])
def test_a_name_in_chinese_characters_is_found_without_spaces_around_and_in_it(name):
    glued = name.replace(" ", "")
    names = Names([name], ["高明"])
    for text in (f"由{glued}负责; 接替 {name} 。", f"{glued}さん"):
        left = text.replace(name, "[removed]").replace(glued, "[removed]")
        assert (names.text.clean(text), names.log.clean(text)) == (left, left)


def test_a_name_of_two_characters_is_found_where_no_other_is_beside_it():
    names = Names(["高明"], [])
    for text in ("高明, 王芳", "asked 高 明 (HR)", "Herr高明", "“高明”", "高明"):
        left = text.replace("高明", "[removed]").replace("高 明", "[removed]")
        assert (names.text.clean(text), names.log.clean(text)) == (left, left)
    for text in ("高明的办法", "很高明", "高 兴"):
        assert (names.text.clean(text), names.log.clean(text)) == (text, text)
    assert names.own.clean("由高明负责") == "由[removed]负责"


def test_a_number_of_somebody_who_stays_shields_no_name_beside_it():
    names = Names(["Zorbie Quuxanna", "471147"], ["Quuxanna 12"])
    assert names.text.clean("Quuxanna 12") == "[removed] 12"
    assert names.number.clean("30 471147, Quuxanna") == "30 471147, [removed]"


def test_the_longest_name_goes_first():
    assert without("Zoe Quux Smith", "Zoe Quux", "Zoe Quux Smith") == "[removed]"


def test_what_json_holds_is_cleaned_and_else_the_very_same():
    value = {"rows": ["Zoe Quux", 5, None], "Zoe Quux": True}
    assert without(value, "Zoe Quux") == {"rows": ["[removed]", 5, None], "[removed]": True}
    assert without({"hire_date__from": ["Date"]}, "Ann Date", "Date") == {"hire_date__from": ["[removed]"]}
    other = {"rows": ["Ada"]}
    assert without(other, "Zoe Quux") is other
    assert without('[{"object": "Zo\\u00eb Quux"}]', "Zoe Quux") == '[{"object": "[removed]"}]'
    line = '{"a": "\\nAnn"}'
    assert without(line, "Nann") is line


def test_a_form_that_was_sent_is_cleaned_in_what_it_says():
    """Its escapes glue to the word: \\nQUUX, \\u00a0Quux."""
    shown = json.dumps({"notes": "Line\nQUUX's desk, Zoe\xa0Quux & Co"})
    back = urlencode({"q": "Zoë Quux"})
    token = TimestampSigner().sign_object([back] * 9, compress=True)
    assert token.startswith(".")
    sent = urlencode([("_shown", shown), ("next", f"/?f={quote(back)}"), ("selection", token), ("x", "5 %")])
    left = dict(parse_qsl(without(sent, "Zoe Quux", "Quux"), strict_parsing=True))
    assert json.loads(left["_shown"]) == {"notes": "Line\n[removed]'s desk, [removed] & Co"}
    assert left["next"] == "/?f=q=[removed]"
    assert (left["selection"], left["x"]) == ("[removed]", "5 %")
    assert without(sent, "Ada Lee") is sent
    deep = '["\\n' + "[" * 100_000
    assert without(deep, "Quux") is deep


def test_an_address_is_cleaned_in_what_is_packed_in_it():
    """A selection, and where a page of a list begins."""
    token = TimestampSigner().sign_object([urlencode({"q": "Zoë Quux"}), None])
    place = Order(Author, ("name", "pk")).position(Author(pk=1, name="Zoe Quux"))
    bulk = f"/bulk/?selection={quote(token)}&x=1"
    assert without(bulk, "Zoe Quux") == "/bulk/?selection=[removed]&x=1"
    assert without(f"/sign-in/?next={quote(bulk)}", "Quux") == "/sign-in/?next=/bulk/?selection=[removed]&x=1"
    assert without(f"/?o=1&after={place}", "Zoe Quux") == "/?o=1&after=[removed]"
    for text in (bulk, f"/?after={place}", "Wynonnas eyewear:12:30"):
        assert without(text, "Ada Lee") is text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("प्रिया शर्माक्वक्स", "शर्माक्वक्स से पूछो"),
        ("สมชาย ใจดีวงศ์ควักซ์", "ถาม ใจดีวงศ์ควักซ์"),
        ("கார்த்திக் சுப்பிரமணியன்", "சுப்பிரமணியன் wrote"),
    ],
)
def test_a_letter_with_its_vowels_is_a_part_of_its_word(name, text):
    word = name.split()[1]
    assert Names([name], ["Ada"]).text.clean(text) == text.replace(word, "[removed]")


def test_an_umlaut_is_found_as_the_address_of_the_person_spells_it():
    names = Names(["Jörg Müßigquux", "joerg.muessigquux@example.com", "Bjørn Søndquux"], ["Jörg Ådal"])
    clean = names.text.clean
    assert clean("Muessigquux left; Joerg Muessigquux, Müssigquux") == "[removed] left; [removed], [removed]"
    assert clean("Joerg Aadal, Soendquux") == "Joerg Aadal, Soendquux"


def test_what_others_are_called_too_is_no_sign_of_the_person():
    names = Names(["Ada Lee", "Ada Quimperle", "42"], ["Ada Lee", "Bo Lee"])
    assert (
        names.log.clean("Ada Lee, Ada Quimperle, quimperle, Lee, 42")
        == "Ada Lee, [removed], [removed], Lee, 42"
    )
    assert names.own.clean("Ada Lee: 42") == "[removed]: [removed]"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Stand-in for Zorblaxson, Quuxanna", "Stand-in for [removed]"),
        ("Ask Zorbie", "Ask [removed]"),
        ("Ms ZORBLAXSON, Zorblaxsons Team", "Ms [removed], [removed] Team"),
        ("Quuxanna's desk", "[removed]'s desk"),
        ("Quuxanna M. de la Zorblaxson", "[removed] M. de la [removed]"),
        ("Quuxannaland", "Quuxannaland"),
        ("QuuxannaZorblaxson.xlsx", "[removed].xlsx"),
    ],
)
def test_in_other_texts_each_order_and_each_word_of_a_name_is_found(text, left):
    assert Names(["Quuxanna Zorblaxson", "Zorbie"], ["Ada Lee"]).text.clean(text) == left


def test_a_shared_name_is_found_turned_round_unless_somebody_is_called_so():
    assert Names(["Ada Lee"], ["Ada", "Lee"]).text.clean("Lee, Ada") == "[removed]"
    assert Names(["Ada Lee"], ["Ada", "Lee Ada"]).text.clean("Lee, Ada") == "Lee, Ada"


def test_a_word_of_the_organisation_is_no_name():
    used = [
        Used("Berlin", 1, True),
        Used("Head of Sales", 20, True),
        Used("Team Quimperle", 18, True),
        Used("Quimperle", 1, False),
        Used("Schwarzenegger", 1, True),
    ]
    names = Names(["Jane Berlin", "Bo Sales", "Zoe Quimperle", "Al Schwarzenegger"], [], used=used)
    assert names.text.clean("Berlin, Sales") == "Berlin, Sales"
    assert names.text.clean("Quimperle, Schwarzenegger") == "[removed], [removed]"
    assert names.text.clean("Jane Berlin, Sales Bo") == "[removed], [removed]"


def test_a_name_of_the_organisation_is_nobodys():
    """Of a functional mailbox that was a row, say."""
    used = [
        Used("Human Resources", 3, True),
        Used("Front Desk Agent", 3, True),
        Used("Zoe Quuxington", 2, True),
    ]
    names = Names(["Human Resources", "Front Desk", "Zoe Quuxington"], [], used=used)
    text = "Human Resources, humanresources, Resources, Front Desk Agents"
    assert names.text.clean(text) == text
    assert names.text.clean("Zoe Quuxington") == "[removed]"


def test_of_keys_that_people_wrote_those_that_are_a_header_stay():
    names = Names(["Zoe Ort"], [])
    kept = {"ort": "", "zoe": "name", "zoe_ort": "notes"}
    assert names.log.clean(kept, keys={"ort"}) == {"ort": "", "[removed]": "notes"}
    assert names.log.clean(kept) == kept  # keys of the code


def test_a_login_is_no_name_in_other_texts():
    names = Names(["Zoe Quux"], [], logins=["payroll"])
    assert (names.text.clean("Payroll"), names.log.clean("Payroll")) == ("Payroll", "[removed]")


def test_one_short_word_is_looked_for_in_the_log_alone():
    names = Names(["Will"], [])
    assert names.log.clean("Will left") == "[removed] left"
    assert names.text.clean("Will do it") == "Will do it"
