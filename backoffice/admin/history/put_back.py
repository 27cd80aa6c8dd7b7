"""Putting a row, or one field of it, back to how it was: asks first, and looks whether it changed meanwhile."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, router, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.admin.forms.typed import unsaved_reason
from backoffice.admin.history.versions import Moved, gone_relations, put_back, values_of
from backoffice.admin.log.rows import FieldLine
from backoffice.admin.named_rows import history_url
from backoffice.admin.undo import undoing
from backoffice.models import Operation
from backoffice.operations.changes import Change, differs
from backoffice.operations.names import Names
from backoffice.operations.tables import recorded_fields

if TYPE_CHECKING:
    from backoffice.admin.history.pages import HistoryPage

MAX_REASON = 2_000


def is_another(field: Any, values: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether the row could have this value again and has another; nothing is known of a column that came later."""
    return (field.null or values[field.attname] is not None) and differs(field, now, values)


class Choice(NamedTuple):
    """A field that can be put back, and whether it is to be."""

    name: str
    line: FieldLine  # from what it is to what it was
    is_ticked: bool


class PutBackPage:
    """`?to=VERSION` with `&field=NAME` for one field: asks before it sets the row to how it was.

    Of several fields each can be left out; those that a rule stands against are, once it was tried.
    """

    def __init__(self, page: "HistoryPage") -> None:
        self.page, self.request, self.row = page, page.request, page.obj
        self.version = page.history.version(self.request.GET["to"])
        self.errors: list[str] = []
        self.unticked: set[str] = set()

    @cached_property
    def fields(self) -> list[Any]:
        """Those that can be set."""
        return [field for field in self._asked if not self._gone([field])]

    @property
    def gone(self) -> list[str]:
        """Why the others cannot."""
        return self._gone(self._asked)

    def _gone(self, fields: list[Any]) -> list[str]:
        return gone_relations(fields, self._names, self.version.values) if self.version else []

    @cached_property
    def _names(self) -> Names:
        """Of what the row has and of what it had."""
        values = self.version.values if self.version else None
        return Names([Change(self.page.model, self.page.key, self._now, values, 0, 0)], self.request.user)

    @cached_property
    def _asked(self) -> list[Any]:
        """Those that may be set, are not what they were and that were asked for."""
        asked, now = self.request.GET.get("field"), self._now
        return [
            field
            for field in recorded_fields(self.page.model)
            if field.name in self.page.editable
            and (asked is None or field.name == asked)
            and self.version is not None
            and is_another(field, self.version.values, now)
            and not self._names.is_unseen(field, self.version.values[field.attname])
        ]

    def respond(self, extra_context: dict[str, Any] | None) -> HttpResponse:
        if self.row is None and self.page.admin.has_change_permission(self.request):
            thing = self.page.model._meta.verbose_name
            sentence = _("This %(thing)s does not exist (any more).") % {"thing": thing}
            messages.warning(self.request, f"{sentence} {unsaved_reason(self.reason)}".rstrip())
            return self._back()
        if not self.page.is_changeable:
            raise PermissionDenied
        if self.version is None or not self._asked:
            if self.reason:
                messages.warning(self.request, unsaved_reason(self.reason))
            return self._back()
        if self.request.method == "POST" and self._carry_out():
            return self._back()
        context = {
            "title": _("Put back: %s") % self.page.name,
            "fields": self.fields,
            "choices": self.choices,
            "errors": self.errors,
            "gone": self.gone,
            "reason": self.reason,
            "seen": self.page.history.newest,
            "version": self.version,
            **(extra_context or {}),
        }
        return self.page.render("backoffice/history/put_back.html", context)

    @property
    def reason(self) -> str:
        return self.request.POST.get("reason", "").replace("\x00", "").strip()[:MAX_REASON]

    @cached_property
    def _now(self) -> dict[str, Any]:
        return values_of(self.row)

    @property
    def choices(self) -> list[Choice]:
        assert self.version is not None
        return [
            Choice(
                field.name,
                FieldLine(
                    capfirst(str(field.verbose_name)),
                    self._names.value(field, self._now),
                    self._names.value(field, self.version.values),
                ),
                field.name not in self.unticked,
            )
            for field in self.fields
        ]

    def _carry_out(self) -> bool:
        names, ticked = {field.name for field in self.fields}, set(self.request.POST.getlist("fields"))
        self.unticked = names - ticked
        if not names:
            return False
        if not ticked:
            self.errors = [_("Nothing is ticked: choose what is to be put back.")]
            return False
        try:
            row, done = self._put_back(ticked)
        except ValidationError as error:
            self.errors = list(_sentences(error, self.page.model))
            self._leave_out(names & set(getattr(error, "error_dict", ())))
        except IntegrityError:  # at the latest at COMMIT, when foreign keys are checked
            self.errors = [_("Nothing was saved: somebody changed something at that moment. Try again.")]
        except Moved:
            self.unticked = set()
            self.errors = [
                _(
                    "Somebody changed it since you opened this page: look at the values below, then confirm again."
                )
            ]
        else:
            undoing.tell(self.request, _("%(row)s is put back.") % {"row": row}, done)
            return True
        return False

    def _put_back(self, ticked: set[str]) -> tuple[Any, Operation]:
        assert self.version is not None
        seen = self.request.POST.get("seen", "")
        row = self.page.admin.get_object(self.request, str(self.page.key))
        fields = [field for field in self.fields if field.name in ticked]
        if row is None or len(fields) < len(ticked):
            raise Moved
        with transaction.atomic(using=router.db_for_write(self.page.model)):
            done = put_back(
                row,
                self.version,
                fields,
                seen=int(seen) if seen.isdecimal() and len(seen) < 19 else -1,
                actor=self.request.user,
                reason=self.reason,
            )
            self.page.admin.check_saved(self.request, row, ticked, "change")
        return row, done

    def _leave_out(self, refused: set[str]) -> None:
        """The others can be confirmed without them."""
        self.unticked |= refused
        if refused and any(choice.is_ticked for choice in self.choices):
            self.errors.append(
                _("What cannot be put back is not ticked any more: confirm again for the rest.")
            )

    def _back(self) -> HttpResponse:
        return HttpResponseRedirect(history_url(self.page.model, self.page.key))


def _sentences(error: ValidationError, model: Any) -> Iterator[str]:
    """Each with the field that it is about."""
    if not hasattr(error, "error_dict"):
        yield from error.messages
        return
    for name, sentences in error.message_dict.items():
        field = next((field for field in model._meta.fields if field.name == name), None)
        for sentence in sentences:
            yield f"{capfirst(str(field.verbose_name))}: {sentence}" if field else sentence
