"""Who counts before they come: nothing forbids it, and the first page's numbers do not add up then."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.admin.wording import listing
from organization.dashboard import HIRED
from organization.models import Employee


def warn_of_early(request: HttpRequest, people: Iterable[Any]) -> None:
    """Name those among people that were just saved."""
    today = timezone.localdate()
    early = [who for who in people if who.status in HIRED and who.hire_date and who.hire_date > today]
    if early:
        named = listing(f"{who} ({date_format(who.hire_date)})" for who in early)
        sentence = _("Hired in the future, and counted already: %(people)s. Until then “%(status)s” fits.")
        messages.warning(request, sentence % {"people": named, "status": Employee.Status.PLANNED.label})
