"""Which columns of a sheet can be written, and where their values are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from backoffice.access.scope import named_limit
from backoffice.exchange.paths import MARK, NOT_TOLD

if TYPE_CHECKING:
    from backoffice.exchange.sheet import Column, Sheet


class Exported(NamedTuple):
    """A column of the file: its header, as an import knows it, and the value in a query; its field says the type."""

    header: str
    value: Any
    field: Any


def exported(sheet: "Sheet", user: Any) -> list[Exported]:
    """The columns of a sheet as `user` may see them: of related rows beyond their scope nothing is told."""
    return [_exported(sheet, column, user) for column in sheet.columns]


def _exported(sheet: "Sheet", column: "Column", user: Any) -> Exported:
    field: Any = sheet.field(column.name)
    if not field.is_relation:
        return Exported(column.header, F(field.name), field)
    related, by = field.related_model, column.by or field.target_field.name
    condition = named_limit(user, related)
    if condition is None:
        value = _said(column, related, by, f"{field.name}__")
    else:
        seen = related._base_manager.filter(condition, pk=OuterRef(field.attname))
        told = Subquery(seen.order_by().annotate(told=_said(column, related, by)).values("told")[:1])
        hidden = Case(When(**{f"{field.attname}__isnull": False}, then=Value(NOT_TOLD)))
        value = Coalesce(told, hidden, output_field=models.TextField())
    return Exported(column.header, value, related._meta.get_field(by))


def _said(column: "Column", related: Any, by: str, prefix: str = "") -> Any:
    """The key of the related row, or what else an import takes for this row and no other: a unique text that is
    nobody's key, or the row's name and number. A key that looks like these two is not said.
    """
    key = F(prefix + by)
    if not column.called:
        return key
    number = Cast(F(f"{prefix}pk"), models.CharField())
    row = Concat(F(prefix + column.called), Value(MARK), number, Value("]"))
    cases = [
        When(**{f"{prefix}pk__isnull": True}, then=Value(None)),
        When(Q((f"{prefix}{by}__isnull", False)) & ~Q((f"{prefix}{by}__contains", MARK)), then=key),
    ]
    for name in column.or_by:
        if related._meta.get_field(name).unique:
            taken = related._base_manager.filter(**{by: OuterRef(prefix + name)}).order_by()
            free = Q((f"{prefix}{by}__isnull", True)) & ~Exists(taken)
            cases.append(When(Q((f"{prefix}{name}__isnull", False)) & free, then=F(prefix + name)))
    return Case(*cases, default=row, output_field=models.TextField())


def values(rows: models.QuerySet[Any], columns: Sequence[Exported]) -> models.QuerySet[Any]:
    """The values of these columns as tuples, in the order of the rows."""
    named = {f"export_{number}": column.value for number, column in enumerate(columns)}
    found: models.QuerySet[Any] = rows.select_related(None).annotate(**named).values_list(*named)
    return found
