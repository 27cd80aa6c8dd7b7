"""Django's `makemigrations`, which renames the columns of a history along with the field that is renamed."""

from django.core.management.commands.makemigrations import Command as MakeMigrations

from backoffice.operations.renames import Autodetector


class Command(MakeMigrations):
    autodetector = Autodetector
