"""ModelAdmin = Django's plus the parts of this package."""

from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.admin.widgets import AutocompleteSelectMultiple, RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.access.fresh import demand
from backoffice.access.scope import hidden_by
from backoffice.admin.checks import ScaleChecks
from backoffice.admin.counting import BoundedPaginator, Count
from backoffice.admin.deletion.deleting import bring_reason
from backoffice.admin.deletion.mixin import DeleteAction, DeletionMixin
from backoffice.admin.files.exporting import ExportMixin
from backoffice.admin.files.imports import ImportsMixin
from backoffice.admin.forms.initial import InitialMixin
from backoffice.admin.forms.inlines import PagedInlineFormSet
from backoffice.admin.forms.row_form import QuickActionForm, RowForm
from backoffice.admin.forms.widgets import DAYS_AND_TIMES, RelatedSelect
from backoffice.admin.history.gone import gone_page, unseen_page
from backoffice.admin.history.pages import HistoryMixin
from backoffice.admin.lists.changelist import KeysetChangeList
from backoffice.admin.lists.editing import ListEditingMixin, tell_gone, tell_merges, tell_news
from backoffice.admin.lists.related_filter import RelatedFilter
from backoffice.admin.lists.saved_views import ViewsMixin
from backoffice.admin.lists.selection import FIELD, Selection, newest_key
from backoffice.admin.recording import RecordingMixin, stripped_reason
from backoffice.admin.scoping import ScopedMixin, refuse_foreign
from backoffice.admin.subjects.reading import ReadsMixin
from backoffice.admin.wording import spoken
from backoffice.fragments import kept
from backoffice.operations.current import current
from backoffice.operations.names import called
from backoffice.search import SearchTextField, matching

# A quarter of what a first list would load.
SLUGS = ("/urlify.js", "/prepopulate.js", "/xregexp.js", "/xregexp.min.js")
TO_DELETE = "backoffice.to_delete"  # where a request keeps the formsets with rows to confirm


