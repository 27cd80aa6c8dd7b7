"""Deleting from the admin: a page that shows what will go, then exactly that, in one transaction."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import router
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.access.fresh import demand
from backoffice.admin.actions import BulkActionsMixin, SelectionAction
from backoffice.admin.bulk.refused import refused_file
from backoffice.admin.counting import Count
from backoffice.admin.deletion import deleting
from backoffice.admin.deletion import possible as deletion_possible
from backoffice.admin.deletion.page import DeletionPage
from backoffice.admin.deletion.possible import Possible, possible
from backoffice.admin.deletion.sections import FIND
from backoffice.admin.forms.typed import unsaved_reason
from backoffice.admin.later import later
from backoffice.admin.lists.selection import FIELD, Selection, SelectionError
from backoffice.admin.scoping import refuse_foreign
from backoffice.admin.undo import undoing
from backoffice.admin.wording import left_as_it_is
from backoffice.cascades import CascadePlan
from backoffice.links import Model, Rows, bare
from backoffice.rules import Changes, Refusal, broken_constraints

POSSIBLE, REFUSED = "possible", "refused"  # only those that can be deleted; a file of the others
PAGES_OWN = ("q", "count", deleting.LOOK, deleting.REASON)  # what the page asks for anew


class DeleteAction(SelectionAction):
    """Deletes a selection: the same page as for one object."""

    name = "delete"
    title = gettext_lazy("Delete")
    permission = "delete"

    def reason(self, request: HttpRequest) -> str:
        return deleting.reason(request)

    def respond(self, request: HttpRequest, selection: Selection) -> HttpResponseBase:
        roots = selection.queryset(request, self.model_admin).using(router.db_for_write(self.opts.model))
        if not roots.exists():
            raise SelectionError(_("Nothing of what you selected is there any more."))
        refusals = deletion_possible.refusals(self.model_admin.admin_site, request)
        if REFUSED in request.POST:
            return refused_file(request, self, roots, refusals)
        carried, chosen = {FIELD: selection.token(request, self.model_admin)}, Possible(roots)
        if POSSIBLE in request.POST:
            carried[POSSIBLE] = "1"
            chosen = possible(roots, refusals)
        refusal = ""
        if deleting.is_confirmed(request):
            number, title = deleting.expected(request)
            fresh: bool = getattr(self.model_admin, "always_fresh", False)
            chosen_so = [pair for pair in deleting.answers(request).items() if pair[0] != FIELD]
            back = self.start_url(request, selection, chosen_so)
            if response := later(request, number, title, back=back, always_fresh=fresh):
                return response
            try:
                done = deleting.confirmed(self.model_admin, request, chosen.rows, self._delete(request))
            except deleting.NotDeleted as error:
                refusal = str(error)
            else:
                sentence = " ".join([done.sentence, *left_as_it_is(chosen.refused)])
                back = selection.list_url(self.model_admin)
                undoing.tell(request, sentence, done.operation, back)
                return HttpResponseRedirect(back)
        page = DeletionPage.asked_for(self.model_admin.admin_site, request, chosen.rows)
        blocked = page.blocking and not page.lacking and not page.beyond
        context = {
            "subtitle": page.title,  # it may begin with a name, which is written as it is
            "page": page,
            "refusal": refusal,
            "cancel_url": selection.list_url(self.model_admin),
            "left_out": Count(chosen.refused),
            "possible": Count(possible(roots, refusals).number if blocked else 0),
            **_forms(request, page, carried),
            "media": self.model_admin.media + page.media,
        }
        return self.render(request, selection, DeletionMixin.delete_confirmation_template, context)

    def _delete(self, request: HttpRequest) -> deleting.Delete:
        return partial(self.model_admin.delete_queryset, request)


class DeletionMixin(BulkActionsMixin):
    """Replaces Django's delete page; its hooks `delete_model` and `delete_queryset` are called as ever."""

    delete_confirmation_template = "backoffice/deletion/page.html"
    type_name_above: int | None = 10  # from more rows on, the name of what is deleted has to be typed
    always_fresh = False
    deletion_choices: Collection[str] | None = None  # query names of relations to choose about; None for all

    def refusals(self, rows: Rows, changes: Changes, without: Rows | None = None) -> Iterator[Refusal]:
        """The rows that cannot be changed so, reason by reason, once the rows `without` are gone. Where rows of a tree
        move up to several places, the new value is an expression.
        """
        return broken_constraints(rows, changes)

    def undeletable(self, rows: Rows) -> Iterator[Refusal]:
        """Those of the rows that must stay, reason by reason."""
        return iter(())

    def hold(self, changes: Changes) -> None:
        """Called first in a transaction that changes rows: to lock what `refusals` looks at besides (see locks)."""

    def get_bulk_actions(self) -> Sequence[type[SelectionAction]]:
        return [*super().get_bulk_actions(), DeleteAction]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        to_field = request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR))
        if to_field and not self.to_field_allowed(request, to_field):
            raise DisallowedModelAdminToField(f"The field {to_field} cannot be referenced.")
        obj = self._find(request, unquote(object_id), to_field)
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            return self._gone(request, object_id)
        label, key = str(obj), obj.serializable_value(to_field or self.opts.pk.attname)
        roots = self.model._base_manager.using(router.db_for_write(self.model)).filter(pk=obj.pk)
        refusal = ""
        if request.method == "POST" and deleting.LOOK not in request.POST:
            number, title = deleting.expected(request)
            is_popup = IS_POPUP_VAR in request.POST
            fresh = self.always_fresh
            if is_popup:
                response = demand(request, None if fresh else number)
            else:
                query = urlencode({**request.GET.dict(), **deleting.answers(request)})
                back = f"{request.path}?{query}".removesuffix("?")
                response = later(request, number, title, back=back, always_fresh=fresh)
            if response:
                return response
            try:
                done = deleting.confirmed(
                    self,
                    request,
                    roots,
                    partial(self.delete_queryset, request),
                    alone=lambda _rows: self.delete_model(request, obj),
                )
            except deleting.NotDeleted as error:
                if not roots.exists():
                    return self._gone(request, object_id)
                refusal = str(error)
            else:
                if is_popup:
                    return self.response_delete(request, label, key)
                back = self.address_of_list(request)
                undoing.tell(request, done.sentence, done.operation, back)
                return HttpResponseRedirect(back)
        context = {
            "cancel_url": self._object_url(request, obj),
            "list_url": self.address_of_list(request),
            "object": obj,
            "action_url": request.get_full_path(),
        }
        return self._render_deletion(request, roots, refusal, {**context, **(extra_context or {})})

    def delete_model(  # type: ignore[override]  # Django's returns nothing
        self, request: HttpRequest, obj: Any
    ) -> dict[Model, int] | None:
        return self.delete_queryset(request, self.model._base_manager.using(obj._state.db).filter(pk=obj.pk))

    def delete_queryset(  # type: ignore[override]  # Django's returns nothing
        self, request: HttpRequest, queryset: Rows
    ) -> dict[Model, int] | None:
        """Delete these rows and what hangs on them. Says how many of each model went, or None if unknown."""
        return CascadePlan(queryset).apply()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Django's hook, answered from the plan."""
        keys = [obj.pk for obj in objs]
        page = DeletionPage(
            self.admin_site, request, CascadePlan(self.model._base_manager.filter(pk__in=keys))
        )
        counts = {str(model._meta.verbose_name_plural): seen.number for model, seen in page.seen.items()}
        blocking = [section.heading for section in page.blocking]
        lacking = {str(model._meta.verbose_name_plural) for model in page.lacking}
        return [section.heading for section in page.going], counts, lacking, blocking

    def _render_deletion(
        self, request: HttpRequest, roots: Rows, refusal: str, context: dict[str, Any]
    ) -> TemplateResponse:
        page = DeletionPage.asked_for(self.admin_site, request, roots)
        request.current_app = self.admin_site.name
        everywhere = {
            **self.admin_site.each_context(request),
            "subtitle": page.title,  # it may begin with a name, which is written as it is
            "page": page,
            "refusal": refusal,
            "opts": self.opts,
            **_forms(request, page, _travelling(request)),
            "media": self.media + page.media,
            "is_popup": IS_POPUP_VAR in request.POST or IS_POPUP_VAR in request.GET,
        }
        return TemplateResponse(request, self.delete_confirmation_template, {**everywhere, **context})

    def _find(self, request: HttpRequest, object_id: str, to_field: str | None) -> Any:
        """As get_object, but without the columns that get_queryset annotates for the list."""
        field: Any = self.opts.get_field(to_field) if to_field else self.opts.pk
        try:
            return bare(self.get_queryset(request)).get(**{field.name: field.to_python(object_id)})
        except (self.model.DoesNotExist, ValidationError, ValueError, OverflowError):
            return None

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        refuse_foreign(request, self.model)
        sentence = _("This %(thing)s does not exist (any more).") % {"thing": self.opts.verbose_name}
        said = f"{sentence} {unsaved_reason(deleting.reason(request))}".rstrip()
        self.message_user(request, said, messages.WARNING)
        return HttpResponseRedirect(self.address_of_list(request))

    def address_of_list(self, request: HttpRequest) -> str:
        """The list as it was left: with every value of its filters, of which Django would keep the last."""
        if not self.has_view_or_change_permission(request):
            return reverse(f"{self.admin_site.name}:index")
        kept = QueryDict(self.get_preserved_filters(request)).get("_changelist_filters", "")
        return f"{self._url('changelist')}?{kept}".removesuffix("?")

    def _object_url(self, request: HttpRequest, obj: Any) -> str:
        if not self.has_view_or_change_permission(request, obj):
            return self.address_of_list(request)
        return self._with_filters(request, self._url("change", quote(obj.pk)))

    def _url(self, page: str, *args: Any) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args
        )

    def _with_filters(self, request: HttpRequest, url: str) -> str:
        filters = self.get_preserved_filters(request)
        return add_preserved_filters({"preserved_filters": filters, "opts": self.opts}, url)


def _travelling(request: HttpRequest) -> dict[str, str]:
    """What the page's forms carry along: the list's filters, popup marks."""
    return {
        name: str(value)
        for name, value in request.GET.items()
        if name not in PAGES_OWN and not name.startswith(FIND)
    }


def _forms(request: HttpRequest, page: DeletionPage, carried: dict[str, str]) -> dict[str, Any]:
    """What the page's form carries along, and with the answers that it shows as `hidden`; what was typed."""
    choices: Any = page.choices
    kept = {name: value for name, value in carried.items() if name not in choices.form.fields}
    return {
        "carried": kept,
        "hidden": {**kept, **choices.answers},
        "reason": deleting.typed_reason(request, request.GET.get(FIELD, "")),
        "typed": request.POST.get(deleting.TYPED, ""),
    }
