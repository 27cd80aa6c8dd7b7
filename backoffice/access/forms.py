"""allauth's forms, a little stricter."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.core.cache import cache

from backoffice.access.sealing import seal, unseal


class ResetForm(ResetPasswordForm):
    """Whoever comes by single sign-on alone gets no password, and so no way past it, by a mail."""

    users: list[Any]

    def clean_email(self) -> str:
        email = str(super().clean_email())
        self.users = [user for user in self.users if user.has_usable_password()]
        return email


def claim(user: Any, code: str) -> bool:
    """Whether this code is used for the first time while it is good; allauth remembers one period of the three."""
    periods = 2 * app_settings.TOTP_TOLERANCE + 1
    name = f"backoffice.totp.{user.pk}.{normalize_user_code(code)}"
    return cache.add(name, True, timeout=periods * app_settings.TOTP_PERIOD)


class OnceMixin:
    """A code of an authenticator app counts once."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not claim(self.user, code):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class SignInForm(OnceMixin, AuthenticateForm):
    pass


class AgainForm(OnceMixin, ReauthenticateForm):
    pass


class AppForm(ActivateTOTPForm):
    """Until it is confirmed the new secret waits in the session, which is in the database: sealed there, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        if sealed := session.get(SECRET_SESSION_KEY):
            session[SECRET_SESSION_KEY] = unseal(sealed)
        super().__init__(*args, **kwargs)
        session[SECRET_SESSION_KEY] = seal(self.secret)

    def clean_code(self) -> str:
        code: str = super().clean_code()
        if not claim(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code
