"""Recently deleted: the rows that are gone and not back, newest first, each with the way to restore it."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.admin.counting import Count
from backoffice.admin.history.deletions import SEARCHED, deletions, found_in, oldest_searched, told_of
from backoffice.admin.log import told
from backoffice.admin.log.seen import seen
from backoffice.admin.named_rows import history_url, row_name
from backoffice.admin.rights import may
from backoffice.admin.undo.limits import restorable
from backoffice.models import Operation
from backoffice.operations.tables import recorded_models

if TYPE_CHECKING:
    from backoffice.admin.log.pages import OperationAdmin

PER_PAGE = 50


class Gone(NamedTuple):
    name: str
    operation: Operation | None
    what: str
    who: str
    history_url: str
    restore_url: str


def deleted_view(request: HttpRequest) -> HttpResponse:
    admin: Any = site.get_model_admin(Operation)
    page = DeletedPage(admin, request)
    if not page.models:
        raise PermissionDenied
    context = {"title": _("Recently deleted"), "page": page}
    response: HttpResponse = admin.render(request, "backoffice/operations/deleted.html", context)
    return response


class DeletedPage:
    """`?model=library.Book&q=…&after=…`"""

    def __init__(self, admin: "OperationAdmin", request: HttpRequest) -> None:
        self.admin, self.request = admin, request
        self.models = [
            model
            for model in recorded_models()
            if model in site._registry and may(site, request, "view", model)
        ]
        self.model: Any = self._chosen(request.GET.get("model", "")) if self.models else None

    def _chosen(self, asked: str) -> Any:
        """The model that is asked for, else the first with something to restore."""
        if not asked:
            return next(filter(self._has_some, self.models), self.models[0])
        for model in self.models:
            if model._meta.label == asked:
                return model
        raise Http404(_("Nothing of this kind is recorded."))

    def _has_some(self, model: Any) -> bool:
        """Whether the newest row that is gone may be restored: older ones expire before it."""
        if not may(self.admin.admin_site, self.request, "add", model):
            return False
        newest = deletions(self.request.user, model).first()
        kept = Operation.objects.filter(expired_at=None)
        return newest is not None and kept.filter(pk=newest.operation_id).exists()

    @property
    def label(self) -> str:
        return str(self.model._meta.label)

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def query(self) -> str:
        return self.request.GET.get("q", "").replace("\x00", "").strip()[:200]

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        return [
            (model._meta.label, str(model._meta.verbose_name_plural), model is self.model)
            for model in self.models
        ]

    @cached_property
    def steps(self) -> models.QuerySet[Any]:
        steps = deletions(self.request.user, self.model)
        return found_in(steps, self.model, self.query, self.oldest_searched) if self.query else steps

    @cached_property
    def oldest_searched(self) -> int | None:
        return oldest_searched(self.model)

    @property
    def is_partly_searched(self) -> bool:
        return bool(self.query) and self.oldest_searched is not None

    @property
    def searched_count(self) -> Count:
        return Count(SEARCHED)

    @cached_property
    def page(self) -> list[Any]:
        after = self.request.GET.get("after", "")
        steps = self.steps.filter(pk__lt=int(after)) if _is_key(after) else self.steps
        return list(steps[: PER_PAGE + 1])

    @cached_property
    def rows(self) -> list[Gone]:
        steps = self.page[:PER_PAGE]
        named = told_of(steps, self.model, self.request.user)
        found = Operation.objects.in_bulk({step.operation_id for step in steps})
        operations = {line.pk: line for line in seen(self.request, found.values())}
        back = self._restorable(
            [(step.pk, found[step.operation_id]) for step in steps if step.operation_id in found]
        )
        return [
            self._gone(
                name, step.row_id, operations.get(step.operation_id), can=step.pk in back and not for_good
            )
            for (name, for_good), step in zip(named, steps, strict=True)
        ]

    @property
    def links(self) -> dict[str, str]:
        links = {}
        if _is_key(self.request.GET.get("after", "")):
            links["first"] = self._link(None)
        if len(self.page) > PER_PAGE:
            links["next"] = self._link(self.page[PER_PAGE - 1].pk)
        return links

    def _restorable(self, steps: list[tuple[Any, Operation]]) -> set[Any]:
        if not may(self.admin.admin_site, self.request, "add", self.model):
            return set()
        return restorable(
            self.request, self.model, [(key, line) for key, line in steps if not line.expired_at]
        )

    @property
    def may_view_operations(self) -> bool:
        return self.admin.has_view_permission(self.request)

    def _gone(self, name: str, key: Any, operation: Operation | None, *, can: bool) -> Gone:
        history = history_url(self.model, key)
        if operation is None:
            return Gone(name, None, "", "", history, "")
        undo = reverse("admin:backoffice_operation_undo", args=[operation.pk])
        restore = f"{undo}?{urlencode({'row': row_name(self.model, key)})}" if can else ""
        return Gone(name, operation, told.what(operation), told.who(operation), history, restore)

    def _link(self, after: Any) -> str:
        params = self.request.GET.copy()
        params.pop("after", None)
        if after is not None:
            params["after"] = str(after)
        return f"?{params.urlencode()}"


def _is_key(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 19
