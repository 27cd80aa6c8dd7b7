"""Saved views and the choice of columns: the list's part of it, and the page that saves, shares and deletes.

    class BookAdmin(admin.ModelAdmin):
        more_columns = ("withdrawn_on",)  # beside those of list_display, for whoever chooses them

Everybody saves views for themselves; with the permission backoffice.share_views for everybody, and as the default of a
role: whoever has that role gets it where the list is opened without search and filters.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.access.roles import role_label
from backoffice.admin.lists.selection import SelectionError, listing_of
from backoffice.admin.lists.views import NONE, Views, declared_roles, kept
from backoffice.operations import kinds, operation
from backoffice.saved_views import SHARING, SavedView
from backoffice.sql import locks

MAX_QUERY = 1_500  # characters: with its name and order it fits into an address

kinds.register("view", gettext_lazy("Shared view"))


class RoleField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return role_label(obj.name)


class ViewForm(forms.Form):
    """What a view is called and whose it is; what it shows comes along in `query`."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    shared = forms.BooleanField(label=gettext_lazy("For everybody"), required=False)
    role = RoleField(
        Group.objects.none(),
        label=gettext_lazy("Default of a role"),
        required=False,
        empty_label=gettext_lazy("No role"),
        help_text=gettext_lazy("Whoever has it gets this view first when they open the list."),
    )

    def __init__(self, views: Views, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.views = views
        self.taken: Any = (
            None  # the view that has this name and shows something else: replaced by who says so
        )
        if views.request.user.has_perm(SHARING):
            self.fields["role"].queryset = declared_roles()  # type: ignore[attr-defined]
        else:
            del self.fields["shared"], self.fields["role"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(self.views.request.GET.urlencode()) > MAX_QUERY:
            raise forms.ValidationError(_("This search is too long to be kept."))
        try:
            listing_of(self.views.request, self.views.model_admin, self.views.request.GET.urlencode())
        except SelectionError as error:
            raise forms.ValidationError(str(error)) from None
        before = self._before()
        agreed = before in (None, self.views.current) or self.data.get("replace") == str(before.pk)
        if not agreed and not self._is_like(before):
            self.taken = before
            self.add_error("name", _("There is a view of this name. Replace it, or choose another name."))
        return cleaned

    def _before(self) -> Any:
        """The view in whose place this one would be."""
        if not self.cleaned_data.get("name"):
            return None
        return SavedView.objects.filter(**self._about).select_related("role").first()

    def _is_like(self, view: Any) -> bool:
        """Whether nothing would be lost: so a second click asks nothing."""
        return self._shown == (view.query, view.sort, view.columns) and view.role == self.cleaned_data.get(
            "role"
        )

    @property
    def _about(self) -> dict[str, Any]:
        owner = None if self.is_shared else self.views.request.user
        return {"model": self.views.label, "owner": owner, "name": self.cleaned_data["name"]}

    @property
    def _shown(self) -> tuple[Any, str, list[str]]:
        views = self.views
        return dict(kept(views.request.GET).lists()), views.sorted_by(), views.chosen(views.columns)

    @property
    def is_shared(self) -> bool:
        return bool(self.cleaned_data.get("shared") or self.cleaned_data.get("role"))

    def save(self) -> tuple[Any, str]:
        """The view, in the place of the one of this name before, and what is said of that."""
        views, role, before = self.views, self.cleaned_data.get("role"), self._before()
        view = before or SavedView(**self._about)
        others = SavedView.objects.filter(model=views.label, role=role).exclude(pk=view.pk)
        other = others.first() if role else None
        told = _told(self.cleaned_data["name"], before, role, other)
        view.query, view.sort, view.columns = self._shown
        if other:
            others.update(role=None)
        view.role = role
        view.save()
        if view.owner_id is None:
            tell(views.request, view, "updated" if before else "created")
        return view, told


def _told(name: str, before: Any, role: Any, other: Any) -> str:
    """What is said once a view is saved, in the place of another one if there was one; `other` had its role."""
    saved = (
        _("Replaced the view “%(name)s”, which was there before.")
        if before
        else _("Saved the view “%(name)s”.")
    )
    sentences = [saved % {"name": name}]
    if before and before.role and before.role != role:
        lost = _("It is not what the list opens with for the role %(role)s any more.")
        sentences.append(lost % {"role": role_label(before.role.name)})
    if other:
        instead = _("For the role %(role)s the list opened with “%(other)s” before.")
        sentences.append(instead % {"role": role_label(role.name), "other": other.name})
    return " ".join(sentences)


def tell(request: HttpRequest, view: Any, action: str) -> None:
    """A line in the log: it changes what others see."""
    with operation("view", actor=request.user, subject=view.name) as it:
        it.note(SavedView, view.pk, action, {})


class ViewsMixin(ModelAdmin):
    more_columns: tuple[str, ...] = ()

    def views(self, request: HttpRequest) -> Views:
        return Views(self, request)

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.views(request).columns

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Not by a column that is shown to whoever chose it only: no index is made for those."""
        names = super().get_sortable_by(request)
        return [name for name in names if name not in self.more_columns]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_views"
        return [path("views/", self.admin_site.admin_view(self.views_view), name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        views = self.views(request)
        if request.method in ("GET", "HEAD") and not request.GET and self.has_view_permission(request):
            default = views.default
            if default is not None:
                return HttpResponseRedirect(views.link(default))
        context = {"views": views, "views_url": self.views_url, **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    @property
    def views_url(self) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_views")

    @property
    def list_url(self) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def views_view(self, request: HttpRequest) -> HttpResponse:
        """The views of this list: to save what it shows, to share, to delete."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._views_page(request, self.views(request), None)
        views = self.views(request).at(request.POST.get("query", "")[: 2 * MAX_QUERY])
        if "columns" in request.POST:
            return self._choose_columns(request, views)
        if "delete" in request.POST:
            return self._delete_view(request, views)
        form = ViewForm(views, request.POST)
        with transaction.atomic():
            locks.take(SavedView)  # a second click looks for the view of the first one
            if not form.is_valid():
                return self._views_page(request, views, form)
            view, told = form.save()
        messages.success(request, told)
        views.forget()
        return HttpResponseRedirect(self.list_url + self.views(request).link(view))

    def _views_page(
        self, request: HttpRequest, views: Views, form: ViewForm | None, to_delete: Any = None
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Views of %(rows)s") % {"rows": self.opts.verbose_name_plural},
            "opts": self.opts,
            "views": views,
            "form": form or ViewForm(views, initial={"name": views.current.name if views.current else ""}),
            "query": views.request.GET.urlencode(),
            "list_url": self.list_url,
            "may_share": request.user.has_perm(SHARING),
            "to_delete": to_delete,
        }
        return TemplateResponse(request, "backoffice/views/page.html", context)

    def _choose_columns(self, request: HttpRequest, views: Views) -> HttpResponse:
        """Remembered for this person and list; the order stays with the column that it was by."""
        sort = views.sorted_by()
        fixed = [column.name for column in views.choices if column.fixed]
        ticked = views.chosen([*request.POST.getlist("column"), *fixed])
        if request.POST["columns"] == "reset":
            ticked = []
        user: Any = request.user
        SavedView.objects.update_or_create(
            model=views.label, owner=user, name="", defaults={"columns": ticked}
        )
        views.forget()
        return HttpResponseRedirect(self.list_url + views.address(kept(views.request.GET), sort, NONE))

    def _delete_view(self, request: HttpRequest, views: Views) -> HttpResponse:
        asked = request.POST["delete"]
        view = next((view for view in views.named if str(view.pk) == asked), None)
        if view is None:
            raise Http404(_("There is no such view."))
        if view.owner_id is None and not request.user.has_perm(SHARING):
            raise PermissionDenied
        if "sure" not in request.POST:
            return self._views_page(request, views, None, to_delete=view)
        key = view.pk
        with transaction.atomic():
            view.delete()
            view.pk = key
            if view.owner_id is None:
                tell(request, view, "deleted")
        messages.success(request, _("Deleted the view “%(name)s”.") % {"name": view.name})
        return HttpResponseRedirect(self.views_url)
