import pytest
from django.contrib.auth.models import Permission

from backoffice import exchange
from backoffice.exchange import Options
from tests.backoffice.exchange.conftest import reasons
from tests.backoffice.exchange.reading.workbooks import workbook
from tests.library.exchange import AUTHORS, BOOKS
from tests.library.models import Author, Book


def test_rows_are_created_updated_or_unchanged(plan, emma):
    Book.objects.create(title="Persuasion", isbn="2", author=emma.author)
    made = plan("isbn,title,author", "1,Emma!,Jane", "2,Persuasion,Jane", "3,Sanditon,Jane")
    numbers = [[row.isbn for row in rows] for rows in (made.updated, made.unchanged, made.created)]
    assert numbers == [["1"], ["2"], ["3"]]
    assert made.counts[:4] == (1, 1, 1, 0)


def test_planning_saves_nothing(plan, jane):
    plan("isbn,title,author", "1,Emma,Jane")
    assert not Book.objects.exists()


def test_a_column_that_the_file_lacks_leaves_the_field_alone(plan, emma):
    exchange.apply(plan("isbn,published", "1,1815-12-23"))
    emma.refresh_from_db()
    assert (emma.title, str(emma.published_on)) == ("Emma", "1815-12-23")


def test_an_empty_cell_empties_the_field(plan, emma):
    Book.objects.update(published_on="1815-12-23")
    exchange.apply(plan("isbn,published", "1,"))
    assert Book.objects.get().published_on is None


@pytest.mark.parametrize(("cell", "stays"), [("9999-12-31", 1), ("31.12.9999", 1), ("", 0), ("-", 0)])
def test_the_last_day_of_all_stays_where_it_is_stored(plan, emma, cell, stays):
    Book.objects.update(withdrawn_on="9999-12-31")
    assert plan("isbn,withdrawn_on", f"1,{cell}").counts[:4] == (0, 1 - stays, stays, 0)


def test_an_error_of_the_spreadsheet_is_no_text_and_no_empty_cell(plan, emma, tmp_path):
    error, header = "\u2060#N/A", ["isbn", "title", "author"]  # as the reader of workbooks says it
    rows = [["1", error, "Jane"], [error, "Emma", "Jane"], ["2", "Emma", error], ["3", "#N/A", "Jane"]]
    path = tmp_path / "books.xlsx"
    path.write_bytes(workbook(header, *rows, ["4", "\u2060#=", "Jane"], ["5", "Room\u2060#12", "Jane"]))
    *errors, (_line, column, formula) = reasons(exchange.plan_import(BOOKS, exchange.open_table(path)))
    reason = "“#N/A” is an error of the spreadsheet. Mend its formula, or empty the cell."
    assert errors == [(2, "title", reason), (3, "isbn", reason), (4, "author", reason)]
    assert (column, formula[:38]) == ("title", "The file has no value of this formula.")
    lines = [",".join(row) for row in rows]
    assert not plan(",".join(header), lines[0]).refusals  # somebody typed it
    columns = [*BOOKS.match(header), None]
    rest = plan(",".join([*header, "Reason"]), *(f"{line},An error" for line in lines), columns=columns)
    assert len(rest.refusals) == 3


def test_a_new_key_that_differs_by_zeros_in_front_alone_is_refused(plan, jane):
    for isbn in ("0042", "7", "E0"):
        Book.objects.create(isbn=isbn, title="Emma", author=jane)
    lines = (
        "isbn,title,author",
        "42,A,Jane",
        "0042,B,Jane",
        "007,C,Jane",
        "09,D,Jane",
        "9,E,Jane",
        "E00,F,Jane",
    )
    made = plan(*lines)
    told = "by zeros in front alone. Spreadsheets drop them: enter the whole ISBN, in a column that is "
    told += "formatted as text."
    assert reasons(made) == [
        (2, "isbn", f"It differs from “0042”, which is there, {told}"),
        (4, "isbn", f"It differs from “7”, which is there, {told}"),
        (6, "isbn", f"It differs from “09” in line 5 {told}"),
    ]
    assert made.counts[:3] == (2, 1, 0)


def test_a_word_for_nothing_is_no_key_unless_somebody_has_it(plan, jane):
    lines = ("isbn,title,author,sequel_to_isbn", "NA,Emma,Jane,", "2,Emma,n/a,", "3,Emma,Jane,-")
    made = plan(*lines, options=Options(create=True, keep_blank=True))
    empty = "The cell is empty. Enter the %s."
    assert reasons(made) == [(2, "isbn", empty % "ISBN"), (3, "author", empty % "author")]
    told = [(warning.line, warning.value, warning.reason) for warning in made.warnings]
    assert told == [
        (n, word, f"“{word}” is taken for an empty cell.") for n, word in ((2, "NA"), (3, "n/a"), (4, "-"))
    ]
    exchange.apply(made)
    assert not Book.objects.get().sequel_to
    Book.objects.create(isbn="NA", title="Persuasion", author=Author.objects.create(name="N/A"))
    made = plan(*lines[:3], "3,Emma,Jane,NA")
    assert (made.counts[:4], reasons(made), made.warnings) == ((1, 2, 0, 0), [], [])


