"""Everything that is held about one person, as a ZIP: for the person who asks what is known about them.

Of other people it holds keys and numbers only; of secrets (the hash of a password) that they are there.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.links import Rows
from backoffice.privacy import addresses
from backoffice.privacy.account import account, accounts_of
from backoffice.privacy.registry import columns_of
from backoffice.privacy.subjects import Subject, hold_of
from backoffice.privacy.traces import PAGE, Traces
from backoffice.privacy.zipped import as_json, csv_of, json_of, zipped

PERMISSION = "backoffice.export_person"

FILES: dict[str, Any] = {
    "index.html": _("What each file is, and the person's own row to read."),
    "person.json": _("The row: each column with its value, what it is for and how long it is kept."),
    "relations.json": _("Who and what points at the person: how many, and their keys."),
    "account.json": _(
        "The account: what it may do, in how many browsers it is signed in; what it brought, asked for, decided and "
        "looked at, without texts that may name others."
    ),
    "history": _("Every change of the row that is still recorded (CSV and JSON)."),
    "operations": _("Operations on the person or that name the person, with their reasons (CSV and JSON)."),
    "done": _("What the person did, by their account (CSV and JSON)."),
    "reads": _(
        "When somebody looked at the person's data, and each file of many rows, in which the person may stand: how "
        "many rows it had and how they were chosen (CSV and JSON)."
    ),
    "mentions": _(
        "Where else the person is named, in texts about somebody or something else: rows and their columns, as they "
        "are and as they were, uploads and what was wrong in them, saved views, reasons of legal holds (CSV and JSON)."
    ),
}


def chunks(subject: Subject, row: Any, *, reader: Any = None) -> Iterator[bytes]:
    """The ZIP, piece by piece, for this user; without one, for whoever runs the panel."""
    return zipped(_files(subject, row, accounts_of(subject, row, _unlinked(subject, reader))))


def _unlinked(subject: Subject, reader: Any) -> Rows:
    """The accounts that may be somebody's by an address, which whoever may write it could make up."""
    found = addresses.unlinked(subject)
    return found if reader is None or reader.is_superuser else found.filter(is_superuser=False)


def _files(subject: Subject, row: Any, users: list[Any]) -> Iterator[tuple[str, Iterable[str]]]:
    traces = Traces(subject, row, users)
    facts, hold = _facts(row), hold_of(row)
    more = {f"account-{number}.json": user for number, user in enumerate(users[1:], 2)}
    files = {**FILES, **dict.fromkeys(more, FILES["account.json"])}
    context = {"row": row, "facts": facts, "files": files, "now": timezone.now(), "hold": hold}
    yield "index.html", [render_to_string("backoffice/privacy/index.html", context)]
    person = {"model": subject.label, "key": row.pk, "columns": facts, "former names": traces.former_names}
    person["legal hold"] = {"since": hold.since, "reason": hold.reason} if hold else None
    yield "person.json", as_json(person)
    yield "relations.json", _relations(subject, row)
    for name, user in {"account.json": users[0] if users else None, **more}.items():
        yield name, account(user, subject.model)
    for name, table in traces.tables().items():
        yield f"{name}.csv", csv_of(table)
        yield f"{name}.json", json_of(table)


def _facts(row: Any) -> list[dict[str, Any]]:
    return [
        {
            "column": column.field.name,
            "label": str(capfirst(column.field.verbose_name)),
            "value": None if column.fact.secret else getattr(row, column.field.attname),
            "level": column.fact.level,
            "purpose": column.fact.purpose,
            "retention": column.fact.retention,
        }
        for column in columns_of(type(row))
        if column.fact
    ]


def _relations(subject: Subject, row: Any) -> Iterator[str]:
    """Written as it is read: one person may have very many to report to them."""
    start = "{"
    for link in subject.links:
        if link.is_generic:
            continue
        rows = link.model._base_manager.filter(**{f"{link.field.name}__pk": row.pk}).order_by("pk")
        yield f'{start}\n "{link.model._meta.label}.{link.field.name}": {{"number": {rows.count()}, "keys": ['
        glue = ""
        for key in rows.values_list("pk", flat=True).iterator(chunk_size=PAGE):
            yield f"{glue}{as_json(key)[0]}"
            glue = ", "
        yield "]}"
        start = ","
    yield "\n}\n" if start == "," else "{}\n"
