"""What an operation did to accounts, groups and others of which no history is kept, in words."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.admin import AdminSite
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.access import hidden
from backoffice.access.roles import role_label
from backoffice.admin.rights import may
from backoffice.models import Operation
from backoffice.operations import accounts
from backoffice.operations.current import NAMED
from backoffice.operations.names import called
from backoffice.operations.outcome import NOT_RECORDED

MOST = 200  # lines


class Noted(NamedTuple):
    name: str
    url: str
    action: str
    facts: list[str]


def noted(site: AdminSite, request: HttpRequest, operation: Operation) -> list[Noted]:
    """Those that this person may view; named as they are called now."""
    found = operation.details.get("noted", [])[:MOST]
    models = {label: _model(label) for label, *_rest in found}
    seen = {label: model for label, model in models.items() if model and may(site, request, "view", model)}
    names = {
        label: _names(model, [key for name, key, *_ in found if name == label])
        for label, model in seen.items()
    }
    foreign = {label: hidden(request.user, model, names[label]) for label, model in seen.items()}
    return [
        _line(site, seen[label], key, names[label].get(key), action, facts)
        for label, key, action, facts in found
        if label in seen and key not in foreign[label]
    ]


def name_whom(site: AdminSite, request: HttpRequest, operations: Iterable[Operation]) -> None:
    """Let lines that are about nothing else be called by their accounts and groups, as few as the log names, as far as
    this person may view them.
    """
    operations = list(operations)
    seen = {model._meta.label: model for model in accounts.told() if may(site, request, "view", model)}
    about = {line.pk: [row for row in _whom(line) if row[0] in seen] for line in operations}
    names: dict[tuple[str, Any], str] = {}
    for label, model in seen.items():
        keys = {key for whom in about.values() for name, key in whom if name == label}
        known = _names(model, list(keys)) if keys else {}
        foreign = hidden(request.user, model, known) if known else ()
        names |= {(label, key): name for key, name in known.items() if key not in foreign}
    for line in operations:
        line.whom = ", ".join(names[row] for row in about[line.pk] if row in names)  # type: ignore[attr-defined]


def _whom(line: Operation) -> list[tuple[str, Any]]:
    is_noted = line.details.get(NOT_RECORDED) == "noted"
    found = dict.fromkeys((label, key) for label, key, *_rest in line.details["noted"]) if is_noted else ()
    return list(found) if len(found) <= NAMED else []


def _line(site: AdminSite, model: Any, key: Any, name: str | None, action: str, facts: Any) -> Noted:
    words = {"created": _("Added"), "updated": _("Changed"), "deleted": _("Deleted")}
    meta = model._meta
    url = (
        reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[key])
        if name and model in site._registry
        else ""
    )
    called = name or _("%(thing)s %(key)s") % {"thing": meta.verbose_name, "key": key}
    return Noted(called, url, words.get(action, action), list(_facts(model, facts)))


def _facts(model: Any, facts: Any) -> Iterator[str]:
    for name, (old, new) in facts.get("flags", {}).items():
        yield f"{_label(model, name)}: {_yes(old)} → {_yes(new)}"
    for name in facts.get("changed", []):
        yield _("%(field)s changed") % {"field": _label(model, name)}
    for deed, words in (
        ("added", _("%(things)s added: %(names)s")),
        ("removed", _("%(things)s removed: %(names)s")),
    ):
        if deed in facts:
            things, names = facts[deed]
            yield words % {"things": _(things), "names": ", ".join(role_label(str(name)) for name in names)}
    if "cleared" in facts:
        yield _("%(things)s: all removed") % {"things": _(facts["cleared"][0])}


def _yes(value: Any) -> str:
    return "–" if value is None else _("yes") if value else _("no")


def _label(model: Any, name: str) -> str:
    try:
        return str(model._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return name


def _names(model: Any, keys: list[Any]) -> dict[Any, str]:
    return {row.pk: called(row, row.pk) for row in model._base_manager.filter(pk__in=keys)}


def _model(label: str) -> Any:
    try:
        return apps.get_model(label)
    except LookupError:
        return None
