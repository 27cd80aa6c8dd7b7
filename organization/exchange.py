"""The sheets that HR brings: departments and employees."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import exchange
from backoffice.exchange import Absent, Column, Objection, Plan, Sheet, changed, sentence
from organization.models import Department, Employee

LEFT = Employee.Status.LEFT


def _repeats_a_name(plan: Plan) -> Iterator[Objection]:
    """A new name or place that a sibling has, in the file or in the database."""
    moved = plan.rows.filter(changed("name", "parent"))
    place = {"top": Coalesce(F("parent"), Value(0)), "folded": Lower("name")}
    same = {"top": Coalesce(OuterRef("parent"), Value(0)), "folded": Lower(OuterRef("name"))}
    staying = plan.rows.exclude(changed("name", "parent")).annotate(**place)
    earlier = plan.rows.annotate(**place).filter(
        changed("name", "parent"), plan_line__lt=OuterRef("plan_line")
    )
    stored = plan.stored.annotate(**place)
    taken = Exists(staying.filter(**same)) | Exists(earlier.filter(**same)) | Exists(stored.filter(**same))
    yield Objection(
        moved.filter(taken), "name", _("There is a department of this name in the same place already.")
    )


def _reports_to_a_leaver(plan: Plan) -> Iterator[Objection]:
    """Those who have left themselves may name a manager who has: that is how it was."""
    rows = plan.rows.filter(changed("manager")).exclude(status=LEFT)
    here = plan.rows.filter(plan_key=OuterRef("manager"), status=LEFT)
    stored = plan.stored.filter(pk=OuterRef("manager"), status=LEFT)
    name = Coalesce(Subquery(here.values("name")[:1]), Subquery(stored.values("name")[:1]))
    reason = sentence(_("%(manager)s has left and cannot be anyone's manager."), manager=name)
    yield Objection(rows.filter(Exists(here) | Exists(stored)), "manager", reason)


def _leaves_reports_behind(plan: Plan) -> Iterator[Objection]:
    """Somebody leaves whom people stay with, counting what the same file changes about those people."""
    leaving = plan.rows.filter(changed("status"), plan_new=False, status=LEFT)
    if not leaving.exists():
        return
    # Those whom the same file puts below a leaver are refused themselves; who stays there is counted here.
    here = plan.rows.filter(manager=OuterRef("plan_key")).exclude(status=LEFT).exclude(changed("manager"))
    stored = plan.stored.filter(manager=OuterRef("plan_key")).exclude(status=LEFT)
    reason = _("People still report to this person. Give them another manager first.")
    yield Objection(leaving.filter(Exists(here) | Exists(stored)), "status", reason)


def _current() -> "QuerySet[Any]":
    people: QuerySet[Any] = Employee.objects.current()
    return people


def _left_today() -> dict[str, Any]:
    """As of today; whoever was hired later never came."""
    today = timezone.localdate()
    end = Case(When(Q(hire_date__gt=today), then=F("hire_date")), default=Value(today))
    return {"status": LEFT, "end_date": end}


COST_CENTER = Column(
    "cost_center",
    also=("cost_centre",),
    guess=("kostenstelle", "centre de coût", "centre de coûts", "centro de coste", "centro de costo"),
)

DEPARTMENTS = exchange.register(
    Sheet(
        name="departments",
        model=Department,
        key="code",
        or_keys=["name"],
        columns=[
            Column(
                "code",
                also=("department_code",),
                guess=(
                    "department number",
                    "dept code",
                    "dept",
                    "dept id",
                    "department id",
                    "cost unit",
                    "id",
                    "abteilungscode",
                    "abteilungsnummer",
                    "abteilungskürzel",
                    "kürzel",
                    "kurzzeichen",
                    "code service",
                    "code département",
                    "code du service",
                    "code departement",
                    "código",
                    "codigo",
                    "código de departamento",
                    "código departamento",
                ),
            ),
            Column(
                "name",
                also=("department_name",),
                guess=(
                    "department",
                    "title",
                    "unit",
                    "abteilung",
                    "abteilungsname",
                    "bereich",
                    "bezeichnung",
                    "nom",
                    "service",
                    "département",
                    "nom du service",
                    "libellé",
                    "nombre",
                    "departamento",
                    "nombre del departamento",
                ),
                tidy=True,
            ),
            Column(
                "parent_code",
                "parent",
                also=("parent",),
                guess=(
                    "parent department",
                    "belongs to",
                    "part of",
                    "übergeordnet",
                    "übergeordnete abteilung",
                    "rattaché à",
                    "service parent",
                    "département parent",
                    "departamento superior",
                    "depende de",
                ),
                by="code",
                or_by=("name",),
                path="parent",
                loop=gettext_lazy("%(target)s is this department or lies below it."),
            ),
            Column(
                "head_employee_number",
                "head",
                also=("head",),
                guess=(
                    "head of department",
                    "manager",
                    "leiter",
                    "leitung",
                    "abteilungsleiter",
                    "responsable",
                    "chef de service",
                    "jefe",
                    "director",
                ),
                by="employee_number",
                or_by=("work_email",),
                may_come_later=True,
            ),
            Column(
                "location",
                guess=(
                    "site",
                    "city",
                    "standort",
                    "ort",
                    "lieu",
                    "ville",
                    "site",
                    "ubicación",
                    "ciudad",
                    "sede",
                ),
            ),
            COST_CENTER,
            Column(
                "email",
                also=("e-mail",),
                guess=(
                    "e-mail-adresse",
                    "mail",
                    "courriel",
                    "adresse e-mail",
                    "correo",
                    "correo electrónico",
                ),
            ),
            Column("description", guess=("beschreibung", "descripción", "notes")),
            Column(
                "headcount_planned",
                also=("planned_headcount",),
                guess=(
                    "positions",
                    "budgeted",
                    "planstellen",
                    "stellen",
                    "effectif prévu",
                    "plantilla prevista",
                ),
            ),
            Column("opened_on", guess=("opened", "eröffnet", "eröffnet am", "ouvert le", "abierto el")),
            Column("closed_on", guess=("closed", "geschlossen", "geschlossen am", "fermé le", "cerrado el")),
        ],
        rules=[_repeats_a_name],
    )
)

EMPLOYEES = exchange.register(
    Sheet(
        name="employees",
        model=Employee,
        key="employee_number",
        or_keys=["work_email"],
        columns=[
            Column(
                "employee_number",
                also=("number",),
                guess=(
                    "employee id",
                    "employee no",
                    "emp id",
                    "emp no",
                    "staff id",
                    "staff number",
                    "personnel number",
                    "id",
                    "personalnummer",
                    "personalnr",
                    "personal nr",
                    "mitarbeiternummer",
                    "pers nr",
                    "matricule",
                    "numéro d employé",
                    "numéro employé",
                    "número de empleado",
                    "nº empleado",
                    "legajo",
                    "matrícula",
                ),
            ),
            Column(
                "name",
                guess=(
                    "employee name",
                    "full name",
                    "employee",
                    "mitarbeiter",
                    "vollständiger name",
                    "nom",
                    "nom complet",
                    "nom et prénom",
                    "employé",
                    "nombre",
                    "nombre completo",
                    "nombre y apellidos",
                    "empleado",
                ),
                tidy=True,
            ),
            Column(
                "preferred_name",
                guess=("known as", "rufname", "nom d usage", "nom usuel", "nombre preferido"),
                tidy=True,
            ),
            Column(
                "work_email",
                also=("email", "e-mail"),
                guess=(
                    "mail",
                    "email address",
                    "e-mail-adresse",
                    "dienstliche e-mail",
                    "courriel",
                    "adresse e-mail",
                    "correo",
                    "correo electrónico",
                ),
            ),
            Column(
                "phone",
                "work_phone",
                also=("work_phone",),
                guess=(
                    "telephone",
                    "phone number",
                    "telefon",
                    "telefonnummer",
                    "téléphone",
                    "teléfono",
                ),
            ),
            Column(
                "job_title",
                guess=(
                    "title",
                    "job titles",
                    "position",
                    "role",
                    "job",
                    "stelle",
                    "stellenbezeichnung",
                    "funktion",
                    "beruf",
                    "poste",
                    "intitulé du poste",
                    "fonction",
                    "emploi",
                    "puesto",
                    "cargo",
                ),
            ),
            Column(
                "department_code",
                "department",
                also=("department",),
                guess=(
                    "dept",
                    "department id",
                    "dept id",
                    "department name",
                    "department or agency name",
                    "unit",
                    "division",
                    "agency",
                    "abteilung",
                    "abteilungscode",
                    "bereich",
                    "service",
                    "département",
                    "code service",
                    "departamento",
                ),
                by="code",
                or_by=("name",),
                path="parent",
                can_create=True,
            ),
            Column(
                "manager_employee_number",
                "manager",
                also=("manager",),
                guess=(
                    "manager id",
                    "supervisor",
                    "reports to",
                    "vorgesetzter",
                    "vorgesetzte",
                    "führungskraft",
                    "responsable",
                    "supérieur",
                    "supérieur hiérarchique",
                    "manager n+1",
                    "jefe",
                    "supervisor id",
                ),
                by="employee_number",
                or_by=("work_email",),
                loop=gettext_lazy(
                    "%(target)s is this person or reports to them, directly or through others."
                ),
            ),
            Column(
                "status",
                guess=(
                    "employment status",
                    "zustand",
                    "beschäftigungsstatus",
                    "statut",
                    "estado",
                    "situación",
                ),
            ),
            Column(
                "employment_type",
                guess=(
                    "contract type",
                    "contract",
                    "vertragsart",
                    "beschäftigungsart",
                    "type de contrat",
                    "contrat",
                    "tipo de contrato",
                    "contrato",
                ),
            ),
            Column(
                "fte",
                guess=(
                    "full time equivalent",
                    "vollzeitäquivalent",
                    "vzä",
                    "beschäftigungsgrad",
                    "etp",
                    "quotité",
                    "equivalente a tiempo completo",
                    "jornada",
                ),
            ),
            Column(
                "hire_date",
                guess=(
                    "hired",
                    "hired on",
                    "start date",
                    "date of hire",
                    "entry date",
                    "eintritt",
                    "eintrittsdatum",
                    "einstellungsdatum",
                    "date d embauche",
                    "date d entrée",
                    "fecha de contratación",
                    "fecha de ingreso",
                    "fecha de alta",
                ),
            ),
            Column(
                "end_date",
                guess=(
                    "termination date",
                    "left on",
                    "leaving date",
                    "austritt",
                    "austrittsdatum",
                    "date de sortie",
                    "date de départ",
                    "fecha de baja",
                    "fecha de salida",
                ),
            ),
            Column(
                "end_reason",
                guess=("reason for leaving", "austrittsgrund", "motif de départ", "motivo de baja"),
            ),
            Column(
                "location",
                guess=(
                    "site",
                    "city",
                    "office",
                    "standort",
                    "ort",
                    "lieu",
                    "ville",
                    "ubicación",
                    "ciudad",
                    "sede",
                ),
            ),
            COST_CENTER,
            Column(
                "notes",
                guess=(
                    "note",
                    "comments",
                    "remarks",
                    "notizen",
                    "bemerkung",
                    "bemerkungen",
                    "remarques",
                    "commentaires",
                    "notas",
                    "observaciones",
                ),
            ),
        ],
        ignored=["department_name"],  # there for the reader's eyes; the code decides
        rules=[_reports_to_a_leaver, _leaves_reports_behind],
        absent=Absent(
            within="department",
            rows=_current,
            gone=_left_today,
            label=gettext_lazy("Mark as left, as of today"),
        ),
    )
)
