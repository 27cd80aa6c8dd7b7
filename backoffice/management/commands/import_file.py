"""Create or update rows from a spreadsheet."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import exchange
from backoffice.exchange import Column, FileError, Line, Options, Plan, Problem, Reading, Sheet, absent
from backoffice.exchange.guessing import EXAMINED
from backoffice.exchange.headers import folded
from backoffice.exchange.options import ALL_NEW, BY_NAME, ORDERS
from backoffice.exchange.plan import ABSENT
from backoffice.exchange.reading import ENCODINGS
from backoffice.imports import carrying, samples
from backoffice.imports.bringing import brought
from backoffice.imports.choosing import differing, kept_as, left_out, options_of, said, taken
from backoffice.imports.models import Import, KeptMapping


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
            "--dates",
            choices=ORDERS,
            default="",
            help="What comes first in dates like 05/06/2024 or 24-06-05",
        )
        parser.add_argument(
            "--keyless",
            choices=[BY_NAME, ALL_NEW],
            default="",
            help="Rows without a value that finds them, such as a number or an e-mail: find them by name, or take "
            "every row of a file without such a column as a new one",
        )
        parser.add_argument("--blank", choices=["keep", "clear"], default="", help="What an empty cell does")
        parser.add_argument("--tidy", action="store_true", help="Names: “LAST,  FIRST M” → “First M Last”")
        parser.add_argument("--create", action="store_true", help="Make what the file names and is not there")
        parser.add_argument("--absent", action="store_true", help="Mark those whom the file lacks as left")
        self._add_columns(parser)
        self._add_reading(parser)

    def _add_columns(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADER=COLUMN",
            help="What a column of the file means, nothing to ignore it; the others are guessed",
        )
        parser.add_argument(
            "--mapping", default="", metavar="NAME", help="Columns and options as kept in the panel"
        )
        parser.add_argument("--owner", default="", metavar="USERNAME", help="Whose mapping it is")

    def _add_reading(self, parser: ArgumentParser) -> None:
        parser.add_argument("--encoding", choices=[*ENCODINGS], default="", help="Found out unless said")
        parser.add_argument(
            "--separator", default="", help="Of a CSV file: , ; | or tab; found out unless said"
        )
        parser.add_argument("--sheet", dest="worksheet", default="", help="The worksheet; else the first one")
        parser.add_argument("--header-line", type=int, default=0, help="The line that names the columns")

    def handle(
        self,
        *,
        sheet: str,
        file: Path,
        reason: str = "",
        dry_run: bool = False,
        partial: bool = False,
        map: Sequence[str] = (),
        mapping: str = "",
        owner: str = "",
        **options: Any,
    ) -> None:
        chosen, path = _sheet(sheet), Path(file)
        try:
            kept = kept_as(mapping, chosen, owner) if mapping else None
            # Planned and carried out in one transaction, on rows that nobody else can change meanwhile.
            with (
                brought(chosen, path) as batch,
                transaction.atomic(),
                carrying.opened(batch, _reading(options)) as table,
            ):
                header, first = table.header, table.ahead(EXAMINED)
                found = taken(kept, chosen, header, first) if kept else chosen.guess(header, first)
                columns = said(found, chosen, header, map)
                how = _options(options_of(kept, header, columns) if kept else {}, options)
                self._tell(kept, table.header, columns)
                if kept and (told := left_out(kept, chosen, how)):
                    self.stdout.write(told)
                self._tell_of_earlier(batch.earlier)
                plan = exchange.plan_import(
                    chosen,
                    table,
                    columns=columns,
                    options=how,
                    lock=not dry_run,
                    again=_reopened(batch, table),
                )
                save = not dry_run and (partial or not plan.counts.refused)
                if save:
                    _noted(batch, plan, table, columns)
                    carrying.save(batch, plan, reason=reason, source=f"import_file {sheet} {path.name}"[:100])
                self._report(plan, saved=save)
        except FileError as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(
                _("The database refused the file, and nothing was saved: %(reason)s")
                % {"reason": str(error).strip()}
            ) from None
        self._conclude(plan, dry_run=dry_run, saved=save)

    def _tell(
        self, kept: KeptMapping | None, header: Sequence[str], columns: Sequence[Column | None]
    ) -> None:
        """What was guessed, and what is ignored."""
        if kept and (differs := differing(kept, header)):
            self.stdout.write(differs)
        for name, column in zip(header, columns, strict=True):
            if column is None:
                self.stdout.write(_("Column “%(name)s” is ignored.") % {"name": name})
            elif folded(name) not in map(folded, column.headers):
                self.stdout.write(
                    _("Column “%(name)s” is taken for %(column)s.") % {"name": name, "column": column.header}
                )

    def _tell_of_earlier(self, same: Import | None) -> None:
        if same:
            when = formats.date_format(timezone.localtime(same.applied_at), "DATETIME_FORMAT")
            sentence = _("This very file was imported already: on %(when)s, by %(who)s.")
            self.stdout.write(sentence % {"when": when, "who": same.actor_name})

    def _report(self, plan: Plan, *, saved: bool) -> None:
        counts = {
            _("created") if saved else _("would be created"): plan.counts.created,
            _("updated") if saved else _("would be updated"): plan.counts.updated,
            _("unchanged"): plan.counts.unchanged,
            _("refused"): plan.counts.refused,
        }
        if plan.counts.absent:
            counts[_("not in the file")] = plan.counts.absent
        if plan.counts.marked and plan.sheet.absent:
            counts[str(plan.sheet.absent.label)] = plan.counts.marked
        if plan.counts.related:
            counts[_("made along")] = plan.counts.related
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


def _options(kept: dict[str, Any], given: dict[str, Any]) -> Options:
    """Those that are kept with a mapping, and over them what is said."""
    said = {name: given[name] for name in ("dates", "keyless", "tidy", "create", "absent") if given.get(name)}
    if given.get("blank"):
        said["keep_blank"] = given["blank"] == "keep"
    return Options.of({**kept, **said})


def _reading(given: dict[str, Any]) -> Reading:
    separator = given.get("separator") or ""
    return Reading(
        encoding=given.get("encoding") or "",
        delimiter={"tab": "\t", "\\t": "\t"}.get(separator, separator),
        sheet=given.get("worksheet") or "",
        header_line=given.get("header_line") or 0,
    )


def _reopened(batch: Import, table: Any) -> Callable[[], Iterator[Line]]:
    return lambda: carrying.opened(batch, table.found).lines


def _noted(batch: Import, plan: Plan, table: Any, columns: Sequence[Column | None]) -> None:
    """How the file was read and understood, and some of what is about to change: what its page in the panel shows."""
    batch.reading, batch.header = table.found._asdict(), list(table.header)
    batch.mapping = [column.header if column else "" for column in columns]
    batch.options, batch.samples = plan.options._asdict(), samples.of(plan)
    batch.save()


def _sheet(name: str) -> Sheet:
    sheets = exchange.sheets()
    if name not in sheets:
        raise CommandError(
            _("There is no sheet “%(name)s”. Use one of: %(names)s.")
            % {"name": name, "names": ", ".join(sheets)}
        )
    return sheets[name]


def _sentence(problem: Problem) -> str:
    place = _("line %(line)d") % {"line": problem.line} if problem.line < ABSENT else _("Not in the file")
    if problem.column:
        place += f", {problem.column}"
    if problem.value:
        place += f" “{problem.value}”"
    return f"{place}: {problem.reason}"
