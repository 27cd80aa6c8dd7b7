"""Users and groups, with the lists and the delete page of the back office.

What an account may do is a matter of roles (see grants). Rights beside them, and who is a superuser, are for superusers
alone, and nobody changes the account of somebody who may do more than they may: with a new address they would be that
person. Nobody at all chooses the password of somebody else.
"""

from collections.abc import Callable, Iterator
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import admin
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm, UsernameField
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.access.fresh import demand
from backoffice.access.links import send_link, why_no_link
from backoffice.access.rank import outranks
from backoffice.access.roles import permission_label, role_label, role_named, roles
from backoffice.admin.forms.row_form import RowForm
from backoffice.admin.lists.filters import ChoicesFilter
from backoffice.admin.model_admin import ModelAdmin
from backoffice.links import Rows
from backoffice.rules import Refusal

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
SHOWN = {"groups": "shown_groups", "user_permissions": "shown_permissions"}  # to whoever may not change them
LABELS: dict[Any, Callable[[Any], str]] = {
    Group: lambda group: role_label(group.name),
    Permission: permission_label,
}


class NewAccountForm(ModelForm):
    """An account without a password: whose it is gets a link and chooses one."""

    class Meta:
        model = User
        fields = ("username", "email", "first_name", "last_name")
        field_classes = {"username": UsernameField}  # a form's

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("There is an account of this name already."))
        return name

    def save(self, commit: bool = True) -> Any:
        self.instance.set_unusable_password()
        return super().save(commit)


class AccountForm(RowForm, UserChangeForm):
    """What somebody else saved of the account meanwhile stays, or is asked about."""


class RightsMixin(admin.ModelAdmin):
    """Roles and permissions are named in the language of the page."""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.related_model in LABELS:
            field.label_from_instance = LABELS[db_field.related_model]
        return field


class UserAdmin(RightsMixin, ModelAdmin, auth_admin.UserAdmin):
    checks_class = ModelAdminChecks  # type: ignore[assignment]  # accounts are hundreds, not millions: a plain search does
    form = AccountForm
    add_form = NewAccountForm
    add_form_template = None  # that of every form: Django's own says nothing on top when it is wrong
    add_fieldsets = ((None, {"fields": NewAccountForm.Meta.fields}),)
    always_fresh = True
    readonly_fields = ("last_login", "date_joined")  # facts, and no deed of whoever saves the form
    list_filter = (
        ("is_active", ChoicesFilter),
        ("is_staff", ChoicesFilter),
        ("is_superuser", ChoicesFilter),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Not the form of a new account for what was typed into that of one that is gone."""
        if change and obj is None:
            kwargs = {
                "form": self.form,
                "fields": flatten_fieldsets(self.get_fieldsets(request, User())),
                **kwargs,
            }
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if request.user.is_superuser else (*fixed, *(SHOWN.get(name, name) for name in RIGHTS))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return sets
        return [
            (name, {**about, "fields": [SHOWN.get(str(field), field) for field in about["fields"]]})
            for name, about in sets
        ]

    @admin.display(description=User._meta.get_field("groups").verbose_name)
    def shown_groups(self, account: Any) -> str:
        return ", ".join(map(LABELS[Group], account.groups.all()))

    @admin.display(description=User._meta.get_field("user_permissions").verbose_name)
    def shown_permissions(self, account: Any) -> str:
        return ", ".join(map(permission_label, account.user_permissions.select_related("content_type")))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or not outranks(obj, request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Others deactivate an account: what it did stays told by its name."""
        return request.user.is_superuser and bool(super().has_delete_permission(request, obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Without the way to a new password for whoever would be refused there."""
        password = context["adminform"].form.fields.get("password")
        if password and not self.has_change_permission(request, context["original"]):
            password.widget.template_name = "backoffice/accounts/has_password.html"
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """The page that sends somebody a link for a new password."""
        account = self.get_object(request, id)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        if account is None:
            raise Http404
        refusal = why_no_link(account)
        back = reverse("admin:auth_user_change", args=[account.pk])
        if request.method == "POST" and not refusal:
            if response := demand(request):
                return response
            send_link(request, account)
            sentence = _("A link for a new password was sent to %(address)s.")
            self.message_user(request, sentence % {"address": account.email})
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("A new password for %(name)s") % {"name": account.get_username()},
            "opts": self.opts,
            "media": self.media,
            "account": account,
            "refusal": refusal,
            "back": back,
        }
        return TemplateResponse(request, "backoffice/accounts/password.html", context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The address that an account had is told of the new one: nobody takes it over in silence."""
        before = User.objects.filter(pk=obj.pk).values_list("email", flat=True).first() if change else ""
        super().save_model(request, obj, form, change)
        if before and before != obj.email:
            emails = {"from_email": before, "to_email": obj.email}
            get_adapter().send_notification_mail("account/email/email_changed", obj, emails, email=before)


class GroupForm(RowForm):
    def clean_name(self) -> str:
        """What has the name of a role that the product declares is that role, for everybody who holds it."""
        name = str(self.cleaned_data["name"])
        if "name" in self.changed_data and role_named(name):
            raise ValidationError(_("A role that comes with the product is called so."))
        return name


class GroupAdmin(RightsMixin, ModelAdmin, auth_admin.GroupAdmin):
    """Who could change what a role may do could do everything: superusers alone. What the product calls a role stays,
    and stays called so, as it is known by that name.
    """

    checks_class = ModelAdminChecks  # type: ignore[assignment]
    form = GroupForm
    always_fresh = True
    list_display = ("label",)
    readonly_fields = ("label",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        is_declared = obj is not None and any(role.name == obj.name for role in roles())
        return ("label" if is_declared else "name", "permissions")

    @admin.display(description=Group._meta.get_field("name").verbose_name, ordering="name")
    def label(self, group: Any) -> str:
        return role_label(group.name)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context["original"]:
            context["subtitle"] = self.label(context["original"])
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().history_view(request, *args, **kwargs)
        if context := getattr(response, "context_data", None):
            group = context["object"]
            group.name = self.label(group)  # to be shown
            context["title"] = _("Change history: %s") % group
        return response

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser and bool(super().has_add_permission(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and bool(super().has_delete_permission(request, obj))

    def undeletable(self, rows: Rows) -> Iterator[Refusal]:
        declared = rows.filter(name__in=[role.name for role in roles()])
        yield Refusal(declared, "", _("A role that comes with the product cannot be deleted."))


def register() -> None:
    """Take the place of Django's own admins of accounts, once those are registered."""
    for model, admin_class in ((User, UserAdmin), (Group, GroupAdmin)):
        if admin.site.is_registered(model):
            admin.site.unregister(model)
        admin.site.register(model, admin_class)
