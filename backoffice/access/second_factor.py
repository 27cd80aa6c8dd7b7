"""The second factor that REQUIRE_SECOND_FACTOR demands, before any page of the panel."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

OFF, ON, EVERYBODY = "off", "on", "everybody"  # nobody; who can change data; everybody
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
OPEN = {"login", "logout"}  # of the admin site


class SecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or "admin" not in match.app_names or match.url_name in OPEN or not lacks(request):
            return None
        messages.warning(request, _("Set up a second factor to go on: your account can change data."))
        return HttpResponseRedirect(reverse("mfa_index"))


def lacks(request: HttpRequest) -> bool:
    """Whether this person has to set up a second factor before they go on."""
    user = request.user
    return demanded_of(user) and not is_mfa_enabled(user, FACTORS) and not left_to_provider(request)


def demanded_of(user: Any) -> bool:
    if settings.REQUIRE_SECOND_FACTOR == OFF or not user.is_authenticated:
        return False
    return settings.REQUIRE_SECOND_FACTOR == EVERYBODY or can_change_data(user)


def can_change_data(user: Any) -> bool:
    """Whether they may do anything but look."""
    return user.is_superuser or any(
        not permission.split(".", 1)[1].startswith("view_") for permission in user.get_all_permissions()
    )


def left_to_provider(request: HttpRequest) -> bool:
    """Whether this session came by single sign-on, and the second factor is its business."""
    if not (settings.OIDC_URL and settings.OIDC_SECOND_FACTOR):
        return False
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "socialaccount" for record in records)
