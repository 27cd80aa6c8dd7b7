"""What we decide of the sign-in that django-allauth carries out."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from threading import Thread
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.access import familiar, limits
from backoffice.access.sealing import seal, unseal
from backoffice.access.single_sign_on import ASKED_THERE, way_there
from backoffice.operations import operation
from backoffice.security.events import came_from, event

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        from backoffice.access.fresh import is_fresh

        return not is_fresh(context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """allauth's, and the provider of single sign-on for whoever comes by it."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if settings.OIDC_URL and SocialAccount.objects.filter(user=user).exists():
            name = _("Sign in with %(name)s again") % {"name": settings.OIDC_NAME}
            # Beside others it is a link of their page already; alone it has to be one of a page of its own.
            url = way_there() if ways else reverse("backoffice_reauthenticate")
            ways.append({"id": "sso", "description": name, "url": url})
        return ways

    def get_client_ip(self, request: HttpRequest) -> str:
        return came_from(request) or "0.0.0.0"  # noqa: S104

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
            self._count_anywhere(request, credentials.get("username", ""))
        except ValidationError:
            users = get_user_model()._default_manager.filter(username=credentials.get("username", ""))
            user = users.values_list("pk", flat=True).first()
            event("authn_login_lock", request=request, user=user, level="WARN")
            raise

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Of who came by a passkey: with a password a closed account is not found at all."""
        event("authn_login_fail", request=request, user=user, level="WARN", reason="closed")
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return limits.here(request, credentials.get("username", ""))

    def _count_anywhere(self, request: HttpRequest, username: str) -> None:
        """Beside allauth's limits, and taken back with them by the right password."""
        if limits.own_place(request, username):
            return
        key = limits.of_account(username)
        usage = ratelimit.consume(request, app="allauth.account", action=limits.ANYWHERE, key=key)
        if usage is None:
            self._rollback_login_failed_rl_usage()  # nothing was tried
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage.usage += usage.usage

    @contextmanager
    def counted(self, request: HttpRequest, username: str) -> Iterator[None]:
        """For looking at a password beside the sign-in: a wrong one, a ValidationError inside, counts as one there."""
        self.pre_authenticate(request, username=username)
        yield
        self._rollback_login_failed_rl_usage()

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        familiar.remember(request, response, user.get_username())
        return response

    def logout(self, request: HttpRequest) -> None:
        """Who shows by single sign-on who they are is signed out for a moment: what they were asked for stays."""
        match = request.resolver_match
        is_answer = match is not None and match.url_name == "openid_connect_callback"
        asked = request.session.get(ASKED_THERE) if is_answer else None
        super().logout(request)
        if asked is not None:
            request.session[ASKED_THERE] = asked

    def set_password(self, user: Any, password: str) -> None:
        """Signed in or by the link of a mail: whose account it is did it."""
        with operation("edit", actor=user):
            super().set_password(user, password)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: Any = None, email: str | None = None
    ) -> None:
        """To the address that an administrator wrote into the account."""
        if email or user.email:
            super().send_notification_mail(template_prefix, user, context, email or user.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Beside the request: how long an answer takes says nothing about who has an account."""
        host = self.request.get_host() if self.request else ""
        site = {"name": settings.SITE_NAME, "domain": host}
        facts = {"site_name": settings.SITE_NAME, "current_site": site}
        message = self.render_mail(template_prefix, email, {**facts, **context})
        Thread(target=_send, args=[message]).start()

    def format_email_subject(self, subject: str) -> str:
        return f"{settings.SITE_NAME}: {subject}"


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        logger.error("A mail could not be sent: refused with %s", _codes(error.recipients.values()))
    except SMTPResponseException as error:
        logger.error("A mail could not be sent: refused with %s", error.smtp_code)
    except OSError as error:
        logger.error("A mail could not be sent: %s", error)


def _codes(answers: Iterable[tuple[int, bytes]]) -> str:
    """Not the texts, in which servers repeat the address."""
    return ", ".join(sorted({str(code) for code, _text in answers}))


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Your account has to have a second factor, and this is the only one. Add another one first."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def _get_site_name(self) -> str:
        return str(settings.SITE_NAME)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of somebody who has to have one."""
        from backoffice.access.second_factor import FACTORS, demanded_of

        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
        return not demanded_of(authenticator.user) or others.exclude(pk=authenticator.pk).exists()
