"""Whether the record agrees with the data, row for row, and the log with the record."""

from collections import Counter

from django.db import models

from backoffice.models import Operation
from backoffice.operations.agreement import disagreements
from backoffice.operations.current import ACTIONS
from backoffice.operations.tables import recorded_models


def agrees(*chosen, using="default"):
    """Assert that the record of these models (of all) agrees with their rows, and the log with the record."""
    for model in chosen or recorded_models():
        assert disagreements(model, using=using) == []
    if not chosen:
        assert miscounted(using=using) == []


def miscounted(*, using="default"):
    """Operations whose line in the log does not say what was recorded, and records of no operation."""
    counted: dict[int, Counter] = {}
    for model in recorded_models():
        rows = model.history_model.objects.using(using).order_by()
        for operation, action, number in rows.values_list("operation_id", "action").annotate(
            number=models.Count("pk")
        ):
            counted.setdefault(operation, Counter())[model._meta.label, ACTIONS[action]] = number
    said = {
        operation: Counter({(label, deed): n for label, deeds in rows.items() for deed, n in deeds.items()})
        for operation, rows in Operation.objects.using(using)
        .filter(expired_at=None)
        .values_list("pk", "rows")
    }
    return [
        f"Operation {key}: the log says {said.get(key)}, recorded is {counted.get(key)}"
        for key in sorted(said.keys() | counted.keys())
        if said.get(key) != counted.get(key)
    ]
