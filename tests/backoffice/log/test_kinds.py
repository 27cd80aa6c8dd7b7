"""What the log calls the kinds of operations."""

import re
from pathlib import Path

import pytest
from django.contrib.admin import site
from django.utils.translation import override

from backoffice.admin import BulkAction
from backoffice.models import Operation
from backoffice.operations import kinds

State = Operation.State
ROOT = Path(__file__).parents[3]
CODE = re.compile(r'\boperation\(\s*"(\w+)"|\bkind="(\w+)", reason=')
CHOSEN = {"add", "edit", "load"}  # by a condition, or by default


def written_in_code():
    """The codes in calls such as operation("import")."""
    for folder in ("backoffice", "organization"):
        for file in (ROOT / folder).rglob("*.py"):
            text = re.sub(r'""".*?"""', "", file.read_text(), flags=re.DOTALL)
            yield from (one or other for one, other in CODE.findall(text))


def of_actions():
    for admin in site._registry.values():
        for action in getattr(admin, "bulk_actions", ()):
            if issubclass(action, BulkAction):
                yield action.name


@pytest.mark.parametrize("code", sorted({*written_in_code(), *of_actions(), *CHOSEN}))
def test_every_kind_has_words(code):
    assert kinds.is_known(code)
    assert kinds.label(code)


def test_the_code_is_read():
    assert {"undo", "import", "delete", "transfer"} <= {*written_in_code()}


def test_an_action_is_called_by_its_title_or_by_what_the_log_is_to_say():
    assert kinds.label("transfer") == "Transfer"
    assert kinds.label("reassign") == "Give to another author"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Change", "Undoing", "Applied", "Undone"]),
        ("de", ["Änderung", "Rücknahme", "Ausgeführt", "Rückgängig gemacht"]),
        ("es", ["Modificación", "Reversión", "Aplicada", "Deshecha"]),
        ("fr", ["Modification", "Annulation", "Appliquée", "Annulée"]),
    ],
)
def test_what_was_done_is_a_noun_and_its_state_agrees_with_an_operation(language, words):
    with override(language):
        states = [State.APPLIED.label, State.UNDONE.label]
        assert [kinds.label("edit"), kinds.label("undo"), *map(str, states)] == words


def test_what_nobody_named_is_called_by_its_code():
    assert kinds.label("hand_over") == "Hand over"
