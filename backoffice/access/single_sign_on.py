"""Single sign-on by OpenID Connect: who of our accounts it is that the provider vouches for."""

import logging
import math
import unicodedata
from collections.abc import Callable
from functools import reduce, wraps
from operator import or_
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from requests import RequestException

from backoffice.operations import operation
from backoffice.security.events import event

logger = logging.getLogger(__name__)

# In the session: when the provider last saw who it is, and that it was asked to look again.
SHOWN_THERE, ASKED_THERE = "backoffice.shown_there", "backoffice.asked_there"
LOOK_AGAIN = "prompt=login&max_age=0"  # OpenID Connect Core 1.0, 3.1.2.1
# What a provider says of itself: OpenID Connect Discovery 1.0, 3.
CONFIGURED = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
OUTAGES = ("server_error", "temporarily_unavailable")  # RFC 6749, 4.1.2.1
# What it says of somebody, of which an account is made or found: OpenID Connect Core 1.0, 5.1.
TEXTS = ("name", "given_name", "family_name", "preferred_username", "email")


def signed_in(request: HttpRequest, sociallogin: SocialLogin | None = None, **kwargs: Any) -> None:
    """Remember when the provider saw who it is; one that does not say has seen nobody for as long as we know."""
    if sociallogin is None:
        return
    at = (sociallogin.account.extra_data.get("id_token") or {}).get("auth_time")
    known = isinstance(at, int) and not isinstance(at, bool)
    request.session[SHOWN_THERE] = at if known else 0
    if request.session.pop(ASKED_THERE, False) and not known:
        sentence = _("%(provider)s does not say when you signed in there: show here who you are.")
        messages.warning(request, sentence % {"provider": settings.OIDC_NAME})


@login_required
@require_safe
def again_view(request: HttpRequest) -> HttpResponse:
    """The page whose link leads to the provider, to show there once more who it is; allauth checks where it leads back.

    No redirect: after a form is sent, `form-action` of the panel's policy stops one to another host, without a word.
    """
    if not settings.OIDC_URL:
        raise Http404
    there = f"{way_there()}&{urlencode({'next': request.GET.get('next', '')})}"
    context = {"there": there, "name": settings.OIDC_NAME}
    return TemplateResponse(request, "backoffice/access/again.html", context)


def way_there() -> str:
    """The address that leads to the provider and has it look again who it is."""
    question = {"process": "login", "auth_params": LOOK_AGAIN}
    return f"{reverse('openid_connect_login', args=[settings.OIDC_ID])}?{urlencode(question)}"


def login_view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """To the provider. What it is asked is ours to say: anybody can make a link, and allauth would add to the question
    what stands in it, even where the answer goes. It may say where to go on, and to look again who it is.
    """
    said = request.GET.copy()
    for name in set(said) - {"process", "next"}:
        del said[name]
    again = request.GET.get("auth_params") == LOOK_AGAIN
    if again:
        said["auth_params"] = LOOK_AGAIN
    request.GET = said  # type: ignore[assignment]
    response: HttpResponse = openid_connect.login(request, **kwargs)
    if again:
        request.session[ASKED_THERE] = True
    return response


def while_reachable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Back to the page of signing in, with a sentence, where the provider does not answer as it should."""

    @wraps(view)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except RequestException as error:
            return _unreachable(request, error)
        except OAuth2Error as error:
            return _unreachable(request, error)
        except KeyError as error:
            if error.args[0] not in CONFIGURED:  # that is a fault of ours
                raise
            return _unreachable(request, error)

    return answer


def _unreachable(request: HttpRequest, error: Any) -> HttpResponse:
    # What it answered may name who wanted to sign in.
    told = type(error).__name__ if isinstance(error, OAuth2Error) else repr(error)
    logger.error("Single sign-on: the provider does not answer as it should: %s", told)
    event("authn_login_fail", request=request, level="WARN", way="single sign-on", reason="provider")
    sentence = _(
        "%(provider)s cannot be reached now. Sign in with your user name and password, or try later."
    )
    messages.error(request, sentence % {"provider": settings.OIDC_NAME})
    return HttpResponseRedirect(reverse("account_login"))


class Adapter(openid_connect.OpenIDConnectOAuth2Adapter):
    """allauth's, which takes for granted that each answer of the provider has the form that it should have."""

    @property
    def openid_config(self) -> dict[str, Any]:
        try:
            said = super().openid_config
        except AttributeError as error:  # of what is no object with names
            raise OAuth2Error("its configuration") from error
        if not all(isinstance(said.get(name), str | None) for name in CONFIGURED):
            raise OAuth2Error("its configuration")
        found: dict[str, Any] = said
        return found

    def parse_token(self, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("access_token"), str):
            raise OAuth2Error("its token")
        # How long it lasts is nothing to us: it is used at once, and not kept.
        return super().parse_token({**data, self.expires_in_key: None})