def test_a_key_that_a_spreadsheet_has_rounded_is_refused(plan, jane):
    made = plan("isbn,title,author", "1.23456789012346e+15,1E+20,Jane", "1E+20,Emma,Jane", "1e5,Emma,Jane")
    told = "is a number that the spreadsheet has rounded. Format the column as text and enter all digits."
    assert reasons(made) == [
        (2, "isbn", f"“1.23456789012346e+15” {told}"),
        (3, "isbn", f"“1E+20” {told}"),
    ]
    Book.objects.create(isbn="1E+20", title="Persuasion", author=jane)
    assert reasons(plan("isbn,title,author", "1E+20,Emma,Jane", "2E+20,Emma,Jane")) == [
        (3, "isbn", f"“2E+20” {told}")
    ]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (",Emma,Jane,,", "isbn", "The cell is empty. Enter the ISBN."),
        ("9,,Jane,,", "title", "The cell is empty. Enter the title."),
        ("9,Emma,,,", "author", "The cell is empty. Enter the author."),
        ("9,Emma,Nobody,,", "author", "There is no author with this name."),
        ("9,Emma,Jane,soon,", "published", "“soon” value has an invalid date format."),
        ("9,Emma,Jane,2019-02-30,", "published", "“2019-02-30” value has the correct format"),
        (
            "9,Emma,Jane,2020-01-02,2020-01-01",
            "withdrawn_on",
            "A book cannot be withdrawn before it is published.",
        ),
        ("9,Emma", "author", "The cell is empty. Enter the author."),
        ("9,Emma,Jane,,,,x", "", "The row has 7 cells, the header 5."),
        ("9" * 33 + ",Emma,Jane,,", "isbn", "Ensure this value has at most 32 characters (it has 33)."),
        ("9," + "E" * 201 + ",Jane,,", "title", "Ensure this value has at most 200 characters (it has 201)."),
    ],
)
def test_a_bad_row_is_refused_with_line_column_and_reason(plan, jane, line, column, reason):
    [(number, header, sentence)] = reasons(
        plan("isbn,title,author,published,withdrawn_on", "1,Emma,Jane,,", line)
    )
    assert (number, header) == (3, column)
    assert sentence.startswith(reason)


def test_a_line_that_names_the_columns_again_is_passed_over_and_said(plan, jane):
    made = plan("isbn,title,author", "1,Emma,Jane", " isbn ,title,author,", "2,Sanditon,Jane")
    assert made.counts[:4] == (2, 0, 0, 0)
    assert [(w.line, w.reason) for w in made.warnings] == [
        (3, "The line names the columns once more and is passed over.")
    ]


def test_a_second_header_in_other_words_is_passed_over_wherever_it_comes(plan, jane):
    lines = ["1,Emma,Jane,x", "ISBN,Title,Author,Remark"]
    made = plan("isbn,title,author,shelf", lines[1], *lines, "ISBN,Title,Author,7", "Author,Title,2,")
    assert made.counts.created == 1
    assert [warning.line for warning in made.warnings] == [2, 4]
    assert [refusal.line for refusal in made.refusals] == [5, 6]


@pytest.mark.parametrize("line", ["Total,2,Books,2", "SUMME:,,\u00a01'200.50", ",Total général,2,"])
def test_a_line_of_totals_is_no_row(plan, jane, line):
    made = plan("isbn,title,author,shelf", "1,Emma,Jane,", "2,Total,Jane,2020", line)
    assert [(r.line, r.reason) for r in made.refusals] == [
        (
            4,
            "This is a line of totals and no row. Take it out of the file. If a row is called so, add it by hand "
            "first: then the line is taken.",
        )
    ]
    assert made.counts[:4] == (2, 0, 0, 1)


def test_a_row_that_is_stored_as_total_is_one(plan, jane):
    Book.objects.create(isbn="Total", title="1984", author=jane)
    assert plan("isbn,title,author", "Total,1984,Jane").counts.unchanged == 1
    Author.objects.create(name="Totals")
    assert plan("author,isbn,title", "Totals,7,1984", "Total,8,1984").counts[:4] == (1, 0, 0, 1)


def test_a_row_that_names_itself_is_one_whatever_else_is_called_total(plan, jane):
    Author.objects.create(name="Total")
    made = plan("shelf,isbn,title,author", "Total,1,Emma,Jane", "Total,2,Sum,Total", "Sum,3,,")
    assert (made.counts.created, [refusal.line for refusal in made.refusals]) == (2, [4])


