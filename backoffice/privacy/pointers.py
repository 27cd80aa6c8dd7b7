"""Tables that name a row by its model and key, not by a relation."""

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_noop

from backoffice.models import AccessEvent, PurgeRow
from backoffice.privacy.needles import Names
from backoffice.privacy.subjects import Subject


def logged_by_django(model: Any) -> Any:
    """What Django's own log has of rows of `model`."""
    return apps.get_model("admin.LogEntry").objects.filter(
        content_type=ContentType.objects.get_for_model(model)
    )


def access_events(model: Any) -> Any:
    """Who looked at rows of `model`."""
    return AccessEvent.objects.filter(model=model._meta.label)


def _remove_from_djangos_log(subject: Subject, keys: Any, called: Names) -> int:
    rows = logged_by_django(subject.model).filter(object_id__in=_as_text(keys))
    return int(rows._raw_delete(rows.db))


def _remove_from_access_events(subject: Subject, keys: Any, called: Names) -> int:
    """That somebody looked at somebody stays, not at whom."""
    return int(access_events(subject.model).filter(row__in=_as_text(keys)).update(row="", filters=""))


def _as_text(keys: Any) -> Any:
    rows = PurgeRow.objects.filter(pk__in=keys.values("pk")).order_by()
    return rows.annotate(text=Cast("key", TextField())).values("text")


def install() -> None:
    from backoffice.privacy import erase  # which asks for what is above

    erase.also(gettext_noop("Django's log"), _remove_from_djangos_log)
    erase.also(gettext_noop("access events"), _remove_from_access_events)
