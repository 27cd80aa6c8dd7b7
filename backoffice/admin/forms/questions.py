"""The words of a merge: who changed what and when, and the question whose value stays. For many rows at once."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import models
from django.utils import formats, timezone
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _

from backoffice.access import hidden_by
from backoffice.admin.forms.merging import MINE, THEIRS, Merge, Met
from backoffice.admin.showing import NOT_SHOWN
from backoffice.operations.authors import agrees, last_changes
from backoffice.shown import shown_value

EMPTY = "–"

Names = dict[tuple[Any, Any], str]  # (column that is pointed at, value) → what a row is called


class Choice(NamedTuple):
    value: str
    id: str
    label: str


class Question(NamedTuple):
    """The panel at a field that two people changed."""

    id: str
    input_name: str
    legend: str
    base: str
    choices: list[Choice]


def explain(merges: Iterable[Merge]) -> None:
    """Put the conflicts and what was merged into words; as many queries for a hundred rows as for one."""
    merges = [merge for merge in merges if merge.conflicts or merge.merged]
    if not merges:
        return
    model = type(merges[0].row)
    wanted = {merge.row.pk: [*merge.conflicts, *merge.merged] for merge in merges}
    changes = last_changes(model, wanted)
    names = _names(
        [met for merge in merges for met in (*merge.conflicts.values(), *merge.merged.values())], model
    )
    _hide(names, merges)
    for merge in merges:
        who = {name: _who(merge, name, changes.get((merge.row.pk, name))) for name in wanted[merge.row.pk]}
        merge.questions = {
            name: _question(merge, conflict, who[name], names) for name, conflict in merge.conflicts.items()
        }
        merge.report = _report(merge, who)
        merge.news = _news(merge, who, names)


def _hide(names: Names, merges: Iterable[Merge]) -> None:
    """Leave out the names of what the person does not see."""
    for merge in merges:
        for name in (*merge.conflicts, *merge.merged):
            limits = getattr(merge.form.fields[name], "limits", None)
            if limits:
                field: Any = merge.row._meta.get_field(name)
                values = [value for column, value in names if column is field.target_field]
                for value in hidden_by(limits.user, field, values):
                    names[field.target_field, value] = str(NOT_SHOWN)


def _who(merge: Merge, name: str, change: Any) -> tuple[str, str]:
    """(who, when); empty where the record does not know."""
    field: Any = merge.row._meta.get_field(name)
    if change is None or not agrees(change, field, merge.columns.get(field.attname)):
        return "", ""
    at = formats.date_format(timezone.localtime(change.operation.at), "DATETIME_FORMAT")
    return change.operation.actor_name or change.operation.source, at


def _question(merge: Merge, conflict: Met, who: tuple[str, str], names: Names) -> Question:
    bound = merge.form[conflict.name]
    field = merge.row._meta.get_field(conflict.name)

    def words(value: Any) -> str:
        return _words(field, value, names)

    keep_theirs = (
        _("Take theirs: “%(value)s”, saved by %(who)s on %(when)s")
        if who[0]
        else _("Take theirs: “%(value)s”; who saved it was not recorded")
    )
    theirs = keep_theirs % {"value": words(conflict.theirs), "who": who[0], "when": who[1]}
    mine = _("Keep mine: “%(value)s”, as it stands in the field") % {"value": words(conflict.mine)}
    base = (
        _("Before, it was “%(value)s”.") % {"value": words(conflict.base)}
        if conflict.base_is_known
        else _("What this page showed before is not known.")
    )
    return Question(
        id=f"{bound.auto_id}_conflict",
        input_name=merge.form.add_prefix(f"_keep_{conflict.name}"),
        legend=_("%(field)s: which value stays?") % {"field": capfirst(str(bound.label))},
        base=base,
        choices=[
            Choice(value, f"{bound.auto_id}_keep_{value}", label)
            for value, label in ((MINE, mine), (THEIRS, theirs))
        ],
    )


def _report(merge: Merge, who: dict[str, tuple[str, str]]) -> list[str]:
    """Whose change of which fields was merged, or kept the row from being deleted, a sentence for each person."""
    fields: dict[str, list[str]] = defaultdict(list)
    for name in [*merge.merged, *merge.conflicts] if merge.is_ticked else merge.merged:
        field: Any = merge.row._meta.get_field(name)
        fields[who[name][0]].append(str(field.verbose_name))
    sentences = []
    for person, labels in fields.items():
        pattern = _not_deleted(person) if merge.is_ticked else _merged(person)
        listed = get_text_list(labels, _("and"))
        sentences.append(pattern % {"row": merge.row, "who": person, "fields": listed})
    return sentences


def _merged(person: str) -> str:
    if person:
        return _("“%(row)s” was merged with %(who)s’s change of %(fields)s.")
    return _("“%(row)s” was merged with a change of %(fields)s whose author was not recorded.")


def _not_deleted(person: str) -> str:
    if person:
        return _(
            "“%(row)s” was not deleted, because of %(who)s’s change of %(fields)s meanwhile. Look again."
        )
    return _(
        "“%(row)s” was not deleted, because of a change of %(fields)s meanwhile whose author was not recorded. "
        "Look again."
    )


def _news(merge: Merge, who: dict[str, tuple[str, str]], names: Names) -> list[str]:
    """What others changed in the row, for a page that comes back with it; a sentence for each person."""
    if merge.is_ticked:
        return merge.report
    changes: dict[str, list[str]] = defaultdict(list)
    for name, met in merge.merged.items():
        changes[who[name][0]].append(_change(merge.row._meta.get_field(name), met, names))
    return [
        _meanwhile(person) % {"row": merge.row, "who": person, "changes": "; ".join(listed)}
        for person, listed in changes.items()
    ]


def _change(field: Any, met: Met, names: Names) -> str:
    label = str(field.verbose_name)
    if field.many_to_many or not met.base_is_known:
        return label
    return f"{label}: {_words(field, met.base, names)} → {_words(field, met.theirs, names)}"


def _meanwhile(person: str) -> str:
    if person:
        return _(
            "“%(row)s” was changed by %(who)s meanwhile: %(changes)s. The page shows it; it stays unless you change it."
        )
    return _(
        "“%(row)s” was changed meanwhile, by whom was not recorded: %(changes)s. The page shows it; it stays "
        "unless you change it."
    )


def _names(found: Iterable[Met], model: Any) -> Names:
    """What the rows are called that the values of relations point at; a query for each column."""
    known: dict[Any, set[Any]] = defaultdict(set)
    for met in found:
        field = model._meta.get_field(met.name)
        if field.is_relation and not field.many_to_many:
            values = (met.base, met.theirs)
            known[field.target_field].update(value for value in values if value is not None)
    return {
        (column, getattr(row, column.attname)): str(row)
        for column, wanted in known.items()
        for row in column.model._base_manager.filter(**{f"{column.attname}__in": wanted})
    }


def _words(field: Any, value: Any, names: Names) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, models.Model):
        return str(value)
    if field.is_relation:
        return names.get((field.target_field, value), str(value))
    if isinstance(field, models.BooleanField):
        return str(_("yes") if value else _("no"))
    if isinstance(value, str) and not field.flatchoices:
        return value
    return str(shown_value(value, field, EMPTY))
