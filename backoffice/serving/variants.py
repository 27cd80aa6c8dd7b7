"""Days in the way of the browser's own English: Django has words for all of it, and formats for some variants.

Those are no languages to choose from. Whoever chose English has it as it is called there, whatever their browser says.
"""

from django.conf import global_settings, settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

ENGLISH = "en"
VARIANTS = {code for code, _name in global_settings.LANGUAGES if code.startswith(f"{ENGLISH}-")}


class VariantMiddleware(LocaleMiddleware):
    """Django's; `request.LANGUAGE_CODE` stays one of those to choose from."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        asked = asked_variant(request.headers.get("Accept-Language", ""))
        is_chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
        if translation.get_language() == ENGLISH and asked and not is_chosen:
            translation.activate(asked)


def asked_variant(header: str) -> str | None:
    """The English that a browser likes best, where it is a variant that Django knows."""
    codes = (code for code, _weight in parse_accept_lang_header(header))
    first = next((code for code in codes if code.split("-")[0] == ENGLISH), None)
    return first if first in VARIANTS else None
