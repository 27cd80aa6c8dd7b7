"""The security events of second factors, and what they end. Signing in itself: backoffice.security.accounts."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from backoffice.security.events import event


def authenticator_added(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    """Sessions that began without the second factor end; this one goes on, it has just shown it."""
    from backoffice.access.sessions import end_sessions

    event("authn_factor_added", request=request, user=user, factor=authenticator.type)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        end_sessions(user, but=request.session.session_key)


def authenticator_removed(
    request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any
) -> None:
    event("authn_factor_removed", request=request, user=user, factor=authenticator.type, level="WARN")


def factor_refused(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    event("authn_login_fail", request=request, user=user, factor=authenticator.type, level="WARN")


def factor_used(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    event("authn_factor_success", request=request, user=user, factor=authenticator.type)


def account_saved(instance: Any, created: bool, **kwargs: Any) -> None:
    """A user who is deactivated is out at once: their sessions are not only refused but gone."""
    from backoffice.access.sessions import end_sessions

    if not created and not instance.is_active:
        end_sessions(instance)


def connect() -> None:
    from allauth.account import signals as account
    from allauth.mfa import signals as mfa
    from django.conf import settings
    from django.contrib.auth.signals import user_logged_in
    from django.db.models.signals import post_save

    from backoffice.access import conferred, large
    from backoffice.access.sessions import begin
    from backoffice.access.single_sign_on import signed_in
    from backoffice.operations.current import before_commit

    name = "backoffice.access"
    before_commit(conferred.look)
    before_commit(large.look)
    user_logged_in.connect(begin, dispatch_uid=name)
    account.user_logged_in.connect(signed_in, dispatch_uid=name)
    post_save.connect(account_saved, sender=settings.AUTH_USER_MODEL, dispatch_uid=name)
    mfa.authenticator_added.connect(authenticator_added, dispatch_uid=name)
    mfa.authenticator_removed.connect(authenticator_removed, dispatch_uid=name)
    mfa.authentication_failed.connect(factor_refused, dispatch_uid=name)
    mfa.authenticator_used.connect(factor_used, dispatch_uid=name)
