from datetime import date
from decimal import Decimal

import pytest
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from hypothesis import given, strategies

from backoffice.exchange import FileError, Options, open_table, plan_import
from backoffice.exchange.cells import KEEP, Wrong, plain, reader
from backoffice.exchange.dates import Ambiguous
from backoffice.exchange.names import tidied
from backoffice.exchange.reading.limits import CELL
from backoffice.fields import KeyField, LongTextField, NameField, UniqueEmailField
from tests.backoffice.exchange.conftest import reasons
from tests.library.exchange import BOOKS
from tests.library.models import Author, Book

TEXTS: dict[str, models.Field] = {
    "name": NameField(max_length=12),
    "short": models.CharField(max_length=2),
    "note": models.TextField(),
    "long": LongTextField(),
    "number": KeyField(max_length=12),
    "email": models.EmailField(max_length=30),
    "work_email": UniqueEmailField(max_length=30),
}
for name, field in TEXTS.items():
    field.set_attributes_from_name(name)
DAY = reader(Book._meta.get_field("published_on"), Options())


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-31",
        "2024-05-31 00:00:00",
        "2024/5/31",
        "20240531",
        "31.05.2024",
        "31.5.24",
        "31/05/2024",
        "05/31/2024",
        "31 May 2024",
        "31. Mai 2024",
        "31 mai 2024",
        "31 mayo 2024",
        "May 31, 2024",
        "45443",
    ],
)
def test_days_are_read_in_the_usual_ways(text):
    assert DAY(text) == date(2024, 5, 31)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3 févr. 2020", date(2020, 2, 3)),
        ("5 fevr. 2020", date(2020, 2, 5)),
        ("15 de marzo de 2024", date(2024, 3, 15)),
        ("15 de enero del 2024", date(2024, 1, 15)),
        ("1er janvier 2024", date(2024, 1, 1)),
        ("1 juil. 2024", date(2024, 7, 1)),
        ("1 juin 2024", date(2024, 6, 1)),
        ("05. Mrz 24", date(2024, 3, 5)),
        ("5. März 2024", date(2024, 3, 5)),
        ("Sept 5, 2024", date(2024, 9, 5)),
        ("June 5th,  2024", date(2024, 6, 5)),
        ("5th of June 2024", date(2024, 6, 5)),
        ("Wed 5 Jun 2024", date(2024, 6, 5)),
        ("Wednesday, June 5, 2024", date(2024, 6, 5)),
        ("Mi., 05.06.2024", date(2024, 6, 5)),
        ("mar. 4 juin 2024", date(2024, 6, 4)),
        ("Mar 4, 2024", date(2024, 3, 4)),
        ("Jun  5 2024 12:00AM", date(2024, 6, 5)),
        ("2024 Jun 05", date(2024, 6, 5)),
        ("2010-Mar-25", date(2010, 3, 25)),
        ("25-Mar-2010 00:00:00", date(2010, 3, 25)),
        ("25-Mar-2010 13:00", date(2010, 3, 25)),
        ("25-MAR-10 02.22.10.000000000 PM", date(2010, 3, 25)),
        ("25. März 2010 13.00", date(2010, 3, 25)),
        ("Mar 25 2010  2:22PM", date(2010, 3, 25)),
        ("Thu, 25 Mar 2010 13:00:05 +0200", date(2010, 3, 25)),
        ("2010-Mar-25 23:59:59.9999", date(2010, 3, 25)),
        ("20100325T130000", date(2010, 3, 25)),
        ("Mi 05.06.24", date(2024, 6, 5)),
        ("2010/03/25 12:00:00 AM", date(2010, 3, 25)),
        ("2010-03-25 00:00:00 UTC", date(2010, 3, 25)),
        ("20100325T000000", date(2010, 3, 25)),
        ("25. 3. 2010", date(2010, 3, 25)),
        ("5.Mär.2010", date(2010, 3, 5)),
        ("45292,0", date(2024, 1, 1)),
        ("45448,5", date(2024, 6, 5)),
        ("2012-03-01-08:00", date(2012, 3, 1)),
        ("2012-03-01Z", date(2012, 3, 1)),
        ("05JUN2024", date(2024, 6, 5)),
        ("5/Jun/2024", date(2024, 6, 5)),
        ("Jun-05-2024", date(2024, 6, 5)),
        ("Jun 5, 24", date(2024, 6, 5)),
        ("05-JUN-24 12.00.00.000000000 AM", date(2024, 6, 5)),
        ("2024-06-05 00:00:00.0000000 +02:00", date(2024, 6, 5)),
        ("05-JUN-2024 12.00.00 AM", date(2024, 6, 5)),
        ("2024-06-13 02:22:10 PM", date(2024, 6, 13)),
        ("2024-06-13 08:00:00 UTC", date(2024, 6, 13)),
        ("6/13/2024 12:00:00.000 AM", date(2024, 6, 13)),
        ("2024.06.05.", date(2024, 6, 5)),
        ("20240605000000", date(2024, 6, 5)),
        ("1. 12.24", date(2024, 12, 1)),
        ("1.12.24 14:22 CET", date(2024, 12, 1)),
        ("13/06/2024 02:22:10 p. m.", date(2024, 6, 13)),
        ("13/06/2024 02:22 p.\u00a0m.", date(2024, 6, 13)),
        ("13.06.2024, 14:22 Uhr", date(2024, 6, 13)),
        ("13.06.2024 14.22 Uhr", date(2024, 6, 13)),
        ("13.06.2024 um 14 Uhr", date(2024, 6, 13)),
        ("13/06/2024 à 14:22", date(2024, 6, 13)),
        ("13 juin 2024 à 14 h 22", date(2024, 6, 13)),
        ("13/06/2024 14h22", date(2024, 6, 13)),
        ("13 de junio de 2024 a las 14:22", date(2024, 6, 13)),
        ("13JUN2024:00:00:00", date(2024, 6, 13)),
        ("13JUN24:14:22:10.000", date(2024, 6, 13)),
        ("Thu Jun 13 00:00:00 CEST 2024", date(2024, 6, 13)),
        ("2024-06-13-14.22.10.000000", date(2024, 6, 13)),
        ("20240613 142200", date(2024, 6, 13)),
        ("13-JUN-24 02.22.10 PM EUROPE/BERLIN", date(2024, 6, 13)),
        ("2024-06-13 14:22:10 America/New_York", date(2024, 6, 13)),
        ("2024-06-13 14:22:10.123456 +0200 CEST", date(2024, 6, 13)),
        ("13 set. 2024", date(2024, 9, 13)),
    ],
)
def test_days_are_read_as_people_write_them(text, day):
    assert DAY(text) == day


