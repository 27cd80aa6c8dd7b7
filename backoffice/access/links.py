"""A link by mail with which somebody chooses a password, sent by an administrator, who learns neither of the two."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.security.events import event


def why_no_link(user: Any) -> str:
    """Why this account gets none; empty where it can get one."""
    if not settings.CAN_MAIL:
        return _(
            "This panel sends no mail: set EMAIL_URL. Until then, manage.py changepassword on its server sets one."
        )
    if not user.email:
        return _("This account has no address: write one into it first.")
    if not user.is_active:
        return _("This account is closed: nobody signs in with it.")
    if not user.has_usable_password() and SocialAccount.objects.filter(user=user).exists():
        return _("This person signs in with %(name)s alone.") % {"name": settings.OIDC_NAME}
    return ""


def send_link(request: HttpRequest, user: Any) -> None:
    request_password_reset(request, user.email, [user], default_token_generator)
    event("authn_password_link", request=request, level="WARN", account=user.pk)
