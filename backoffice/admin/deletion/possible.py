"""Who of a selection cannot be deleted, reason by reason, and who can."""

from collections.abc import Iterator
from typing import NamedTuple

from django.contrib.admin import AdminSite
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.admin.bulk.settled import Refusals, settled
from backoffice.admin.counting import LIMIT
from backoffice.admin.deletion.choices import Choices
from backoffice.cascades import CascadePlan
from backoffice.links import Model, Rows
from backoffice.privacy.holds import held
from backoffice.rules import Refusal
from backoffice.sql.frozen import key_set


class Possible(NamedTuple):
    """The rows that can be deleted, how many they are, and how many cannot; all where that is not known."""

    rows: Rows
    number: int = 0
    refused: int = 0


def refusals(site: AdminSite, request: HttpRequest) -> Refusals:
    """Asks of rows as the request's choices are. None of a tree whose branches go along: they stand for each other."""

    def ask(rows: Rows) -> Iterator[Refusal]:
        choices = Choices(site, request, rows)
        plan = choices.plan()
        return iter(()) if choices.included or plan.roots.links else _refused(site, plan, rows)

    return ask


def possible(rows: Rows, refusals: Refusals) -> Possible:
    with transaction.atomic(using=rows.db), settled(rows, refusals) as found:
        if not 0 < found.number <= LIMIT:
            return Possible(rows)
        keys = list(found.all_refused.values_list("pk", flat=True))
        return Possible(rows.exclude(pk__in=key_set(rows.model, keys)), found.left.count(), len(keys))


def _refused(site: AdminSite, plan: CascadePlan, rows: Rows) -> Iterator[Refusal]:
    for model, going in plan.going.items():
        ask = getattr(site._registry.get(model), "undeletable", None)
        for refusal in ask(going.rows) if ask else ():
            for way in _ways(plan, model):
                staying = refusal.rows.order_by().values(way)
                yield Refusal(rows.filter(pk__in=staying), "", refusal.reason)
    for model, keys in held(plan.going).items():
        kept = model._base_manager.using(plan.using).filter(pk__in=keys)
        for way in _ways(plan, model):
            sentence = _("It, or what goes along, is under legal hold. Lift that before you delete.")
            yield Refusal(rows.filter(pk__in=kept.order_by().values(way)), "", sentence)
    for link in plan.blocking:
        sentence = _("Protected by %(things)s.") % {"things": link.model._meta.verbose_name_plural}
        for way in _ways(plan, link.parent) if link.is_plain else ():
            # Asked for each that was chosen, by index: very many may point at few.
            pointing = plan.staying(link).order_by().filter(**{f"{link.field.name}__{way}": OuterRef("pk")})
            yield Refusal(rows.filter(Exists(pointing)), "", sentence)


def _ways(plan: CascadePlan, model: Model) -> list[str]:
    """The lookups from a row that goes to the chosen one that it goes with."""
    if model is plan.model:
        return ["pk"]
    links = [link for link in plan.going[model].links if link.is_plain and link.parent is not model]
    return [f"{link.field.name}__{way}" for link in links for way in _ways(plan, link.parent)]
