"""Which column of a file means what, by a mapping that was kept or as it is said on a command line."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from backoffice.exchange.headers import folded
from backoffice.exchange.options import Options
from backoffice.exchange.reading import FileError
from backoffice.exchange.rests import is_rest
from backoffice.exchange.sheet import Column, Sheet
from backoffice.imports.models import KeptMapping

NAMED = 10  # columns


def taken(
    kept: KeptMapping, sheet: Sheet, header: Sequence[str], lines: Sequence[Sequence[str]]
) -> list[Column | None]:
    """What a kept mapping says of these columns; of those that it does not know, what they probably mean above these
    first lines.
    """
    known = {column.header: column for column in sheet.all}
    names = _kept_names(kept, header)
    found = [known.get(kept.columns.get(name, "")) for name in names]
    unknown = [place for place, name in enumerate(names) if not _is_known(kept, name)]
    below = [[cells[place] for place in unknown if place < len(cells)] for cells in lines]
    guessed = sheet.guess([header[place] for place in unknown], below)
    for place, column in zip(unknown, guessed, strict=True):
        if column and not sheet.is_filled(column, found):
            found[place] = column
    return found


def differing(kept: KeptMapping, header: Sequence[str]) -> str:
    """In which columns a file differs from those of a kept mapping; nothing where it does not."""
    names = _kept_names(kept, header)
    new = [shown for shown, name in zip(header, names, strict=True) if shown and not _is_known(kept, name)]
    gone = [name.replace("_", " ") for name, column in kept.columns.items() if column and name not in names]
    told = []
    if new:
        told.append(_("The mapping “%(name)s” does not know these columns, which are guessed: %(columns)s."))
    if gone:
        told.append(_("The file lacks columns of the mapping “%(name)s”: %(gone)s."))
    return " ".join(told) % {"name": kept.name, "columns": _listed(new), "gone": _listed(gone)}


def options_of(kept: KeptMapping, header: Sequence[str], columns: Sequence[Column | None]) -> dict[str, Any]:
    """The choices of a kept mapping; of a file of refused rows without that about the rows that it lacks."""
    absent = kept.options.get("absent", False) and not is_rest(header, columns)
    return {**kept.options, "absent": absent}


def left_out(kept: KeptMapping, sheet: Sheet, options: Options) -> str:
    """What is said where a choice of the mapping is none of these."""
    if not sheet.absent or options.absent or not kept.options.get("absent"):
        return ""
    sentence = _(
        "“%(option)s” is not taken from the mapping “%(name)s”: this file holds rows that an import refused, not all "
        "that there are."
    )
    return sentence % {"option": sheet.absent.label, "name": kept.name}


def _is_known(kept: KeptMapping, name: str) -> bool:
    """Whether whoever kept it saw this column. One that names no column to be ignored may have left out any."""
    return name in kept.columns or "" not in kept.columns.values()


def _kept_names(kept: KeptMapping, header: Sequence[str]) -> list[str]:
    """What the mapping calls these columns. One of an earlier version has no “#”, unless another column is that."""
    names = [folded(name) for name in header]
    bare = list(map(_bare, header))
    earlier = kept.columns.keys() - names
    return [
        old if name not in kept.columns and old in earlier else name
        for name, old in zip(names, bare, strict=True)
    ]


def _bare(name: str) -> str:
    """A header as an earlier version folded it."""
    return folded(name.replace("#", " "))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name[:40]}”" for name in names[:NAMED]) + (", …" if len(names) > NAMED else "")


def said(
    found: Sequence[Column | None], sheet: Sheet, header: Sequence[str], pairs: Sequence[str]
) -> list[Column | None]:
    """`found` with what is said in pairs like “Dept=department_code”, or “Dept=” for one to ignore.

    What is said goes before another column that was taken for the same. Raises FileError.
    """
    places = {fold(name): place for fold in (_bare, folded) for place, name in enumerate(header)}
    known = {column.header: column for column in sheet.all}
    columns, meant = list(found), {}
    for name, _sign, column in (pair.rpartition("=") for pair in pairs):
        if folded(name) not in places or (column and column not in known):
            raise FileError(
                _("“%(pair)s” maps nothing. Columns of the file: %(header)s. They may mean: %(known)s.")
                % {"pair": f"{name}={column}", "header": ", ".join(header), "known": ", ".join(known)}
            )
        meant[places[folded(name)]] = known.get(column)
    columns = [None if column in meant.values() else column for column in columns]
    return [meant.get(place, column) for place, column in enumerate(columns)]


def kept_as(name: str, sheet: Sheet, owner: str = "") -> KeptMapping:
    """The mapping that somebody kept under this name. Raises FileError where there is not exactly one."""
    mine = KeptMapping.objects.filter(sheet=sheet.name).select_related("owner").order_by("pk")
    if owner:
        mine = mine.filter(owner__username=owner)
    if found := list(mine.filter(name=name)[:2]):
        if len(found) == 1:
            return found[0]
        raise FileError(
            _("Several people keep a mapping “%(name)s”: say whose with --owner, for instance %(owner)s.")
            % {"name": name, "owner": found[0].owner.get_username()}
        )
    names = ", ".join(sorted(set(mine.values_list("name", flat=True)[:100])))
    raise FileError(
        _("No mapping is kept as “%(name)s”. Kept are: %(names)s.") % {"name": name, "names": names or "–"}
    )
