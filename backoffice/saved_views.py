"""SavedView: how a list is looked at, kept under a name."""

from django.conf import settings
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

SHARING = "backoffice.share_views"


class SavedView(models.Model):
    """Search, filters, order and columns of a list; everybody's where it has no owner.

    The one without a name holds the columns that its owner chose last. It says how rows are looked at and nothing about
    them, so it keeps no history; what everybody gets to see is told in the log.
    """

    model = models.CharField(_("list"), max_length=100, help_text=_("Of which model."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        verbose_name=_("owner"),
        help_text=_("Nobody: it is everybody’s."),
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    query = models.JSONField(_("search and filters"), default=dict, help_text=_("By parameter: its values."))
    sort = models.CharField(_("sorted by"), max_length=100, blank=True)
    columns = models.JSONField(_("columns"), default=list)
    role = models.ForeignKey(
        "auth.Group",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("default of a role"),
    )

    class Meta:
        app_label = "backoffice"
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        permissions = [("share_views", _("Can share views of lists and set those of roles"))]
        constraints = [
            models.UniqueConstraint(fields=["owner", "model", "name"], name="one_view_of_a_name"),
            models.UniqueConstraint(fields=["role", "model"], name="one_view_of_a_role"),
        ]
        indexes = [models.Index(fields=["model", "name"], name="views_of_a_list")]

    def __str__(self) -> str:
        return self.name

    @property
    def parameters(self) -> QueryDict:
        found = QueryDict(mutable=True)
        for name, values in self.query.items():
            found.setlist(name, [str(value) for value in values])
        return found
