"""What the commands that give and take roles have in common."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from backoffice.access import roles
from backoffice.access.giving import group_named
from organization.models import Department


class GrantingCommand(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="The name that the account signs in with")
        parser.add_argument("role", help="One of: " + ", ".join(role.code for role in roles()))
        parser.add_argument(
            "--department", help="Code, number or name of the department; without it all of them"
        )

    def handle(self, *, user: str, role: str, department: str | None = None, **options: Any) -> None:
        accounts = get_user_model()
        account = accounts._default_manager.filter(**{accounts.USERNAME_FIELD: user}).first()
        if account is None:
            raise CommandError(f"There is no account {user!r}. Make it first: manage.py createsuperuser")
        group = group_named(role)
        if group is None:
            known = ", ".join(role.code for role in roles())
            raise CommandError(f"There is no role {role!r}. Use one of: {known}")
        root = None if department is None else find_department(department)
        sentence = self.carry_out(user=account, role=group, root=root)
        where = root or "all departments"
        self.stdout.write(sentence.format(user=user, role=group.name, where=where))

    def carry_out(self, **about: Any) -> str:
        """The sentence that says what was done, with {user}, {role} and {where}."""
        raise NotImplementedError


def find_department(text: str) -> Department:
    if not text.strip():
        raise CommandError("--department is empty. Name one, or leave it out for all departments.")
    every = Department.objects.order_by("pk")
    number = {"pk": int(text)} if text.isdecimal() and text.isascii() and len(text) < 19 else {"pk": None}
    for asked in ({"code": text}, number, {"name__iexact": text}):
        found: list[Department] = list(every.filter(**asked)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise CommandError(f"Several departments are called {text!r}. Name it by its code or number.")
    raise CommandError(f"There is no department {text!r}. Name it by its code, number or name.")
