"""What the columns of HR say about people, and who is due to be purged."""

import datetime

from django.utils.translation import gettext_lazy as _

from backoffice.links import Rows
from backoffice.privacy import subjects
from backoffice.privacy.registry import Names, declare, internal, personal, sensitive
from organization.models import Employee

EMPLOYED = "As long as they are employed, and LEAVER_RETENTION_DAYS after they left"

declare(
    "organization.Department",
    {
        **dict.fromkeys(("parent", "headcount_planned", "opened_on", "closed_on", "search_text"), internal()),
        **dict.fromkeys(
            ("name", "location"),
            internal("To know which one it is and where", names=Names.TEXT, common=True),
        ),
        **dict.fromkeys(
            ("code", "cost_center"), internal("To know which one it is and who pays", names=Names.TEXT)
        ),
        "email": internal("To reach the department", names=Names.TEXT),
        "head": personal("Who answers for the department", "As long as they head it"),
        "description": internal("What the department does", names=Names.TEXT),
    },
)
declare(
    "organization.Employee",
    {
        **dict.fromkeys(
            ("name", "preferred_name"), personal("To know who somebody is", EMPLOYED, names=Names.OWN)
        ),
        "employee_number": personal("To tell people of one name apart; imports", EMPLOYED, names=Names.OWN),
        "work_email": personal("To reach them at work", EMPLOYED, names=Names.OWN),
        "work_phone": personal("To reach them at work", EMPLOYED, names=Names.NUMBER),
        **dict.fromkeys(("department", "manager"), personal("Where they work and for whom", EMPLOYED)),
        "job_title": personal("What they do", EMPLOYED, names=Names.TEXT),
        **dict.fromkeys(
            ("location", "cost_center"), personal("Where they work and who pays", EMPLOYED, names=Names.TEXT)
        ),
        **dict.fromkeys(
            ("employment_type", "fte", "hire_date", "end_date"),
            personal("The terms of the employment", EMPLOYED),
        ),
        "status": sensitive("Whether they work; leave and suspension show", EMPLOYED),
        "end_reason": sensitive("Why the employment ended", EMPLOYED),
        "user": personal("Which account is theirs", EMPLOYED),
        "notes": sensitive("What HR has to remember about them", EMPLOYED, names=Names.TEXT),
        "search_text": personal("To find them by name, number, e-mail or title", EMPLOYED),
    },
)
declare(
    "organization.Grant",
    dict.fromkeys(
        ("user", "role", "department"), personal("What an account may do, and where", "As long as it may")
    ),
)


def left_before(rows: Rows, day: datetime.date) -> Rows:
    return rows.filter(status=Employee.Status.LEFT, end_date__lt=day)


def gone_that_left_before(deletions: Rows, day: datetime.date) -> Rows:
    return deletions.filter(old_status=Employee.Status.LEFT, old_end_date__lt=day)


subjects.register(
    subjects.Subject(
        Employee,
        due=left_before,
        due_gone=gone_that_left_before,
        days="LEAVER_RETENTION_DAYS",
        since="end_date",
        account="user",
        shown=("employee_number", "department", "end_date"),
        title=_("Leavers to purge"),
        why=_("They left before %(day)s."),
    )
)
