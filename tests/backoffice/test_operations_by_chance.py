"""Random sequences of edits, bulk changes, cascades, imports and undos against a plain model in memory.

At every step the values, the history and what an undo leaves must be what the model says.
"""

from collections import Counter
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backoffice import exchange
from backoffice.imports.carrying import Upload
from backoffice.models import Operation
from backoffice.operations import operation, update
from backoffice.operations.regained import without_this
from backoffice.operations.undo import UndoError, undo
from backoffice.sql.tallies import tallied
from tests.library.exchange import BOOKS
from tests.library.models import Author, Book

FIELDS = {Author: ("name", "mentor_id"), Book: ("title", "author_id", "isbn", "sequel_to_id")}
RELATIONS = {  # model → (column, target, what becomes of the row when the target goes)
    Author: [("mentor_id", Author, "emptied")],
    Book: [("author_id", Author, "goes"), ("sequel_to_id", Book, "emptied")],
}
words = strategies.sampled_from(["Ada", "Bea", "Cleo", "Émile", "李"])
picks = strategies.integers(0, 40)


class Done(NamedTuple):
    key: int
    changes: dict[tuple[type, int], tuple[Any, Any]]  # (model, key) → before, after
    undoes: "Done | None" = None


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.rows: dict[tuple[type, int], dict[str, Any]] = {}
        self.lines: list[Done] = []
        self.back: dict[int, set[tuple[type, int]]] = {}  # an operation's rows that an undo took back
        self.closed: set[int] = set()  # operations of which an undo left nothing to take back

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # What is done

    @rule(name=words, mentor=picks)
    def add_author(self, name, mentor):
        mentor = self.pick(Author, mentor)
        row = Author.objects.create(name=name, mentor_id=mentor)
        self.expect({(Author, row.pk): {"name": name, "mentor_id": mentor}})

    @precondition(lambda self: self.keys(Author))
    @rule(titles=strategies.lists(words, min_size=1, max_size=4), author=picks)
    def add_books(self, titles, author):
        author = self.pick(Author, author, required=True)
        rows = Book.objects.bulk_create([Book(title=title, author_id=author) for title in titles])
        blank = {"author_id": author, "isbn": None, "sequel_to_id": None}
        self.expect({(Book, row.pk): {"title": row.title, **blank} for row in rows})

    @precondition(lambda self: self.keys(Book))
    @rule(title=words, book=picks, sequel=picks)
    def edit_book(self, title, book, sequel):
        row = Book.objects.get(pk=self.pick(Book, book, required=True))
        row.title, row.sequel_to_id = title, self.pick(Book, sequel)
        row.save()
        after = {**self.rows[Book, row.pk], "title": title, "sequel_to_id": row.sequel_to_id}
        self.expect({(Book, row.pk): after})

    @precondition(lambda self: self.keys(Author))
    @rule(title=words, author=picks)
    def hand_over(self, title, author):
        author = self.pick(Author, author, required=True)
        chosen = [key for key in self.keys(Book) if self.rows[Book, key]["title"] == title]
        update(Book.objects.filter(title=title), {"author": author}, actor=None, kind="hand_over")
        self.expect({(Book, key): {**self.rows[Book, key], "author_id": author} for key in chosen})

    @precondition(lambda self: self.keys(Author))
    @rule(author=picks)
    def delete_author(self, author):
        key = self.pick(Author, author, required=True)
        Author.objects.get(pk=key).delete()
        self.expect(self.gone({(Author, key)}))

    @rule(title=words)
    def delete_books(self, title):
        chosen = {(Book, key) for key in self.keys(Book) if self.rows[Book, key]["title"] == title}
        Book.objects.filter(title=title).delete()
        self.expect(self.gone(chosen))

    @precondition(lambda self: len(self.keys(Book)) > 1)
    @rule(first=picks, second=picks)
    def swap_in_one_operation(self, first, second):
        first, second = self.pick(Book, first, required=True), self.pick(Book, second, required=True)
        numbers = {key: self.rows[Book, key]["isbn"] for key in (first, second)}
        with operation("swap"):
            Book.objects.filter(pk__in=numbers).update(isbn=None)
            Book.objects.filter(pk=first).update(isbn=numbers[second])
            Book.objects.filter(pk=second).update(isbn=numbers[first])
        after = {first: numbers[second], second: numbers[first]}
        changed = [key for key, isbn in after.items() if isbn or numbers[key]]
        self.expect(
            {(Book, key): {**self.rows[Book, key], "isbn": after[key]} for key in changed}, always=True
        )

    @precondition(lambda self: self.keys(Book))
    @rule(book=picks, author=picks)
    def hand_over_in_between(self, book, author):
        """To somebody who comes and goes in the same operation, who is everybody's mentor meanwhile."""
        book, author = self.pick(Book, book, required=True), self.pick(Author, author, required=True)
        with operation("reform"):
            interim = Author.objects.create(name="Interim")
            Author.objects.filter(pk=author).update(mentor=interim)
            Book.objects.filter(pk=book).update(author=interim)
            Book.objects.filter(pk=book).update(author=author)
            interim.delete()
        self.expect(
            {
                (Book, book): {**self.rows[Book, book], "author_id": author},
                (Author, author): {**self.rows[Author, author], "mentor_id": None},
            },
            always=True,
        )

    @precondition(lambda self: self.keys(Author))
    @rule(
        numbers=strategies.lists(strategies.integers(1, 6), min_size=1, max_size=4, unique=True), title=words
    )
    def import_books(self, numbers, title):
        author = min(self.keys(Author))
        name = self.rows[Author, author]["name"]
        if [self.rows[Author, key]["name"] for key in self.keys(Author)].count(name) > 1:
            return  # a name that two have is refused
        lines = [exchange.Line(place, [f"N{number}", title, name]) for place, number in enumerate(numbers, 2)]
        table = Upload(["isbn", "title", "author"], iter(lines), exchange.Reading())
        plan = exchange.plan_import(BOOKS, table)
        assert not plan.refusals
        exchange.apply(plan)
        known = {row["isbn"]: key for (model, key), row in self.rows.items() if model is Book and row["isbn"]}
        stored = dict(Book.objects.filter(isbn__in=[f"N{n}" for n in numbers]).values_list("isbn", "pk"))
        after = {}
        for number in numbers:
            isbn = f"N{number}"
            before = self.rows.get((Book, known.get(isbn)), {"sequel_to_id": None})
            after[Book, stored[isbn]] = {**before, "isbn": isbn, "title": title, "author_id": author}
        self.expect(after)

    @precondition(lambda self: self.lines)
    @rule(place=picks)
    def undo(self, place):
        line = self.lines[place % len(self.lines)]
        self.undo_rows(line, set(line.changes), None)

    @precondition(lambda self: self.lines)
    @rule(place=picks, row=picks)
    def undo_one_row(self, place, row):
        """As the page of one row does: with those that came back without it."""
        line = self.lines[place % len(self.lines)]
        rows = sorted(line.changes, key=lambda each: (each[0].__name__, each[1]))
        model, key = rows[row % len(rows)]
        only = {model: [key]}
        for other, keys in without_this(Operation.objects.get(pk=line.key), model, key).items():
            only.setdefault(other, []).extend(keys)
        self.undo_rows(line, {(model, key)}, only)

    def undo_rows(self, line, rows, only):
        asked = rows | {(model, key) for model, keys in (only or {}).items() for key in keys}
        target = Operation.objects.get(pk=line.key)
        after = self.taken_back(line, rows)
        after = {} if line.key in self.closed else {**self.regained(line, after, asked), **after}
        if not after:
            with pytest.raises(UndoError):
                undo(target, only=only)
            return
        outcome = undo(target, only=only)
        left = rows - self.back.get(line.key, set()) - set(after)
        self.expect(after, undoes=line, always=True)
        without = [column for row in asked for column in self.does_without(line, row)]
        assert sum(part.number for part in outcome.left) == len(left) + len(without)

    # What must be true

    @invariant()
    def the_tables_hold_what_the_model_holds(self):
        for model, fields in FIELDS.items():
            stored = {row.pop("pk"): row for row in model.objects.values("pk", *fields)}
            assert stored == {key: row for (kind, key), row in self.rows.items() if kind is model}

    @invariant()
    def the_database_keeps_how_many_books_each_author_has(self):
        if connection.vendor == "postgresql":
            written = Counter(row["author_id"] for (kind, _key), row in self.rows.items() if kind is Book)
            assert tallied(Book, written) == written

    @invariant()
    def the_history_of_each_row_leads_to_its_values(self):
        for model, fields in FIELDS.items():
            states: dict[int, Any] = {}
            for change in model.history_model.objects.order_by("pk"):
                before = {field: getattr(change, f"old_{field}") for field in fields}
                assert states.get(change.row_id) == (None if change.action == "+" else before)
                names = {
                    f"{name}{'_id' * name.endswith(('author', 'mentor', 'sequel_to'))}"
                    for name in change.fields.split(",")
                }
                new = {f: getattr(change, f"new_{f}") for f in fields if change.action == "+" or f in names}
                states[change.row_id] = None if change.action == "-" else {**before, **new}
            alive = {key: state for key, state in states.items() if state is not None}
            assert alive == {key: row for (kind, key), row in self.rows.items() if kind is model}

    @invariant()
    def every_operation_has_exactly_its_rows(self):
        if self.lines:
            line = self.lines[-1]
            for model in FIELDS:
                steps = model.history_model.objects.filter(operation=line.key)
                recorded = set(steps.values_list("row", flat=True))
                made, gone = (set(steps.filter(action=a).values_list("row", flat=True)) for a in "+-")
                assert recorded - (made & gone) == {key for kind, key in line.changes if kind is model}

    # The model

    def keys(self, model):
        return sorted(key for kind, key in self.rows if kind is model)

    def pick(self, model, place, *, required=False):
        keys = self.keys(model)
        if not required and (not keys or place % 3 == 0):
            return None
        return keys[place % len(keys)]

    def expect(self, after, *, undoes=None, always=False):
        """The last operation did this: (model, key) → values, or None for a row that is gone."""
        changes = {row: (self.rows.get(row), values) for row, values in after.items()}
        if not always:
            changes = {row: pair for row, pair in changes.items() if pair[0] != pair[1]}
        if not changes:
            return
        newest = Operation.objects.order_by("-pk").first()
        if self.lines:
            assert newest.pk > self.lines[-1].key
        line = Done(newest.pk, changes, undoes)
        self.lines.append(line)
        if undoes:
            self.back.setdefault(undoes.key, set()).update(changes)
            if undoes.undoes:  # what was undone stands again
                # but for rows that were back already, and got what they did without
                again = {
                    row for row in changes if undoes.undoes.changes[row][1] or not undoes.changes[row][0]
                }
                self.back[undoes.undoes.key] -= again
        for row, (_before, values) in changes.items():
            if values is None:
                del self.rows[row]
            else:
                self.rows[row] = values
        while undoes:
            done = self.is_undone(undoes) and not any(
                self.does_without(undoes, row) for row in undoes.changes
            )
            self.closed = self.closed | {undoes.key} if done else self.closed - {undoes.key}
            undoes = undoes.undoes

    def gone(self, roots):
        """What a deletion of these rows comes to."""
        going = set(roots)
        while True:
            more = {
                row
                for row, values in self.rows.items()
                for column, target, fate in RELATIONS[row[0]]
                if fate == "goes" and (target, values[column]) in going
            }
            if more <= going:
                break
            going |= more
        after: dict[Any, Any] = dict.fromkeys(going)
        for row, values in self.rows.items():
            for column, target, fate in RELATIONS[row[0]]:
                if row not in going and fate == "emptied" and (target, values[column]) in going:
                    after[row] = {**(after.get(row) or values), column: None}
        return after

    def is_undone(self, line):
        return self.back.get(line.key, set()) >= set(line.changes)

    def touched_since(self, line, row):
        later = self.lines[self.lines.index(line) + 1 :]
        in_force = [other for other in self.lines if other.undoes and not self.back.get(other.key)]
        return any(
            row in other.changes
            and not self.is_undone(other)
            and not (other in in_force and other.undoes.key > line.key)
            and not any(undo.undoes is other and row in undo.changes for undo in in_force)
            for other in later
        )

    def taken_back(self, line, rows):
        """What an undo of these rows of `line` sets, row by row, after everything that stands against it."""
        if self.is_undone(line):
            return {}
        after = {
            row: before
            for row, (before, _after) in line.changes.items()
            if row in rows and row not in self.back.get(line.key, set()) and not self.touched_since(line, row)
        }
        while True:
            left = {row for row in after if self.stands_against(row, after, line)}
            if not left:
                return {row: self.without_the_lost(row, after) for row in after}
            after = {row: values for row, values in after.items() if row not in left}

    def regained(self, line, after, asked):
        """Rows that came back before, without what is there again now."""
        found = {}
        then = {**self.rows, **after}
        for row in asked - set(after):
            for column, target in self.does_without(line, row).items():
                value = line.changes[row][0][column]
                if self.stands_so(line, row, column) and then.get((target, value)) is not None:
                    found.setdefault(row, dict(self.rows[row]))[column] = value
        return found

    def does_without(self, line, row):
        """The relations that a row came back without and that no undo gave it since, column → target."""
        came = self.came(line, row)
        if row not in self.back.get(line.key, set()) or not came:
            return {}
        before = line.changes[row][0]
        return {
            column: target
            for column, target, fate in RELATIONS[row[0]]
            if fate == "emptied" and before[column] is not None and came.changes[row][1][column] is None
            if not any(undo.undoes is line for undo in self.setting(came, row, column))
        }

    def came(self, line, row):
        """The undo with which a row that `line` deleted came back."""
        undos = (undo for undo in reversed(self.lines) if undo.undoes is line and row in undo.changes)
        came = (undo for undo in undos if undo.changes[row][0] is None)
        return next((undo for undo in came if row not in self.back.get(undo.key, set())), None)

    def stands_so(self, line, row, column):
        """Whether a row does without since it came back: it is there, and nothing set the column."""
        setting = self.setting(self.came(line, row), row, column)
        return row in self.rows and not any(
            not (other.undoes and other.undoes.key > line.key) for other in setting
        )

    def setting(self, came, row, column):
        """What stands and set a column of a row after the row came back."""
        for other in self.lines[self.lines.index(came) + 1 :]:
            before, now = other.changes.get(row, ({}, {}))
            set_here = before and now and before[column] != now[column]
            if set_here and row not in self.back.get(other.key, set()):
                yield other

    def without_the_lost(self, row, after):
        """A row that comes back does without what may be empty and does not come back."""
        values, then = after[row], {**self.rows, **after}
        if row in self.rows or values is None:
            return values
        empty = [
            column
            for column, target, fate in RELATIONS[row[0]]
            if fate == "emptied" and then.get((target, values[column])) is None
        ]
        return {**values, **dict.fromkeys(empty)}

    def stands_against(self, row, after, line):
        values = after[row]
        then = {**self.rows, **after}
        if values is None:
            return any(
                there is not None and there[column] == row[1] and target is row[0]
                for other, there in then.items()
                for column, target, _fate in RELATIONS[other[0]]
            )
        lost = any(
            values[column] is not None and then.get((target, values[column])) is None
            for column, target, fate in RELATIONS[row[0]]
            if fate == "goes" or row in self.rows
        )
        if row[0] is Book and values["isbn"] and not lost:
            others = {
                key for key, there in self.rows.items() if key[0] is Book and there["isbn"] == values["isbn"]
            }
            return bool(others - {row} - set(after))
        return lost


@pytest.mark.django_db
def test_any_sequence_of_operations_agrees_with_the_model():
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.reuse, Phase.generate],  # making it shorter takes as long as a test may at the most
        ),
    )
