"""Django's loaddata; what it writes to recorded models is one operation."""

from collections.abc import Sequence

from django.core.management.commands import loaddata

from backoffice.operations import operation


class Command(loaddata.Command):
    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        with operation("load", using=self.using):
            super().loaddata(fixture_labels)
