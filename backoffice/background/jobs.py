"""Job: an operation that was asked for and is carried out by a worker. Worker: that there is one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Phase(models.TextChoices):
    LOOKING = "looking", _("Looking at what there is")
    READING = "reading", _("Reading the file")
    CHECKING = "checking", _("Checking its rows")
    RECORDING = "recording", _("Recording how it was")
    CHANGING = "changing", _("Changing")
    FINISHING = "finishing", _("Finishing")


class Job(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Not done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(_("kind"), max_length=64)
    title = models.CharField(_("title"), max_length=200)
    path = models.CharField(
        _("function"), max_length=200, help_text=_("Called with the actor and the parameters.")
    )
    parameters = models.JSONField(_("parameters"), default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("actor"),
    )
    language = models.CharField(_("language"), max_length=20)
    request_id = models.CharField(_("request"), max_length=64, null=True, blank=True)  # noqa: DJ001  # as in Operation
    back = models.TextField(_("way back"), blank=True, help_text=_("The page where it was asked for."))
    rows = models.PositiveBigIntegerField(_("expected number of rows"), default=0)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(
        _("attempt"), default=1, help_text=_("Who holds an earlier attempt can neither commit nor report.")
    )
    phase = models.CharField(_("phase"), max_length=20, choices=Phase, default=Phase.LOOKING)
    part = models.FloatField(
        _("part of the phase"), default=0, db_default=0.0, help_text=_("Of what is read or checked, up to 1.")
    )
    recorded = models.PositiveBigIntegerField(_("rows recorded"), default=0)
    changed = models.PositiveBigIntegerField(_("rows changed"), default=0)
    cancel_asked = models.BooleanField(_("cancellation asked for"), default=False)
    beat_at = models.DateTimeField(_("last sign of life"), null=True)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    message = models.TextField(_("what came of it"), blank=True)
    operation = models.ForeignKey(
        "backoffice.Operation",
        on_delete=models.SET_NULL,
        related_name="jobs",
        null=True,
        verbose_name=_("operation"),
    )

    class Meta:
        app_label = "backoffice"
        verbose_name = _("background operation")
        verbose_name_plural = _("background operations")
        ordering = ("-pk",)
        indexes = [  # a worker asks every few seconds what was left lying
            models.Index(
                fields=["state"], name="job_unfinished", condition=models.Q(state__in=["waiting", "running"])
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.state not in (self.State.WAITING, self.State.RUNNING)


class Worker(models.Model):
    """A worker process and when it was last heard of."""

    name = models.CharField(_("name"), max_length=100, primary_key=True)
    beat_at = models.DateTimeField(_("last sign of life"))

    class Meta:
        app_label = "backoffice"
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name
