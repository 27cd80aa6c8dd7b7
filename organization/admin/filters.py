"""List filters of HR."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import admin
from backoffice.dashboard.sources import kept_keys
from backoffice.sql.distinct import few_keys
from organization.dashboard import HAS_REPORTS
from organization.models import Employee

FEW = 500  # managers


class ReportsFilter(admin.ChoicesFilter):
    """People to whom people report who have not left."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, "reports")
        self._kept = request.__dict__  # a list makes its filters more than once for a page
        self.title = gettext_lazy("reports")

    @property
    def options(self) -> list[tuple[str, str]]:
        return [("current", _("Has reports"))]

    def _one_of(self, values: list[str]) -> Q:
        if not values:
            return Q()
        return Q(HAS_REPORTS) if self._managers is None else Q(HAS_REPORTS, pk__in=self._managers)

    @property
    def _managers(self) -> list[int] | None:
        """Whom somebody reports to, if they are few: people are not looked at one by one for them."""
        if "_organization_managers" not in self._kept:
            self._kept["_organization_managers"] = few_keys(Employee, "manager", FEW)
        found: list[int] | None = self._kept["_organization_managers"]
        return found

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """With “Left” alone hardly anybody is found: of a large table, those who were when figures were counted."""
        found = super().queryset(request, queryset)
        if self.active and request.GET.getlist("status") == [Employee.Status.LEFT]:
            keys = kept_keys("people", "leavers_with_reports")
            return found if keys is None else found.filter(pk__in=keys)
        return found
