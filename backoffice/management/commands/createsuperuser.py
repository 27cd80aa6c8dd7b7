"""Django's createsuperuser; its password is held to the rules that the panel has, typed or from the environment."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError

PREFIX = "DJANGO_SUPERUSER_"
PASSWORD = f"{PREFIX}PASSWORD"
BYPASS = "Bypass password validation"


def answer(prompt: str = "") -> str:
    """What is typed; Django's question whether a password that was refused is taken all the same has one answer."""
    return "n" if prompt.startswith(BYPASS) else input(prompt)


createsuperuser.input = answer  # type: ignore[attr-defined]


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if not options["interactive"] and PASSWORD in os.environ:
            try:
                validate_password(os.environ[PASSWORD], self._account(options))
            except ValidationError as error:
                raise CommandError(f"{PASSWORD}: {' '.join(error.messages)}") from None
        super().handle(*args, **options)

    def _account(self, options: dict[str, Any]) -> Any:
        names = [self.username_field.name, *self.UserModel.REQUIRED_FIELDS]
        said = {name: options[name] or os.environ.get(f"{PREFIX}{name.upper()}", "") for name in names}
        return self.UserModel(**said)
