"""Purge those who are due: who would go, asking for it, the approval by somebody else, and the deed."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from backoffice.admin.subjects.purge_page import accounts_of
from backoffice.models import PurgeRequest
from backoffice.operations.current import command
from backoffice.privacy import gone, remains, requests
from backoffice.privacy.requests import PurgeError
from backoffice.privacy.sought import Keys, Sought
from backoffice.privacy.subjects import Due, Subject, pointing, subject_of
from backoffice.sql.frozen import key_set
from organization.models import Employee

SAMPLE = 20


class Command(BaseCommand):
    help = (
        "Remove everything about those who left longer ago than they are kept (LEAVER_RETENTION_DAYS). One person "
        "asks for it, another approves it, then it is run; in the panel the same is done under the list of people."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        deed = parser.add_mutually_exclusive_group(required=True)
        deed.add_argument("--preview", action="store_true", help="Say who would go, and who is kept and why")
        deed.add_argument("--ask-as", metavar="USER", help="Ask for it as this user")
        deed.add_argument("--approve-as", metavar="USER", help="Approve what was asked for, as another user")
        deed.add_argument(
            "--names",
            action="store_true",
            help="List the names that it would take out of what is said about others",
        )
        deed.add_argument("--run", action="store_true", help="Carry out what was approved")
        deed.add_argument(
            "--run-approved",
            action="store_true",
            help="The same, if anything was: for the job of every night",
        )
        deed.add_argument(
            "--rewrite", action="store_true", help="Write the tables anew, without what was deleted"
        )
        parser.add_argument("--reason", default="", help="With --ask-as; it stays, so without names")
        parser.add_argument(
            "--leave",
            metavar="NAME",
            action="append",
            default=[],
            help="With --approve-as: a name of those listed that stays where it stands in what is said about others",
        )

    def handle(self, **options: Any) -> None:
        subject = subject_of(Employee)
        assert subject is not None
        try:
            if options["rewrite"]:
                remains.sweep(DEFAULT_DB_ALIAS, rewrite=True)
            elif options["ask_as"]:
                self._ask(subject, _user(options["ask_as"]), options["reason"])
            elif options["approve_as"]:
                self._approve(subject, _user(options["approve_as"]), options["leave"])
            elif options["names"]:
                self._say_names(_open(subject))
            elif options["run"]:
                self._run(_open(subject))
            elif options["run_approved"]:
                self._run_approved(subject)
            else:
                self._preview(subject)
        except PurgeError as error:
            raise CommandError(str(error)) from error

    def _preview(self, subject: Subject) -> None:
        due = Due(subject, subject.model._base_manager.order_by())
        going = due.going
        self.stdout.write(
            _("Would go: %(number)s (due before %(day)s)") % {"number": going.count(), "day": due.before}
        )
        for row in going.order_by("pk")[:SAMPLE]:
            self.stdout.write(f"  {row.pk}  {row}")
        deleted = list(gone.due(subject, due.before).order_by().values_list("row_id", flat=True))
        self.stdout.write(_("Deleted before, and still in the record: %(number)s") % {"number": len(deleted)})
        keys = [*going.order_by().values_list("pk", flat=True), *deleted]
        self._say_accounts(subject, key_set(subject.model, keys))
        self.stdout.write(_("Under legal hold: %(number)s") % {"number": due.held.count()})
        for refusal in due.kept:
            if number := refusal.rows.count():
                self.stdout.write(
                    _("Kept: %(number)s. %(reason)s.") % {"number": number, "reason": refusal.reason}
                )
        for link, rows in pointing(subject, due.going):
            if number := rows.count():
                line = _("Lose their %(relation)s: %(number)s %(model)s")
                names = {"relation": link.field.verbose_name, "model": link.model._meta.verbose_name_plural}
                self.stdout.write(line % {"number": number, **names})

    def _ask(self, subject: Subject, user: Any, reason: str) -> None:
        people = subject.model._base_manager.order_by()
        request = requests.ask(subject, people, actor=user, reason=reason, source=command())
        self.stdout.write(
            _("Asked to purge %(number)s. Somebody else approves it now.") % {"number": request.number}
        )
        self._say_accounts(subject, request.rows.order_by().values("key"))
        self._say_names(request)

    def _say_accounts(self, subject: Subject, keys: Keys) -> None:
        for sentence in accounts_of(Sought(subject, keys)):
            self.stdout.write(sentence)

    def _say_names(self, request: PurgeRequest) -> None:
        names = request.names.order_by("-number", "pk").values_list("name", "number")
        if names.exists():
            self.stdout.write(
                _(
                    "Names that would go from what is said about others, and in how many rows (the panel shows where); "
                    "those that mean something else stay with --leave:"
                )
            )
        for name, number in names.iterator():
            self.stdout.write(f"  {name}: {number:,}")

    def _approve(self, subject: Subject, user: Any, leave: list[str]) -> None:
        request = _open(subject)
        left = dict(request.names.filter(name__in=leave).values_list("name", "pk"))
        if unknown := [name for name in leave if name not in left]:
            raise CommandError(_("The purge does not name %(names)s.") % {"names": ", ".join(unknown)})
        requests.leave(request, list(left.values()), left.values(), actor=user)
        requests.approve(request, actor=user, source=command())
        self._say_accounts(subject, request.rows.order_by().values("key"))
        self.stdout.write(_("Approved. Carry it out with --run."))

    def _run_approved(self, subject: Subject) -> None:
        request = requests.open_request(subject)
        if request is None or request.state != PurgeRequest.State.APPROVED:
            self.stdout.write(_("No purge waits to be carried out."))
        else:
            self._run(request)

    def _run(self, request: PurgeRequest) -> None:
        requests.run(request)
        self.stdout.write(requests.done(request))
        for place, number in sorted(request.report.items()):
            self.stdout.write(f"  {place}: {number:,}")


def _open(subject: Subject) -> PurgeRequest:
    found = requests.open_request(subject)
    if found is None:
        raise CommandError(_("No purge was asked for: --ask-as USER."))
    return found


def _user(name: str) -> Any:
    model: Any = get_user_model()
    user = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if user is None:
        raise CommandError(_("There is no user %(name)s.") % {"name": name})
    return user
