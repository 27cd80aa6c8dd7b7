"""The Content-Security-Policy: only what this server sends runs, and nothing that was smuggled into a page.

Django has it from 6.0 on; on 5.2 django-csp does it. Templates know one variable for both, `csp_nonce`, for a script
that has to stand in the page: `<script nonce="{{ csp_nonce }}">`.
"""

from typing import Any

import django
from django.http import HttpRequest

BUILT_IN = django.VERSION >= (6, 0)
MIDDLEWARE = (
    "django.middleware.csp.ContentSecurityPolicyMiddleware" if BUILT_IN else "csp.middleware.CSPMiddleware"
)

REPORTS = "account/policy/"  # where browsers tell what was refused: backoffice/security/violations.py


def _placeholder() -> Any:
    """What the middleware replaces by the nonce of the answer."""
    if BUILT_IN:
        from django.utils.csp import CSP  # type: ignore[import-not-found, unused-ignore]

        return CSP.NONCE
    from csp.constants import NONCE

    return NONCE


def policy(*, forms_also_to: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Directive → sources. `forms_also_to` are the origins that a form of ours may lead to: those of single sign-on."""
    own = "'self'"
    return {
        "default-src": ["'none'"],
        "script-src": [own, _placeholder()],
        "style-src": [own, _placeholder()],
        "img-src": [own, "data:"],  # the theme's style sheet holds its arrows and ticks
        "font-src": [own],
        "connect-src": [own],
        "manifest-src": [own],
        "form-action": [own, *forms_also_to],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "report-uri": [f"/{REPORTS}"],
    }


def nonce(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `csp_nonce`, made when a template first asks for it."""
    if BUILT_IN:
        return {"csp_nonce": getattr(request, "_csp_nonce", "")}
    return {"csp_nonce": getattr(request, "csp_nonce", "")}
