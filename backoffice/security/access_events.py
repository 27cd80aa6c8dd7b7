"""AccessEvent: who looked at whom. A line for each person whose page was opened, one for each file of many people."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AccessEvent(models.Model):
    """A read of personal data, without the data; of an export it says what was searched for. Nobody changes it but a
    purge; see backoffice/security/locks.py.
    """

    class What(models.TextChoices):
        PAGE = "page", _("Opened a page")
        HISTORY = "history", _("Read the history")
        EXPORT = "export", _("Exported")
        OPERATION_ROWS = "operation_rows", _("Downloaded the rows of an operation")
        REFUSED_ROWS = "refused_rows", _("Downloaded refused rows")
        SUBJECT_ACCESS = "subject_access", _("Exported everything about one person")

    at = models.DateTimeField(_("time"), default=timezone.now)
    # The key stays when the account is gone, and no deletion of an account writes here.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        null=True,
        verbose_name=_("who"),
    )
    what = models.CharField(_("what"), max_length=32, choices=What)
    model = models.CharField(_("kind of rows"), max_length=100)
    row = models.CharField(_("row"), max_length=64, blank=True, help_text=_("The key; empty for many rows."))
    number = models.PositiveBigIntegerField(_("number of rows"), default=1)
    filters = models.CharField(
        _("filters"),
        max_length=300,
        blank=True,
        help_text=_("By what many rows were chosen; what was typed, of exports alone."),
    )
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        app_label = "backoffice"
        verbose_name = _("access event")
        verbose_name_plural = _("access events")
        ordering = ("-pk",)
        indexes = [
            # The list and its filters; the page of who looked at one row; retention, in order of time.
            models.Index(fields=["at", "id"], name="access_by_time"),
            models.Index(fields=["actor", "id"], name="access_by_actor"),
            models.Index(fields=["what", "id"], name="access_by_kind"),
            models.Index(fields=["model", "row", "id"], name="access_by_row"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.model} {self.row}".strip()
