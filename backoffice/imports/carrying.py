"""An import from its upload to the log: what will happen, kept for its page, and then the deed."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models, router, transaction
from django.db.models import F, Value
from django.utils import timezone

from backoffice import exchange
from backoffice.exchange import absent
from backoffice.exchange.cells import is_day
from backoffice.exchange.dates import said_since_1904
from backoffice.exchange.guessing import EXAMINED
from backoffice.exchange.meant import Meant
from backoffice.exchange.options import Options
from backoffice.exchange.plan import Plan
from backoffice.exchange.reading import Line, Reading, Table, limits, open_table
from backoffice.exchange.reading.counting import breaks_in
from backoffice.exchange.rests import is_rest, reason_beside
from backoffice.exchange.scratch import PROBLEMS
from backoffice.exchange.sheet import Column, Sheet
from backoffice.imports import samples, uploads
from backoffice.imports.models import Import, ImportAbsent, ImportProblem
from backoffice.operations import operation
from backoffice.operations.recorder import insert_from
from backoffice.operations.since import Moment
from backoffice.progress import reached

TOLD = 5_000  # lines between two words about how far it is


class Stale(Exception):
    """Nothing was saved: rows are refused by now that were not when the person looked."""


def sheet_of(batch: Import) -> Sheet:
    return exchange.sheets()[batch.sheet]


def columns_of(batch: Import) -> list[Column | None]:
    sheet = sheet_of(batch)
    return [sheet.column(header) if header else None for header in batch.mapping]


def opened(batch: Import, reading: Reading | None = None) -> Any:
    """The table in the upload. Raises FileError."""
    how = reading or Reading(**batch.reading)
    return open_table(
        uploads.path_of(batch), name=batch.file_name, reading=how, unpacked=uploads.unpacked(batch)
    )


def look_into(batch: Import, sheet: Sheet, reading: Reading | None = None) -> None:
    """Note how the file is read and what its columns probably mean. Raises FileError."""
    with opened(batch, reading or Reading()) as table:
        batch.reading, batch.header = table.found._asdict(), list(table.header)
        guessed = sheet.guess(batch.header, table.ahead(EXAMINED))
        batch.mapping = [column.header if column else "" for column in guessed]
        _refuse_too_many(batch, table)


def _refuse_too_many(batch: Import, table: Table) -> None:
    """At the upload, not after minutes: by the line breaks, and where those may be empty lines, by the rows."""
    most = settings.IMPORT_ROWS
    if table.found.sheet or (number := rows_of(batch)) <= most:
        return
    if number >= 2 * most:
        raise limits.too_many_rows(batch.file_name)
    for _line in table.lines:
        pass  # it raises that by itself


def rows_of(batch: Import) -> int:
    """About how many rows the file holds: what decides whether a worker looks through it."""
    path = uploads.path_of(batch)
    return batch.size // 40 if batch.reading.get("sheet") else breaks_in(path)


def preview(batch: Import, actor: Any, *, since: bool = False) -> None:
    """Find out what will happen, and keep it with the import. Raises FileError, or Over where it was done meanwhile.

    `since`: of an earlier preview, with the rows refused that somebody changed after it. They stay refused until a
    preview without it has shown them as they are.
    """
    with transaction.atomic(using=_using(batch)):
        if not Import.objects.select_for_update().filter(pk=batch.pk).exclude(state__in=Import.OVER).exists():
            raise Import.Over
        seen = Moment(*batch.seen) if since and batch.seen else None
        meant = uploads.meant(batch)
        plan = _planned(batch, actor, meant, lock=False, seen=seen)
        _keep(batch, plan)
        _keep_absent(batch, plan)
        batch.samples = {**samples.of(plan), "meant": meant.digest}
        if not seen:
            batch.seen = list(plan.began)
        plan.scratch.clear()
        batch.state, batch.previewed_at = Import.State.PREVIEWED, timezone.now()
        batch.keep()


def carry_out(batch: Import, actor: Any, *, reason: str, partial: bool) -> None:
    """Save the good rows, or all or nothing. Raises FileError, IntegrityError or Stale."""
    uploads.verified(batch)
    with transaction.atomic(using=_using(batch)):
        meant, seen = uploads.meant(batch), Moment(*batch.seen) if batch.seen else None
        plan = _planned(batch, actor, meant, lock=True, seen=seen)
        if plan.counts.refused and not partial:
            raise Stale
        batch.samples = {**samples.of(plan), "meant": meant.digest}  # some were refused since the preview
        save(batch, plan, actor=actor, reason=reason)
        plan.scratch.clear()
        transaction.on_commit(uploads.kept(batch).remove)
        transaction.on_commit(meant.remove)


def save(batch: Import, plan: Plan, *, actor: Any = None, reason: str, source: str = "") -> None:
    """Save the rows that were not refused, and what came of it with the import; inside a transaction."""
    _keep_absent(batch, plan)  # before what the file brings stands there, too
    details = {"import": batch.pk, "sha256": batch.sha256}
    facts: dict[str, Any] = {"actor": actor, "reason": reason, "source": source, "subject": batch.file_name}
    with operation("import", details=details, **facts) as recording:
        exchange.apply(plan)
    _keep(batch, plan)
    batch.state, batch.applied_at, batch.reason = Import.State.APPLIED, timezone.now(), reason
    batch.operation = recording.operation if recording.operation.pk else None
    batch.save()


class Upload(NamedTuple):
    """The file as a plan reads it: opened with the first line that is asked for, if one is."""

    header: list[str]
    lines: Iterator[Line]
    found: Reading


def _planned(batch: Import, actor: Any, meant: Meant, *, lock: bool, seen: Moment | None) -> Plan:
    uploads.path_of(batch)  # raises, before anything is kept beside what is not there
    kept = uploads.kept(batch)
    with closing(_watched(batch)) as lines:
        return exchange.plan_import(
            sheet_of(batch),
            Upload(batch.header, lines, Reading(**batch.reading)),
            columns=columns_of(batch),
            options=Options.of(batch.options),
            lock=lock,
            actor=actor,
            again=lambda: _lines(batch),
            seen=seen,
            kept=kept,
            meant=meant,
        )


def _watched(batch: Import) -> Generator[Line, None, None]:
    rows = batch.lines or rows_of(batch)
    for number, line in enumerate(_lines(batch)):
        if number % TOLD == 0:
            reached("reading", number / max(rows, 1))
        yield line


def _lines(batch: Import) -> Iterator[Line]:
    with opened(batch) as table:
        yield from table.lines


def _keep(batch: Import, plan: Plan) -> None:
    batch.lines, batch.counts = plan.lines, plan.counts._asdict()
    ImportProblem.objects.filter(batch=batch).delete()
    table = plan.scratch.quote(ImportProblem._meta.db_table)
    names = "".join(" WHEN %s THEN %s" for _name in plan.header)
    column = f"CASE position{names} ELSE COALESCE(field, '') END"
    params = [part for place, name in enumerate(plan.header) for part in (place, name)]
    column_name = plan.scratch.quote("column")
    plan.scratch.run(
        f"INSERT INTO {table} (batch_id, line, {column_name}, value, reason, warning) "  # noqa: S608
        f"SELECT %s, line, {column}, COALESCE(text, ''), reason, warning FROM {PROBLEMS} "
        "ORDER BY line, position, reason",
        [batch.pk, *params],
    )


def _keep_absent(batch: Import, plan: Plan) -> None:
    ImportAbsent.objects.filter(batch=batch).delete()
    if plan.counts.absent and (found := absent.keys(plan)):
        rows, column = found
        insert_from(ImportAbsent, {"batch_id": Value(batch.pk), "row": F(column)}, rows)


def _using(batch: Import) -> str:
    return router.db_for_write(sheet_of(batch).model)


def refused_rows(batch: Import) -> Iterator[list[str]]:
    """The header, then each refused row as it came, with the reasons behind it: to be mended and brought again.

    The reasons of an earlier time are not given again. A number that counts days since 1904 is given as its day: only
    a workbook can say how it counts.
    """
    with opened(batch) as table:
        columns = slice(len(table.header) - is_rest(table.header, batch.mapping))
        yield [*table.header[columns], reason_beside(table.header[columns])]
        counted = _counted_since_1904(batch) if table.found.since_1904 else []
        reasons = _reasons(batch)
        line, texts = next(reasons, (0, []))
        for number, cells in table.lines:
            while line and line < number:
                line, texts = next(reasons, (0, []))
            if not line:
                return
            if number == line:
                row = [*cells, *[""] * (len(table.header) - len(cells))]
                for place in counted:
                    row[place] = said_since_1904(row[place])
                yield [*row[columns], *row[len(table.header) :], " ".join(texts)]


def _counted_since_1904(batch: Import) -> list[int]:
    """Where a row of such a workbook has days."""
    sheet, columns = sheet_of(batch), enumerate(columns_of(batch))
    return [place for place, column in columns if column and is_day(sheet.field(column.name))]


def _reasons(batch: Import) -> Iterator[tuple[int, list[str]]]:
    """Line by line what was refused in it."""
    problems: models.QuerySet[Any] = batch.problems.filter(warning=False).order_by("line", "id")
    current = 0
    texts: list[str] = []
    for line, column, reason in problems.values_list("line", "column", "reason").iterator():
        if line != current and texts:
            yield current, texts
            texts = []
        current = line
        texts.append(f"{column}: {reason}" if column else reason)
    if texts:
        yield current, texts