def test_a_constraint_counts_what_is_stored_already(plan, emma):
    Book.objects.update(published_on="2020-01-02")
    assert reasons(plan("isbn,withdrawn_on", "1,2020-01-01")) == [
        (2, "withdrawn_on", "A book cannot be withdrawn before it is published.")
    ]


def test_the_second_line_with_a_key_is_refused(plan, jane):
    assert reasons(plan("isbn,title,author", "1,Emma,Jane", "1,Emma,Jane")) == [
        (3, "isbn", "Line 2 has it already.")
    ]


def test_a_new_row_needs_the_columns_it_cannot_do_without(plan, jane):
    assert reasons(plan("isbn,title", "1,Emma")) == [(2, "author", "A new book needs the author.")]


def test_a_name_that_several_share_is_refused(plan, jane):
    Author.objects.create(name="Jane")
    assert reasons(plan("isbn,title,author", "1,Emma,Jane")) == [
        (2, "author", "Several authors have this name.")
    ]


def test_a_key_that_several_rows_share_is_refused(file, jane):
    Author.objects.create(name="Jane")
    made = exchange.plan_import(AUTHORS, exchange.open_table(file("name", "Jane", "Mary")))
    assert reasons(made) == [(2, "name", "Several authors have this name.")]


def test_a_row_further_down_can_be_referred_to(plan, jane):
    exchange.apply(plan("isbn,title,author,sequel_to_isbn", "1,After,Jane,2", "2,Before,Jane,"))
    assert Book.objects.get(isbn="1").sequel_to.title == "Before"


def test_a_stored_row_can_refer_to_a_new_one(plan, emma):
    exchange.apply(plan("isbn,title,author,sequel_to_isbn", "1,Emma,Jane,2", "2,Before,Jane,"))
    assert Book.objects.get(isbn="1").sequel_to.title == "Before"


def test_what_refers_to_a_refused_row_is_refused_too_and_comes_when_that_is_mended(plan, emma):
    lines = ["3,Later,Jane,2", "1,Emma,Jane,2", "2,After,Jane,4", "4,{},Jane,", "5,Else,Jane,"]
    head, first = "isbn,title,author,sequel_to_isbn", lines[3]
    made = plan(head, *lines[:3], first.format(""), lines[4])
    assert [(line, column, reason) for line, column, reason in reasons(made)][:3] == [
        (2, "sequel_to_isbn", "Line 4, which brings this one, is refused."),
        (3, "sequel_to_isbn", "Line 4, which brings this one, is refused."),
        (4, "sequel_to_isbn", "Line 5, which brings this one, is refused."),
    ]
    assert (made.counts.created, made.counts.updated, made.counts.refused, made.warnings) == (1, 0, 4, [])
    exchange.apply(made)
    assert set(Book.objects.values_list("isbn", "sequel_to")) == {("1", None), ("5", None)}
    exchange.apply(plan(head, *lines[:3], first.format("First")))
    assert dict(Book.objects.values_list("isbn", "sequel_to__isbn")) == {
        "1": "2",
        "2": "4",
        "3": "2",
        "4": None,
        "5": None,
    }


@pytest.mark.parametrize(
    ("held", "refused"),
    [
        ("", ["There is no such author that you see."] * 2),
        ("view_author", ["You may not add this."] * 2),  # the book that is there is not seen
        ("view_author view_book", ["This is outside of what you may change.", "You may not add this."]),
        ("view_author view_book change_book", ["You may not add this."]),
        ("view_author view_book add_book", ["This is outside of what you may change."]),
        ("view_author view_book add_book change_book", []),
    ],
)
def test_an_import_asks_what_its_actor_may_do_with_rows(plan, emma, django_user_model, held, refused):
    user = django_user_model.objects.create(username="kim")
    user.user_permissions.set(Permission.objects.filter(codename__in=held.split()))
    made = plan("isbn,title,author", "1,Emme,Jane", "2,Persuasion,Jane", actor=user)
    assert set(refused) <= {problem.reason for problem in made.refusals}
    assert made.counts.refused == len(refused)


@pytest.mark.parametrize(("size", "title"), [(5, "Book 0"), (2500, "Book 0"), (2500, "")])
def test_the_number_of_queries_does_not_grow_with_every_row(
    plan, jane, size, title, django_assert_max_num_queries
):
    """Nor with the steps of a chain of which the first is refused."""
    lines = [f"0,{title},Jane,", *(f"{n},Book {n},Jane,{n - 1}" for n in range(1, size))]
    with django_assert_max_num_queries(130):  # of which 80 make and drop temporary tables and look for loops
        made = plan("isbn,title,author,sequel_to_isbn", *lines)
    assert (made.counts.created, made.counts.refused) == ((size, 0) if title else (0, size))
