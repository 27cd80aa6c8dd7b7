"""Give an account a role, everywhere or for one department and what is below it."""

from typing import Any

from backoffice.access.giving import give
from organization.management.granting import GrantingCommand
from organization.models import Grant


class Command(GrantingCommand):
    help = "Give an account a role: for all departments, or for one and everything below it."

    def carry_out(self, **about: Any) -> str:
        if give(Grant, **about):
            return "{user} is {role} for {where} now."
        return "{user} is {role} for {where} already: nothing was changed."
