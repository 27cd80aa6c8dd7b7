"""Who may what: the roles of HR, and the departments that they can be bound to."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.translation import gettext_noop

from backoffice import access
from backoffice.access import permissions_of
from backoffice.models import AccessEvent, Job, LegalHold, Operation, PurgeRequest
from organization.models import Department, Employee, Grant

ACCOUNTS = permissions_of(get_user_model(), "view")
READING = permissions_of(Employee, "view") | permissions_of(Department, "view")
LOG = permissions_of(Operation, "view")
WITHDRAWN = {"backoffice.view_import"}  # it opens nothing
AUDIT = frozenset().union(*(permissions_of(model, "view") for model in (AccessEvent, Group, Job, LegalHold)))
EDITING = (
    READING
    | permissions_of(Employee, "add", "change", "import", "export")
    | permissions_of(Department, "add", "change", "import", "export")
)

access.declare_role("viewer", gettext_noop("Viewer"), READING)
access.declare_role("hr_officer", gettext_noop("HR officer"), EDITING)
access.declare_role(
    "hr_administrator",
    gettext_noop("HR administrator"),
    EDITING
    | LOG
    | AUDIT
    | ACCOUNTS
    | permissions_of(Employee, "delete")
    | permissions_of(Department, "delete")
    | permissions_of(Grant, "view", "add", "delete")
    | permissions_of(PurgeRequest, "view")
    | {
        "backoffice.undo_others",
        "backoffice.grant_roles",
        "backoffice.purge",
        "backoffice.hold",
        "backoffice.export_person",
        "backoffice.share_views",
    },
    WITHDRAWN,
)
access.declare_role(
    "auditor",
    gettext_noop("Auditor"),
    READING | LOG | ACCOUNTS | AUDIT | permissions_of(Grant, "view") | permissions_of(PurgeRequest, "view"),
    WITHDRAWN,
)
access.declare_role("department_head", gettext_noop("Department head"), READING)

DEPARTMENTS = access.declare(
    access.Tree(
        Department,
        parent="parent",
        grants=Grant,
        root="department",
        paths={
            Employee: "department",
            Grant: "department",
            get_user_model(): "employee_record__department",
        },
        head=access.Head("department_head", "head__user"),
    )
)
