"""Load the demo organisation into an empty database, and make a login when there is none."""

import secrets
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from backoffice import env
from organization import seeding
from organization.models import Department, Employee

SEED = 7


class Command(BaseCommand):
    help = "Load a demo organisation, always the same, unless there are departments; make a superuser if there is none."

    def handle(self, **options: Any) -> None:
        self._load()
        self._create_login()

    def _load(self) -> None:
        if Department.objects.exists():
            self.stdout.write("There are departments already; the demo organisation was not loaded.")
            return
        seeding.load(seeding.demo_shape(), Random(SEED))  # noqa: S311  # repeatable, and nothing secret
        people, departments = Employee.objects.count(), Department.objects.count()
        self.stdout.write(f"Loaded a demo organisation: {people} employees in {departments} departments.")

    def _create_login(self) -> None:
        users = get_user_model()._default_manager
        if users.filter(is_superuser=True).exists():
            return
        username = env.text("DJANGO_SUPERUSER_USERNAME", "admin")
        given = env.secret("DJANGO_SUPERUSER_PASSWORD", "")
        password = given or secrets.token_urlsafe(12)
        if users.filter(username=username).exists():
            raise CommandError(
                f"There is no superuser, and “{username}” is another user's name. "
                "Set DJANGO_SUPERUSER_USERNAME to a name that is free."
            )
        email = env.text("DJANGO_SUPERUSER_EMAIL", "")
        users.create_superuser(username=username, email=email, password=password)
        if given:
            self.stdout.write(
                f"Created the user {username} with the password from DJANGO_SUPERUSER_PASSWORD."
            )
        else:
            self.stdout.write(f"User: {username}")
            self.stdout.write(f"Password: {password}  (shown this once; it is stored nowhere else)")
