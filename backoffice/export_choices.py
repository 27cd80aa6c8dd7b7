"""ExportChoice: how somebody exported last: in which format, which columns in which order."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportChoice(models.Model):
    class Format(models.TextChoices):
        CSV = "csv", _("CSV for other programs")
        EXCEL = "excel", _("CSV for Excel")
        XLSX = "xlsx", _("Excel workbook (XLSX)")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("who")
    )
    sheet = models.CharField(_("kind of file"), max_length=100)
    format = models.CharField(_("format"), max_length=10, choices=Format, default=Format.CSV)
    columns = models.JSONField(_("columns"), default=list, help_text=_("Headers, in their order."))

    class Meta:
        app_label = "backoffice"
        verbose_name = _("choice of an export")
        verbose_name_plural = _("choices of exports")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "sheet"], name="one_export_choice_of_a_user")]

    def __str__(self) -> str:
        return self.sheet
