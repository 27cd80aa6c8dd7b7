"""Users and groups, with the lists and the delete page of the back office.

What an account may do is a matter of roles (see grants). Rights beside them, and who is a superuser, are for superusers
alone, and nobody changes the account of somebody who may do more than they may: with a new address or password they
would be that person.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.admin import site
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse

from backoffice.access.fresh import demand
from backoffice.access.rank import outranks
from backoffice.admin.filters import ChoicesFilter
from backoffice.admin.model_admin import ModelAdmin

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class UserAdmin(ModelAdmin, auth_admin.UserAdmin):
    checks_class = ModelAdminChecks  # type: ignore[assignment]  # accounts are hundreds, not millions: a plain search does
    form = UserChangeForm  # type: ignore[assignment]
    always_fresh = True
    list_filter = (
        ("is_active", ChoicesFilter),
        ("is_staff", ChoicesFilter),
        ("is_superuser", ChoicesFilter),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if request.user.is_superuser else (*fixed, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or not outranks(obj, request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Others deactivate an account: what it did stays told by its name."""
        return request.user.is_superuser and bool(super().has_delete_permission(request, obj))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Whoever sets the password of somebody else shows first who they are."""
        if self._asks_again(request, id) and (response := demand(request)):
            return response
        response = super().user_change_password(request, id, form_url)
        if (
            request.method == "POST"
            and response.status_code == 302
            and (user := self.get_object(request, id))
        ):
            get_adapter().send_notification_mail("account/email/password_changed", user)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The address that an account had is told of the new one: nobody takes it over in silence."""
        before = User.objects.filter(pk=obj.pk).values_list("email", flat=True).first() if change else ""
        super().save_model(request, obj, form, change)
        if before and before != obj.email:
            emails = {"from_email": before, "to_email": obj.email}
            get_adapter().send_notification_mail("account/email/email_changed", obj, emails, email=before)


class GroupAdmin(ModelAdmin, auth_admin.GroupAdmin):
    """Who could change what a role may do could do everything: superusers alone."""

    checks_class = ModelAdminChecks  # type: ignore[assignment]
    always_fresh = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser and bool(super().has_add_permission(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and bool(super().has_delete_permission(request, obj))


def register() -> None:
    """Take the place of Django's own admins of accounts, once those are registered."""
    for model, admin_class in ((User, UserAdmin), (Group, GroupAdmin)):
        if site.is_registered(model):
            site.unregister(model)
        site.register(model, admin_class)
