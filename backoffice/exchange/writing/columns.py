"""Which columns of a sheet can be written, and where their values are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import F, OuterRef, Subquery

from backoffice.access import is_unlimited, visible

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
    value: Any = F(f"{field.name}__{by}")
    if not is_unlimited(user, related):
        seen = visible(user, related._base_manager.filter(pk=OuterRef(field.attname)))
        value = Subquery(seen.order_by().values(by)[:1])
    return Exported(column.header, value, related._meta.get_field(by))


def values(rows: models.QuerySet[Any], columns: Sequence[Exported]) -> models.QuerySet[Any]:
    """The values of these columns as tuples, in the order of the rows."""
    named = {f"export_{number}": column.value for number, column in enumerate(columns)}
    found: models.QuerySet[Any] = rows.select_related(None).annotate(**named).values_list(*named)
    return found
