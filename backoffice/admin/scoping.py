"""The scope of a person in a ModelAdmin: its rows, its permissions for one row, and what its forms offer."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db import models
from django.http import HttpRequest

from backoffice.access import places, sees, visible


class ScopedMixin(ModelAdmin):
    """Rows outside of a person's scope do not exist for them; within it, each deed asks for the row."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return visible(request.user, super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) and _reaches(request, obj, "view")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _reaches(request, obj, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and _reaches(request, obj, "delete")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not where rows stand side by side and a new one would be nobody's."""
        if not super().has_add_permission(request):
            return False
        place = places(request.user, self.model, "add")
        return place is None or bool(place[0])


def _reaches(request: HttpRequest, obj: Any, deed: str) -> bool:
    return obj is None or obj.pk is None or sees(request.user, obj, deed)
