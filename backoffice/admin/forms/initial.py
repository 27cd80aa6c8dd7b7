"""What the form of a new row begins with: what its list is filtered by, and what the one before had."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.contrib.admin import ModelAdmin
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict

from backoffice.admin.lists.filters import EMPTY


class InitialMixin(ModelAdmin):
    """`kept_fields` are what a row has in common with the next one that “Save and add another” leads to."""

    kept_fields: tuple[str, ...] = ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**dict(self._filtered_by(request)), **super().get_changeform_initial_data(request)}

    def _filtered_by(self, request: HttpRequest) -> Iterator[tuple[str, Any]]:
        """The fields of which the list shows one value."""
        kept = QueryDict(self.get_preserved_filters(request)).get("_changelist_filters")
        params = QueryDict(kept)
        pairs = (item for item in self.list_filter if isinstance(item, (tuple, list)))
        for name in {str(name) for name, _kind in pairs}:
            values = params.getlist(name)
            if len(values) == 1 and values != [EMPTY] and not params.get(f"{name}__empty"):
                try:
                    yield name, self.opts.get_field(name).to_python(values[0])  # type: ignore[union-attr]
                except (FieldDoesNotExist, ValidationError):
                    continue

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        if "_addanother" in request.POST and response.status_code == 302 and self.kept_fields:
            url = urlsplit(response["Location"])
            params = QueryDict(url.query, mutable=True)
            for name in self.kept_fields:
                value = obj.serializable_value(name)
                params[name] = "" if value is None else str(value)
            response["Location"] = url._replace(query=params.urlencode()).geturl()
        return response
