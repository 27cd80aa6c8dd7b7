"""Carry out a plan: the rows that were not refused, in one transaction, by sets."""

from typing import Any, NamedTuple

from django.db import IntegrityError, models
from django.db.models import Case, F, Max, When
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from backoffice.exchange import missing
from backoffice.exchange.meanwhile import details
from backoffice.exchange.plan import Plan, changed
from backoffice.exchange.scratch import PLANNED
from backoffice.operations import guard, operation
from backoffice.operations.current import Recording
from backoffice.operations.recorder import insert_from, joined, record_created
from backoffice.operations.tables import new, old, recorded_fields
from backoffice.operations.unordered import written

KEYS = "import_keys"
NAMED = 3  # rows of which it is said what changed
KINDS = 50  # different sets of changed fields; an undo goes through them one by one
PIECE = 250_000  # lines
READY = "NOT s.plan_refused AND NOT s.plan_new AND s.plan_changes <> ''"


class Changed(NamedTuple):
    created: int
    updated: int


def apply(
    plan: Plan,
    *,
    actor: Any = None,
    reason: str = "",
    source: str = "",
    subject: str = "",
    details: dict[str, Any] | None = None,
) -> Changed:
    """Save the rows of `plan`, as one operation. Raises IntegrityError when the database moved on.

    `source` says where the rows came from, such as the name of a file.
    """
    facts: dict[str, Any] = {"actor": actor, "reason": reason, "source": source, "subject": subject}
    with operation("import", details=details, using=plan.scratch.using, **facts) as recording:
        missing.create(plan)
        _give_keys(plan)
        _release_unique_values(plan)
        created = _create(plan, recording)
        updated = _update(plan, recording)
    return Changed(created, updated)


def _give_keys(plan: Plan) -> None:
    """Keys for the new rows; stored rows that are to refer to their lines then refer to these."""
    scratch, meta = plan.scratch, plan.sheet.model._meta
    scratch.table(KEYS, [("line", "bigint"), ("key", "bigint")], key="line")
    lines = f"SELECT plan_line FROM {PLANNED} WHERE plan_new AND NOT plan_refused ORDER BY plan_line"  # noqa: S608
    if scratch.vendor == "postgresql":
        sequence = "SELECT pg_get_serial_sequence(%s, %s)"
        [[name]] = scratch.rows(sequence, [scratch.quote(meta.db_table), meta.pk.column])
        scratch.run(f"INSERT INTO {KEYS} SELECT l.plan_line, nextval(%s::regclass) FROM ({lines}) l", [name])  # noqa: S608
    else:
        number = "ROW_NUMBER() OVER (ORDER BY l.plan_line)"
        query = f"INSERT INTO {KEYS} SELECT l.plan_line, %s + {number} FROM ({lines}) l"  # noqa: S608
        scratch.run(query, [_highest(plan)])
    scratch.known(KEYS)
    for _position, column in plan.used:
        if plan.sheet.is_self_reference(column):
            name = plan.sheet.field(column.name).attname
            # A new row looks its own up while it is inserted: the rest would be a million rows written twice.
            where = f"t.{scratch.quote(name)} < 0 AND NOT t.plan_refused AND NOT t.plan_new"
            scratch.update_from(PLANNED, KEYS, f"s.line = -t.{scratch.quote(name)}", {name: "s.key"}, where)


def _highest(plan: Plan) -> int:
    """The highest key that a row has or had."""
    model: Any = plan.sheet.model
    history = model.history_model.objects.using(plan.scratch.using)
    used = [
        model._base_manager.using(plan.scratch.using).aggregate(highest=Max("pk"))["highest"],
        history.aggregate(highest=Max("row"))["highest"],
    ]
    if plan.scratch.vendor == "sqlite":
        query = "SELECT MAX(seq) FROM sqlite_sequence WHERE name = %s"
        used += [seq for (seq,) in plan.scratch.rows(query, [model._meta.db_table])]
    return max((key for key in used if key is not None), default=0)


def _release_unique_values(plan: Plan) -> None:
    """Empty the unique values that another row of the plan takes over, so that two rows can exchange theirs."""
    model, scratch = plan.sheet.model, plan.scratch
    table, pk = scratch.quote(model._meta.db_table), scratch.quote(model._meta.pk.column)
    for _position, column in plan.used:
        field = plan.sheet.field(column.name)
        if (
            field.unique
            and field.null
            and not field.is_relation
            and plan.updated.filter(changed(field.name)).exists()
        ):
            name, stored = scratch.quote(field.attname), scratch.quote(field.column)
            taken = (
                f"SELECT e.{pk} FROM {table} e JOIN {PLANNED} p ON p.{name} = e.{stored} "  # noqa: S608
                f"WHERE p.plan_key <> e.{pk} AND NOT p.plan_refused"
            )
            rows = model._base_manager.using(scratch.using).filter(pk__in=RawSQL(taken, []))  # noqa: S611
            rows.update(**{field.name: None})


