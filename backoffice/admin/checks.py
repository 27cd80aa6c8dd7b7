"""Start-up checks: a ModelAdmin set up in a way that would be slow at three million rows."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin import site
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten, flatten_fieldsets
from django.core.checks import CheckMessage, Tags, Warning, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.constants import LOOKUP_SEP

from backoffice.admin.filters import Filter
from backoffice.admin.inlines import PagedInlineFormSet
from backoffice.models import Recorded
from backoffice.search import SearchTextField


class ScaleChecks(ModelAdminChecks):
    """Django's checks and ours, W101 to W112. Each says what does not scale and what to write instead."""

    def check(self, admin_obj: BaseModelAdmin, **kwargs: Any) -> list[CheckMessage]:
        assert isinstance(admin_obj, DjangoModelAdmin)  # inlines have checks of their own
        found: list[CheckMessage] = super().check(admin_obj, **kwargs)
        for check in (_inlines, _filters, _search, _selects, _sorting, _relations, *MORE):
            found += check(admin_obj)
        return found


def _warning(admin_obj: DjangoModelAdmin, number: int, what: str, hint: str) -> CheckMessage:
    return Warning(what, hint=hint, obj=admin_obj.__class__, id=f"backoffice.W{number}")


def _inlines(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    for inline in admin_obj.inlines:
        if not issubclass(inline.formset, PagedInlineFormSet):
            what = f"The inline {inline.__name__} loads all rows of its parent and cannot save more than a few hundred."
            yield _warning(admin_obj, 101, what, "Derive it from backoffice.admin.TabularInline.")


def _filters(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    for item in admin_obj.list_filter:
        name, kind = item if isinstance(item, (tuple, list)) else (item, None)
        field = _field(admin_obj.model, name)
        if (
            field is not None
            and field.is_relation
            and not (isinstance(kind, type) and issubclass(kind, Filter))
        ):
            what = f"The list filter on {name!r} prints every row of {field.related_model.__name__}."
            yield _warning(admin_obj, 102, what, f'Write ("{name}", admin.RelatedFilter).')


def _search(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    columns = {field.name for field in admin_obj.opts.fields if isinstance(field, SearchTextField)}
    for name in admin_obj.search_fields:
        if name not in columns:
            what = f"The search in {name!r} has no index to use and reads the whole table."
            hint = 'Give the model `search_text = SearchTextField("…")` and search_fields = ("search_text",).'
            yield _warning(admin_obj, 103, what, hint)


def _selects(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    unbound = {*admin_obj.autocomplete_fields, *admin_obj.raw_id_fields, *admin_obj.readonly_fields}
    shown = _shown_fields(admin_obj)
    for field in admin_obj.opts.fields:
        related = field.related_model
        if (
            related
            and field.editable
            and field.name not in unbound
            and (shown is None or field.name in shown)
        ):
            what = f"The form shows {field.name!r} as a select with every row of {related.__name__}."
            yield _warning(admin_obj, 104, what, f'Add "{field.name}" to autocomplete_fields.')


def _sorting(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    sortable = admin_obj.list_display if admin_obj.sortable_by is None else admin_obj.sortable_by
    for name in sortable:
        field = _field(admin_obj.model, name)
        if field is not None and not _indexed(field):
            what = f"The list can be sorted by {name!r}, which has no index: each page would sort the whole table."
            hint = f'Add models.Index(fields=["{name}", "id"]) or leave it out of sortable_by.'
            yield _warning(admin_obj, 105, what, hint)


def _relations(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    joined = admin_obj.list_select_related
    for name in admin_obj.list_display:
        field = _field(admin_obj.model, name)
        if field is None or not field.is_relation or joined is True:
            continue
        if not joined or name not in joined:
            what = f"The list shows {name!r} without joining it: a query a row, or every relation joined."
            yield _warning(admin_obj, 106, what, f'Add "{name}" to list_select_related.')


def _inline_selects(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    for inline in admin_obj.inlines:
        unbound = {*inline.autocomplete_fields, *inline.raw_id_fields, *inline.readonly_fields}
        for name in flatten(inline.fields or ()):
            field = _field(inline.model, name)
            if name not in unbound and field is not None and field.is_relation and field.editable:
                what = f"Each row of {inline.__name__} has {name!r} as a select with every row of {_names(field)}."
                yield _warning(admin_obj, 107, what, f'Add "{name}" to its autocomplete_fields.')


def _filter_values(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    for name in admin_obj.list_filter:
        field = _field(admin_obj.model, name)
        text = isinstance(field, models.CharField | models.TextField) and not field.choices
        if text or (isinstance(name, str) and LOOKUP_SEP in name):
            what = f"The list filter on {name!r} reads the whole table for the values that occur, and prints all."
            yield _warning(
                admin_obj, 108, what, f'Write ("{name}", admin.ValuesFilter) for a column of the model.'
            )


def _date_hierarchy(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    name = admin_obj.date_hierarchy
    if name:
        what = f"The date hierarchy on {name!r} reads every row for the dates that occur."
        yield _warning(
            admin_obj, 109, what, f'Write list_filter = (("{name}", admin.DateRangeFilter),) instead.'
        )


def _editable_relations(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    for name in admin_obj.list_editable:
        field = _field(admin_obj.model, name)
        if field is not None and field.is_relation and name not in admin_obj.autocomplete_fields:
            what = f"Each row of the list has {name!r} as a select with every row of {_names(field)}."
            yield _warning(admin_obj, 110, what, f'Add "{name}" to autocomplete_fields.')


def _ordering(admin_obj: DjangoModelAdmin) -> Iterator[CheckMessage]:
    for name in [*(admin_obj.ordering or admin_obj.opts.ordering or ())][:1]:
        column = name.lstrip("-") if isinstance(name, str) else ""
        field = _field(admin_obj.model, column)
        if field is not None and not _indexed(field):
            what = f"The list is sorted by {column!r}, which has no index: each page sorts the whole table."
            yield _warning(admin_obj, 111, what, f'Add models.Index(fields=["{column}", "id"]).')


MORE = (_inline_selects, _filter_values, _date_hierarchy, _editable_relations, _ordering)


@register(Tags.admin)
def recorded_models_have_our_admin(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """None of the checks above is asked of a ModelAdmin of Django's own."""
    registered = site._registry.items()
    plain = [one for model, one in registered if issubclass(model, Recorded) and not _is_ours(one)]
    hint = "Derive it from backoffice.admin.ModelAdmin."
    return [_warning(one, 112, f"The pages of {one.opts.label} load whole tables.", hint) for one in plain]


def _is_ours(admin_obj: DjangoModelAdmin) -> bool:
    from backoffice.admin.model_admin import ModelAdmin  # it names the checks of this module

    return isinstance(admin_obj, ModelAdmin)


def _names(field: Any) -> str:
    return str(field.related_model.__name__)


def _field(model: type[models.Model], name: Any) -> Any:
    try:
        return model._meta.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return None


def _indexed(field: Any) -> bool:
    if field.primary_key or field.unique or field.db_index:
        return True
    indexes = field.model._meta.indexes
    return any(index.fields and index.fields[0] == field.name for index in indexes)


def _shown_fields(admin_obj: DjangoModelAdmin) -> set[str] | None:
    if admin_obj.fieldsets:
        return set(flatten_fieldsets(admin_obj.fieldsets))
    return set(flatten(admin_obj.fields)) if admin_obj.fields else None
