"""Department and Employee: fields, rules, indexes."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from backoffice.access.grants import RoleGrant
from backoffice.access.roles import role_label
from backoffice.fields import KeyField, LongTextField, NameField, PlainDecimalField, UniqueEmailField
from backoffice.models import Recorded
from backoffice.rules import Altered, Refusal
from backoffice.search import SearchTextField
from organization import stored_rules
from organization.querysets import DepartmentQuerySet, EmployeeQuerySet


class Department(Recorded):
    name = NameField(_("name"), max_length=150)
    code = KeyField(
        _("code"),
        help_text=_("Short and stable; imports find the department by it. “a1” and “A1” are two codes."),
        error_messages={"unique": _("Another department has this code already.")},
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="children",
        db_index=False,
        null=True,
        blank=True,
        verbose_name=_("parent department"),
    )
    # Its index: whose head is a person, for the delete page.
    head = models.ForeignKey(
        "Employee",
        on_delete=models.SET_NULL,
        related_name="headed_departments",
        null=True,
        blank=True,
        verbose_name=_("head"),
    )
    cost_center = models.CharField(_("cost center"), max_length=64, blank=True)
    location = models.CharField(_("location"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    description = LongTextField(_("description"), blank=True)
    headcount_planned = models.PositiveIntegerField(_("planned headcount"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    search_text = SearchTextField("name", "code", editable=False)

    judged_together = ("parent", "name")
    kept_closure = "parent"

    objects: ClassVar[Any] = DepartmentQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        permissions = [
            ("import_department", _("Can import departments")),
            ("export_department", _("Can export departments")),
        ]
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(
                name="department_closed_after_opened",
                condition=Q(closed_on__isnull=True)
                | Q(opened_on__isnull=True)
                | Q(closed_on__gte=F("opened_on")),
                violation_error_message=_("The department cannot close before it opens."),
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="department_by_name"),  # the list in its default order
            models.Index(fields=["location", "id"], name="department_by_location"),  # list: filter and sort
            # The departments below one, for filters, the tree's rules and the delete page; the list sorted by parent.
            models.Index(fields=["parent", "name", "id"], name="department_below"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        from organization import rules

        super().clean()
        rules.check_department(self)

    @classmethod
    def broken_rules(cls, rows: models.QuerySet[Any], altered: Altered) -> Iterator[Refusal]:
        return stored_rules.broken_by_departments(rows, altered)


class Employee(Recorded):
    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        ACTIVE = "active", _("Active")
        ON_LEAVE = "on_leave", _("On leave")
        SUSPENDED = "suspended", _("Suspended")
        LEFT = "left", _("Left")

    class EmploymentType(models.TextChoices):
        PERMANENT = "permanent", _("Permanent")
        FIXED_TERM = "fixed_term", _("Fixed term")
        TEMPORARY = "temporary", _("Temporary")
        CONTRACTOR = "contractor", _("Contractor")
        INTERN = "intern", _("Intern")
        APPRENTICE = "apprentice", _("Apprentice")
        OTHER = "other", _("Other")

    class EndReason(models.TextChoices):
        RESIGNED = "resigned", _("Resigned")
        DISMISSED = "dismissed", _("Dismissed")
        CONTRACT_ENDED = "contract_ended", _("Contract ended")
        RETIRED = "retired", _("Retired")
        DIED = "died", _("Died")
        OTHER = "other", _("Other")

    name = NameField(_("name"), max_length=200)
    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, db_index=False, verbose_name=_("department")
    )
    employee_number = KeyField(
        _("employee number"),
        help_text=_("Imports find the person by it. “a1” and “A1” are two numbers."),
        error_messages={"unique": _("Somebody else has this employee number already.")},
    )
    preferred_name = models.CharField(_("preferred name"), max_length=200, blank=True)
    work_email = UniqueEmailField(
        _("work e-mail"), error_messages={"unique": _("Somebody else has this work e-mail already.")}
    )
    work_phone = models.CharField(_("work phone"), max_length=40, blank=True)
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.ACTIVE)
    employment_type = models.CharField(
        _("employment type"), max_length=20, choices=EmploymentType, blank=True, default=""
    )
    fte = PlainDecimalField(
        _("full-time equivalent"),
        max_digits=4,
        decimal_places=3,
        default=Decimal(1),
        help_text=_("1 is full time, 0.5 half time; at most 1.5."),
    )
    hire_date = models.DateField(_("hire date"), null=True, blank=True)
    end_date = models.DateField(_("end date"), null=True, blank=True)
    end_reason = models.CharField(_("end reason"), max_length=20, choices=EndReason, blank=True, default="")
    manager = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        related_name="direct_reports",
        db_index=False,
        null=True,
        blank=True,
        verbose_name=_("manager"),
    )
    location = models.CharField(_("location"), max_length=120, blank=True)
    cost_center = models.CharField(
        _("cost center"), max_length=64, blank=True, help_text=_("Empty: the department's.")
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="employee_record",
        null=True,
        blank=True,
        verbose_name=_("account"),
        error_messages={"unique": _("Somebody else has this account already.")},
    )
    notes = LongTextField(_("notes"), blank=True)
    search_text = SearchTextField(
        "name", "preferred_name", "employee_number", "work_email", "job_title", editable=False
    )

    judged_together = ("manager", "status")

    objects: ClassVar[Any] = EmployeeQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        permissions = [
            ("import_employee", _("Can import employees")),
            ("export_employee", _("Can export employees")),
        ]
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(
                name="employee_left_has_end_date",
                condition=~Q(status="left") | Q(end_date__isnull=False),
                violation_error_message=_("Someone who has left needs an end date."),
            ),
            models.CheckConstraint(
                name="employee_end_after_hire",
                condition=Q(end_date__isnull=True)
                | Q(hire_date__isnull=True)
                | Q(end_date__gte=F("hire_date")),
                violation_error_message=_("The end date cannot be before the hire date."),
            ),
            models.CheckConstraint(
                name="employee_end_reason_has_end_date",
                condition=Q(end_reason="") | Q(end_date__isnull=False),
                violation_error_message=_("An end reason needs an end date."),
            ),
            models.CheckConstraint(
                name="employee_fte_in_range",
                condition=Q(fte__gt=0) & Q(fte__lte=Decimal("1.5")),
                violation_error_message=_("The full-time equivalent must be above 0 and at most 1.5."),
            ),
        ]
        indexes = [
            # One for each column the list can be sorted by; the key makes the order total.
            models.Index(fields=["name", "id"], name="employee_by_name"),
            models.Index(fields=["job_title", "id"], name="employee_by_job_title"),
            models.Index(fields=["status", "id"], name="employee_by_status"),
            models.Index(fields=["hire_date", "id"], name="employee_by_hire_date"),
            # Filter: a rare employment type must not read the table.
            models.Index(fields=["employment_type", "id"], name="employee_by_type"),
            models.Index(
                fields=["location", "id"], name="employee_by_location"
            ),  # the same, and its suggestions
            # Whose end date has passed though they have not left. Of those few alone who have one.
            models.Index(
                fields=["end_date", "status", "id"],
                condition=Q(end_date__isnull=False) & ~Q(status="left"),
                name="employee_ends",
            ),
            # The department's inline in its default order.
            models.Index(fields=["department", "name", "id"], name="employee_in_department"),
            # Headcounts, and the list sorted by department.
            models.Index(fields=["department", "status", "id"], name="employee_headcount"),
            # Filter; and who is due to be purged, longest gone first. Of those alone who have one.
            models.Index(
                fields=["end_date", "id", "status"],
                condition=Q(end_date__isnull=False),
                name="employee_by_end_date",
            ),
            # Direct reports, and the list sorted by manager, of whom one may have very many; who has reports now.
            models.Index(fields=["manager", "name", "id", "status"], name="employee_by_manager"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        from organization import rules

        super().clean()
        rules.check_employee(self)

    @classmethod
    def broken_rules(cls, rows: models.QuerySet[Any], altered: Altered) -> Iterator[Refusal]:
        return stored_rules.broken_by_employees(rows, altered)


class Grant(RoleGrant):
    """A role for all departments, or for one and everything below it."""

    department = models.ForeignKey(
        Department,
        on_delete=models.CASCADE,
        related_name="grants",
        null=True,
        blank=True,
        verbose_name=_("department"),
        help_text=_("This one and everything below it. Empty: all departments."),
    )

    class Meta(RoleGrant.Meta):
        verbose_name = _("granted role")
        verbose_name_plural = _("granted roles")
        ordering = ("user", "role", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "department"],
                name="grant_once",
                violation_error_message=_("This account has the role for this department already."),
            ),
            # Beside the first, to which two empty departments are two different ones.
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(department__isnull=True),
                name="grant_once_for_all",
                violation_error_message=_("This account has the role for all departments already."),
            ),
        ]

    def __str__(self) -> str:
        where = self.department or _("all departments")
        return f"{self.user}: {role_label(self.role.name)}, {where}"

    @classmethod
    def own_words(cls) -> Iterable[tuple[str, str]]:
        return [*super().own_words(), (", ", gettext_noop("all departments"))]
