"""The record of rows: one INSERT … SELECT, then one statement on exactly the recorded rows. Inside an operation."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldError
from django.db import connections, models
from django.db.models import ExpressionWrapper, F, OuterRef, Subquery, Value
from django.db.models.sql import UpdateQuery

from backoffice.fields import column_value
from backoffice.operations import guard
from backoffice.operations.current import Recording, current
from backoffice.operations.differing import any_differs
from backoffice.operations.tables import new, old, recorded_fields
from backoffice.operations.unordered import deleted

Rows = models.QuerySet[Any]


def record_update(rows: Rows, changes: Mapping[str, Any], *, counted: bool = True) -> int:
    """Record and update those that do not hold these values already. Inside an operation.

    How many rows there were; not `counted`, which is a query less, how many of them did not hold the values.
    """
    rows._not_support_combined_queries("update")  # type: ignore[attr-defined]
    model = rows.model
    fields: dict[Any, Any] = {_field(model, name): value for name, value in changes.items()}
    if model._meta.pk in fields:
        raise ValueError(
            f"The key of a {model._meta.label} cannot be changed: its history hangs on it. "
            "Create a row with the new key and delete the old one."
        )
    if not fields:
        return 0
    _refuse_as_django(model, changes, rows.db)
    values = {new(field): _value(field, value) for field, value in fields.items()}
    recorded, same = _record_differing(plain(rows), fields, values, counted=counted)
    if recorded is None:
        return same
    with guard.writing():
        stored = {field.name: _stored(recorded, field, value) for field, value in fields.items()}
        return same + models.QuerySet.update(_exactly(model, recorded), **stored)


def _record_differing(
    rows: Rows, fields: Mapping[Any, Any], values: Mapping[str, Any], *, counted: bool
) -> tuple[Rows | None, int]:
    """(the history rows, how many rows hold these values already)"""
    if any(
        map(_is_expression, fields.values())
    ):  # asked once for each row: chance or the clock say something else
        written, number = write_down(rows, "~", fields=list(fields), values=values, keep=True)
        same = settle(written, number, fields)
        return (written if number > same else None), same
    differs = any_differs((F(field.attname), values[new(field)]) for field in fields)
    recorded = record(rows.filter(differs), "~", fields=list(fields), values=values, keep=True)
    # Now that the others are locked, and before what `rows` are chosen by is changed.
    return recorded, rows.exclude(differs).count() if counted else 0


def record_deleted(rows: Rows, *, one_by_one: bool = False) -> int:
    """Record and delete these rows alone, without what hangs on them; how many. Inside an operation.

    `one_by_one` sends the signals of each instance.
    """
    recorded = record(rows, "-", keep=True)
    if recorded is None:
        return 0
    with guard.writing(), deleted(rows.model, recorded.order_by().values("row_id")):
        if one_by_one:
            gone = models.QuerySet.delete(_exactly(rows.model, recorded))[1]
            return gone.get(rows.model._meta.label, 0)
        return models.QuerySet._raw_delete(_exactly(rows.model, recorded), recorded.db)


def record_created(
    rows: Rows, *, step: int | None = None, instances: Iterable[models.Model] | None = None
) -> None:
    """Record rows that were just inserted. Inside an operation.

    `step` is one that others of the same set were recorded in: a set may come in pieces. `instances` are the rows as
    they were saved, where somebody has them: what none of them fills is known to be empty.
    """
    recording = current()
    if instances is not None and recording is not None:
        step = recording.step(rows.model, _filled(rows.model, list(instances)))
    values = {new(field): F(field.attname) for field in recorded_fields(rows.model)}
    record(rows, "+", values=values, step=step)


def _filled(model: Any, instances: Sequence[models.Model]) -> list[str]:
    fields = recorded_fields(model)
    return [
        field.name for field in fields if any(getattr(row, field.attname) is not None for row in instances)
    ]


def record(
    rows: Rows,
    action: str,
    *,
    fields: Sequence[Any] = (),
    values: Mapping[str, Any] | None = None,
    keep: bool = False,
    step: int | None = None,
) -> Rows | None:
    """Write the history rows of `rows`, locked until the transaction ends, and return them; None when there are none.

    `values` are expressions for the new columns, by their attribute; with `keep` the old ones are recorded.
    """
    recorded, number = write_down(rows, action, fields=fields, values=values, keep=keep, step=step)
    if not number:
        return None
    _recording().did(rows.model, action)
    return recorded


def write_down(
    rows: Rows,
    action: str,
    *,
    fields: Sequence[Any] = (),
    values: Mapping[str, Any] | None = None,
    keep: bool = False,
    step: int | None = None,
) -> tuple[Rows, int]:
    """As `record`, with the number of rows; for an update of which `settle` says later which rows it changes."""
    recording = _recording()
    model: Any = rows.model
    step = step or recording.step(model, [field.name for field in fields] if action == "~" else None)
    columns: dict[str, Any] = {
        "operation_id": Value(recording.operation.pk),
        "step": Value(step),
        "action": Value(action),
        "row_id": F("pk"),
        "fields": Value(joined(fields)),
        **({old(field): F(field.attname) for field in recorded_fields(model)} if keep else {}),
        **(values or {}),
    }
    source = plain(rows)
    if keep:
        source = source.select_for_update()
    number = insert_from(model.history_model, columns, source)
    history: Rows = model.history_model.objects.using(rows.db)
    return history.filter(operation=recording.operation, step=step), number


def settle(recorded: Rows, number: int, fields: Iterable[Any]) -> int:
    """Take out of what was written down of an update, so many rows, those whose values stay as they were; how many."""
    differs = any_differs((F(old(field)), F(new(field))) for field in fields)
    same = recorded.order_by().exclude(differs)._raw_delete(recorded.db) if number else 0
    if number > same:
        _recording().did(recorded.model._meta.get_field("row").related_model, "~")
    return same


def insert_from(target: Any, columns: Mapping[str, Any], source: Rows, *, lock: Any = None) -> int:
    """INSERT INTO `target` (columns) SELECT … FROM `source`: attribute → expression about a row; how many rows.

    `lock` is a model that `source` is joined with and whose rows nobody else may change until the transaction ends.
    """
    connection = connections[source.db]
    quote = connection.ops.quote_name
    aliases = {f"insert_{number}": expression for number, expression in enumerate(columns.values())}
    chosen = source.order_by().annotate(**aliases).values_list(*aliases)
    by_attname = {field.attname: field.column for field in target._meta.concrete_fields}
    names = ", ".join(quote(by_attname[name]) for name in columns)
    compiler = chosen.query.get_compiler(source.db, elide_empty=False)
    sql, params = compiler.as_sql()
    if lock and connection.features.has_select_for_update_of:
        joins, used = chosen.query.alias_map.items(), chosen.query.alias_refcount
        alias = next(name for name, join in joins if used[name] and join.table_name == lock._meta.db_table)
        sql += f" FOR UPDATE OF {compiler.quote_name_unless_alias(alias)}"
    with guard.writing(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(target._meta.db_table)} ({names}) {sql}", params)
        return int(cursor.rowcount)


def plain(rows: Rows) -> Rows:
    """The same rows asked for without joins, so that they can be locked and nothing else is."""
    bare = rows.order_by()
    bare.query.set_annotation_mask(())
    bare.query.clear_select_fields()
    bare.query.select_related = False
    query = bare.query
    tables = [alias for alias in query.alias_map if query.alias_refcount.get(alias)]
    if len(tables) > 1 or query.distinct or query.is_sliced or query.combinator or query.group_by:
        bare = rows.model._base_manager.using(rows.db).filter(pk__in=bare.values("pk"))
    return bare


def among(model: type[models.Model], keys: Sequence[Any], using: str) -> Rows:
    from backoffice.sql.frozen import key_set

    return model._base_manager.using(using).filter(pk__in=key_set(model, keys))


def joined(fields: Iterable[Any]) -> str:
    """Names of fields as a history row keeps them: ",name,status,"."""
    names = [field.name for field in fields]
    return f",{','.join(names)}," if names else ""


def _recording() -> Recording:
    recording = current()
    if recording is None:
        raise RuntimeError("Nothing is recorded outside of an operation.")
    return recording


def _exactly(model: type[models.Model], recorded: Rows) -> Rows:
    return model._base_manager.using(recorded.db).filter(pk__in=recorded.order_by().values("row_id"))


def _field(model: Any, name: str) -> Any:
    """Raises FieldError, as Django's own update does, for what is no column."""
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not getattr(field, "concrete", False) or field.many_to_many:
        raise FieldError(f"{name!r} of {model._meta.label} is no column that can be updated.")
    return field


def _refuse_as_django(model: Any, changes: Mapping[str, Any], using: str) -> None:
    """Raises FieldError for an expression that no update takes: an aggregate, a window, a column of another table."""
    expressions = {name: value for name, value in changes.items() if _is_expression(value)}
    query = UpdateQuery(model)
    query.add_update_values(expressions)
    with suppress(EmptyResultSet):  # of what finds nothing: NULL
        query.get_compiler(using).as_sql()


class _Computed(ExpressionWrapper):
    """What an expression comes to: not cast, so that what is too long for the column is refused and never cut."""

    empty_result_set_value = None


def _value(field: Any, value: Any) -> Any:
    """The new value as an expression."""
    if _is_expression(value):
        return _Computed(value, output_field=field)
    return Value(column_value(field, value), output_field=field)


def _stored(recorded: Rows, field: Any, value: Any) -> Any:
    """What to set; of an expression what was recorded: asked again, chance or other rows may say something else."""
    if not _is_expression(value):
        return value
    own = recorded.order_by().filter(row=OuterRef("pk"))
    return Subquery(own.values(new(field))[:1])


def _is_expression(value: Any) -> bool:
    return hasattr(value, "resolve_expression")
