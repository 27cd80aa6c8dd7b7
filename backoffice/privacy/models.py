"""LegalHold: a row that must be kept. PurgeRequest: the wish to purge rows, which somebody else has to approve.
PurgeRow: who is in it. PurgeName: what it would take out of what is said about others. FormerName: what somebody was
called.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LegalHold(models.Model):
    """Says that one row of a model must not be purged."""

    model = models.CharField(_("model"), max_length=100)
    key = models.PositiveBigIntegerField(_("key"))
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("said by"),
    )
    by_name = models.CharField(_("name of who said it"), max_length=150, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        app_label = "backoffice"
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ("-pk",)
        constraints = [models.UniqueConstraint(fields=["model", "key"], name="legal_hold_once")]
        permissions = [("hold", _("Can say that somebody's data must be kept"))]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class PurgeRequest(models.Model):
    class State(models.TextChoices):
        ASKED = "asked", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        DONE = "done", _("Done")
        RETURNED = "returned", _("Returned: something changed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    model = models.CharField(_("model"), max_length=100)
    before = models.DateField(_("due before"))
    number = models.PositiveBigIntegerField(_("number of rows"), default=0)
    mark = models.PositiveBigIntegerField(
        _("newest change"),
        default=0,
        help_text=_("Of any row when it was asked; who changed later comes back."),
    )
    reason = models.TextField(_("reason"), blank=True)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("asked by"),
    )
    asked_name = models.CharField(_("name of who asked"), max_length=150, blank=True)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("approved by"),
    )
    approved_name = models.CharField(_("name of who approved"), max_length=150, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True)
    done_at = models.DateTimeField(_("done at"), null=True)
    answer = models.TextField(_("what became of it"), blank=True)
    report = models.JSONField(_("report"), default=dict)
    operation = models.ForeignKey(
        "backoffice.Operation",
        on_delete=models.SET_NULL,
        related_name="purges",
        null=True,
        verbose_name=_("operation"),
    )

    class Meta:
        app_label = "backoffice"
        verbose_name = _("purge")
        verbose_name_plural = _("purges")
        ordering = ("-pk",)
        permissions = [
            ("purge", _("Can ask for a purge and approve one")),
            ("export_person", _("Can export everything that is held about somebody")),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.ASKED, self.State.APPROVED)

    def words(self, **which: Any) -> set[tuple[str, ...]]:
        """Those of the names that it was shown with."""
        names = self.names.order_by().filter(**which)
        return {tuple(words) for words in names.values_list("words", flat=True)}


class PurgeRow(models.Model):
    """A row that an open request is about: what was previewed is what is approved and purged."""

    request = models.ForeignKey(
        PurgeRequest, on_delete=models.CASCADE, related_name="rows", db_index=False, verbose_name=_("request")
    )
    key = models.PositiveBigIntegerField(_("key"))

    class Meta:
        app_label = "backoffice"
        verbose_name = _("row of a purge")
        verbose_name_plural = _("rows of purges")
        # Whether a row is in the request, and all of them.
        indexes = [models.Index(fields=["request", "key"], name="purge_row_of_request")]

    def __str__(self) -> str:
        return str(self.key)


class PurgeName(models.Model):
    """A name of those in an open request that would go from what is said about others.

    Who approves the request sees it, and may say that it stays there.
    """

    request = models.ForeignKey(
        PurgeRequest, on_delete=models.CASCADE, related_name="names", verbose_name=_("request")
    )
    name = models.TextField(_("name"))
    words = models.JSONField(_("words"))
    number = models.PositiveBigIntegerField(_("number of rows"), default=0)
    places = models.JSONField(
        _("places"), default=list
    )  # [model, column, text, number of rows, key of the one that it was written in] of some of them
    left = models.BooleanField(_("stays"), default=False)

    class Meta:
        app_label = "backoffice"
        verbose_name = _("name in a purge")
        verbose_name_plural = _("names in purges")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class FormerName(models.Model):
    """What a row was called before, of which no history is left; of an account `model` names the column, too."""

    model = models.CharField(_("model"), max_length=100)
    key = models.PositiveBigIntegerField(_("key"))
    name = models.TextField(_("name"))

    class Meta:
        app_label = "backoffice"
        verbose_name = _("former name")
        verbose_name_plural = _("former names")
        # What those who are purged were called.
        indexes = [models.Index(fields=["model", "key"], name="former_name_of_row")]

    def __str__(self) -> str:
        return f"{self.model} {self.key}"
