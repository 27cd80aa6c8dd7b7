"""List who has which role, heads of departments included."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from organization.models import Department, Employee, Grant


class Command(BaseCommand):
    help = "List who has which role: account, role, department, and where it comes from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", default="", help="Only of this account")

    def handle(self, *, user: str = "", **options: Any) -> None:
        grants = Grant.objects.select_related("user", "role", "department").order_by("user__username", "pk")
        headed = Department.objects.filter(head__user__isnull=False).select_related("head__user")
        if user:
            grants, headed = grants.filter(user__username=user), headed.filter(head__user__username=user)
        found = False
        for grant in grants.iterator(2_000):
            found = True
            where = grant.department or "all departments"
            self.stdout.write(f"{grant.user}\t{grant.role}\t{where}\tgrant {grant.pk}{_closed(grant.user)}")
        for department in headed.order_by("head__user__username", "pk").iterator(2_000):
            found = True
            head = department.head
            left = ", has left" if head.status == Employee.Status.LEFT else ""
            whence = f"head of it{left}{_closed(head.user)}"
            self.stdout.write(f"{head.user}\tDepartment head\t{department}\t{whence}")
        if not found:
            self.stdout.write("Nobody has a role." if not user else f"{user} has no role.")


def _closed(account: Any) -> str:
    return "" if account.is_active else ", account closed"