def callback_view(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider."""
    try:
        response: HttpResponse = OAuth2CallbackView.adapter_view(Adapter(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return response


class Provider(OpenIDConnectProvider):
    oauth2_adapter_class = Adapter

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> Any:
        """allauth's, which takes for granted that what the provider says is what it should be, and can be stored."""
        if fault := fault_in(response):
            logger.error("Single sign-on: what the provider says of somebody cannot be taken: %s", fault)
            raise ProviderException(fault)
        return super().sociallogin_from_response(request, response)


class SocialAdapter(DefaultSocialAccountAdapter):
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        return Provider(request, app=super().get_provider(request, provider, client_id).app)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """An account that is linked; else the one active account with an address that the provider has verified."""
        if sociallogin.state.get("process") != "login":
            self._refuse(request)  # nobody links an account of their own choice to theirs
        user = sociallogin.user if sociallogin.is_existing else account_of(sociallogin)
        if request.user.is_authenticated and user != request.user:
            self._refuse_other(request)
        if not sociallogin.is_existing and user:
            sociallogin.connect(request, user)
        if sociallogin.is_existing and not sociallogin.user.is_active:
            self._refuse(request)
        if not sociallogin.is_existing and not self.is_open_for_signup(request, sociallogin):
            self._refuse(request)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Only by OIDC_CREATE_USERS: an account that may do nothing until a role is given to it."""
        return bool(settings.OIDC_CREATE_USERS and verified(sociallogin) and not taken(sociallogin))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        sociallogin.user.is_staff = True  # it may come in; what it sees is a matter of roles
        with operation("add", source=settings.OIDC_NAME):
            return super().save_user(request, sociallogin, form)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, **kwargs: Any
    ) -> None:
        if error == AuthError.CANCELLED:
            return  # by whoever was asked there: allauth's page says so
        outage = request.GET.get("error")
        if outage in OUTAGES or isinstance(exception, RequestException | OAuth2Error):
            raise ImmediateHttpResponse(_unreachable(request, exception or outage))
        self._refuse(request)

    def _refuse_other(self, request: HttpRequest) -> None:
        """Who is signed in stays it: a link is enough to come here, and to be asked whether it is still them."""
        event("authn_login_fail", request=request, level="WARN", way="single sign-on", reason="other")
        sentence = _(
            "%(provider)s signed in somebody else than you. To come in as them, sign out here first."
        )
        messages.error(request, sentence % {"provider": settings.OIDC_NAME})
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("admin:index")))

    def _refuse(self, request: HttpRequest) -> None:
        event("authn_login_fail", request=request, level="WARN", way="single sign-on")
        sentence = _("%(provider)s signed nobody in who has an account here. Ask an administrator for one.")
        messages.error(request, sentence % {"provider": settings.OIDC_NAME})
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))


def fault_in(said: dict[str, Any]) -> str:
    """What of it no account can be found or made by, for the log; empty where it is as it should be."""
    claims = said.get("userinfo") or said.get("id_token")  # as allauth chooses
    if not isinstance(claims, dict):
        return "no claims"
    longest = SocialAccount._meta.get_field("uid").max_length or 0
    if type(claims.get("sub")) not in (str, int) or not 0 < len(str(claims["sub"])) <= longest:
        return "sub"
    wrong = [name for name in TEXTS if not isinstance(claims.get(name), str | None)]
    return ", ".join(wrong) or ("" if _can_be_stored(said) else "characters or numbers")


def _can_be_stored(said: Any) -> bool:
    """By every engine, as text and as JSON."""
    if isinstance(said, dict):
        return all(map(_can_be_stored, [*said, *said.values()]))
    if isinstance(said, list):
        return all(map(_can_be_stored, said))
    if isinstance(said, str):
        return "\0" not in said and not any("\ud800" <= letter <= "\udfff" for letter in said)
    return not isinstance(said, float) or math.isfinite(said)


def verified(sociallogin: SocialLogin) -> list[str]:
    """The addresses that the provider says it has verified; a word is no truth value."""
    return [address.email for address in sociallogin.email_addresses if address.verified is True]


def account_of(sociallogin: SocialLogin) -> Any:
    """The one active account with this address, unless it is linked to somebody else there already."""
    accounts = [user for user in _with(verified(sociallogin)) if user.is_active]
    if len(accounts) != 1:
        return None
    provider = sociallogin.account.provider
    return None if SocialAccount.objects.filter(user=accounts[0], provider=provider).exists() else accounts[0]


def taken(sociallogin: SocialLogin) -> bool:
    return bool(_with(verified(sociallogin)))


def _with(addresses: list[str]) -> list[Any]:
    """The accounts with one of these addresses. Databases find others, too: i without its dot is an i for some."""
    asked = reduce(or_, (Q(email__iexact=address) for address in addresses), Q(pk__in=[]))
    wanted = set(map(_without_case, addresses))
    found = get_user_model()._default_manager.filter(asked)
    return [user for user in found if _without_case(user.email) in wanted]


def _without_case(address: str) -> str:
    """Not case-folded: that makes ss of ß, and letters of everyday of unusual ones, which are other mailboxes."""
    return unicodedata.normalize("NFC", address).lower()
