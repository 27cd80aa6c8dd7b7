"""Legal hold: somebody says that a row must be kept, and somebody says that it need not any more."""

from typing import Any

from django.db import models, transaction

from backoffice.models import LegalHold
from backoffice.security.events import event

PERMISSION = "backoffice.hold"
VIEW = "backoffice.view_legalhold"


def place(row: models.Model, *, actor: Any, reason: str) -> LegalHold:
    """A row is held once; whoever is second finds what stands there."""
    with transaction.atomic():
        hold, made = LegalHold.objects.get_or_create(
            model=row._meta.label,
            key=row.pk,
            defaults={"reason": reason, "by": actor, "by_name": str(actor.get_full_name() or actor)[:150]},
        )
    if made:
        event("sensitive_update", user=actor, what="legal_hold", model=hold.model, row=hold.key)
    return hold


def lift(hold: LegalHold, *, actor: Any) -> None:
    event("sensitive_update", user=actor, level="WARN", what="lift_hold", model=hold.model, row=hold.key)
    hold.delete()
