"""A role that somebody was given: for all rows, or for a part of a tree."""

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.access.roles import role_label, roles
from backoffice.models import Recorded


class RoleGrant(Recorded):
    """The base of a product's grants; the product adds the relation to its tree."""

    security_event = "authz_change"  # for each row that comes or goes

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="%(app_label)s_%(class)ss",
        verbose_name=_("account"),
    )
    role = models.ForeignKey(
        "auth.Group",
        on_delete=models.PROTECT,
        related_name="%(app_label)s_%(class)ss",
        verbose_name=_("role"),
    )

    class Meta(Recorded.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.user}: {role_label(self.role.name)}"

    @classmethod
    def own_words(cls) -> Iterable[tuple[str, str]]:
        return [(": ", role.name) for role in roles()]
