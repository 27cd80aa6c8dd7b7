"""The first rows that an undo would put back, as they are and as they would be."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from backoffice.admin.counting import Count
from backoffice.admin.log import told
from backoffice.admin.log.rows import OperationRows, RowLine
from backoffice.admin.log.seen import touched
from backoffice.admin.rights import may
from backoffice.admin.showing import NAMES
from backoffice.models import Operation
from backoffice.operations.tables import is_recorded


class SampleRows(NamedTuple):
    """Of one model: the rows' keys, what changes of them, and how many more there are."""

    model: Any
    keys: list[Any]
    lines: list[RowLine]
    more: Count

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)


def sample_rows(
    site: AdminSite, request: HttpRequest, operation: Operation, undo: Operation, rows: dict[str, Any]
) -> Iterator[SampleRows]:
    """Asked while the undo is done (see `trial`), of those that this person sees before and after it; `rows` are what
    it did, as Operation.rows has it.
    """
    for model, counts in told.counts(rows).items():
        if not is_recorded(model) or not may(site, request, "view", model):
            continue
        found = OperationRows(undo, model, user=request.user)
        keys = found.keys
        if found.seen is not None:
            keys = keys.filter(row_id__in=touched(request, operation, model).values("row_id"))
        first = list(keys.order_by("row_id")[:NAMES])
        if first:
            yield SampleRows(model, first, found.lines_of(first), Count(sum(counts.values()) - len(first)))
