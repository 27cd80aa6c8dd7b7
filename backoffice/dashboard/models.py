"""The kept figures of large tables: a worker writes them, the first page reads them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptBoard(models.Model):
    """When the figures of a board were counted, and from what."""

    board = models.CharField(max_length=64, primary_key=True)
    rows = models.PositiveBigIntegerField(default=0, help_text="Of the model; up to LIVE none are kept.")
    day = models.DateField(null=True, help_text="The day that the figures are about.")
    operation = models.PositiveBigIntegerField(
        default=0, help_text="The newest operation when it was counted."
    )
    counted_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    asked_at = models.DateTimeField(null=True, help_text="When somebody asked for newer ones.")
    began_at = models.DateTimeField(null=True, help_text="Which worker counts: only one at a time.")
    keys = models.JSONField(default=dict, help_text="Of some measures, the keys of the rows.")

    class Meta:
        app_label = "backoffice"
        verbose_name = _("kept board")
        verbose_name_plural = _("kept boards")

    def __str__(self) -> str:
        return self.board


class KeptFigures(models.Model):
    """The figures of a row of the tree with everything below it; place 0 is everything."""

    board = models.CharField(max_length=64)
    place = models.BigIntegerField()
    parent = models.BigIntegerField(null=True)
    own = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    mark = models.CharField(max_length=32, help_text="Of all the above: only rows that changed are written.")

    class Meta:
        app_label = "backoffice"
        verbose_name = _("kept figures")
        verbose_name_plural = _("kept figures")
        constraints = [models.UniqueConstraint(fields=["board", "place"], name="figures_of_place")]
        # What is right below a place, the largest first.
        indexes = [models.Index(fields=["board", "parent", "-size"], name="figures_below")]

    def __str__(self) -> str:
        return f"{self.board} {self.place}"