def _create(plan: Plan, recording: Recording) -> int:
    """Some hundred thousand at a time, so that it can be seen how far it is."""
    model, scratch = plan.sheet.model, plan.scratch
    [[first, last]] = scratch.rows(f"SELECT MIN(line), MAX(line) FROM {KEYS}")  # noqa: S608
    if first is None:
        return 0
    step, columns, created = recording.step(model), _created_values(plan), 0
    rows = model._base_manager.using(scratch.using)
    keys = f"SELECT {scratch.quote('key')} FROM {KEYS}"  # noqa: S608
    with written(rows.filter(pk__in=RawSQL(keys, []))):  # noqa: S611
        for start in range(first, last + 1, PIECE):
            lines = (start, start + PIECE)
            piece = plan.created.filter(plan_line__gte=lines[0], plan_line__lt=lines[1])
            created += insert_from(model, columns, piece)
            these = RawSQL(f"{keys} WHERE line >= %s AND line < %s", lines)  # noqa: S611
            record_created(rows.filter(pk__in=these), step=step)
    return created


def _created_values(plan: Plan) -> dict[str, Any]:
    model = plan.sheet.model
    columns: dict[str, Any] = {model._meta.pk.attname: _key_of("plan_line")}
    columns |= {field.attname: F(field.name) for field in recorded_fields(model)}
    for _position, column in plan.used:
        if plan.sheet.is_self_reference(column):
            name = plan.sheet.field(column.name).attname
            columns[name] = Case(
                When(**{f"{column.name}__gt": 0}, then=F(column.name)), default=_key_of(f"-{name}")
            )
    return columns


def _key_of(line: str) -> RawSQL:
    """The key of the new row in this line, which is SQL about a planned row."""
    sign, name = ("-", line[1:]) if line.startswith("-") else ("", line)
    query = f"SELECT k.key FROM {KEYS} k WHERE k.line = {sign}{PLANNED}.{name}"  # noqa: S608
    return RawSQL(query, [], output_field=models.BigIntegerField())  # noqa: S611


def _update(plan: Plan, recording: Recording) -> int:
    model, scratch = plan.sheet.model, plan.scratch
    kinds = scratch.rows(f"SELECT DISTINCT plan_changes FROM {PLANNED} s WHERE {READY}")  # noqa: S608
    names = {name for (changes,) in kinds for name in changes.split(",")}
    fields = [field for field in recorded_fields(model) if field.name in names]
    if not fields:
        return 0
    number = _record(plan, recording, fields, exact=len(kinds) <= KINDS)
    _refuse_what_moved(plan, recording)
    values = {field.column: f"s.{scratch.quote(field.attname)}" for field in fields}
    on = f"s.plan_key = t.{scratch.quote(model._meta.pk.column)}"
    with guard.writing():
        scratch.update_from(scratch.quote(model._meta.db_table), PLANNED, on, values, READY)
    return number


def _record(plan: Plan, recording: Recording, fields: list[Any], *, exact: bool) -> int:
    """History of the rows that change, which nobody else can change from now on."""
    model: Any = plan.sheet.model
    scratch, meta, history = plan.scratch, model._meta, model.history_model._meta
    quote = scratch.quote
    step = recording.step(model, [field.name for field in fields])
    columns = ["operation_id", "step", "action", "row_id", "fields"]
    values = ["%s", "%s", "'~'", f"e.{quote(meta.pk.column)}", "s.plan_changes" if exact else "%s"]
    for field in recorded_fields(model):
        columns.append(old(field))
        values.append(f"e.{quote(field.column)}")
    for field in fields:
        value = f"s.{quote(field.attname)}"
        columns.append(new(field))
        values.append(
            f"CASE WHEN s.plan_changes LIKE '%%,{field.name},%%' THEN {value} END" if exact else value
        )
    by_attname = {field.attname: field.column for field in history.concrete_fields}
    lock = " FOR UPDATE OF e" if scratch.connection.features.has_select_for_update_of else ""
    params: list[Any] = [recording.operation.pk, step, *([] if exact else [joined(fields)])]
    with guard.writing():
        number = scratch.run(
            f"INSERT INTO {quote(history.db_table)} ({', '.join(quote(by_attname[name]) for name in columns)}) "  # noqa: S608
            f"SELECT {', '.join(values)} FROM {PLANNED} s JOIN {quote(meta.db_table)} e "
            f"ON e.{quote(meta.pk.column)} = s.plan_key WHERE {READY}{lock}",
            params,
        )
    recording.did(model, "~")
    return number


def _refuse_what_moved(plan: Plan, recording: Recording) -> None:
    """Now that the rows are locked: nobody has changed one since the plan was begun."""
    updated: models.QuerySet[Any] = plan.updated.values("plan_key")
    changes = plan.began.changes(plan.sheet.model).exclude(operation=recording.operation)
    moved = list(changes.filter(row__in=updated).values_list("row_id", flat=True).distinct()[:NAMED])
    if moved:
        said = [
            _("Somebody changed one of the rows at that moment."),
            *details(plan, changes, moved).values(),
        ]
        raise IntegrityError(" ".join(said))
