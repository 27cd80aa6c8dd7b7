"""Each POST of an admin's pages is one operation of the user who sends it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.messages.storage import default_storage
from django.db import IntegrityError, router
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from backoffice.admin.undo.undoing import tell
from backoffice.operations import operation
from backoffice.operations.current import current
from backoffice.operations.tables import is_recorded

REASON = "operation_reason"  # what a page calls the field that says why
MAX_REASON = 2_000  # characters
READING = ("GET", "HEAD", "OPTIONS", "TRACE")


def stripped_reason(given: QueryDict) -> str:
    return given.get(REASON, "").strip().replace("\x00", "")[:MAX_REASON]


class RecordingMixin(ModelAdmin):
    """The form with its inlines, the edited list and Django's own actions. A POST that is refused leaves no line.

    The deletion page and bulk actions make their operations themselves, once they have checked what was previewed.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method in READING:
            return super().changeform_view(request, object_id, form_url, extra_context)
        kind = "add" if object_id is None or "_saveasnew" in request.POST else "edit"
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        return self._recorded(request, kind, view)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's list edit, and actions that are plain functions: their names are the kinds."""
        if request.method in READING:
            return super().changelist_view(request, extra_context)
        kind = "edit" if "_save" in request.POST else _action(request)
        return self._recorded(request, kind, partial(super().changelist_view, request, extra_context))

    def _recorded(self, request: HttpRequest, kind: str, view: Callable[[], HttpResponse]) -> HttpResponse:
        """What somebody else deleted or took at this moment shows at the latest at COMMIT. Then nothing is saved, and
        the second look, which sees it, says so in the form.
        """
        using = router.db_for_write(self.model)
        try:
            with operation(kind, actor=request.user, reason=stripped_reason(request.POST), using=using):
                return view()
        except IntegrityError:
            request._messages = default_storage(request)  # type: ignore[attr-defined]  # without those of the first
        with operation(kind, actor=request.user, reason=stripped_reason(request.POST), using=using):
            return view()

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What is changed in a form that records it can be said why."""
        context["takes_reason"] = self._would_record()
        context["reason"] = stripped_reason(request.POST)
        return super().render_change_form(request, context, *args, **kwargs)

    def message_user(
        self,
        request: HttpRequest,
        message: Any,
        level: int | str = messages.INFO,
        extra_tags: str = "",
        fail_silently: bool = False,
    ) -> None:
        """With "Undo" at what tells of a success."""
        it, is_success = current(), level in (messages.SUCCESS, "success", "SUCCESS")
        if it and it.wrote and is_success:
            stays = "_continue" in request.POST
            tell(request, message, it.operation, "" if stays else self.address_of_list(request))  # type: ignore[attr-defined]
        elif it and is_success and it.operation.kind == "edit" and self._would_record():
            messages.info(request, _("Nothing was changed."))  # Django says that it was
        else:
            super().message_user(request, message, level, extra_tags, fail_silently)

    def _would_record(self) -> bool:
        """Whether all that a form of this page writes is in the record."""
        return all(is_recorded(model) for model in (self.model, *(inline.model for inline in self.inlines)))

    # Django's own log would be a second truth about a recorded model.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if is_recorded(type(obj)) else super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if is_recorded(type(obj)) else super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None if is_recorded(queryset.model) else super().log_deletions(request, queryset)


def _action(request: HttpRequest) -> str:
    """The action that was chosen in one of the two menus of the list."""
    chosen, index = request.POST.getlist("action"), request.POST.get("index", "0")
    number = int(index) if index.isdecimal() else 0
    return chosen[number][:64] if number < len(chosen) else ""