def test_two_digits_are_a_year_of_the_last_ninety_or_of_the_next_ten():
    year = timezone.localdate().year
    assert DAY("05/13/65") == date(1965, 5, 13)
    assert DAY(f"31-DEC-{(year + 10) % 100:02}") == date(year + 10, 12, 31)
    assert DAY(f"31.12.{(year + 11) % 100:02}") == date(year - 89, 12, 31)


@pytest.mark.parametrize("text", ["2019", "1900", "2100"])
def test_a_year_is_no_day(text):
    assert DAY(text).reason == f"“{text}” is a year. Enter the day and the month, too."


def test_a_day_that_could_be_a_month_is_not_guessed():
    with pytest.raises(Ambiguous):
        DAY("05/06/2024")
    assert reader(Book._meta.get_field("published_on"), Options(dates="month"))("05/06/2024") == date(
        2024, 5, 6
    )


@pytest.mark.parametrize(
    "text",
    [
        *("31.02.2024", "2024-13-01", "soon", "25-Mar-2010 24:00", "25-Mar 13:00", "12", "7306", "5 ja 2024"),
        *("1.12.24 Uhr", "13/06/2024 14:22 foo", "20240613 2560", "05/06/2024 EST", "14:22 Uhr"),
        "14-JUI-19",  # June or July
    ],
)
def test_what_is_no_day_is_refused(text):
    assert isinstance(DAY(text), Wrong)


def books(file, *lines, **options):
    path = file("isbn,title,author,published", *lines)
    with open_table(path) as table:
        return plan_import(
            BOOKS,
            table,
            options=Options(**options),
            again=lambda: open_table(path).lines,
        )


def test_the_whole_column_tells_the_day_from_the_month(file, jane):
    made = books(file, "1,A,Jane,05/06/2024", "2,B,Jane,05/31/2024")
    assert made.created.get(isbn="1").published_on == date(2024, 5, 6)


