"""allauth's forms, a little stricter."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter as account_adapter
from allauth.account.forms import ChangePasswordForm, ResetPasswordForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from backoffice.access.sealing import seal, unseal
from backoffice.security.events import event

LOCKED = ("too_many_login_attempts", "rate_limited")  # allauth's codes


@contextmanager
def noting_lock(user: Any) -> Iterator[None]:
    """An attempt that is refused because there were too many before is a security event."""
    try:
        yield
    except ValidationError as error:
        if error.code in LOCKED:
            event("authn_login_lock", user=user, level="WARN")
        raise


class ResetForm(ResetPasswordForm):
    """Whoever comes by single sign-on alone gets no password, and so no way past it, by a mail."""

    users: list[Any]

    def clean_email(self) -> str:
        email = str(super().clean_email())
        self.users = [user for user in self.users if user.has_usable_password()]
        return email


class NewPasswordForm(ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        with account_adapter().counted(context.request, self.user.get_username()):
            try:
                return str(super().clean_oldpassword())
            except ValidationError:
                event("authn_password_change_fail", user=self.user, level="WARN")
                raise


def claim(user: Any, code: str) -> bool:
    """Whether this code is used for the first time while it is good; allauth remembers one period of the three."""
    periods = 2 * app_settings.TOTP_TOLERANCE + 1
    name = f"backoffice.totp.{user.pk}.{normalize_user_code(code)}"
    return cache.add(name, True, timeout=periods * app_settings.TOTP_PERIOD)


class OnceMixin:
    """A code of an authenticator app counts once."""

    def clean_code(self) -> str:
        with noting_lock(self.user):  # type: ignore[attr-defined]
            code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not claim(self.user, code):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class SignInForm(OnceMixin, AuthenticateForm):
    pass


class AgainForm(OnceMixin, ReauthenticateForm):
    pass


class CredentialField(forms.JSONField):
    """What a key said, from anybody: also what is nested so deep that it cannot be read."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class KeyMixin:
    """allauth says of a code that it was wrong, and of a key nothing; what is no answer of a key it takes for one."""

    def clean_credential(self) -> Authenticator:
        try:
            with noting_lock(self.user):  # type: ignore[attr-defined]
                return self._of_allauth()
        except ValidationError as error:
            if error.code not in LOCKED:
                kind = Authenticator.Type.WEBAUTHN
                event("authn_login_fail", user=self.user, factor=kind, level="WARN")  # type: ignore[attr-defined]
            raise

    def _of_allauth(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (LookupError, TypeError, AttributeError, ValueError):
            raise get_adapter().validation_error("incorrect_code") from None


class KeyForm(KeyMixin, AuthenticateWebAuthnForm):
    credential = CredentialField()


class KeyAgainForm(KeyMixin, ReauthenticateWebAuthnForm):
    credential = CredentialField()


class KeyAloneForm(KeyMixin, LoginWebAuthnForm):
    """A sign-in without a password."""

    credential = CredentialField()


class NewKeyForm(AddWebAuthnForm):
    """allauth's label is in English alone."""

    name = forms.CharField(label=gettext_lazy("Name"), required=False)


class KeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=gettext_lazy("Name"))


class AppForm(ActivateTOTPForm):
    """Until it is confirmed the new secret waits in the session, which is in the database: sealed there, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        if sealed := session.get(SECRET_SESSION_KEY):
            session[SECRET_SESSION_KEY] = unseal(sealed)
        super().__init__(*args, **kwargs)
        session[SECRET_SESSION_KEY] = seal(self.secret)

    def clean_code(self) -> str:
        with noting_lock(self.user):
            code: str = super().clean_code()
        if not claim(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code
