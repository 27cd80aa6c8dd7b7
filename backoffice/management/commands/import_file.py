"""Create or update rows from a spreadsheet."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import exchange
from backoffice.exchange import FileError, Line, Options, Plan, Problem, Sheet, absent
from backoffice.exchange.options import ALL_NEW, BY_NAME


class Command(BaseCommand):
    help = "Create or update rows from a CSV or XLSX file: all of them, or none when one is refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sheet", help="What the file holds: " + ", ".join(exchange.sheets()))
        parser.add_argument("file", type=Path, help="CSV or XLSX; one of its first lines names the columns")
        parser.add_argument("--reason", default="", help="Why: it stands in the log of operations")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen; save nothing")
        parser.add_argument(
            "--partial", action="store_true", help="Save the other rows when some are refused"
        )
        parser.add_argument(
            "--dates", choices=["day", "month"], default="", help="What comes first in dates like 05/06/2024"
        )
        parser.add_argument(
            "--keyless",
            choices=[BY_NAME, ALL_NEW],
            default="",
            help="For a file without a number or e-mail: find rows by name, or take every row as a new one",
        )

    def handle(
        self,
        *,
        sheet: str,
        file: Path,
        reason: str = "",
        dry_run: bool = False,
        partial: bool = False,
        dates: str = "",
        keyless: str = "",
        **options: Any,
    ) -> None:
        chosen, how = _sheet(sheet), Options(dates=dates, keyless=keyless)
        try:
            # Planned and carried out in one transaction, on rows that nobody else can change meanwhile.
            with transaction.atomic(), exchange.open_table(Path(file), name=Path(file).name) as table:
                plan = exchange.plan_import(
                    chosen, table, options=how, lock=not dry_run, again=_reopened(Path(file), table)
                )
                save = not dry_run and (partial or not plan.counts.refused)
                if save:
                    exchange.apply(plan, reason=reason, source=f"import_file {sheet} {Path(file).name}"[:100])
                self._report(plan, saved=save)
        except FileError as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(
                _("The database refused the file, and nothing was saved: %(reason)s")
                % {"reason": str(error).strip()}
            ) from None
        self._conclude(plan, dry_run=dry_run, saved=save)

    def _report(self, plan: Plan, *, saved: bool) -> None:
        counts = {
            _("created") if saved else _("would be created"): plan.counts.created,
            _("updated") if saved else _("would be updated"): plan.counts.updated,
            _("unchanged"): plan.counts.unchanged,
            _("refused"): plan.counts.refused,
        }
        for word, count in counts.items():
            self.stdout.write(f"{word:<18}{count:>10,}")
        if plan.options.absent and plan.unplaced:
            doubt = absent.doubt(plan.unplaced, plan.unplaced_lines)
            self.stdout.write(_("Warning: %(problem)s") % {"problem": doubt})
        for problem in plan.problems(warning=True):
            self.stdout.write(_("Warning: %(problem)s") % {"problem": _sentence(problem)})
        for problem in plan.problems():
            self.stdout.write(_("Refused: %(problem)s") % {"problem": _sentence(problem)})

    def _conclude(self, plan: Plan, *, dry_run: bool, saved: bool) -> None:
        refused = plan.counts.refused
        if dry_run:
            outcome = _("This was a dry run: nothing was saved.")
            if refused:
                self.stdout.write(outcome)
        elif saved:
            outcome = _("Saved.") if not refused else _("The others were saved.")
        else:
            outcome = _("Nothing was saved. Correct the file, or save the others with --partial.")
            self.stdout.write(_("Nothing was saved."))  # with the table, wherever errors go
        if not refused:
            self.stdout.write(outcome)
            return
        count = ngettext("%(n)s row was refused.", "%(n)s rows were refused.", refused) % {
            "n": f"{refused:,}"
        }
        raise CommandError(f"{count} {outcome}")


def _reopened(path: Path, table: Any) -> Callable[[], Iterator[Line]]:
    return lambda: exchange.open_table(path, name=path.name, reading=table.found).lines


def _sheet(name: str) -> Sheet:
    sheets = exchange.sheets()
    if name not in sheets:
        raise CommandError(
            _("There is no sheet “%(name)s”. Use one of: %(names)s.")
            % {"name": name, "names": ", ".join(sheets)}
        )
    return sheets[name]


def _sentence(problem: Problem) -> str:
    place = _("line %(line)d") % {"line": problem.line}
    if problem.column:
        place += f", {problem.column}"
    if problem.value:
        place += f" “{problem.value}”"
    return f"{place}: {problem.reason}"
