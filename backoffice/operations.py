"""The one way to change many rows: as a set, in one transaction, with a line in the log.

Every bulk change of the panel, of services and of commands comes through here and nothing writes around it, so this
is where the record of each row (before, after, operation) goes.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import model_ngettext
from django.contrib.contenttypes.models import ContentType
from django.db import models, router, transaction
from django.utils import translation
from django.utils.formats import number_format


def update(
    queryset: models.QuerySet[Any], changes: Mapping[str, Any], *, actor: Any, kind: str, reason: str = ""
) -> int:
    """Set `changes` (field name → value) on exactly the rows of `queryset`; how many there were.

    `kind` names the operation ("transfer"), `actor` is the user who asked for it or None for a command.
    """
    using = router.db_for_write(queryset.model)
    with transaction.atomic(using=using):
        count = queryset.using(using).order_by().update(**changes)
        if actor is not None and count:
            _log(queryset.model, count, changes, actor=actor, kind=kind, reason=reason)
    return count


def _log(
    model: type[models.Model], count: int, changes: Mapping[str, Any], *, actor: Any, kind: str, reason: str
) -> None:
    # Like Django's own log: field names are kept untranslated and translated for the reader.
    named: Any = model._meta.get_field
    with translation.override(None):
        fields = [str(named(name).verbose_name) for name in changes]
    rows = f"{number_format(count, force_grouping=True)} {model_ngettext(model._meta, count)}"
    message = [{"changed": {"fields": fields}, "operation": {"kind": kind, "reason": reason}}]
    LogEntry.objects.create(
        user_id=actor.pk,
        content_type=ContentType.objects.get_for_model(model),
        object_repr=rows,
        action_flag=CHANGE,
        change_message=json.dumps(message),
    )
