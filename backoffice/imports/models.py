"""Import: a file that somebody brought and what became of it. ImportProblem: what is wrong in it. ImportAbsent: what it
lacks. KeptMapping."""

import hashlib
import json

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        PREVIEWED = "previewed", _("Previewed")
        APPLIED = "applied", _("Applied")
        EXPIRED = "expired", _("Expired")

    OVER = (State.APPLIED, State.EXPIRED)

    class Over(Exception):
        """Nothing more can be done with it."""

    sheet = models.CharField(_("what it holds"), max_length=64)
    file_name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))
    stored = models.CharField(_("name in the folder of uploads"), max_length=64, blank=True)
    kept = models.JSONField(_("what is kept beside it"), null=True)
    reading = models.JSONField(_("how it is read"), default=dict)
    header = models.JSONField(_("header"), default=list)
    mapping = models.JSONField(_("columns"), default=list)
    options = models.JSONField(_("options"), default=dict)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.UPLOADED)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("brought by"),
    )
    actor_name = models.CharField(_("name of who brought it"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    previewed_at = models.DateTimeField(_("previewed at"), null=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    purged_at = models.DateTimeField(_("removed by a purge at"), null=True)
    lines = models.PositiveBigIntegerField(_("lines"), default=0)
    seen = models.JSONField(_("operations that the preview saw"), default=list)
    counts = models.JSONField(_("counts"), default=dict)
    samples = models.JSONField(_("samples"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    operation = models.ForeignKey(
        "backoffice.Operation",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("operation"),
    )

    class Meta:
        app_label = "backoffice"
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-pk",)
        default_permissions = ("view",)
        indexes = [
            # The latest of a kind of file, on the page where one is brought.
            models.Index(fields=["sheet", "id"], name="import_by_sheet"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def earlier(self) -> "Import | None":
        """The latest time that the very same file was imported."""
        same = Import.objects.filter(sheet=self.sheet, sha256=self.sha256, state=self.State.APPLIED)
        return same.exclude(pk=self.pk).select_related("operation").order_by("-pk").first()

    def keep(self) -> None:
        """Save it, unless it was applied or has expired meanwhile: then raise Over."""
        fields = [field for field in self._meta.concrete_fields if not field.primary_key]
        values = {field.attname: getattr(self, field.attname) for field in fields}
        if not Import.objects.filter(pk=self.pk).exclude(state__in=self.OVER).update(**values):
            raise self.Over

    @property
    def mark(self) -> str:
        """Of what the preview shows: how the file was read, what its columns mean, what was chosen, and when."""
        shown = [self.reading, self.header, self.mapping, self.options, str(self.previewed_at)]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


class ImportProblem(models.Model):
    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="problems", db_index=False, verbose_name=_("import")
    )
    line = models.BigIntegerField(_("line"))
    column = models.TextField(_("column"), blank=True)
    value = models.TextField(_("value"), blank=True)
    reason = models.TextField(_("reason"))
    warning = models.BooleanField(_("warning"), default=False)

    class Meta:
        app_label = "backoffice"
        verbose_name = _("problem of an import")
        verbose_name_plural = _("problems of imports")
        ordering = ("pk",)
        default_permissions = ()
        indexes = [
            # The list on the page of an import, and the file of refused rows.
            models.Index(fields=["batch", "warning", "line", "id"], name="import_problem_by_line"),
        ]

    def __str__(self) -> str:
        return self.reason


class ImportAbsent(models.Model):
    """A stored row that a file lacks, by its key."""

    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="absent", db_index=False, verbose_name=_("import")
    )
    row = models.BigIntegerField(_("row"))

    class Meta:
        app_label = "backoffice"
        verbose_name = _("row that an import lacks")
        verbose_name_plural = _("rows that imports lack")
        ordering = ("row",)
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["batch", "row"], name="import_absent_once")]

    def __str__(self) -> str:
        return str(self.row)


class KeptMapping(models.Model):
    """Which columns of a file mean what, under a name, for the next file of that kind."""

    sheet = models.CharField(_("what it is for"), max_length=64)
    name = models.CharField(_("name"), max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    columns = models.JSONField(_("columns"), default=dict)
    options = models.JSONField(_("options"), default=dict)

    class Meta:
        app_label = "backoffice"
        verbose_name = _("kept mapping")
        verbose_name_plural = _("kept mappings")
        ordering = ("name", "pk")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["owner", "sheet", "name"], name="kept_mapping_once")]

    def __str__(self) -> str:
        return self.name