class _Untold:
    """Stands for a related row of which nothing is said, also where there has to be one."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""


class _HasLeft(Exception):
    """What somebody saves is not there for them any more; nothing was saved."""


class ModelAdmin(
    InitialMixin,
    ReadsMixin,
    ViewsMixin,
    ImportsMixin,
    ExportMixin,
    HistoryMixin,
    DeletionMixin,
    ListEditingMixin,
    RecordingMixin,
    ScopedMixin,
):
    """A ModelAdmin whose pages cost the same for thirty rows and for three million.

    A model with a SearchTextField is searched by it; name it in `search_fields`. `exact_fields` are the unique
    columns that a search is compared with as a whole: rows found so stand first. With `reads_recorded` it is noted down
    who opens the page of a row. With `always_fresh` whoever adds, changes, deletes or brings back a row shows first who
    they are. Without `can_be_chosen` no choice of another model's form offers the rows. With a `sheet` its
    rows can be exported. `found_with` are the related rows that `found_note` reads.
    """

    checks_class = ScaleChecks
    form = RowForm
    action_form = QuickActionForm
    formfield_overrides = DAYS_AND_TIMES
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    change_list_template = "backoffice/change_list.html"
    change_form_template = "backoffice/change_form.html"
    exact_fields: tuple[str, ...] = ()
    found_with: tuple[str, ...] = ()
    can_be_chosen = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Whoever asks again for what no filter offers has typed it: for Django the database is broken then."""
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            if ERROR_FLAG in request.GET:
                raise BadRequest("A filter of this list does not work.") from error
            sentence = _("A filter in this address does not work, so it lists all rows. Choose it again.")
            messages.warning(request, sentence)
            raise

    def prepare_page(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add to the rows of one page of the list what would be dear to compute for all rows."""

    def get_action_choices(self, request: HttpRequest, default_choices: Any = None) -> Any:
        """In words where Django has dashes."""
        return super().get_action_choices(request, default_choices or [("", _("Choose an action"))])

    def action_checkbox(self, obj: Any) -> SafeString:
        """Django's, without rendering a widget's template for each row: a quarter of a list's time."""
        label = escape(
            kept("select a row", lambda: _("Select %(row)s")) % {"row": spoken(called(obj, obj.pk))}
        )
        return SafeString(
            f'<input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{escape(str(obj.pk))}"'
            f' class="action-select" aria-label="{label}">'
        )

    # Search

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        column = self.search_column
        if column is None:
            return super().get_search_results(request, queryset, search_term)
        found = (
            queryset.filter(matching(search_term, column=column, using=queryset.db))
            if search_term
            else queryset
        )
        return found, False

    def has_plain_search(self, request: HttpRequest) -> bool:
        """Whether a search asks the search column and nothing else."""
        return True

    @property
    def search_column(self) -> str | None:
        columns = (field.name for field in self.opts.fields if isinstance(field, SearchTextField))
        return next((name for name in columns if name in self.search_fields), None)

    def get_exact_matches(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> Iterable[models.Model]:
        """The rows of `queryset` that `search_term` names by one of `exact_fields`."""
        term = search_term.strip()
        if not self.exact_fields or not term or "\x00" in term:
            return []
        asked = Q(*((name, term) for name in self.exact_fields), _connector=Q.OR)
        return queryset.order_by("pk").filter(asked)[: self.list_per_page]

    def found_note(self, row: Any) -> str:
        """What a search over several lists says beside the name of a row: it tells two of one name apart."""
        return ""

    def found_notes(self, request: HttpRequest, rows: Iterable[Any]) -> dict[Any, str]:
        """The note of each of these rows, by key: it names nothing that is outside of what this person may see."""
        rows = list(rows)
        for name in self.found_with:
            field: Any = self.opts.get_field(name)
            foreign = hidden_by(request.user, field, [getattr(row, field.attname) for row in rows])
            for row in rows:
                if getattr(row, field.attname) in foreign:
                    field.set_cached_value(row, _Untold())
        return {row.pk: self.found_note(row) for row in rows}

    # Inlines

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if issubclass(inline.formset, PagedInlineFormSet):
            kwargs["ask_first"] = inline.asks_before_deleting(request)
            kwargs["listing"] = inline.get_listing(request, prefix, obj if obj and obj.pk else None)
        return kwargs

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if getattr(formset, "to_delete", None):
            request.META.setdefault(TO_DELETE, []).append(formset)
        it = current()
        tell_gone(request, formset, saved=bool(it and it.wrote))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if object_id is not None and self._is_foreign(request, object_id):
            return self._gone(request, object_id)
        if self._asks_again(request, object_id) and (again := demand(request)):
            return again
        try:
            response: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)
        except _HasLeft:
            return unseen_page(self, request)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if self._has_left(request, context["adminform"].form):
            return unseen_page(self, request)
        context["list_url"] = self.address_of_list(request)
        tell_news(request, [context["adminform"].form])
        # A page that comes back does not hold the rows that are gone.
        for inline in context.get("inline_admin_formsets", ()):
            tell_gone(request, inline.formset, saved=False)
            tell_news(request, inline.formset.forms)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def _has_left(self, request: HttpRequest, form: Any) -> bool:
        """Whether a row that is posted is there and not for this person: somebody moved it while it was waited for."""
        merge = getattr(form, "merge", None)
        if merge is None or merge.is_gone:
            return False
        return not self.get_queryset(request).filter(pk=form.instance.pk).exists()

    def _is_foreign(self, request: HttpRequest, object_id: str) -> bool:
        """Whether somebody who may only look posts to a row that is not there for them: 404, as Django 6.1 says."""
        if request.method != "POST" or self.has_change_permission(request):
            return False
        if not self.has_view_permission(request):
            return False
        return self.get_object(request, unquote(object_id)) is None

    def _asks_again(self, request: HttpRequest, object_id: str | None) -> bool:
        return request.method == "POST" and self.always_fresh and self._may_post(request, object_id)

    def _may_post(self, request: HttpRequest, object_id: str | None) -> bool:
        if object_id is None:
            return self.has_add_permission(request)
        row = self.get_object(request, unquote(object_id))
        return row is not None and self.has_change_permission(request, row)

    # Two people at once

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only the columns that the form changes are written."""
        merge = getattr(form, "merge", None)
        if change and merge:
            if self._has_left(request, form):
                raise _HasLeft
            obj.save(update_fields=merge.written())
            self.check_saved(request, obj, form.changed_data, "change")
        else:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        tell_merges(request, [form, *(form for formset in formsets for form in formset.forms)])

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Say who deleted it and when, if the record knows, with the way to what it went with; and what was typed."""
        if page := gone_page(self, request, unquote(object_id)):
            return page
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return unseen_page(self, request)
        refuse_foreign(request, self.model)
        missing: HttpResponse = super()._get_obj_does_not_exist_redirect(  # type: ignore[misc]
            request, opts, object_id
        )
        return missing

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.address_of_list(request))

    response_post_save_change = response_post_save_add

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        if request.META.get(TO_DELETE) and response.status_code == 302:
            return self._ask_to_delete(request, request.META[TO_DELETE][0])
        return response

    def _ask_to_delete(self, request: HttpRequest, formset: Any) -> HttpResponse:
        """From the saved form to the page that shows what the rows ticked for deletion would take along."""
        rows = formset.to_delete
        sentence = ngettext(
            "%(count)s row was ticked for deletion and is still there: look at what goes along, then confirm.",
            "%(count)s rows were ticked for deletion and are still there: look at what goes along, then confirm.",
            len(rows),
        )
        messages.info(request, sentence % {"count": len(rows)})
        related_admin = self.admin_site.get_model_admin(formset.model)
        keys = [str(row.pk) for row in rows]
        back = urlsplit(formset.listing.full_list).query
        selection = Selection(back, keys, Count(len(keys)), newest_key(formset.model))
        token = selection.token(request, related_admin)
        bring_reason(request, token, stripped_reason(request.POST))
        url = DeleteAction(related_admin).url
        return HttpResponseRedirect(f"{url}?{urlencode({FIELD: token})}")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RelatedSelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_delete_related = (
                False  # beside a choice, a bin looks like "take this choice away"
            )
        return field

    @property
    def media(self) -> forms.Media:
        """With what a filter needs that looks rows up while one types; without what writes slugs, if nothing does."""
        media: Any = super().media
        if not self.prepopulated_fields:
            scripts = [path for path in media._js if not str(path).endswith(SLUGS)]
            media = forms.Media(css=media._css, js=scripts)
        pairs = [item for item in self.list_filter if isinstance(item, (tuple, list))]
        for name, kind in pairs:
            if isinstance(kind, type) and issubclass(kind, RelatedFilter):
                field = self.opts.get_field(str(name))
                media += AutocompleteSelectMultiple(field, self.admin_site).media
                break
        whole: forms.Media = media + forms.Media(js=["backoffice/lists.js"])
        return whole
