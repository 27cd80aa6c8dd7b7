"""Second factors: their security events, their lines in the log, and what they end; and who shows again who they are.
Signing in itself: backoffice.security.accounts.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.operations import operation
from backoffice.security.events import event, request_now


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


def factor_saved(instance: Authenticator, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw:
        _log(instance, "added")


def factor_deleted(instance: Authenticator, **kwargs: Any) -> None:
    _log(instance, "removed")


def _log(factor: Authenticator, deed: str) -> None:
    """In the log, as a change of the account."""
    with operation() as it:
        facts = {deed: [_("second factors"), [str(factor.get_type_display())]]}
        it.note(get_user_model(), factor.user_id, "updated", facts)


def factor_refused(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    event("authn_login_fail", request=request, user=user, factor=authenticator.type, level="WARN")


def factor_used(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    event("authn_factor_success", request=request, user=user, factor=authenticator.type)


def shown_again(request: HttpRequest, user: Any, method: str, **kwargs: Any) -> None:
    """By password, of which allauth has no signal of its own; a second factor tells that it was used."""
    if method == "password" and kwargs.get("reauthenticated"):
        event("authn_login_success", request=request, user=user, again=True)


def account_saved(instance: Any, created: bool, **kwargs: Any) -> None:
    """A user who is deactivated is out at once, as is whoever is signed in with a password of before: their sessions
    are not only refused but gone. Where one changes one's own, that one goes on.
    """
    from backoffice.access.sessions import end_sessions

    if not created and not instance.is_active:
        end_sessions(instance)
    elif not created and getattr(instance, "_password", None) is not None:  # not only hashed anew
        end_sessions(instance, but=_own_session(instance), reason="password")


def accounts_changed(model: Any, before: dict[Any, dict[str, Any]]) -> None:
    """Those deactivated as a set, of which no signal tells: else they would come back with an account let in again."""
    from backoffice.access.sessions import end_sessions_of

    if model is get_user_model():
        end_sessions_of([key for key, values in before.items() if values.get("is_active")])


def _own_session(account: Any) -> str | None:
    """The key of the session by which whoever has this account asks now."""
    request = request_now()
    own = request and getattr(request.user, "pk", None) == account.pk
    return request.session.session_key if request and own else None


def connect() -> None:
    from allauth.account import signals as account
    from allauth.mfa import signals as mfa
    from django.conf import settings
    from django.contrib.auth.signals import user_logged_in
    from django.db.models.signals import post_delete, post_save

    from backoffice.access import conferred, large
    from backoffice.access.sessions import begin
    from backoffice.access.single_sign_on import signed_in
    from backoffice.operations.accounts import when_changed
    from backoffice.operations.current import before_commit

    name = "backoffice.access"
    before_commit(conferred.look)
    before_commit(large.look)
    when_changed(accounts_changed)
    user_logged_in.connect(begin, dispatch_uid=name)
    account.user_logged_in.connect(signed_in, dispatch_uid=name)
    account.authentication_step_completed.connect(shown_again, dispatch_uid=name)
    post_save.connect(account_saved, sender=settings.AUTH_USER_MODEL, dispatch_uid=name)
    post_save.connect(factor_saved, sender=Authenticator, dispatch_uid=name)
    post_delete.connect(factor_deleted, sender=Authenticator, dispatch_uid=name)
    mfa.authenticator_added.connect(authenticator_added, dispatch_uid=name)
    mfa.authenticator_removed.connect(authenticator_removed, dispatch_uid=name)
    mfa.authentication_failed.connect(factor_refused, dispatch_uid=name)
    mfa.authenticator_used.connect(factor_used, dispatch_uid=name)
