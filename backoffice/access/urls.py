"""The pages of signing in: those of django-allauth that we use, by name, and nothing else of it.

There is no sign-up, no e-mail address that a person adds by themselves, and no account that they link by themselves.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.usersessions import views as usersessions
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import site
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, re_path, reverse
from django.utils.translation import gettext_lazy as _

from backoffice.access import fresh
from backoffice.access.kept_page import kept_view, on_its_way_view
from backoffice.access.sessions import session_view
from backoffice.access.single_sign_on import again_view, callback_view, login_view, while_reachable

View = Callable[..., HttpResponse]


def shell(view: View, title: Any) -> View:
    """The view with what the panel's shell shows: menu, name of the site, title of the page."""

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        context = getattr(response, "context_data", None)
        if context is not None:
            around = {**site.each_context(request), "title": title, "can_mail": settings.CAN_MAIL}
            response.context_data = {**around, **context}  # type: ignore[attr-defined]
        return response

    return inside


def first_factor(view: View) -> View:
    """The view, for whoever showed who they are; allauth asks nobody who has neither a password nor a factor."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not (fresh.is_fresh(request) or fresh.begins(request)):
            return fresh.ask_again(request)
        return view(request, *args, **kwargs)

    return checked


def own_password(view: View) -> View:
    """The view, for whoever has a password here; others come by single sign-on alone."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def not_the_last(view: View) -> View:
    """The view of a key that goes; allauth asks of an app alone whether its person may be without."""

    @wraps(view)
    def checked(request: HttpRequest, pk: int) -> HttpResponse:
        adapter = get_adapter()
        keys = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)
        key = keys.filter(user=request.user.pk, pk=pk).first()
        if key and not adapter.can_delete_authenticator(key):
            messages.error(request, adapter.error_messages["cannot_delete_authenticator"])
            return HttpResponseRedirect(reverse("mfa_list_webauthn"))
        return view(request, pk=pk)

    return checked


ENTRANCE = [
    path("login/", shell(account.login, _("Sign in")), name="account_login"),
    path("logout/", shell(account.logout, _("Sign out")), name="account_logout"),
    path("inactive/", shell(account.account_inactive, _("Account closed")), name="account_inactive"),
    path("factors/authenticate/", shell(mfa.authenticate, _("Your second factor")), name="mfa_authenticate"),
    path("factors/keys/login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path(
        "password/reset/",
        shell(account.password_reset, _("A new password")),
        name="account_reset_password",
    ),
    path(
        "password/reset/done/",
        shell(account.password_reset_done, _("Look into your mail")),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        shell(account.password_reset_from_key, _("A new password")),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        shell(account.password_reset_from_key_done, _("Password changed")),
        name="account_reset_password_from_key_done",
    ),
    path(
        "sso/cancelled/",
        shell(social.login_cancelled, _("Not signed in")),
        name="socialaccount_login_cancelled",
    ),
    path("sso/error/", shell(social.login_error, _("Not signed in")), name="socialaccount_login_error"),
    path("sso/signup/", shell(social.signup, _("Your account")), name="socialaccount_signup"),
    path("sso/<str:provider_id>/", while_reachable(login_view), name="openid_connect_login"),
    path(
        "sso/<str:provider_id>/callback/",
        while_reachable(callback_view),
        name="openid_connect_callback",
    ),
]

AGAIN = _("Is it still you?")
OWN_ACCOUNT = [
    path("reauthenticate/", shell(account.reauthenticate, AGAIN), name="account_reauthenticate"),
    path("reauthenticate/sso/", shell(again_view, AGAIN), name="backoffice_reauthenticate"),
    path("factors/reauthenticate/", shell(mfa.reauthenticate, AGAIN), name="mfa_reauthenticate"),
    path(
        "factors/keys/reauthenticate/",
        shell(webauthn.reauthenticate_webauthn, AGAIN),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "password/change/",
        shell(own_password(account.password_change), _("Change password")),
        name="account_change_password",
    ),
    path("factors/", shell(mfa.index, _("Second factors")), name="mfa_index"),
    path(
        "factors/app/add/",
        shell(first_factor(totp.activate_totp), _("Set up an app")),
        name="mfa_activate_totp",
    ),
    path("factors/app/remove/", shell(totp.deactivate_totp, _("Remove the app")), name="mfa_deactivate_totp"),
    path(
        "factors/codes/",
        shell(codes.view_recovery_codes, _("Recovery codes")),
        name="mfa_view_recovery_codes",
    ),
    path(
        "factors/codes/new/",
        shell(codes.generate_recovery_codes, _("New recovery codes")),
        name="mfa_generate_recovery_codes",
    ),
    path("factors/codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("factors/keys/", shell(webauthn.list_webauthn, _("Keys")), name="mfa_list_webauthn"),
    path(
        "factors/keys/add/",
        shell(first_factor(webauthn.add_webauthn), _("Add a key")),
        name="mfa_add_webauthn",
    ),
    path(
        "factors/keys/<int:pk>/", shell(webauthn.edit_webauthn, _("Rename a key")), name="mfa_edit_webauthn"
    ),
    path(
        "factors/keys/<int:pk>/remove/",
        shell(not_the_last(webauthn.remove_webauthn), _("Remove a key")),
        name="mfa_remove_webauthn",
    ),
    path(
        "sessions/",
        shell(usersessions.list_usersessions, _("Where you are signed in")),
        name="usersessions_list",
    ),
    path("session/", session_view, name="backoffice_session"),
    path("go-on/", kept_view, name="backoffice_kept"),
    path("on-its-way/", on_its_way_view, name="backoffice_on_its_way"),
]

urlpatterns = [*ENTRANCE, *OWN_ACCOUNT]
