"""What the jobs of these tests do; each is called with the actor and the parameters."""

from django.db import IntegrityError, OperationalError

from backoffice.background import NotDone
from backoffice.background.beside import beside
from backoffice.operations import operation
from tests.library.models import Author, Book


def rename(actor, parameters):
    with operation("rename", actor=actor):
        number = Book.objects.update(title=parameters["title"])
    return f"Renamed {number} books."


def lose_the_account(actor, parameters):
    rename(actor, parameters)
    type(actor).objects.update(is_active=False)


def lose_a_right(actor, parameters):
    rename(actor, parameters)
    actor.user_permissions.clear()


def have_a_right_taken(actor, parameters):
    rename(actor, parameters)
    beside(actor.user_permissions.clear)


def refuse(actor, parameters):
    rename(actor, parameters)
    raise NotDone("There are too many books.")


def collide(actor, parameters):
    rename(actor, parameters)
    raise IntegrityError("duplicate key: secret value")


def break_down(actor, parameters):
    rename(actor, parameters)
    raise ZeroDivisionError("secret value")


def lose_the_database(actor, parameters):
    rename(actor, parameters)
    raise OperationalError("server closed the connection unexpectedly")


def do_nothing(actor, parameters):
    Author.objects.filter(name="nobody").update(name="x")
    return "There was nothing to do."
