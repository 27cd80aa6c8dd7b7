"""The history page of a recorded row: every change, any two versions side by side, and the way back to one."""

import datetime
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.access import is_unlimited
from backoffice.access.record import history_limit
from backoffice.admin.counting import Count
from backoffice.admin.history.put_back import PutBackPage, is_another
from backoffice.admin.history.versions import History, Version, gone_relations, values_of
from backoffice.admin.log import told
from backoffice.admin.log.rows import FieldLine, action_label, field_lines
from backoffice.admin.log.seen import is_whole, seen
from backoffice.admin.moments import moments
from backoffice.admin.named_rows import key_named, log_url, row_name
from backoffice.admin.undo.limits import restorable
from backoffice.admin.wording import moment, things
from backoffice.models import Operation
from backoffice.operations import accounts
from backoffice.operations.changes import Change
from backoffice.operations.loads import load_of
from backoffice.operations.names import Names
from backoffice.operations.tables import is_recorded, recorded_fields

RECORD = forms.Media(css={"all": ["backoffice/record.css"]})


class Entry(NamedTuple):
    """A change as the page shows it."""

    operation: Operation | None
    what: str
    who: str
    change: str  # "+", "~", "-"
    action: str
    fields: list[tuple[FieldLine, str]]  # with the link that puts the old value back, where there is one
    version: str
    before: str
    exists: bool  # whether the row was there after the change
    put_back_url: str


class HistoryMixin(ModelAdmin):
    """Django's history page for models that are recorded, also of rows that are gone."""

    history_template = "backoffice/history/page.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not is_recorded(self.model):
            if self._is_told(request, object_id):
                return HttpResponseRedirect(log_url(self.model, unquote(object_id)))
            page: HttpResponse = super().history_view(request, object_id, extra_context)
            return page
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        try:
            key = obj.pk if obj else key_named(self.model, unquote(object_id))
        except ValueError:
            key = None
        history = HistoryPage(self, request, key, obj)
        if obj is None and not history.is_seen:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
            return missing
        if "to" in request.GET:
            return PutBackPage(history).respond(extra_context)
        return history.render(self.history_template, {"title": history.title, **(extra_context or {})})

    def _is_told(self, request: HttpRequest, object_id: str) -> bool:
        """Whether this person finds in the log what was done to the row, of which no history is kept."""
        finds = request.user.has_perm("backoffice.view_operation") and is_whole(request)
        if self.model not in accounts.told() or not finds:
            return False
        obj = self.get_object(request, unquote(object_id))
        return obj is not None and self.has_view_or_change_permission(request, obj)


