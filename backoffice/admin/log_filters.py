"""The filters of the log."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.admin.filters import MAX_VALUES, ChoicesFilter, DateRangeFilter, Filter
from backoffice.admin.named_rows import row_named
from backoffice.admin.rights import may
from backoffice.distinct import first_values
from backoffice.operations import kinds

SIZES: dict[str, tuple[Any, int, int | None]] = {
    "one": (gettext_lazy("1 row"), 0, 1),
    "few": (gettext_lazy("2 to 100 rows"), 2, 100),
    "many": (gettext_lazy("101 to 10,000 rows"), 101, 10_000),
    "most": (gettext_lazy("More than 10,000 rows"), 10_001, None),
}


class KindFilter(ChoicesFilter):
    """The kinds that occur, in words."""

    @property
    def options(self) -> list[tuple[str, str]]:
        if not hasattr(self, "_options"):
            codes = first_values(self.model_admin.model, "kind", MAX_VALUES)
            self._options = sorted(((code, kinds.label(code)) for code in codes), key=lambda pair: pair[1])
        return self._options


class MomentFilter(DateRangeFilter):
    """A DateRangeFilter for a column that holds moments: whole days in the time zone of the person."""

    def condition(self) -> Q:
        found = Q()
        for value, lookup, later in ((self.first, "gte", 0), (self.final, "lt", 1)):
            if value:
                found &= Q((f"{self.field_path}__{lookup}", _midnight(value, later)))
        return found


class SizeFilter(ChoicesFilter):
    """How many rows an operation touched."""

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(code, str(words)) for code, (words, _least, _most) in SIZES.items()]

    def _one_of(self, values: list[str]) -> Q:
        found = Q(pk__in=[])
        for value in values:
            _words, least, most = SIZES[value]
            found |= Q((f"{self.field_path}__gte", least)) & (
                Q() if most is None else Q((f"{self.field_path}__lte", most))
            )
        return found


class RowFilter(Filter):
    """The operations that touched one row, `?row=library.Book:5`; linked to from the row's history."""

    template = "backoffice/filters/row.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title: Any = _("row")

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return ["row"]

    def has_output(self) -> bool:
        return self.active

    @property
    def chosen(self) -> list[str]:
        return self.values["row"]

    def condition(self) -> Q:
        found = Q(pk__in=[])
        for value in self.chosen:
            model, key = row_named(value)
            if may(self.model_admin.admin_site, self.request, "view", model):
                found |= Q(
                    pk__in=model.history_model.objects.order_by().filter(row=key).values("operation_id")
                )
        return found

    def labels(self) -> Iterator[tuple[str, str, str]]:
        for value in self.chosen:
            model, key = row_named(value)
            yield "row", value, _("%(thing)s %(key)s") % {"thing": model._meta.verbose_name, "key": key}


def _midnight(value: str, later: int) -> datetime.datetime:
    day = datetime.date.fromisoformat(value) + datetime.timedelta(days=later)
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
