"""Legal hold: somebody says that a row must be kept, and somebody says that it need not any more.

While it is held nobody deletes it, whichever way, and nothing of its history expires.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.models import LegalHold
from backoffice.operations import kinds, operation
from backoffice.operations.conflicts import Conflict
from backoffice.operations.current import Recording, tells_singly
from backoffice.privacy.subjects import subject_of
from backoffice.security.events import event
from backoffice.sql import locks

PERMISSION = "backoffice.hold"
VIEW = "backoffice.view_legalhold"

KINDS = ("hold", "lift_hold")

kinds.register("hold", gettext_lazy("Legal hold"))
kinds.register("lift_hold", gettext_lazy("Legal hold lifted"))
tells_singly(LegalHold, "created", "deleted")


def place(row: models.Model, *, actor: Any, reason: str) -> LegalHold:
    """A row is held once; whoever is second finds what stands there. Raises ObjectDoesNotExist where it has gone."""
    with operation("hold", actor=actor, reason=reason, subject=row, details=_about(row)) as it:
        locks.held(type(row)._base_manager.filter(pk=row.pk)).get()  # after who is just deleting it
        hold, made = LegalHold.objects.get_or_create(
            model=row._meta.label,
            key=row.pk,
            defaults={"reason": reason, "by": actor, "by_name": str(actor.get_full_name() or actor)[:150]},
        )
        if made:
            it.note(LegalHold, hold.pk, "created", {})
    if made:
        event("sensitive_update", user=actor, what="legal_hold", model=hold.model, row=hold.key)
    return hold


def lift(hold: LegalHold, row: models.Model, *, actor: Any, reason: str = "") -> bool:
    """Whether it was lifted now: whoever is second finds that it is gone."""
    with operation("lift_hold", actor=actor, reason=reason, subject=row, details=_about(row)) as it:
        gone, _by_model = LegalHold.objects.filter(pk=hold.pk).delete()
        if gone:
            it.note(LegalHold, hold.pk, "deleted", {})
    if gone:
        event("sensitive_update", user=actor, level="WARN", what="lift_hold", model=hold.model, row=hold.key)
    return bool(gone)


def lines_about(model: Any, key: Any) -> Q:
    """The operations that placed or lifted a hold of this row."""
    return Q(kind__in=KINDS, details__held=[model._meta.label, key])


def _about(row: models.Model) -> dict[str, Any]:
    return {"held": [row._meta.label, row.pk]}


def held(models_: Iterable[Any]) -> dict[Any, list[int]]:
    """The keys of the rows of each model that are held; without the models of which none is."""
    by_label = {model._meta.label: model for model in models_}
    keys = defaultdict(list)
    for label, key in LegalHold.objects.filter(model__in=by_label).order_by().values_list("model", "key"):
        keys[by_label[label]].append(key)
    return dict(keys)


def kept(model: Any) -> Iterator[Conflict]:
    """Rows that an undo may not delete: history rows of whoever is held."""
    if subject_of(model):
        held_ = LegalHold.objects.order_by().filter(model=model._meta.label)
        yield Conflict(_("A legal hold says that it must be kept"), Q(row_id__in=held_.values("key")))


def look(recording: Recording) -> None:
    """Before an operation is committed. Raises ProtectedError where it has deleted what is held."""
    rows = recording.operation.rows
    gone = [model for model in recording.models if "deleted" in rows.get(model._meta.label, {})]
    for model, keys in held(gone).items() if gone else ():
        history: Any = model.history_model
        deleted = history.objects.using(recording.using).filter(operation=recording.operation, action="-")
        if line := deleted.filter(row__in=keys).first():
            raise models.ProtectedError(
                _("Nothing was deleted: a legal hold says that %(row)s must be kept. Lift it first.")
                % {"row": f"{model._meta.verbose_name} {line.row_id}"},
                {line},
            )
