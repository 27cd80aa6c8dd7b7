"""Operation: a line in the log. Recorded: what makes a model's writes appear in it."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.background.jobs import Job, Worker
from backoffice.dashboard.models import KeptBoard, KeptFigures
from backoffice.export_choices import ExportChoice
from backoffice.imports.models import Import, ImportProblem, KeptMapping
from backoffice.operations import operation, rows, sets, tables
from backoffice.privacy.models import FormerName, LegalHold, PurgeName, PurgeRequest, PurgeRow
from backoffice.rules import Altered, Refusal
from backoffice.saved_views import SavedView
from backoffice.search import SearchTextField
from backoffice.security.access_events import AccessEvent

__all__ = [
    "AccessEvent",
    "ExportChoice",
    "FormerName",
    "Import",
    "ImportProblem",
    "Job",
    "KeptBoard",
    "KeptFigures",
    "KeptMapping",
    "LegalHold",
    "Operation",
    "PurgeName",
    "PurgeRequest",
    "PurgeRow",
    "Recorded",
    "RowHistory",
    "SavedView",
    "Worker",
]


class Operation(models.Model):
    """Something that somebody did, with all the rows it touched."""

    class State(models.TextChoices):
        APPLIED = "applied", pgettext_lazy("operation", "Applied")
        UNDONE = "undone", _("Undone")
        PARTLY_UNDONE = "partly_undone", _("Partly undone")

    kind = models.CharField(_("kind"), max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        null=True,
        verbose_name=_("actor"),
    )
    actor_name = models.CharField(
        _("actor's name"), max_length=150, blank=True, help_text=_("Stays when the account is gone.")
    )
    source = models.CharField(
        _("source"),
        max_length=100,
        blank=True,
        help_text=_("The command, when it was not done in the panel."),
    )
    # Empty in what was written by the version before, which goes on writing while the next one is rolled out.
    request_id = models.CharField(  # noqa: DJ001
        _("request"),
        max_length=64,
        null=True,
        blank=True,
        help_text=_("Its number in the log of the server."),
    )
    at = models.DateTimeField(_("time"), default=timezone.now)
    reason = models.TextField(_("reason"), blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    details = models.JSONField(_("details"), default=dict)
    rows = models.JSONField(
        _("rows"), default=dict, help_text=_("How many rows of each model were created, updated, deleted.")
    )
    number = models.PositiveBigIntegerField(_("number of rows"), default=0)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.APPLIED)
    undoes = models.ForeignKey(
        "self", on_delete=models.SET_NULL, related_name="undone_by", null=True, verbose_name=_("undoes")
    )
    expired_at = models.DateTimeField(
        _("expired"),
        null=True,
        help_text=_("When the rows' history was removed; without it nothing can be undone."),
    )

    transaction = models.BigIntegerField(
        null=True, editable=False, help_text="Set by PostgreSQL; see backoffice/security/locks.py."
    )
    search_text = SearchTextField("subject", "reason", "actor_name", "source", editable=False)

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        permissions = [
            ("undo_others", _("Can undo what others did")),
            ("grant_roles", _("Can give and take roles")),
        ]
        ordering = ("-pk",)
        indexes = [
            # The log: its filters, and the columns that it can be sorted by.
            models.Index(fields=["at", "id"], name="operation_by_time"),
            models.Index(fields=["kind", "id"], name="operation_by_kind"),
            models.Index(fields=["actor", "id"], name="operation_by_actor"),
            models.Index(fields=["number", "id"], name="operation_by_size"),
            models.Index(fields=["state", "id"], name="operation_by_state"),
            # What was done to an account or a group: there are few such lines among all.
            models.Index(
                fields=["id"], name="operation_of_accounts", condition=models.Q(details__has_key="noted")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()


class RowHistory(models.Model):
    """A change of one row, as a part of an operation; made for each recorded model by operations.tables."""

    class Action(models.TextChoices):
        CREATED = "+", _("Created")
        UPDATED = "~", _("Updated")
        DELETED = "-", _("Deleted")

    operation = models.ForeignKey(
        Operation, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    step = models.PositiveIntegerField()
    action = models.CharField(max_length=1, choices=Action)
    fields = models.TextField(
        blank=True,
        help_text="The names of the changed columns, each with a comma on both sides: “,name,status,”.",
    )

    class Meta:
        abstract = True
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.row_id}"  # type: ignore[attr-defined]


class Recorded(models.Model):
    """A model whose every write is recorded, whichever way it comes; its history is `history`.

    Its manager must be made from RecordedQuerySet and its Meta inherit from Recorded.Meta.
    """

    history_model: ClassVar[Any]

    objects: ClassVar[Any] = sets.RecordedQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """What the receivers of pre_save and post_save write belongs to the save."""
        with operation(using=kwargs.get("using") or router.db_for_write(type(self), instance=self)):
            super().save_base(*args, **kwargs)

    def _save_table(
        self,
        raw: bool = False,
        cls: Any = None,
        force_insert: Any = False,
        force_update: bool = False,
        using: Any = None,
        update_fields: Any = None,
    ) -> bool:
        """Every save of a row comes by here, that of a fixture too, which passes `save` and `save_base` by."""
        with rows.saving(self, using):
            return bool(super()._save_table(raw, cls, force_insert, force_update, using, update_fields))  # type: ignore[misc]

    @classmethod
    def own_words(cls) -> Iterable[tuple[str, str]]:
        """Words of the product that the names of rows have in them: what stands before each, and its msgid."""
        return ()

    @classmethod
    def broken_rules(cls, rows: models.QuerySet[Any], altered: Altered) -> Iterator[Refusal]:
        """Which of `rows`, as they are stored, break a rule that no constraint keeps: asked after an undo.

        Only by what changed since the operation that is undone: what broke the rule before it comes back as it was.
        `altered("pk")` says which rows of a query changed, and `altered("manager")` of which what that points at did.
        """
        return iter(())

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the row and what hangs on it, as sets, however much it is."""
        if self.pk is None:
            raise ValueError("This row was never saved: it has no key to be deleted by.")
        every = type(self)._base_manager.using(using) if using else type(self)._base_manager
        gone = every.filter(pk=self.pk).delete()
        self.pk = None
        return gone


tables.install()