class HistoryPage:
    """`?after=…` is a further page, `?a=…&b=…` compares two versions."""

    def __init__(self, admin: Any, request: HttpRequest, key: Any, obj: Any) -> None:
        self.admin, self.request, self.obj, self.key = admin, request, obj, key
        self.model = admin.model
        after = request.GET.get("after", "")
        known = after.isdecimal() and after.isascii() and len(after) < 19
        self.history = History(self.model, key, int(after) if known else None)

    @property
    def is_seen(self) -> bool:
        """Of a row that is not there: whether there was one that this person may see."""
        condition = history_limit(self.request.user, self.model)
        steps = self.history.steps
        return bool((steps if condition is None else steps.filter(condition)).exists())

    @cached_property
    def names(self) -> Names:
        """Of everything on the page, the row as it is now and the compared versions included."""
        others = [Change(self.model, self.key, version.values, None, 0, 0) for version in self.compared]
        now = [Change(self.model, self.key, values_of(self.obj), None, 0, 0)] if self.obj else []
        found = [*(change for change, _operation in self.history.changes), *others, *now]
        return Names(found, self.request.user)

    @cached_property
    def chosen(self) -> list[Version | None]:
        """The versions to be compared, of which one may not be chosen yet."""
        asked = [self.request.GET.get(name, "") for name in ("a", "b")]
        return [self.history.version(token) for token in asked if token]

    @property
    def compared(self) -> list[Version]:
        """The two, the older one first, whichever was chosen as the first; none where one of them is not kept."""
        found = [version for version in self.chosen if version]
        return sorted(found, key=lambda version: version.place) if len(found) > 1 else []

    @property
    def elsewhere(self) -> list[Version]:
        """Those that are chosen and are on another page."""
        here = {self.oldest, *(str(change.last) for change, _line in self.history.changes)}
        found = {version.token: version for version in self.chosen if version}
        return [version for token, version in found.items() if token not in here]

    @cached_property
    def moments(self) -> dict[datetime.datetime, SafeString]:
        """The versions are chosen by them."""
        lines = [line for _change, line in self.history.changes]
        lines += [version.operation for version in self.elsewhere]
        return moments((line.at for line in lines if line), exactly=True)

    @cached_property
    def name(self) -> str:
        if self.obj:
            return str(self.obj)
        found = self.history.changes
        return self.names.of(found[0][0]) if found else f"{self.model._meta.verbose_name} {self.key}"

    @property
    def title(self) -> str:
        return _("Change history: %s") % self.name

    @property
    def entries(self) -> list[Entry]:
        changes = self.history.changes
        lines = seen(self.request, [line for _change, line in changes if line])
        known = {line.pk: line for line in lines}
        return [self._entry(change, known[line.pk] if line else None) for change, line in changes]

    @property
    def is_changeable(self) -> bool:
        return self.obj is not None and bool(self.admin.has_change_permission(self.request, self.obj))

    @cached_property
    def editable(self) -> set[str]:
        """The names of the fields that this person may set in the form."""
        if not self.is_changeable:
            return set()
        fixed = self.admin.get_readonly_fields(self.request, self.obj)
        return {field.name for field in recorded_fields(self.model) if field.editable} - set(fixed)

    @property
    def may_view_operations(self) -> bool:
        return bool(self.request.user.has_perm("backoffice.view_operation"))

    @property
    def operations_url(self) -> str:
        return log_url(self.model, self.key)

    @property
    def restore_url(self) -> str:
        """For a row that is gone: the way to bring it back."""
        newest = self.history.changes[:1] if self.obj is None and self.history.after is None else []
        for change, line in newest:
            is_kept = line is not None and line.expired_at is None and change.action == "-"
            may_add = is_kept and self.admin.has_add_permission(self.request)
            if line and may_add and restorable(self.request, self.model, [(change.last, line)]):
                url = reverse("admin:backoffice_operation_undo", args=[line.pk])
                return f"{url}?{urlencode({'row': row_name(self.model, self.key)})}"
        return ""

    @property
    def links(self) -> dict[str, str]:
        links = {"first": "?"} if self.history.after is not None else {}
        if self.history.next:
            links["next"] = f"?after={self.history.next}"
        return links

    @property
    def list_filters(self) -> str:
        """Of the list that one came from: its way back goes along from page to page."""
        return self.request.GET.get("_changelist_filters", "")

    @property
    def oldest(self) -> str:
        """The version before the first recorded change, where the row was there already."""
        if self.history.next or not self.history.changes:
            return ""
        change, _line = self.history.changes[-1]
        return f"b{change.first}" if change.before is not None else ""

    @property
    def can_compare(self) -> bool:
        """Whether there is more than one version, here or on another page."""
        others = self.oldest or self.elsewhere or self.history.next or self.history.after is not None
        return bool(others) or len(self.history.changes) > 1

    @cached_property
    def load(self) -> Operation | None:
        """What the row was loaded with, where no record says how it began."""
        changes = self.history.changes
        if self.history.next or (changes and changes[-1][0].before is None):
            return None
        return load_of(self.model, self.key)

    @property
    def cut_off(self) -> str:
        """That what came first may be kept no longer, where no record says how the row began."""
        changes = self.history.changes
        if self.history.next or (changes and changes[-1][0].before is None):
            return ""
        days = settings.OPERATION_RETENTION_DAYS
        if self.load and self.load.at > timezone.now() - datetime.timedelta(days=days):
            return ""
        sentence = ngettext(
            "Changes that are older than %(count)s day are not kept: there may have been some.",
            "Changes that are older than %(count)s days are not kept: there may have been some.",
            days,
        )
        return sentence % {"count": Count(days)}

    @property
    def origin(self) -> str:
        if self.load is None:
            return ""
        facts = {"when": moment(self.load.at), "who": told.who(self.load)}
        if not is_unlimited(self.request.user, self.model):
            return _("Loaded on %(when)s by %(who)s.") % facts
        number = self.load.rows.get(self.model._meta.label, {}).get("created", 0)
        facts["rows"] = things(self.model, Count(number))
        return _("Loaded on %(when)s by %(who)s, one of %(rows)s.") % facts

    @property
    def differences(self) -> list[FieldLine] | None:
        """Two versions, field by field; None when none are compared."""
        if not self.compared:
            return None
        one, other = self.compared
        return field_lines(Change(self.model, self.key, one.values, other.values, 0, 0), self.names)

    @property
    def compared_words(self) -> list[str]:
        """What heads the columns of the two: when they came to be."""
        words = [_("Older version"), _("Newer version")]
        return [self._moment_of(version) or word for version, word in zip(self.compared, words, strict=True)]

    def _moment_of(self, version: Version) -> str:
        if version.operation is None:
            return ""
        when = self.moments[version.operation.at]
        return format_html(_("Before the change of {}"), when) if version.is_before else when

    @property
    def cannot_compare(self) -> bool:
        return len(self.chosen) > 1 and not self.compared

    def render(self, template: str, context: dict[str, Any]) -> TemplateResponse:
        self.request.current_app = self.admin.admin_site.name
        common = {
            **self.admin.admin_site.each_context(self.request),
            "opts": self.admin.opts,
            "media": self.admin.media + RECORD,
            "object": self.obj,
            "page": self,
            "list_url": self.admin.address_of_list(self.request),
            "preserved_filters": self.admin.get_preserved_filters(self.request),
        }
        return TemplateResponse(self.request, template, {**common, **context})

    def _entry(self, change: Change, line: Operation | None) -> Entry:
        lines = zip(change.fields, field_lines(change, self.names), strict=True)
        now = values_of(self.obj) if self.obj else {}
        return Entry(
            line,
            told.what(line) if line else _("Not kept any more"),
            told.who(line) if line else "",
            change.action,
            action_label(change),
            [(shown, self._put_back_one(change, field, now)) for field, shown in lines],
            str(change.last),
            f"b{change.first}",
            change.after is not None,
            self._put_back_all(change, now),
        )

    def _put_back_one(self, change: Change, field: Any, now: dict[str, Any]) -> str:
        if change.before is None or not self._can_be_put_back(field, change.before, now):
            return ""
        return f"?{urlencode({'to': f'b{change.first}', 'field': field.name})}"

    def _put_back_all(self, change: Change, now: dict[str, Any]) -> str:
        fields = recorded_fields(self.model)
        if change.after is None or not any(
            self._can_be_put_back(field, change.after, now) for field in fields
        ):
            return ""
        return f"?{urlencode({'to': change.last})}"

    def _can_be_put_back(self, field: Any, values: dict[str, Any], now: dict[str, Any]) -> bool:
        return (
            field.name in self.editable
            and is_another(field, values, now)
            and not gone_relations([field], self.names, values)
        )
