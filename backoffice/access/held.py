"""What somebody holds: roles, each everywhere or below some rows of a tree. Read once for each user object."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q

from backoffice.access.roles import role_named
from backoffice.access.trees import Rule, Tree, is_scoped, trees

KEPT = "_backoffice_access"


class Held(NamedTuple):
    """A role that somebody has; `root` is None where it is for everything, `grant` where it comes from heading it."""

    role: str  # the name of the group
    tree: Tree
    root: Any
    grant: Any


class Reach(NamedTuple):
    """Where somebody has a permission."""

    everywhere: bool
    roots: dict[Tree, list[Any]]


class Access:
    def __init__(self, user: Any) -> None:
        self.user = user
        self.answers: dict[Any, bool] = {}  # of questions about single rows, for the length of a request
        self._limits: dict[Any, Q] = {}

    @cached_property
    def held(self) -> list[Held]:
        return list(self._held()) if self._counts else []

    @cached_property
    def is_scoped(self) -> bool:
        """Whether some of it is for a part of the rows only."""
        return any(held.root is not None for held in self.held)

    @property
    def _counts(self) -> bool:
        return bool(self.user.is_active and not self.user.is_anonymous and not self.user.is_superuser)

    def _held(self) -> Iterator[Held]:
        for tree in trees():
            grants = tree.grants._default_manager.filter(user=self.user.pk).order_by("pk")
            for pk, role, root in grants.values_list("pk", "role__name", tree.root):
                yield Held(role, tree, root, pk)
            if tree.head and (role_declared := role_named(tree.head.role)):
                own = tree.model._default_manager.filter(**{tree.head.user: self.user.pk}).order_by("pk")
                for root in own.values_list("pk", flat=True):
                    yield Held(role_declared.name, tree, root, None)

    @cached_property
    def permissions(self) -> dict[str, dict[str, str]]:
        """Of each role that is held: its permissions, each with the model that it is about."""
        found: dict[str, dict[str, str]] = {held.role: {} for held in self.held}
        if found:
            rows = Permission.objects.filter(group__name__in=found).order_by()
            columns = ("group__name", "content_type__app_label", "content_type__model", "codename")
            for role, app, model, name in rows.values_list(*columns):
                found[role][f"{app}.{name}"] = f"{app}.{model}"
        return found

    @cached_property
    def plain(self) -> set[str]:
        """The permissions that were given to the account itself or to its groups: they hold everywhere."""
        return set(ModelBackend().get_all_permissions(self.user))

    @cached_property
    def anywhere(self) -> set[str]:
        """Every permission by a role, wherever it holds."""
        found: set[str] = set()
        for held in self.held:
            names = self.permissions[held.role]
            found |= {name for name, model in names.items() if held.root is None or is_scoped(model)}
        return found

    @property
    def names(self) -> set[str]:
        """Every permission, wherever it holds."""
        return self.plain | self.anywhere

    def limit(self, rule: Rule, roots: dict[Tree, list[Any]]) -> Q:
        """What a rule says of these roots. It is asked once: it may look at how much is below them."""
        key = rule, tuple((tree, *keys) for tree, keys in roots.items())
        if key not in self._limits:
            self._limits[key] = rule(roots)
        return self._limits[key]

    def reach(self, names: Iterable[str]) -> Reach:
        """Where one of these permissions is held."""
        asked = set(names)
        if self.user.is_active and self.user.is_superuser:
            return Reach(True, {})
        if self.user.is_active and not self.user.is_anonymous and asked & self.plain:
            return Reach(True, {})
        having = [held for held in self.held if asked & self.permissions[held.role].keys()]
        if any(held.root is None for held in having):
            return Reach(True, {})
        roots: dict[Tree, list[Any]] = {}
        for held in having:
            if held.root not in roots.setdefault(held.tree, []):
                roots[held.tree].append(held.root)
        return Reach(False, roots)


def held_now(user: Any) -> Access:
    """What the database says at the moment, whatever is kept on the user object; all of it is read."""
    access = Access(type(user)._base_manager.get(pk=user.pk))
    access.names  # noqa: B018  # reads everything
    return access


def forget(user: Any) -> None:
    """Let it be asked again what this person may: what is kept on the user object was so before."""
    for name in (KEPT, "_perm_cache", "_user_perm_cache", "_group_perm_cache"):
        if hasattr(user, name):
            delattr(user, name)


def access_of(user: Any) -> Access:
    """Kept on the user object: a request has one of its own."""
    kept = getattr(user, KEPT, None)
    if kept is None:
        kept = Access(user)
        setattr(user, KEPT, kept)
    return kept
