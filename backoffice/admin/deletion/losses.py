"""What stays when something is deleted and loses what it points at: looked at, counted, bound to the confirmation."""

from typing import NamedTuple

from backoffice import previewed
from backoffice.admin.counting import Count
from backoffice.background.jobs import Job
from backoffice.links import Link, Rows
from backoffice.models import Operation
from backoffice.operations.tables import is_recorded

GROWING = (Operation, Job)  # by whatever an account does, and by its deletion: nobody decides because of them


class Loss(NamedTuple):
    """The rows of one relation; of what goes along, perhaps only some rows were looked at for them."""

    link: Link
    rows: Rows
    seen: previewed.Seen
    size: Count

    @property
    def name(self) -> str:
        return f"{self.link.model._meta.label}.{self.link.field.name}"

    @property
    def is_counted(self) -> bool:
        return self.size.kind == "exact"

    @property
    def is_bound(self) -> bool:
        return self.link.model not in GROWING

    @property
    def is_compared(self) -> bool:
        """Whether it is noticed when others lose it than at the preview: as they were counted, or by the record."""
        return self.is_counted or not self.is_bound or is_recorded(self.link.model)
