"""What stands against taking back one row of an operation: each reason a condition on its history rows.

All conditions are asked of rows of the history table, so that they are answered for a million of them in one statement.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Mod
from django.db.models.lookups import Exact, IsNull
from django.utils.translation import gettext as _

from backoffice.links import Link, links_to
from backoffice.models import Operation
from backoffice.operations.later_columns import filling
from backoffice.operations.outcome import Needed
from backoffice.operations.tables import is_recorded, new, old, recorded_fields
from backoffice.sql.frozen import key_set

APPLIED, UNDONE = Operation.State.APPLIED, Operation.State.UNDONE
PARTLY_UNDONE = Operation.State.PARTLY_UNDONE
LEVELS = 2  # undos of undos that were each taken back in part; SQLite reads no deeper questions


class Conflict(NamedTuple):
    reason: str
    condition: Q


class Unique(NamedTuple):
    """Columns of which no two rows may have the same; of the rows that `among` says."""

    fields: Sequence[Any]
    among: Q = Q()
    reason: Any = ""


Kept = Callable[[Any], Iterator[Conflict]]

_kept: list[Kept] = []


def keeps(kept: Kept) -> None:
    """Let `kept(model)` say which rows that an operation made may not be deleted by its undo either."""
    _kept.append(kept)


def pending(model: Any, target: Operation, undo: Operation | None = None) -> models.QuerySet[Any]:
    """The history rows of `target` that no undo has taken back; none other than `undo`."""
    rows = _history(model, target).filter(operation=target)
    if is_mixed(model, target):
        same = rows.filter(row=OuterRef("row"))
        deleted = looked_up(same.filter(action="-", pk__gt=OuterRef("pk")))
        made = looked_up(same.filter(action="+", pk__lt=OuterRef("pk")))
        rows = rows.exclude(~Q(action="-") & deleted).exclude(Q(action="-") & made)
    this = undo.pk if undo and undo.undoes_id == target.pk else None
    undos = [line for line in undos_of(target) if line.pk != this]
    if not undos:
        return rows
    back = _history(model, target).filter(operation__in=[line.pk for line in undos], row=OuterRef("row"))
    if all(line.undoes_id == target.pk and line.state == APPLIED for line in undos):
        return rows.exclude(looked_up(back))
    # Each undo among them that has the row took it back or brought it back; but not one that gave a row which was
    # back already something that it did without.
    back = back.exclude(Exact(OuterRef("action"), "-"), action="~")
    turns = back.values("row").annotate(turns=Count("operation", distinct=True)).values("turns")
    counted: models.QuerySet[Any] = rows.alias(turns=Subquery(turns))
    return counted.exclude(Exact(Mod(F("turns"), 2), 1) & IsNull(F("turns"), False))


def is_mixed(model: Any, target: Operation) -> bool:
    """Whether `target` changed or made rows and deleted them later: of those the deletion alone is taken back, and
    nothing of what it also made. Asked once for an operation.
    """
    known: dict[Any, bool] = target.__dict__.setdefault("_mixed", {})
    counts = target.rows.get(model._meta.label, {})
    if model not in known:
        rows = _history(model, target).filter(operation=target)
        later = rows.filter(action="-", row=OuterRef("row"), pk__gt=OuterRef("pk"))
        several = "deleted" in counts and len(counts) > 1
        known[model] = several and rows.exclude(action="-").filter(looked_up(later)).exists()
    return known[model]


def undos_of(target: Operation) -> list[Operation]:
    """The undos of `target`, those of its undos and so on, without what was wholly taken back: a query for a level."""
    found: list[Operation] = []
    level = [target.pk]
    while level:
        lines = Operation.objects.using(target._state.db).filter(undoes__in=level).exclude(state=UNDONE)
        found += (below := list(lines.only("undoes", "state", "details").order_by()))
        level = [line.pk for line in below if line.state == PARTLY_UNDONE]
    return found


def standing(rows: models.QuerySet[Any], levels: int) -> models.QuerySet[Any]:
    """Those of history rows of undos that were not themselves taken back."""
    stands = Q(operation__state=APPLIED)
    if levels:
        again = rows.model._base_manager.using(rows.db).order_by()
        again = again.filter(row=OuterRef("row"), operation__undoes=OuterRef("operation"))
        stands |= Q(operation__state=PARTLY_UNDONE) & ~Q(looked_up(standing(again, levels - 1)))
    return rows.filter(stands)


def looked_up(rows: models.QuerySet[Any]) -> IsNull:
    """`Exists(rows)` that is asked by index for each row.

    An operation is undone before PostgreSQL has counted its rows: it would expect one, join the history with itself
    by nested loops and take minutes for what takes a second.
    """
    return _LookedUp(Subquery(rows.values("pk")[:1]), False)


class _LookedUp(IsNull):
    """PostgreSQL expects of a NULL test that one row in 200 passes it, of several that none does, and would go through
    a table for each row; of this it expects half.
    """

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, params = self.as_sql(compiler, connection, **context)
        return f"COALESCE({sql}, FALSE)", params


def conflicts(
    model: Any,
    action: str,
    target: Operation,
    undo: Operation,
    only: Mapping[Any, list[Any]] | None = None,
    needed: Needed = (),
) -> Iterator[Conflict]:
    """Why rows of `target` with this action may have to stay, the reason that says most first.

    `only` names the rows that are to be taken back (model → keys); without it all are.
    """
    if action == "~" and (gone := _gone(model, target)):
        reason = _("What it changed is not kept any more: the field is gone")
        yield Conflict(reason, Q(fields__in=gone))
    yield Conflict(changed_since(), Q(_is_changed(model, target, undo)))
    live = _live(model, target)
    if action == "-":
        yield Conflict(_("There again already"), Q(Exists(live.filter(pk=OuterRef("row_id")))))
    else:
        yield Conflict(_("Not there any more"), ~Q(Exists(live.filter(pk=OuterRef("row_id")))))
    if action == "+":
        for kept in _kept:
            yield from kept(model)
        for link in _holding(model):
            yield from _hanging(link, target)
    else:
        for unique in uniques(model):
            yield from _taken(model, unique, _concerned(action, unique.fields), target, only)
        for field in recorded_fields(model):
            concerned = _concerned(action, [field])
            if action == "~" or not _can_do_without(field, needed):
                yield from _missing(model, field, concerned, target)
            if not field.null and (action == "~" or filling(field, str(target._state.db)) is None):
                yield Conflict(_unknown(field), concerned & Q(**{f"{old(field)}__isnull": True}))


def _can_do_without(field: Any, needed: Needed) -> bool:
    """Whether a row that comes back does so also where what the field points at does not."""
    return field.null and field not in needed


def dependants(model: Any, action: str, undo: Operation, needed: Needed = ()) -> Iterator[Q]:
    """Recorded rows of the undo that cannot be, since what they hang on, or what hangs on them, is left."""
    if action == "-":
        for link in _holding(model):
            hanging = _pointing(link, undo)
            hanging = hanging.exclude(_in(link.model, undo, "-")).exclude(_sets(link, undo))
            yield Q(Exists(hanging))
        return
    for field in recorded_fields(model):
        if field.is_relation and (action == "~" or not _can_do_without(field, needed)):
            yield lost(field, undo)
    for unique in uniques(model):
        yield _held_by_another(model, unique, new, undo, ~Q(_in(model, undo)))


def kept_by_another(model: Any, target: Operation) -> Iterator[Conflict]:
    """Rows of `target` whose unique value stays with a row that is left; asked when the rest is back."""
    for unique in uniques(model):
        concerned = Q(action="-") | _concerned("~", unique.fields)
        yield Conflict(_belongs_to_another(unique), concerned & _held_by_another(model, unique, old, target))


def held_on_to(model: Any, target: Operation) -> Iterator[Conflict]:
    """Rows that `target` made and that others, which stay as well, still refer to; asked when the rest is back."""
    for link in _holding(model):
        holding = _pointing(link, target)
        sentence = _("%(rows)s that stay refer to it") % {"rows": link.model._meta.verbose_name_plural}
        yield Conflict(sentence, Q(Exists(holding)))


def lost(field: Any, undo: Operation) -> Q:
    """Recorded rows of the undo whose relation points at what is neither there nor comes back."""
    value = Q(**{f"{new(field)}__isnull": False})
    there = Exists(_live(field.related_model, undo).filter(**_key(field, OuterRef(new(field)))))
    return value & ~there & ~_among(field, new(field), undo, "+")


def changed_by(model: Any, target: Operation, steps: Iterable[Any]) -> dict[Any, Operation]:
    """key → the last operation that changed the row after `target`, for these history rows; two queries."""
    last = later(model, target).order_by("-pk").values("operation")[:1]
    rows = _history(model, target).filter(pk__in=[step.pk for step in steps]).annotate(by=Subquery(last))
    found = dict(rows.exclude(by=None).order_by().values_list("row_id", "by"))
    known = Operation.objects.using(target._state.db).in_bulk(set(found.values()))
    return {key: known[by] for key, by in found.items() if by in known}


def _is_changed(model: Any, target: Operation, undo: Operation) -> IsNull:
    return looked_up(later(model, target).exclude(operation=undo))


def later(model: Any, target: Operation) -> models.QuerySet[Any]:
    """Later changes of a pending row. Those that were taken back meanwhile are, with what took them back, as good as
    never made.
    """
    found = _history(model, target).filter(row=OuterRef("row"), pk__gt=OuterRef("pk"))
    own = [line.pk for line in [target, *undos_of(target)]]  # between them the row is as `target` left it
    found = found.exclude(operation__in=own).exclude(operation__state=UNDONE)
    found = found.exclude(operation__undoes__gt=target.pk)
    back = _history(model, target).filter(row=OuterRef("row"), operation__undoes=OuterRef("operation"))
    partly = Operation.objects.using(target._state.db).filter(pk__gt=target.pk, state=PARTLY_UNDONE)
    is_partly = partly.filter(undoes__isnull=False).exists()
    return found.exclude(Exists(standing(back, LEVELS if is_partly else 0)))


def uniques(model: Any) -> Iterator[Unique]:
    """What tells its rows apart, column by column and by several together."""
    fields = {field.name: field for field in recorded_fields(model)}
    yield from (Unique([field]) for field in fields.values() if field.unique)
    together = [models.UniqueConstraint(fields=names, name="_") for names in model._meta.unique_together]
    for each in [*model._meta.constraints, *together]:
        if isinstance(each, models.UniqueConstraint) and each.fields and fields.keys() >= set(each.fields):
            said = each.violation_error_message
            reason = "" if said == each.default_violation_error_message else said
            yield Unique([fields[name] for name in each.fields], each.condition or Q(), reason)


def _taken(
    model: Any, unique: Unique, concerned: Q, target: Operation, only: Mapping[Any, list[Any]] | None
) -> Iterator[Conflict]:
    changing = Q(_in(model, target))  # these give the value back as well
    if only is not None:
        changing &= Q(pk__in=key_set(model, only.get(model, [])))
    held = _held_by_another(model, unique, old, target, ~changing)
    yield Conflict(_belongs_to_another(unique), concerned & held)


def _held_by_another(
    model: Any, unique: Unique, column: Callable[[Any], str], operation: Operation, others: Q | None = None
) -> Q:
    """Recorded rows whose unique values, as they were (`old`) or become (`new`), one of the `others` has."""
    same = {field.attname: OuterRef(column(field)) for field in unique.fields}
    rows = _live(model, operation).filter(**same).filter(unique.among).exclude(pk=OuterRef("row_id"))
    return Q(Exists(rows.filter(others) if others is not None else rows)) & _recorded(
        unique.among, model, column
    )


def _recorded(condition: Q, model: Any, column: Callable[[Any], str]) -> Q:
    """A condition on rows of a model, asked of what was recorded of them."""

    def asked(name: str) -> str:
        first, *rest = name.split("__")
        return "__".join([column(model._meta.get_field(first)), *rest])

    parts: list[Any] = [
        _recorded(part, model, column) if isinstance(part, Q) else (asked(part[0]), part[1])  # type: ignore[index]
        for part in condition.children
    ]
    return Q(*parts, _connector=condition.connector, _negated=condition.negated)


def _gone(model: Any, target: Operation) -> list[str]:
    """What rows of `target` say that they changed where it is nothing that the model still has. Asked once."""
    known: dict[Any, list[str]] = target.__dict__.setdefault("_gone", {})
    if model not in known:
        rows = _history(model, target).filter(operation=target, action="~")
        names = {field.name for field in recorded_fields(model)}
        together = rows.values_list("fields", flat=True).distinct()
        known[model] = [text for text in together if names.isdisjoint(text.split(","))]
    return known[model]


def _concerned(action: str, fields: Iterable[Any]) -> Q:
    """Steps that set one of these columns."""
    changed = (Q(fields__contains=f",{field.name},") for field in fields)
    return Q() if action == "-" else Q(*changed, _connector=Q.OR)


def _belongs_to_another(unique: Unique) -> str:
    if unique.reason:
        return str(unique.reason).rstrip(".")
    if len(unique.fields) > 1:
        names = ", ".join(str(field.verbose_name) for field in unique.fields)
        return _("Another row has the same by now: %(fields)s") % {"fields": names}
    return _("The %(field)s belongs to another row now") % {"field": unique.fields[0].verbose_name}


def _missing(model: Any, field: Any, concerned: Q, target: Operation) -> Iterator[Conflict]:
    if field.is_relation:
        value = concerned & Q(**{f"{old(field)}__isnull": False})
        if not is_recorded(
            field.related_model
        ):  # else what came and went in the operation is known to be of it
            before = _history(model, target).filter(
                operation=target, row=OuterRef("row"), pk__lt=OuterRef("pk")
            )
            value &= ~Q(looked_up(before.filter(fields__contains=f",{field.name},")))
        there = Exists(_live(field.related_model, target).filter(**_key(field, OuterRef(old(field)))))
        yield Conflict(not_there(field), value & ~there & ~_among(field, old(field), target, "-"))


def changed_since() -> str:
    return _("Changed since by another operation")


def not_there(field: Any) -> str:
    return _("The %(field)s is not there any more") % {"field": field.verbose_name}


def _unknown(field: Any) -> str:
    sentence = _("The %(field)s was empty or not there yet, and it must not be empty any more")
    return sentence % {"field": field.verbose_name}


def _holding(model: Any) -> Iterator[Link]:
    """The relations that would be left without their row; the record itself refers to what is gone."""
    return filter(is_holding, links_to(model))


def is_holding(link: Link) -> bool:
    return not link.is_generic and link.field.remote_field.on_delete is not models.DO_NOTHING


def _pointing(link: Link, operation: Operation) -> models.QuerySet[Any]:
    """The live rows that point at a recorded one, by whichever of its columns."""
    return link.rows(str(operation._state.db)).filter(**{f"{link.field.name}__pk": OuterRef("row_id")})


def _hanging(link: Link, target: Operation) -> Iterator[Conflict]:
    hanging = _pointing(link, target)
    if is_recorded(link.model):
        hanging = hanging.exclude(_in(link.model, target, "+")).exclude(_sets(link, target))
    sentence = _("%(rows)s refer to it by now") % {"rows": link.model._meta.verbose_name_plural}
    yield Conflict(sentence, Q(Exists(hanging)))


def _in(model: Any, operation: Operation, action: str = "") -> Exists | IsNull:
    """Whether a live row is a part of `operation`."""
    if not is_recorded(model):
        return Exists(model._base_manager.using(operation._state.db).none())
    rows = _history(model, operation).filter(operation=operation, row=OuterRef("pk"))
    return looked_up(rows.filter(action=action) if action else rows)


def _sets(link: Link, operation: Operation) -> Exists | IsNull:
    """Whether a live row got its relation in `operation`, or gets another one."""
    if not is_recorded(link.model):
        return _in(link.model, operation)
    rows = _history(link.model, operation).filter(operation=operation, row=OuterRef("pk"), action="~")
    return looked_up(rows.filter(fields__contains=f",{link.field.name},"))


def _among(field: Any, attname: str, operation: Operation, action: str) -> Q:
    """Whether what a column points at is a row that `operation` touched so."""
    if not is_recorded(field.related_model):
        return Q(pk__in=[])
    rows = _history(field.related_model, operation).filter(operation=operation, action=action)
    target = field.target_field
    known = (old if action == "-" else new)(target) if not target.primary_key else "row"
    return Q(looked_up(rows.filter(**{known: OuterRef(attname)})))


def _key(field: Any, value: Any) -> dict[str, Any]:
    return {field.target_field.attname: value}


def _live(model: Any, operation: Operation) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = model._base_manager.using(operation._state.db).order_by()
    return rows


def _history(model: Any, operation: Operation) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = model.history_model.objects.using(operation._state.db).order_by()
    return rows