def test_when_the_column_does_not_tell_somebody_has_to(file, jane):
    with pytest.raises(FileError, match="Is 05/06/2024 in column published the day first or the month"):
        books(file, "1,A,Jane,05/06/2024")
    assert books(file, "1,A,Jane,05/06/2024", dates="day").created.get().published_on == date(2024, 6, 5)


@pytest.mark.parametrize(
    ("cell", "other", "day"),
    [
        ("24-06-05", "99-06-05", date(2024, 6, 5)),
        ("24/06/05", "31/12/99", date(2005, 6, 24)),
        ("01-02-03", "01-31-03", date(2003, 1, 2)),
        ("01-02-03", "5-6-03", None),
        ("24-06-05", "23-01-15", None),
    ],
)
def test_a_year_of_two_digits_may_stand_first(file, jane, cell, other, day):
    lines = (f"1,A,Jane,{cell}", f"2,B,Jane,{other}")
    if day:
        assert books(file, *lines).created.get(isbn="1").published_on == day
        return
    with pytest.raises(FileError, match="in column published the day first"):
        books(file, *lines)
    found = books(file, f"1,A,Jane,{cell}", dates="year").created.get().published_on
    assert found.strftime("%y-%m-%d") == cell


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234", 1234),
        ("1.234", 1234),
        ("1 234", 1234),
        ("1'234", 1234),
        ("12.0", 12),
        ("7", 7),
        ("1,234.00", 1234),
        ("12,00", 12),
    ],
)
def test_separators_of_thousands_are_no_part_of_a_number(text, number):
    field = models.IntegerField(validators=[])
    field.model = Book
    assert reader(field, Options())(text) == number


@pytest.mark.parametrize(
    ("digits", "text", "number"),
    [
        (4, "0,875", "0.875"),
        (4, "0,500", "0.5"),
        (4, "-0,500", "-0.5"),
        (4, "1,000", "1"),
        (4, "0.875", "0.875"),
        (4, "0,5", "0.5"),
        (9, "0,875", "0.875"),
        (9, "1,234", "1234"),
        (9, "1,234.5", "1234.5"),
        (9, "1.234,5", "1234.5"),
        (4, "80 %", "0.8"),
        (4, "100%", "1"),
        (4, "37,5%", "0.375"),
    ],
)
def test_a_comma_before_three_digits_is_that_of_a_fraction_where_no_thousands_fit(digits, text, number):
    field = models.DecimalField(max_digits=digits, decimal_places=3)
    assert reader(field, Options())(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80", "0.8"),
        ("100,00", "1"),
        ("0.5", "0.5"),
        ("80 %", "0.8"),
        ("1000", None),
        ("-inf", None),
        ("-nan", None),
    ],
)
def test_a_number_in_a_column_of_percent_is_a_part_of_a_hundred_where_it_has_no_room(text, value):
    field = models.DecimalField(max_digits=4, decimal_places=3, name="share")
    found = reader(field, Options(hundredths=("share",)))(text)
    assert found == Decimal(value) if value else isinstance(found, Wrong)
    assert reader(field, Options())("80").reason.endswith("decimal point. If this is percent, write “80 %”.")


@pytest.mark.parametrize("text", ["n/a", "N/A", "-", "00.00.0000", "k. A.", "S/O", "Néant"])
def test_what_programs_write_for_nothing_is_an_empty_cell_where_no_word_is_a_value(text):
    for field in (
        models.DateField(null=True),
        models.DecimalField(null=True),
        models.IntegerField(null=True),
        UniqueEmailField(),
    ):
        assert reader(field, Options())(text) is None
        assert reader(field, Options(keep_blank=True))(text) is KEEP
    assert reader(models.CharField(max_length=20), Options())(text) == text


def test_of_a_list_too_unless_it_has_the_word():
    read = reader(models.CharField(choices=[("a", "A"), ("none", "None")], null=True), Options())
    assert (read("N/A"), read("None")) == (None, "none")


