"""A bulk action within the scope of a person: whom they may not change so, and what must not happen beside it."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from backoffice.access import limit, places
from backoffice.access.scope import reaches_all_seen
from backoffice.admin.bulk.followups import Followup
from backoffice.admin.scoping import nowhere
from backoffice.rules import Changes, Refusal

Rows = models.QuerySet[Any]


def refusals(user: Any, rows: Rows, changes: Changes, deed: str) -> Iterator[Refusal]:
    """The rows that this person sees and may not change, and those that would stand where they may put none."""
    condition = limit(user, rows.model, deed)
    if condition is None:
        return
    if not reaches_all_seen(user, rows.model, deed):
        yield Refusal(rows.filter(~condition), "", _("You may see it but not change it."))
    column, allowed = places(user, rows.model, deed) or ("", None)
    if column not in changes:
        return
    target, field = changes[column], rows.model._meta.get_field(column)
    if target is None:
        yield Refusal(rows, column, nowhere())
    elif not field.related_model._base_manager.filter(pk=target.pk).filter(allowed).exists():
        yield Refusal(rows, column, _("You may not put anything there."))


def within(user: Any, followups: Iterator[Followup]) -> Iterator[Followup]:
    """What is left of `followups` where this person may change rows."""
    for followup in followups:
        condition = limit(user, followup.rows.model, "change")
        yield followup if condition is None else followup._replace(rows=followup.rows.filter(condition))


def beyond(user: Any, followups: Iterator[Followup]) -> str:
    """A sentence about the other rows that would have to change, not how many; empty where there are none."""
    for followup in followups:
        condition = limit(user, followup.rows.model, "change")
        if condition is not None and followup.rows.filter(~condition).exists():
            sentence = _(
                "Nothing can be changed so: %(things)s that you may not change would change too. "
                "Ask somebody who may."
            )
            return sentence % {"things": followup.rows.model._meta.verbose_name_plural}
    return ""
