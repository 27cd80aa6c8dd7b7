"""What an operation did, in words."""

from collections import Counter
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import Count
from backoffice.admin.wording import listing, things
from backoffice.models import Operation
from backoffice.operations import kinds, own_words
from backoffice.operations.outcome import BEREFT, NOT_RECORDED, RULED, Bereft
from backoffice.operations.tables import is_recorded

Counts = dict[Any, dict[str, int]]  # model → "created", "updated", "deleted" → number


def counts(rows: dict[str, dict[str, int]]) -> Counts:
    """By model, in the order of their names; what is not installed any more is left out."""
    found: Counts = {}
    for name, count in sorted(rows.items()):  # PostgreSQL keeps no order in JSON
        try:
            found[apps.get_model(name)] = count
        except LookupError:
            continue
    return found


def in_words(rows: dict[str, dict[str, int]]) -> str:
    """ "2 employees changed, 1 department deleted"."""
    done = {
        "created": _("%(rows)s added"),
        "updated": _("%(rows)s changed"),
        "deleted": _("%(rows)s deleted"),
    }
    return ", ".join(_sentences(rows, done))


def back_in_words(rows: dict[str, dict[str, int]], kind: str = "exact") -> str:
    """The same of an undo: "2 employees come back, and 1 department is as it was before"; `kind` is that of Count."""
    done = {
        "created": _("%(rows)s brought back"),
        "updated": _("%(rows)s put back as before"),
        "deleted": _("%(rows)s removed again"),
    }
    return listing(_sentences(rows, done, kind))


def opposite(rows: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What undoing all of it would do."""
    turned = {"created": "deleted", "updated": "updated", "deleted": "created"}
    return {name: {turned[done]: number for done, number in count.items()} for name, count in rows.items()}


def bereft_in_words(found: list[Bereft]) -> list[str]:
    """ "2 employees come back without their manager, which is not there any more."."""
    sentences = []
    for model, field, number, reason in found:
        gone = ngettext(
            "%(rows)s comes back without its %(field)s, which is not there any more.",
            "%(rows)s come back without their %(field)s, which is not there any more.",
            number,
        )
        ruled = ngettext(
            "%(rows)s comes back without its %(field)s.",
            "%(rows)s come back without their %(field)s.",
            number,
        )
        facts = {"rows": things(model, Count(number)), "field": field.verbose_name}
        sentences.append(f"{ruled % facts} {reason}" if reason else gone % facts)
    return sentences


def once_more(found: list[Bereft]) -> str:
    """How they get what they came back without; empty where that is not recorded, and cannot come back."""
    if not any(is_recorded(part.field.related_model) for part in found):
        return ""
    return _("Undo it once more when nothing stands against that, and it is back as well.")


def came_without(operation: Operation) -> list[str]:
    """What an undo could not give back to the rows that it brought back, as it was then."""
    sentences = []
    ruled = _numbers(operation, RULED)
    for (label, name), number in _numbers(operation, BEREFT).items():
        try:
            model = apps.get_model(label)
            field = model._meta.get_field(name)
        except (LookupError, FieldDoesNotExist):
            continue
        kept = ruled[label, name]
        gone = ngettext(
            "%(rows)s came back without its %(field)s, which was not there.",
            "%(rows)s came back without their %(field)s, which was not there.",
            number - kept,
        )
        against = ngettext(
            "%(rows)s came back without its %(field)s: a rule stood against it.",
            "%(rows)s came back without their %(field)s: a rule stood against it.",
            kept,
        )
        called = getattr(field, "verbose_name", name)
        sentences += [
            pattern % {"rows": things(model, Count(count)), "field": called}
            for pattern, count in ((gone, number - kept), (against, kept))
            if count
        ]
    return sentences


def _numbers(operation: Operation, key: str) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for label, name, number in operation.details.get(key, []):
        found[label, name] += number
    return found


def _sentences(rows: dict[str, dict[str, int]], patterns: dict[str, str], kind: str = "exact") -> list[str]:
    return [
        patterns[done] % {"rows": things(model, Count(count[done], kind if count[done] > 1 else "exact"))}
        for model, count in counts(rows).items()
        for done in patterns
        if count.get(done)
    ]


def who(operation: Operation) -> str:
    """The name of the person, kept when the account is gone, or the command."""
    return operation.actor_name or operation.source or _("Nobody")


def standing(operation: Operation) -> str:
    """ "Applied", or "Applied, expired on 1 May": then only the line is left."""
    state = operation.get_state_display()
    if not operation.expired_at or NOT_RECORDED in operation.details:
        return state
    day = formats.date_format(timezone.localtime(operation.expired_at), "DATE_FORMAT")
    return _("%(state)s, expired on %(day)s") % {"state": state, "day": day}


def subject(operation: Operation) -> str:
    """ "Alice, Bob"; of a line that names no rows those that it is about, where somebody looked (see noted)."""
    named = own_words.told(operation.subject, filter(is_recorded, counts(operation.rows)))
    return named or getattr(operation, "whom", "")


def what(operation: Operation) -> str:
    """ "Transfer: Alice, Bob"."""
    facts = {"kind": kinds.label(operation.kind), "subject": subject(operation)}
    return _("%(kind)s: %(subject)s") % facts if facts["subject"] else facts["kind"]
