"""What was posted to a page that does not take it: in the page that says so, to be sent again from there."""

from django.http import HttpRequest

SECRET = "password"  # noqa: S105  # in the name of a field
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  # the name of a field
OURS = "bo-"  # begins the names of what leaving.js adds
FORM = f"{OURS}form"  # the key of the form as it was opened
ABOUT = {"heading": f"{OURS}heading", "button": f"{OURS}button"}  # what the page says
TYPED = f"{OURS}label", f"{OURS}value"


def sent(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields, unless there is a secret or a file among them; nothing that another site may have sent."""
    if not _is_ours(request) or request.FILES or is_secret(request):
        return []
    fields = request.POST.lists()
    return [(name, value) for name, values in fields for value in values if name not in (TOKEN, FORM)]


def _is_ours(request: HttpRequest) -> bool:
    """Whether the token of the form was checked, or else the browser says that the form was on a page of this site."""
    if getattr(request, "csrf_processing_done", False):
        return True
    here = f"{request.scheme}://{request.get_host()}"
    return request.resolver_match is not None and request.headers.get("Origin") == here


def is_secret(request: HttpRequest) -> bool:
    return hasattr(request, "sensitive_post_parameters") or any(SECRET in name for name in request.POST)
