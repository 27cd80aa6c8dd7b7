"""Compare what was recorded with what happened: row for row, old and new."""

from contextlib import contextmanager

from backoffice.models import Operation
from backoffice.operations.tables import new, old, recorded_fields, recorded_models

WORDS = {"+": "created", "~": "updated", "-": "deleted"}


@contextmanager
def recorded():
    """What is written inside must be in the record; the operations come in the list that this yields."""
    before, last = snapshot(), newest()
    operations = []
    yield operations
    operations += Operation.objects.filter(pk__gt=last).order_by("pk")
    after = snapshot()
    assert before != after, "Nothing was written."
    for model, rows in before.items():
        lines = list(model.history_model.objects.filter(operation__in=operations).order_by("pk"))
        assert replay(rows, recorded_fields(model), lines) == after[model], model
    for operation in operations:
        noted = {label for label, *_ in operation.details.get("noted", [])}  # accounts, without rows
        assert {name: rows for name, rows in operation.rows.items() if name not in noted} == counted(
            operation
        )
        assert operation.number == sum(sum(numbers.values()) for numbers in operation.rows.values())


def newest():
    return getattr(Operation.objects.first(), "pk", 0)


def snapshot():
    """Every row of every recorded model as it is stored: {model: {key: {column: value}}}."""
    return {model: {row["pk"]: row for row in stored(model)} for model in recorded_models()}


def stored(model):
    names = [field.attname for field in recorded_fields(model)]
    return model._base_manager.order_by().values("pk", *names)


def replay(rows, fields, lines):
    """`rows` after these history rows; each must have found what it says was there before."""
    for line in lines:
        key = line.row_id
        if line.action != "+":
            assert rows.pop(key) == {
                "pk": key,
                **{field.attname: getattr(line, old(field)) for field in fields},
            }
        else:
            assert key not in rows
        if line.action != "-":
            rows[key] = {"pk": key, **{field.attname: value_after(line, field) for field in fields}}
    return rows


def value_after(line, field):
    is_set = line.action == "+" or f",{field.name}," in line.fields
    return getattr(line, new(field) if is_set else old(field))


def counted(operation):
    """How many rows of each model the history has for this operation."""
    found = {}
    for model in recorded_models():
        lines = model.history_model.objects.filter(operation=operation).order_by()
        for action, _row in lines.values_list("action", "row_id").distinct():
            numbers = found.setdefault(model._meta.label, {})
            numbers[WORDS[action]] = numbers.get(WORDS[action], 0) + 1
    return found
