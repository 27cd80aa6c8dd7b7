"""Start-up checks of forms and inlines: nothing that shows or loads every row of a relation."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.checks import CheckMessage
from django.forms.models import _get_foreign_key

from backoffice.admin.checking import are_indexed, field_of, is_indexed, names, shown, sorted_by, warning
from backoffice.admin.forms.inlines import PagedInlineFormSet
from backoffice.admin.lists.order import has_places

MOST_ROWS = 200  # of a page: more is slow to draw and to read


def _inlines(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for inline in admin_obj.inlines:
        if not issubclass(inline.formset, PagedInlineFormSet):
            what = f"The inline {inline.__name__} loads all rows of its parent and cannot save more than a few hundred."
            yield warning(admin_obj, 101, what, "Derive it from backoffice.admin.TabularInline.")


def _selects(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    unbound = {*admin_obj.autocomplete_fields, *admin_obj.raw_id_fields, *admin_obj.readonly_fields}
    there = shown(admin_obj, (field.name for field in admin_obj.opts.fields))
    for field in admin_obj.opts.fields:
        related = field.related_model
        if related and field.editable and field.name not in unbound and field.name in there:
            what = f"The form shows {field.name!r} as a select with every row of {related.__name__}."
            yield warning(admin_obj, 104, what, f'Add "{field.name}" to autocomplete_fields.')


def _many_selects(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    unbound = {*admin_obj.autocomplete_fields, *admin_obj.raw_id_fields}
    there = shown(admin_obj, (field.name for field in admin_obj.opts.many_to_many))
    for field in admin_obj.opts.many_to_many:
        if field.name not in unbound and field.name in there:
            what = f"The form shows {field.name!r} with every row of {names(field)} to choose from."
            yield warning(admin_obj, 113, what, f'Add "{field.name}" to autocomplete_fields.')


def _inline_selects(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for inline in admin_obj.inlines:
        unbound = {*inline.autocomplete_fields, *inline.raw_id_fields, *inline.readonly_fields}
        for name in _names_in(inline, admin_obj.model):
            field = field_of(inline.model, name)
            if name not in unbound and field is not None and field.is_relation and field.editable:
                what = f"Each row of {inline.__name__} has {name!r} as a select with every row of {names(field)}."
                yield warning(admin_obj, 107, what, f'Add "{name}" to its autocomplete_fields.')


def _editable_relations(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for name in admin_obj.list_editable:
        field = field_of(admin_obj.model, name)
        if field is not None and field.is_relation and name not in admin_obj.autocomplete_fields:
            what = f"Each row of the list has {name!r} as a select with every row of {names(field)}."
            yield warning(admin_obj, 110, what, f'Add "{name}" to autocomplete_fields.')


def _names_in(inline: Any, parent: Any) -> list[str]:
    """The fields that each row of an inline shows: all but the way to its parent where none are named."""
    own = inline.model._meta
    relations = [field for field in (*own.fields, *own.many_to_many) if field.is_relation]
    way = _way(inline, parent)
    return shown(inline, (field.name for field in relations if field is not way))


def _way(inline: Any, parent: Any) -> Any:
    """The relation that leads to the parent; None of a generic inline, and where Django's own check complains."""
    try:
        return _get_foreign_key(parent, inline.model, fk_name=getattr(inline, "fk_name", None))
    except ValueError:
        return None


def _page_sizes(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    pages = [("list_per_page", admin_obj.list_per_page)]
    pages += [(f"{inline.__name__}.per_page", getattr(inline, "per_page", 0)) for inline in admin_obj.inlines]
    for name, rows in pages:
        if rows > MOST_ROWS:
            what = f"{name} is {rows}: a page of so many rows is slow to draw and to read."
            yield warning(
                admin_obj, 117, what, f"Show at most {MOST_ROWS}; pages by key cost the same anywhere."
            )


def _inline_orders(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    """The rows of one parent, in their order, are read from an index that starts with both."""
    for inline in admin_obj.inlines:
        to_parent = _way(inline, admin_obj.model)
        if to_parent is None or not issubclass(inline.formset, PagedInlineFormSet):
            continue
        ordering = [*(inline.ordering or inline.model._meta.ordering or ("pk",))][:1]
        column = sorted_by(ordering[0])
        by_key = column in ("pk", inline.model._meta.pk.name) and is_indexed(to_parent)
        if not are_indexed(inline.model, [to_parent.name, column]) and not by_key:
            what = (
                f"The rows of {inline.__name__} are sorted by {ordering[0]!r} below their parent, for which there is "
                "no index: each page sorts all of them."
            )
            hint = f'Sort by a column, with models.Index(fields=["{to_parent.name}", "{column or "name"}", "id"]).'
            yield warning(admin_obj, 118, what, hint)


def _inline_sorting(admin_obj: ModelAdmin) -> Iterator[CheckMessage]:
    for inline in admin_obj.inlines:
        if not issubclass(inline.formset, PagedInlineFormSet):
            continue
        editable = (field.name for field in inline.model._meta.fields if field.editable)
        sortable = getattr(inline, "sortable", None)
        for name in sortable or shown(inline, editable):
            field = field_of(inline.model, name)
            if field is None or not field.concrete or not has_places(field):
                continue
            if not is_indexed(field):
                what = f"The rows of {inline.__name__} can be sorted by {name!r}, which has no index."
                hint = f'Add models.Index(fields=["{name}", "id"]), or name the others in sortable.'
                yield warning(admin_obj, 120, what, hint)


CHECKS = (
    _inline_orders,
    _inline_sorting,
    _inlines,
    _selects,
    _many_selects,
    _inline_selects,
    _editable_relations,
    _page_sizes,
)
