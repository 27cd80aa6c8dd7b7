"""Who becomes the manager of those who report to people who leave."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import tree
from backoffice.rules import Refusal
from backoffice.sql.frozen import is_one_of

if TYPE_CHECKING:
    from organization.models import Employee

People = models.QuerySet[Any]

FEW = 10_000  # people


class Choice(models.TextChoices):
    TO = "to", gettext_lazy("Get another manager")
    UP = "up", gettext_lazy("Get the manager above")
    NOBODY = "nobody", gettext_lazy("Have no manager")


class Handover(NamedTuple):
    choice: str
    to: "Employee | None" = None


def left_behind(leavers: People, leaving: People | None = None) -> People:
    """Who reports to one of `leavers` and stays when all of `leaving` leave."""
    # Asked from the few (people) to the many, and never `pk NOT IN (people)`: PostgreSQL then follows the index of
    # managers instead of reading everybody.
    asked = leavers.order_by()
    goes = Exists((asked if leaving is None else leaving.order_by()).filter(pk=OuterRef("pk")))
    everybody: People = leavers.model._default_manager.exclude(status="left")
    return everybody.filter(~goes, manager__in=asked.values("pk"))


def new_manager(handover: Handover, leaving: People) -> Any:
    """The value or expression that becomes the manager of left_behind(…).

    Who takes over from the own manager gets the manager above.
    """
    asked = leaving.order_by()
    # Named by their keys, they are looked up in a hash; asked for again, PostgreSQL may go through them for every row.
    keys = list(asked.values_list("pk", flat=True)[: FEW + 1])
    few = len(keys) <= FEW
    goes = is_one_of(leaving.model, keys) if few else Q(Exists(asked.filter(pk=OuterRef("pk"))))
    gone = leaving.model._default_manager.filter(Q(status="left") | goes)
    above = tree.NearestAbove("manager", "manager", gone)
    if handover.choice == Choice.TO and handover.to:
        return Case(When(pk=handover.to.pk, then=above), default=Value(handover.to.pk))
    return above if handover.choice == Choice.UP else None


def refused_leavers(people: People, handover: Handover) -> Iterator[Refusal]:
    """Those of `people` who cannot leave so."""
    heir = handover.to
    if handover.choice != Choice.TO or not heir:
        return
    yield Refusal(
        people.filter(pk=heir.pk),
        "status",
        _("%(manager)s is to be the manager of those who stay.") % {"manager": heir},
    )
    yield Refusal(
        people.filter(pk__in=_around(people, heir)),
        "status",
        _("%(manager)s reports to one of those who are handed over, and so cannot be their manager.")
        % {"manager": heir},
    )


def _around(people: People, heir: "Employee") -> list[Any]:
    """Those of `people` above `heir` with somebody between who stays: that one would report to the heir, in a ring."""
    everybody: People = people.model._default_manager.using(people.db)
    above = tree.ancestors(people.model, "manager", [heir.pk])
    # The few above are read: asked together with the many people, PostgreSQL goes through those for each other.
    chain = list(everybody.filter(pk__in=above).order_by().values_list("pk", "manager", "status"))
    leaving = set(
        people.filter(pk__in=[key for key, *_rest in chain]).order_by().values_list("pk", flat=True)
    )
    stay = [(key, manager) for key, manager, status in chain if key not in leaving and status != "left"]
    return [manager for key, manager in stay if key != heir.pk and manager in leaving]
