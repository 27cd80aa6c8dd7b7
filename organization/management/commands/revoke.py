"""Take a role from an account."""

from typing import Any

from backoffice.access.giving import take
from organization.management.granting import GrantingCommand
from organization.models import Grant


class Command(GrantingCommand):
    help = "Take a role from an account, as it was given."

    def carry_out(self, **about: Any) -> str:
        if take(Grant, **about):
            return "{user} is not {role} for {where} any more."
        return "{user} was not {role} for {where}: nothing was changed."
