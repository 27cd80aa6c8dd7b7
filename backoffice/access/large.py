"""However a request came to write much, or a role: it asks who it is before it is committed.

Pages ask beforehand by what they expect to write. What they cannot know, such as people who lose their manager with
somebody, or a list that has become longer since it was selected, is counted here, by what was recorded, and so are the
pieces of something large.
"""

from django.conf import settings
from django.contrib.admin import site
from django.http import HttpRequest

from backoffice.access import fresh, pieces
from backoffice.models import Operation
from backoffice.operations.current import Recording
from backoffice.security.events import request_now


def look(recording: Recording) -> None:
    """Before an operation is committed. Raises NotFresh where whoever sent it has to be asked."""
    request = request_now()
    if request is None:  # a command, or a worker: that was asked for before
        return
    written = [model for model in recording.models if model._meta.label in recording.operation.rows]
    admins = [site._registry.get(model) for model in written]
    is_grave = any(getattr(admin, "always_fresh", False) for admin in admins)
    if not fresh.is_fresh(request) and (is_grave or _is_large(request, recording.operation)):
        raise fresh.NotFresh


def _is_large(request: HttpRequest, operation: Operation) -> bool:
    if operation.number > settings.FRESH_ROWS or not request.user.is_authenticated:
        return operation.number > settings.FRESH_ROWS
    if pieces.is_everyday(operation):
        return False
    if operation.number > 1:
        pieces.wait(request)
    return operation.number + pieces.written(request, operation) > settings.FRESH_ROWS
