"""Rows that are not as the person saw them in the preview: refused, with who changed them and what."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from backoffice.access.record import history_limit
from backoffice.exchange.plan import Objection, Plan
from backoffice.exchange.scratch import PLANNED
from backoffice.operations.changes import Change, net
from backoffice.operations.names import Names
from backoffice.operations.tables import old

DETAILS = "import_meanwhile"
MOST = 1_000  # rows of which it is said what changed; of more, that they did
LONGEST = 60  # characters of a value


def changed_meanwhile(plan: Plan) -> Iterator[Objection]:
    changes = plan.seen.changes(plan.sheet.model) if plan.seen else None
    if changes is not None and changes.exists():
        yield from _changed(plan, changes)
        yield from _deleted(plan, changes)


def _changed(plan: Plan, changes: models.QuerySet[Any]) -> Iterator[Objection]:
    rows = plan.rows.filter(Exists(changes.filter(row=OuterRef("plan_key")))).exclude(plan_changes="")
    lines = dict(rows.order_by("plan_line").values_list("plan_key", "plan_line")[:MOST])
    found = {lines[key]: text for key, text in details(plan, changes, list(lines)).items()}
    reason = _with(plan, _("Somebody changed this row after the preview."), found)
    yield Objection(rows, plan.sheet.key, reason)


def _deleted(plan: Plan, changes: models.QuerySet[Any]) -> Iterator[Objection]:
    """Lines that would make the row anew: it was there when the person looked."""
    gone = _of_whom(plan, changes.filter(action="-"))
    for field in (plan.sheet.field(name) for name in plan.keys):
        if not field.unique:
            continue
        having = gone.exclude(**{old(field): None})
        rows = plan.created.filter(**{f"{field.name}__in": having.values(old(field))})
        lines = dict(rows.order_by("plan_line").values_list(field.name, "plan_line")[:MOST])
        who = having.filter(**{f"{old(field)}__in": list(lines)}).select_related("operation")
        found = {lines[getattr(step, old(field))]: _by([step]) + "." for step in who}
        yield Objection(
            rows, field.name, _with(plan, _("Somebody deleted this row after the preview."), found)
        )


def details(plan: Plan, changes: models.QuerySet[Any], keys: list[Any]) -> dict[Any, str]:
    """key → who changed the row and what, from the history; three queries or so."""
    model = plan.sheet.model
    steps: dict[Any, list[Any]] = defaultdict(list)
    for step in _of_whom(plan, changes.filter(row_id__in=keys)).select_related("operation").order_by("pk"):
        steps[step.row_id].append(step)
    found = {key: net(model, of_row) for key, of_row in steps.items()}
    names = Names(found.values(), plan.actor)
    return {key: _sentence(_by(steps[key]), change, names) for key, change in found.items()}


def _of_whom(plan: Plan, changes: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those about rows that the person sees."""
    condition = history_limit(plan.actor, plan.sheet.model) if plan.actor else None
    return changes if condition is None else changes.filter(condition)


def _by(steps: list[Any]) -> str:
    operations = (step.operation for step in steps)
    names = dict.fromkeys(each.actor_name or each.source or _("Nobody") for each in operations)
    return _("By %(who)s") % {"who": ", ".join(names)}


def _sentence(by: str, change: Change, names: Names) -> str:
    """ "By Ada: Title “Emma” → “Emma!”." """
    fields = [
        f"{capfirst(field.verbose_name)} “{_value(names, field, change.before)}” → "
        f"“{_value(names, field, change.after)}”"
        for field in change.fields
    ]
    return f"{by}: {'; '.join(fields)}." if fields else f"{by}."


def _value(names: Names, field: Any, values: Any) -> str:
    return Truncator(" ".join(names.value(field, values).split())).chars(LONGEST)


def _with(plan: Plan, sentence: str, found: Mapping[int, str]) -> Any:
    """The sentence, in each of these lines with the details of its row."""
    scratch = plan.scratch
    scratch.table(DETAILS, [("line", "bigint"), ("text", "text")], key="line")
    scratch.load(DETAILS, ["line", "text"], [(line, f"{sentence} {text}") for line, text in found.items()])
    scratch.known(DETAILS)
    query = f"SELECT d.text FROM {DETAILS} d WHERE d.line = {PLANNED}.plan_line"  # noqa: S608
    detailed = RawSQL(query, [], output_field=models.TextField())  # noqa: S611
    return Coalesce(detailed, Value(sentence, output_field=models.TextField()))
