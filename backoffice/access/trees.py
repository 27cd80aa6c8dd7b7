"""What scope is declared by: a tree of rows, and for each model the way from its rows to the tree.

    access.declare(
        access.Tree(Department, parent="parent", grants=Grant, root="department", paths={Employee: "department"})
    )

Whoever holds a role for a department then holds it for the departments below and for the people in all of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import RawSQL

from backoffice import tree

Rule = Callable[[Mapping["Tree", list[Any]]], Q]
Model = type[models.Model]


class Head(NamedTuple):
    """Whose row of the tree is theirs without a grant: the role that they hold there, the way to their account."""

    role: str  # its code
    user: str


@dataclass(frozen=True, eq=False)
class Tree:
    """`grants` is the model of role grants and `root` its relation to `model`: empty for a grant everywhere.

    `parent` is the relation of `model` to itself; none for rows that stand side by side.
    """

    model: Model
    grants: Any
    root: str
    paths: Mapping[Model, str]
    parent: str | None = None
    head: Head | None = None
    words: Mapping[str, Any] = field(default_factory=dict)

    def path(self, model: Model) -> str | None:
        """The way from a row of `model` to its row of the tree; None for a model that is not scoped by it."""
        return "pk" if model is self.model else self.paths.get(model)

    def keys(self, roots: list[Any]) -> RawSQL | list[Any]:
        """The keys of everything below `roots`, for `…__in`."""
        return tree.descendants(self.model, self.parent, roots) if self.parent else roots

    def below(self, model: Model, roots: list[Any]) -> Q:
        """The rows of `model` below `roots`, as a set."""
        return Q((f"{self.path(model)}{LOOKUP_SEP}in", self.keys(roots)))

    def is_below(self, model: Model, roots: list[Any]) -> Q:
        """The same, asked of one row after another: for reading a page in its order."""
        path = str(self.path(model))
        if not self.parent:
            return self.below(model, roots)
        return Q(tree.Under(path if path == "pk" else f"{path}_id", self.model, self.parent, roots))

    def column(self, model: Model) -> str | None:
        """The relation of `model` itself that decides where its rows stand: for the tree its parent."""
        if model is self.model:
            return self.parent
        name = self.paths.get(model, "").partition(LOOKUP_SEP)[0]
        known = {column.name for column in model._meta.concrete_fields}
        return name if name in known else None

    def above(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """What stands above each of these rows, and above those: the key of a row → that of the one above; None at
        the top.
        """
        if not self.parent:
            return {}
        found = tree.ancestors(self.model, self.parent, sorted(keys))
        parent: Any = self.model._meta.get_field(self.parent)
        return dict(
            self.model._base_manager.filter(pk__in=found).order_by().values_list("pk", parent.attname)
        )

    def places(self, model: Model, roots: list[Any]) -> Q:
        """The rows that `column` of a row may point at so that the row is below `roots`."""
        rest = "" if model is self.model else self.paths[model].partition(LOOKUP_SEP)[2]
        return Q((f"{rest or 'pk'}{LOOKUP_SEP}in", self.keys(roots)))


_trees: list[Tree] = []


def declare(declared: Tree) -> Tree:
    _trees.append(declared)
    return declared


def trees() -> list[Tree]:
    return list(_trees)


def trees_of(model: Model) -> list[Tree]:
    """The trees that the rows of `model` are scoped by."""
    concrete = model._meta.concrete_model or model
    return [each for each in _trees if each.path(concrete)]


def chain(above: Mapping[Any, Any], key: Any) -> set[Any]:
    """`key` and what stands above it, by what Tree.above() says."""
    found: set[Any] = set()
    while key in above and key not in found:
        found.add(key)
        key = above[key]
    return found


def confers(model: Model) -> bool:
    """Whether rows of `model` say who holds a role where: by a grant, or by heading a row of a tree."""
    return any(model in (each.grants, each.model) for each in _trees)


_rules: dict[Model, Rule] = {}
_shown_by: dict[Model, tuple[str, ...]] = {}


def declare_rule(model: Model, rule: Rule, shown_by: Iterable[str] = ()) -> None:
    """For a model whose rows hang on no tree themselves: which of them somebody sees who holds a role for parts, and
    the permissions ("app.export_x") by which they are seen beside its own.
    """
    _rules[model] = rule
    _shown_by[model] = tuple(shown_by)


def shown_by(model: Model) -> tuple[str, ...]:
    return _shown_by.get(model._meta.concrete_model or model, ())


def rule_of(model: Model) -> Rule | None:
    return _rules.get(model._meta.concrete_model or model)


def is_scoped(name: str) -> bool:
    """Whether a role for a part of a tree says anything about this model ("app.model")."""
    try:
        model = apps.get_model(name)
    except LookupError:
        return False
    return bool(trees_of(model)) or rule_of(model) is not None
