"""The relations that matter when rows are deleted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import CASCADE, DO_NOTHING, PROTECT, RESTRICT, Q
from django.db.models.deletion import get_candidate_relations_to_delete
from django.db.models.functions import Cast

from backoffice.operations.tables import is_recorded

Model = type[models.Model]
Rows = models.QuerySet[Any]


@dataclass(frozen=True)
class Link:
    """A relation by which rows of `model` hang on rows of `parent`.

    `field` is the foreign key on `model`, or the GenericRelation on `parent`.
    """

    parent: Model
    model: Model
    field: Any

    @property
    def is_generic(self) -> bool:
        return isinstance(self.field, GenericRelation)

    @property
    def is_plain(self) -> bool:
        """Whether the column on `model` holds the parent's primary key."""
        return not self.is_generic and self.field.target_field.primary_key

    @property
    def is_total(self) -> bool:
        """Whether every row of `model` hangs on some row of `parent`."""
        return not self.is_generic and not self.field.null

    @property
    def cascades(self) -> bool:
        return self.is_generic or self._on_delete is CASCADE

    @property
    def blocks(self) -> bool:
        return self._on_delete in (PROTECT, RESTRICT)

    @property
    def empties(self) -> bool:
        """Whether the rows stay and their column is set: SET_NULL, SET_DEFAULT, SET(…)."""
        return not self.cascades and not self.blocks and self._on_delete is not DO_NOTHING

    @property
    def _on_delete(self) -> Any:
        return None if self.is_generic else self.field.remote_field.on_delete

    def rows(self, using: str) -> Rows:
        return self.model._base_manager.using(using).all()

    def to(self, parents: Rows, keys: list[Any] | None = None) -> Q:
        """The condition for rows of `model` that hang on `parents` (whose keys are `keys`, where known)."""
        if self.is_generic:
            return self._generic(parents)
        return Q(**{f"{self.field.name}__in": keys if keys is not None and self.is_plain else parents})

    def empty(self, rows: Rows, using: str) -> None:
        """Set the column of these rows to what on_delete says, in one statement."""
        self._on_delete(_Writer(), self.field, rows, using)

    def _generic(self, parents: Rows) -> Q:
        kinds = ContentType.objects.db_manager(parents.db)
        kind = kinds.get_for_model(self.parent, for_concrete_model=self.field.for_concrete_model)
        column: Any = self.model._meta.get_field(self.field.object_id_field_name)
        keys = parents.values_list(Cast("pk", output_field=column))
        return Q(**{self.field.content_type_field_name: kind, f"{column.name}__in": keys})


class _Writer:
    """What an on_delete function takes for Django's collector: it writes at once instead of collecting."""

    def add_field_update(self, field: Any, value: Any, rows: Rows) -> None:
        from backoffice.operations.current import operation
        from backoffice.operations.recorder import record_update

        if is_recorded(rows.model):
            with operation(using=rows.db):
                record_update(rows.order_by(), {field.name: value}, counted=False)
        else:
            rows.order_by().update(**{field.name: value})


def bare(rows: Rows) -> Rows:
    """The same rows in no order, and without what was annotated for a list and costs a query for each."""
    plain = rows.order_by()
    plain.query.set_annotation_mask(())
    return plain


def links_to(model: Model) -> Iterator[Link]:
    """The relations that point at `model`."""
    relations: Iterable[Any] = get_candidate_relations_to_delete(model._meta)
    for relation in relations:
        yield Link(model, relation.related_model._meta.concrete_model, relation.field)
    fields: Iterable[Any] = model._meta.private_fields
    for field in fields:
        if isinstance(field, GenericRelation):
            related: Any = field.related_model
            yield Link(model, related._meta.concrete_model, field)