@pytest.mark.parametrize(
    "text",
    [
        "31.12.9999",
        "12/31/9999",
        "31/12/9999",
        "9999-12-31",
        "99991231",
        "31.12.9999 00:00:00",
        "31-DEC-9999",
        "12/31/9999 0:00",
    ],
)
@pytest.mark.parametrize("order", ["", "day", "month"])
def test_the_last_day_of_all_is_none(text, order):
    field = models.DateField(null=True)
    assert reader(field, Options(dates=order))(text) is None
    assert reader(field, Options(dates=order, keep_blank=True))(text) is KEEP


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SMITH,  JOHN Q", "John Q Smith"),
        ("O'BRIEN-LEE, ANNE", "Anne O'Brien-Lee"),
        ("MCDONALD, RON II", "Ron McDonald II"),
        ("SMITH,  JOHN E", "John E Smith"),
        ("GARCIA,  MARY Y", "Mary Y Garcia"),
        ("SMITH,  JOHN E JR", "John E Smith Jr"),
        ("LE,  ANH", "Anh Le"),
        ("LE,  ANH JR", "Anh Le Jr"),
        ("VAN, PETER", "Peter Van"),
        ("ANH LE", "Anh Le"),
        ("DE LA CRUZ,  MARIA D", "Maria D de la Cruz"),
        ("de la Cruz,  María", "María de la Cruz"),
        ("VINCENT VAN GOGH", "Vincent van Gogh"),
        ("Smith", "Smith"),
        ("ÖZGÜR İPEK", "Özgür İpek"),
        ("ELİF O'NEIL-ÖZ", "Elif O'Neil-Öz"),
    ],
)
def test_names_are_put_right_when_asked(text, name):
    assert tidied(text) == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("name", "Ana Müller"),
        ("name", "李小龙"),
        ("short", "HR"),
        ("note", "Likes 3 (three) things; see #12."),
        ("number", "E-0012"),
        ("email", "ana.mueller@mail.example.com"),
        ("work_email", "a1@example.com"),
    ],
)
def test_a_plain_text_is_its_own_value(name, text):
    assert plain(TEXTS[name]).fullmatch(text)
    assert reader(TEXTS[name], Options())(text) == text


def test_the_longest_text_of_a_form_fits_into_a_cell_and_a_longer_one_is_refused():
    read = reader(TEXTS["long"], Options())
    assert read("x" * 100_000) == "x" * 100_000
    assert read("x" * 100_001).reason == "Ensure this value has at most 100000 characters (it has 100001)."
    assert CELL > 100_000


@pytest.mark.parametrize("name", TEXTS)
@given(data=strategies.data())
def test_what_is_taken_for_plain_is_what_the_rules_make_of_it(name, data):
    likely = strategies.text(
        strategies.sampled_from("ab1 .-_@\t\n\0'\u00a0\u00c0\u0301\u200b\u2060\u3164#A"), max_size=14
    )
    address = strategies.from_regex(r"[ab.\-A]{1,6}@[ab.\-1]{1,40}\.[a-c]{1,3}", fullmatch=True)
    text = data.draw(likely | address | strategies.text(max_size=14))
    if plain(TEXTS[name]).fullmatch(text):
        assert reader(TEXTS[name], Options())(text) == text


@pytest.mark.parametrize(
    "field",
    [
        models.CharField(max_length=9, choices=[("a", "A")]),
        models.CharField(max_length=9, validators=[RegexValidator("x")]),
        models.SlugField(),
        models.IntegerField(),
        models.DateField(),
    ],
)
def test_where_more_is_asked_no_text_is_plain(field):
    assert plain(field) is None


def test_an_empty_cell_keeps_the_field_when_asked(file, emma):
    Book.objects.update(published_on="1815-12-23")
    made = books(file, "1,,,", keep_blank=True)
    assert made.counts[:4] == (0, 0, 1, 0)


def test_what_a_row_refers_to_is_created_when_asked(file, db):
    assert books(file, "1,Emma,Jane,").counts.refused == 1
    made = books(file, "1,Emma,Jane,", "2,Persuasion,Jane,", create=True)
    assert (made.counts.created, made.counts.related) == (2, 1)
    from backoffice import exchange

    exchange.apply(made)
    assert {book.author.name for book in Book.objects.all()} == {"Jane"}
    assert Author.objects.count() == 1


def test_a_loop_that_is_no_tree_is_found_however_long_it_is(plan, jane):
    made = plan("isbn,title,author,sequel_to_isbn", *(f"{n},B{n},Jane,{(n + 1) % 90}" for n in range(90)))
    assert len(made.refused_lines) == 90
    assert reasons(made)[0][2] == "1 comes after this book."
