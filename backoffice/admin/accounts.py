"""Users and groups, with the lists and the delete page of the back office."""

from django.contrib.admin import site
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse

from backoffice.access.fresh import demand
from backoffice.admin.filters import ChoicesFilter
from backoffice.admin.model_admin import ModelAdmin


class UserAdmin(ModelAdmin, auth_admin.UserAdmin):
    checks_class = ModelAdminChecks  # type: ignore[assignment]  # accounts are hundreds, not millions: a plain search does
    form = UserChangeForm  # type: ignore[assignment]
    list_filter = (
        ("is_active", ChoicesFilter),
        ("is_staff", ChoicesFilter),
        ("is_superuser", ChoicesFilter),
    )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Whoever sets the password of somebody else shows first who they are."""
        if request.method == "POST" and (response := demand(request)):
            return response
        return super().user_change_password(request, id, form_url)


class GroupAdmin(ModelAdmin, auth_admin.GroupAdmin):
    checks_class = ModelAdminChecks  # type: ignore[assignment]


def register() -> None:
    """Take the place of Django's own admins of accounts, once those are registered."""
    for model, admin_class in ((User, UserAdmin), (Group, GroupAdmin)):
        if site.is_registered(model):
            site.unregister(model)
        site.register(model, admin_class)
