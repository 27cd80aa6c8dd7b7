"""Who reports to a person, told on the page of that person."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.lists.selection import Selection, newest_key
from organization.admin.actions import HandOverAction
from organization.dashboard import CURRENT
from organization.models import Employee


class ReportsMixin(ModelAdmin):
    """A link to those who report to a person and have not left; once more where that keeps them from leaving."""

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row, form = kwargs.get("obj"), context["adminform"].form
        if row is not None and row.pk and (link := self._reports_link(request, row)):
            context["row_links"] = [link, *context.get("row_links", [])]
            if row.status == Employee.Status.LEFT and form.has_error("status"):
                form["status"].help_text = self._way_out(request, row, link)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def _reports_link(self, request: HttpRequest, row: Any) -> tuple[str, str] | None:
        """The address of the list of those whom this person sees, and their number; None where there are none."""
        if not self.has_view_permission(request):
            return None
        count = bounded_count(self.get_queryset(request).filter(manager=row.pk, status__in=CURRENT))
        if not count.number:
            return None
        label = ngettext("%(count)s report", "%(count)s reports", count.number) % {"count": count}
        query = urlencode({"manager": row.pk, "status": CURRENT}, doseq=True)
        return f"{reverse('admin:organization_employee_changelist')}?{query}", label

    def _way_out(self, request: HttpRequest, row: Any, link: tuple[str, str]) -> SafeString:
        """What was typed stays in the form meanwhile."""
        action, query = HandOverAction(self), urlsplit(self.address_of_list(request)).query  # type: ignore[attr-defined]
        selection = Selection(query, [str(row.pk)], Count(1), newest_key(self.model))
        links = [link, (action.start_url(request, selection), action.title)]
        shown = [format_html('<a href="{}" target="_blank">{}</a>', *each) for each in links]
        sentence = _("In a new tab: look at the %(reports)s, or give them another manager by “%(action)s”.")
        return SafeString(escape(sentence) % {"reports": shown[0], "action": shown[1]})
