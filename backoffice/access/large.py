"""However a request came to write much, or a role: it asks who it is before it is committed.

Pages ask beforehand by what they expect to write. What they cannot know, such as people who lose their manager with
somebody, or a list that has become longer since it was selected, is counted here, by what was recorded.
"""

from django.conf import settings
from django.contrib.admin import site

from backoffice.access import fresh
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
    is_large = (recording.operation.number or 0) > settings.FRESH_ROWS
    if (is_large or is_grave) and not fresh.is_fresh(request):
        raise fresh.NotFresh
