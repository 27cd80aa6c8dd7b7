"""How much a file may hold: each limit with its sentence."""

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.exchange.reading.table import FileError

CELL = 131_072  # characters; the csv module's own bound, four times what a cell of Excel holds
LINE = 1_000_000  # characters between two line breaks, and of a row


def too_many_rows(name: str) -> FileError:
    return FileError(
        _("%(file)s has more than %(limit)s rows, which is the limit. Split it into several files.")
        % {"file": name, "limit": f"{settings.IMPORT_ROWS:,}"}
    )


def too_many_columns(name: str, number: int, columns: int) -> FileError:
    return FileError(
        _("Line %(line)d of %(file)s has %(columns)s columns; at most %(limit)s are read. Remove the others.")
        % {"file": name, "line": number, "columns": f"{columns:,}", "limit": f"{settings.IMPORT_COLUMNS:,}"}
    )


def too_long_a_cell(name: str, number: int) -> FileError:
    return FileError(
        _(
            "A cell in line %(line)d of %(file)s has more than %(limit)s characters. Shorten it, or look for a "
            "quotation mark that is never closed."
        )
        % {"file": name, "line": number, "limit": f"{CELL:,}"}
    )


def too_long_a_line(name: str, number: int) -> FileError:
    return FileError(
        _(
            "Line %(line)d of %(file)s has more than %(limit)s characters: this is no table. Look at that line."
        )
        % {"file": name, "line": number, "limit": f"{LINE:,}"}
    )
