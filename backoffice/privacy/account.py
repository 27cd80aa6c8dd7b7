"""What is held about the account of a person: the account, what belongs to it, and what was done by it."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import LogEntry

from backoffice.links import Link, Rows, links_to
from backoffice.models import Operation
from backoffice.privacy import addresses, sessions
from backoffice.privacy.registry import Column, Names, columns_of
from backoffice.privacy.subjects import Subject
from backoffice.privacy.zipped import as_json

PAGE = 1_000
HIDDEN = "(kept, not shown)"
OTHERS = "(kept, not shown: it may name others)"


def accounts_of(subject: Subject, row: Any, unlinked: Rows) -> list[Any]:
    """The accounts of a person: the one that is linked, and those of these that have an e-mail address of theirs."""
    linked = [getattr(row, subject.account)] if subject.account else []
    by_address = unlinked.filter(pk__in=addresses.of(subject, [row.pk], unlinked)).order_by("pk")
    return [*filter(None, linked), *by_address]


def account(user: Any, person: Any) -> Iterator[str]:
    """A JSON object, written as it is read: an account may have done very much. An empty one where there is no account.

    `person` is the model of its person, whose row and history stand in files of their own.
    """
    if user is None:
        yield "{}"
        return
    facts = {
        "account": _values(user, list(columns_of(type(user))), whole=True),
        "groups": sorted(str(group) for group in user.groups.all()),
        "signed in in so many browsers": sessions.number_of(user.pk),
    }
    yield as_json(facts)[0].removesuffix("\n}")
    for link in links_to(type(user)):
        # Operations are in “done”.
        if not link.is_generic and link.model not in (person, person.history_model, Operation):
            yield from _rows(link, user)
    yield "\n}\n"


def _rows(link: Link, user: Any) -> Iterator[str]:
    columns = list(columns_of(link.model))
    rows = link.model._base_manager.filter(**{link.field.name: user}).order_by("pk")
    start, end = f',\n "{link.model._meta.label}.{link.field.name}": [\n', ""
    for row in rows.iterator(chunk_size=PAGE):
        yield start + as_json(_values(row, columns, whole=_is_own(link)))[0]
        start, end = ",\n", "]"
    yield end


def _is_own(link: Link) -> bool:
    """Whether the rows belong to the account; others say what was done by it, which was done to other people."""
    return link.cascades and link.model is not LogEntry


def _values(row: Any, columns: list[Column], *, whole: bool) -> dict[str, Any]:
    return {column.field.name: _value(row, column, whole) for column in columns}


def _value(row: Any, column: Column, whole: bool) -> Any:
    if column.fact is None or column.fact.secret:
        return HIDDEN
    value = getattr(row, column.field.attname)
    return OTHERS if value and not whole and column.fact.names != Names.NO else value
