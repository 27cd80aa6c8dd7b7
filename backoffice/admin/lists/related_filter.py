"""The list filter on a relation: some rows, found by typing; empty; and all below them where they are a tree."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.admin.utils import lookup_spawns_duplicates
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.fields.related import RelatedField
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice import tree
from backoffice.access.scope import APART, ROW_BY_ROW
from backoffice.admin.forms.widgets import needs_script
from backoffice.admin.lists.filters import EMPTY, Filter
from backoffice.admin.named_rows import value_named


class RelatedFilter(Filter):
    """Some rows of a related model, found by typing; with "empty", and with everything below where it is a tree."""

    template = "backoffice/filters/related.html"
    field: RelatedField
    parent: str | None = None  # the related model's field that makes it a tree

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return [self.field_path, f"{self.field_path}__below"]

    def looks(self) -> tuple[Any, ...] | None:
        return self._looks()

    @property
    def below(self) -> bool:
        return bool(self.parent and self.values[f"{self.field_path}__below"])

    @property
    def active(self) -> bool:
        return bool(self.chosen)

    def has_output(self) -> bool:
        """Not for somebody who may not look the related rows up."""
        related_admin = self.model_admin.admin_site.get_model_admin(self.related)
        return bool(related_admin.has_view_permission(self.request))

    @property
    def flags(self) -> dict[str, None]:
        return {f"{self.field_path}__below": None}

    @property
    def given(self) -> list[str]:
        """The chosen values that are keys, or EMPTY."""
        return self.chosen

    @property
    def related(self) -> type[models.Model]:
        return self.field.related_model

    @property
    def target(self) -> Any:
        """The column that the relation points at: the related rows' key, unless it says another."""
        return self.field.target_field

    def keys(self) -> list[Any]:
        """The chosen values of that column. Raises ValueError for a text that is none."""
        return [value_named(self.target, value) for value in self.given if value != EMPTY]

    def condition(self) -> Q:
        keys = self.keys()
        found = self._below(keys) if self.below and keys else self._having("in", keys)
        return found | self._without() if EMPTY in self.chosen else found

    @property
    def is_to_many(self) -> bool:
        return lookup_spawns_duplicates(self.model_admin.opts, self.field_path)

    def _having(self, lookup: str, value: Any) -> Q:
        """Of a relation to many a sub-query: joined, a row would be there as often as it has any of them."""
        asked = Q((f"{self.field_path}__{lookup}", value))
        return Q(pk__in=self._having_rows(asked).values("pk")) if self.is_to_many else asked

    def _without(self) -> Q:
        if not self.is_to_many:
            return self._having("isnull", True)
        # Asked of each row: PostgreSQL reads all of what is not `in` for each one, once it is too much for its memory.
        return ~Q(Exists(self._having_rows(Q((f"{self.field_path}__isnull", False)), pk=OuterRef("pk"))))

    def _having_rows(self, *asked: Any, **more: Any) -> models.QuerySet[Any]:
        return self.model_admin.model._base_manager.order_by().filter(*asked, **more)  # type: ignore[no-any-return]

    def _below(self, keys: list[Any]) -> Q:
        assert self.parent is not None
        if self.asking == ROW_BY_ROW:
            return Q(tree.Under(f"{self.field_path}_id", self.related, self.parent, keys))
        if self.asking == APART and self.subtree:
            return Q()
        return Q((f"{self.field_path}__in", tree.descendants(self.related, self.parent, keys)))

    @property
    def subtree(self) -> RawSQL | None:
        """The keys of everything asked for, where that is a sub-tree and nothing else."""
        if not self.below or not self.parent or not self.chosen or EMPTY in self.chosen:
            return None
        return tree.descendants(self.related, self.parent, self.keys())

    def parents(self) -> Q | None:
        """Which rows of the related model are asked for; None where all or none may be."""
        keys = self.keys()
        if not keys or EMPTY in self.chosen:
            return None
        if self.below and self.parent:
            return Q(tree.Under("pk", self.related, self.parent, keys))
        return Q((f"{self.target.name}__in", keys))

    def rows(self) -> dict[str, models.Model]:
        """The chosen rows that exist and that this user may see, by what is chosen."""
        if not hasattr(self, "_rows"):
            related_admin = self.model_admin.admin_site.get_model_admin(self.related)
            related = getattr(related_admin, "found_with", ())
            everything = related_admin.get_queryset(self.request).select_related(*related)
            keys = self.keys()
            rows = everything.filter(**{f"{self.target.name}__in": keys}) if keys else []
            found = {getattr(row, self.target.attname): row for row in rows}
            values = [value for value in self.given if value != EMPTY]
            self._rows = {value: found[key] for value, key in zip(values, keys, strict=True) if key in found}
        return self._rows

    def words(self) -> dict[str, str]:
        """What each of the chosen rows is called; of one name, with what tells them apart."""
        rows = self.rows()
        called = Counter(map(str, rows.values()))
        alike = [row for row in rows.values() if called[str(row)] > 1]
        related_admin: Any = self.model_admin.admin_site.get_model_admin(self.related)
        told = hasattr(related_admin, "found_notes") and alike
        notes = related_admin.found_notes(self.request, alike) if told else {}
        return {
            key: f"{row} ({notes[row.pk]})" if notes.get(row.pk) else str(row) for key, row in rows.items()
        }

    def labels(self) -> Iterator[tuple[str, str, str]]:
        for value in self.chosen:
            if value == EMPTY:
                yield self.field_path, value, _("Empty")
            else:
                words = self.words().get(value) or _("not found (%(key)s)") % {"key": value}
                yield self.field_path, value, _("%s and below") % words if self.below else words

    def control(self) -> SafeString:
        attrs = {"id": self.control_id, "name": self.field_path}
        return looked_up(self.field, self.model_admin.admin_site, self.words(), attrs)


def looked_up(field: Any, site: Any, chosen: Mapping[str, Any], attrs: Mapping[str, Any]) -> SafeString:
    """The select that looks up what `field` points at while one types, with the chosen ones in it."""
    known = AutocompleteSelectMultiple(field, site).build_attrs({"multiple": True})
    known |= {"data-placeholder": _("Type to search"), "class": "admin-autocomplete", **attrs}
    known["data-allow-clear"] = "false"  # it would stand in the list of values and be none
    options = format_html_join("", '<option value="{}" selected>{}</option>', chosen.items())
    return format_html("<select{}>{}</select>{}", flatatt(known), options, needs_script())


def tree_filter(parent: str) -> type[RelatedFilter]:
    """A RelatedFilter for a related model that is a tree by its field `parent`."""
    return type("TreeFilter", (RelatedFilter,), {"parent": parent})
