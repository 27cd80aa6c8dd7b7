"""Load the demo organization into an empty database, and a login for it when nobody can sign in."""

import os
import secrets
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from backoffice import env
from organization import seeding
from organization.models import Department, Employee

SEED = 7
NOBODY = (
    "Nobody can sign in to the panel yet. Make a user with python manage.py createsuperuser, or set "
    "DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD and run this again."
)


class Command(BaseCommand):
    help = "Load a demo organization, always the same, where there are no departments; and a login if nobody has one."

    def handle(self, **options: Any) -> None:
        empty = not Department.objects.exists()
        user = None if somebody_can_sign_in() else self._new_user(asked_for=empty)
        if empty:
            self._load()
        else:
            self.stdout.write("There are departments already; the demo organization was not loaded.")
        if user:
            self._create_login(user)
        elif os.environ.get("DJANGO_SUPERUSER_USERNAME"):
            self.stdout.write(
                "Somebody can sign in already: DJANGO_SUPERUSER_USERNAME was not used. "
                "Run manage.py createsuperuser for another login."
            )

    def _load(self) -> None:
        seeding.load(seeding.demo_shape(), Random(SEED), recorded=True)  # noqa: S311  # repeatable, and nothing secret
        people, departments = Employee.objects.count(), Department.objects.count()
        self.stdout.write(f"Loaded a demo organization: {people} employees in {departments} departments.")

    def _new_user(self, *, asked_for: bool) -> Any:
        """The user to be created: for the demo or when the environment has one, never by the way in somebody's data."""
        name, password = env.text("DJANGO_SUPERUSER_USERNAME", ""), given_password()
        if not (asked_for or name or password):
            self.stdout.write(NOBODY)
            return None
        model = get_user_model()
        user = model(username=name or "admin", email=env.text("DJANGO_SUPERUSER_EMAIL", ""))
        if model._default_manager.filter(username=user.get_username()).exists():
            raise CommandError(
                f"Nobody can sign in to the panel, and “{user.get_username()}” is another user's name. "
                "Set DJANGO_SUPERUSER_USERNAME to a name that is free."
            )
        if password:
            check_password(password, user)
        return user

    def _create_login(self, user: Any) -> None:
        given, username = given_password(), user.get_username()
        password = given or secrets.token_urlsafe(12)
        get_user_model()._default_manager.create_superuser(
            username=username, email=user.email, password=password
        )
        if given:
            self.stdout.write(
                f"Created the user {username} with the password from DJANGO_SUPERUSER_PASSWORD."
            )
        else:
            self.stdout.write(f"User: {username}")
            self.stdout.write(f"Password: {password}  (shown this once; it is stored nowhere else)")


def somebody_can_sign_in() -> bool:
    return get_user_model()._default_manager.filter(is_active=True, is_staff=True).exists()


def given_password() -> str:
    return env.secret("DJANGO_SUPERUSER_PASSWORD", "")


def check_password(password: str, user: Any) -> None:
    """The rules for every password of the panel hold for one from the environment as well."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        reasons = " ".join(error.messages)
        raise CommandError(
            f"DJANGO_SUPERUSER_PASSWORD cannot be used: {reasons} Set it to another one."
        ) from None
