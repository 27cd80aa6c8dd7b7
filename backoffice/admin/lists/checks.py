"""Start-up checks of lists: nothing that reads a whole table for a page."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter, ModelAdmin
from django.contrib.admin.utils import get_fields_from_path
from django.core.checks import CheckMessage
from django.db import models
from django.db.models.constants import LOOKUP_SEP

from backoffice.admin.checking import are_indexed, field_of, is_indexed, sorted_by, warning
from backoffice.admin.lists.filters import Filter, ValuesFilter, is_text
from backoffice.admin.lists.order import Order, first_column, is_column
from backoffice.search import SearchTextField


def _kinds(admin_obj: ModelAdmin) -> list[tuple[Any, Any]]:
    """Of each filter of the list what it is on, and its class; None where Django chooses one."""
    return [
        item if isinstance(item, (tuple, list)) else (item, None)  # type: ignore[misc]
        for item in admin_obj.list_filter
    ]


def _filters(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for name, kind in _kinds(admin_obj):
        field = field_of(admin_obj.model, name)
        if (
            field is not None
            and field.is_relation
            and not (isinstance(kind, type) and issubclass(kind, Filter))
        ):
            what = f"The list filter on {name!r} prints every row of {field.related_model.__name__}."
            yield warning(admin_obj, 102, what, f'Write ("{name}", admin.RelatedFilter).')


def _search(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    columns = {field.name for field in admin_obj.opts.fields if isinstance(field, SearchTextField)}
    for name in admin_obj.search_fields:
        if name not in columns and not _is_exact(admin_obj.model, name):
            what = f"The search in {name!r} has no index to use and reads the whole table."
            hint = 'Give the model `search_text = SearchTextField("…")` and search_fields = ("search_text",).'
            if _is_exact(admin_obj.model, exact := f"{name.removeprefix('=')}__exact"):
                hint += f' Where whole values are typed as they are stored, "{exact}" has an index.'
            yield warning(admin_obj, 103, what, hint)


def _is_exact(model: type[models.Model], name: str) -> bool:
    """Whether a search field is a column that is compared by its index. "=name" ignores case, and has none to use."""
    path, _, lookup = name.rpartition(LOOKUP_SEP)
    field = field_of(model, path)
    return lookup == "exact" and field is not None and is_indexed(field)


def _sorting(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    sortable = admin_obj.list_display if admin_obj.sortable_by is None else admin_obj.sortable_by
    for name in sortable:
        if (
            isinstance(name, str)
            and is_column(admin_obj.model, name)
            and not _is_quick(admin_obj.model, name)
        ):
            what = f"The list can be sorted by {name!r}, which has no index: each page would sort the whole table."
            first = _missing_first(admin_obj.model, name)
            index = f'models.Index(fields=["{first.name}", "id"]) to {first.model.__name__}'
            hint = f"Add {index}, or leave it out of sortable_by."
            yield warning(admin_obj, 105, what, hint)


def _computed_sorting(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    """Of methods with @admin.display(ordering=…)."""
    sortable = admin_obj.list_display if admin_obj.sortable_by is None else admin_obj.sortable_by
    for name in sortable:
        ordering = getattr(_said(admin_obj, name), "admin_order_field", None)
        if ordering is not None and not is_column(admin_obj.model, sorted_by(ordering)):
            what = f"The list cannot be sorted by {name!r}: {ordering!r} is no column, and pages by key need its value."
            yield warning(admin_obj, 114, what, "Sort by a column that an index starts with.")
        elif ordering is not None and not _is_quick(admin_obj.model, ordering):
            what = f"The column {name!r} sorts by {ordering!r}, which has no index: each page would sort the table."
            hint = "Sort by a column that an index starts with, or leave the column out of sortable_by."
            yield warning(admin_obj, 114, what, hint)


def _said(admin_obj: ModelAdmin, name: Any) -> Any:
    """What a name in list_display stands for, where it is no field."""
    if callable(name) or field_of(admin_obj.model, name) is not None:
        return name
    found = getattr(admin_obj, name, None) or getattr(admin_obj.model, name, None)
    return found.fget if isinstance(found, property) else found


def _is_quick(model: type[models.Model], ordering: Any) -> bool:
    """Whether an index starts with the column that is sorted by: of a relation, with that of its own ordering, too."""
    path = sorted_by(ordering)
    if path == "pk" or not is_column(model, path):
        return path == "pk"
    field = get_fields_from_path(model, path)[-1]
    return is_indexed(field) and (not field.is_relation or is_indexed(_first(field.related_model)))


def _first(model: Any) -> Any:
    return model._meta.get_field(first_column(model))


def _missing_first(model: type[models.Model], path: str) -> Any:
    """The column that no index starts with, of this model or of the one whose own order is meant."""
    field = get_fields_from_path(model, path)[-1]
    return _first(field.related_model) if field.is_relation and is_indexed(field) else field


def _exact_fields(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for name in getattr(admin_obj, "exact_fields", ()):
        field = field_of(admin_obj.model, name)
        if field is not None and not is_indexed(field):
            what = f"Each search compares {name!r}, which has no index, with every row."
            yield warning(admin_obj, 115, what, f'Make "{name}" unique, or leave it out of exact_fields.')


def _filter_indexes(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for name, kind in _kinds(admin_obj):
        field = field_of(admin_obj.model, name)
        if (
            field is not None
            and not field.is_relation
            and not _prints_values(field, kind)
            and not is_indexed(field)
        ):
            what = (
                f"The list filter on {name!r} has no index: a value that few rows have reads the whole table."
            )
            yield warning(admin_obj, 116, what, f'Add models.Index(fields=["{name}", "id"]).')


def _relations(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    joined = admin_obj.list_select_related
    for name in (*admin_obj.list_display, *getattr(admin_obj, "more_columns", ())):
        relation = _way(admin_obj.model, name)
        if not relation or joined is True:
            continue
        if not joined or not any(
            f"{each}{LOOKUP_SEP}".startswith(f"{relation}{LOOKUP_SEP}") for each in joined
        ):
            what = f"The list shows {name!r} without joining it: a query a row, or every relation joined."
            yield warning(admin_obj, 106, what, f'Add "{relation}" to list_select_related.')


def _way(model: type[models.Model], name: Any) -> str:
    """The relations that a column leads through, all that are to be joined; empty for a column of the model."""
    parts = name.split(LOOKUP_SEP) if isinstance(name, str) else []
    found: list[str] = []
    for part in parts:
        field = field_of(model, part)
        if field is None or not field.is_relation:
            break
        found, model = [*found, part], field.related_model
    return LOOKUP_SEP.join(found)


def _filter_values(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for name, kind in _kinds(admin_obj):
        if _prints_values(field_of(admin_obj.model, name), kind) or (
            isinstance(name, str) and LOOKUP_SEP in name
        ):
            what = f"The list filter on {name!r} reads the whole table for the values that occur, and prints all."
            yield warning(
                admin_obj, 108, what, f'Write ("{name}", admin.ValuesFilter) for a column of the model.'
            )


def _prints_values(field: Any, kind: Any) -> bool:
    """Whether a filter of Django's own prints the values that occur in a column."""
    if kind is not None:
        return isinstance(kind, type) and issubclass(kind, AllValuesFieldListFilter)
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def _values_of_texts(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for name, kind in _kinds(admin_obj):
        field = field_of(admin_obj.model, name)
        is_values = isinstance(kind, type) and issubclass(kind, ValuesFilter)
        if is_values and field is not None and not is_text(field):
            what = f"The list filter on {name!r} suggests no values: ValuesFilter is for columns of text."
            hint = "Write admin.ChoicesFilter, admin.DateRangeFilter or admin.RelatedFilter, as suits the column."
            yield warning(admin_obj, 122, what, hint)


def _date_hierarchy(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    name = admin_obj.date_hierarchy
    if name:
        what = (
            f"The date hierarchy on {name!r} is not shown: it would read every row for the dates that occur."
        )
        yield warning(
            admin_obj, 109, what, f'Write list_filter = (("{name}", admin.DateRangeFilter),) instead.'
        )


def _ordering(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    orderings = [*(admin_obj.ordering or admin_obj.opts.ordering or ())]
    for ordering in orderings[:1]:
        if not is_column(admin_obj.model, sorted_by(ordering)):
            what = (
                f"The list is not sorted by {ordering!r}: that is no column, and pages by key need its value."
            )
            yield warning(
                admin_obj, 111, what, "Sort by a column, and add a models.Index that starts with it."
            )
        elif not _is_quick(admin_obj.model, ordering):
            what = f"The list is sorted by {ordering!r}, which has no index: each page sorts the whole table."
            yield warning(
                admin_obj, 111, what, "Sort by a column, and add a models.Index that starts with it."
            )
        elif not _are_quick(admin_obj.model, columns := Order.of(admin_obj.model, orderings).paths[:-1]):
            what = (
                f"The list is sorted by {columns!r}, which have no index together: each page sorts many rows."
            )
            fields = ", ".join(f'"{name}"' for name in columns)
            yield warning(admin_obj, 111, what, f'Add models.Index(fields=[{fields}, "id"]).')


def _further_columns(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    """What else a list is to be sorted by, of which pages by key take what goes in one direction and is never empty."""
    orderings = [*(admin_obj.ordering or admin_obj.opts.ordering or ())]
    followed = {"pk", admin_obj.opts.pk.name, *Order.of(admin_obj.model, orderings).paths}
    left = [item for item in orderings[1:] if sorted_by(item) not in followed]
    left += [item for item in orderings if getattr(item, "nulls_first", None)]
    if left:
        what = f"The list is not sorted by {left!r} as well: what is empty comes last, and all go in one direction."
        hint = "Name columns of the model that are never empty, in the direction of the first."
        yield warning(admin_obj, 121, what, hint)


def _are_quick(model: type[models.Model], columns: tuple[str, ...]) -> bool:
    related = any(
        LOOKUP_SEP in name for name in columns
    )  # read from the parents, each with an order of its own
    return related or len(columns) < 2 or are_indexed(model, list(columns))


CHECKS = (
    _filters,
    _search,
    _sorting,
    _computed_sorting,
    _exact_fields,
    _filter_indexes,
    _relations,
    _filter_values,
    _values_of_texts,
    _date_hierarchy,
    _ordering,
    _further_columns,
)
