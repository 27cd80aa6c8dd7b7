"""Who may not open a page is told so, and also what was said before it was asked for: a deed by which the own role goes
leads to pages that are closed by then.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backoffice.admin.later import words


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler of PermissionDenied. What was said stays for the next page where something is posted."""
    told = [] if request.method == "POST" else list(messages.get_messages(request))
    is_done = any(message.level == messages.SUCCESS for message in told)
    context = {
        "exception": str(exception),
        "told": [words(message.message) for message in told],
        "is_done": is_done,
        "has_lost_all": is_done and not request.user.get_all_permissions(),
    }
    return render(request, "403.html", context, status=403)
