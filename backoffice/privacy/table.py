"""The registry as a table for people: who keeps records of processing has to show one."""

from collections.abc import Iterator

from django.conf import settings

from backoffice.operations.tables import is_recorded, recorded_models
from backoffice.privacy.registry import Column, Level, columns

HEAD = """# Personal data

Which columns hold it, what for, and how long. Made from the declarations in the code by
`manage.py personal_data --write`; a test compares them. What is not listed is
internal or says nothing of anybody. The history of a row holds the same columns as they were before and after each
change.

| model | column | level | what for | how long |
| --- | --- | --- | --- | --- |
"""


def markdown() -> str:
    every = [column for column in columns() if not _is_a_test(column)]
    told = [
        column for column in every if column.fact and column.fact.level in (Level.PERSONAL, Level.SENSITIVE)
    ]
    return HEAD + "\n".join(_lines(told)) + "\n"


def _lines(told: list[Column]) -> Iterator[str]:
    histories = {model.history_model for model in recorded_models()}
    for column in told:
        if column.model in histories or column.fact is None:
            continue
        fact, name = column.fact, column.model._meta.label
        kept = f"{name} and its history" if is_recorded(column.model) else name
        yield f"| {kept} | {column.field.name} | {fact.level} | {fact.purpose} | {fact.retention} |"


def _is_a_test(column: Column) -> bool:
    """Whether the model is installed by the tests alone."""
    module = column.model.__module__
    return module.startswith("tests.") and settings.SETTINGS_MODULE.startswith("tests.")
