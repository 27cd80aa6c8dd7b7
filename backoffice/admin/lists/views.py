"""The views of a list: which there are for a person, which one is open, and which columns it shows."""

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib.admin.options import IS_FACETS_VAR
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ORDER_VAR
from django.contrib.auth.models import Group
from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst

from backoffice.access.held import access_of
from backoffice.admin.lists.order import POSITION_VARS
from backoffice.saved_views import SavedView

VIEW_VAR = "view"
NONE = "all"  # the list without any view, where a role has one by default
NOT_KEPT = (*POSITION_VARS, VIEW_VAR, "_popup", "_to_field", "e", "p")
MOST = 200  # views of a list


class Column(NamedTuple):
    name: str
    label: str
    shown: bool
    fixed: bool


class Views:
    """Those of one list that the person of a request may open; one query, and only where a list asks for it."""

    def __init__(self, model_admin: Any, request: HttpRequest) -> None:
        self.model_admin, self.request = model_admin, request
        self.label = model_admin.opts.label_lower

    @property
    def _found(self) -> list[Any]:
        kept = self.request.__dict__.setdefault("_backoffice_views", {})  # a copy of the request has it too
        if self.label not in kept:
            kept[self.label] = list(readable(self.request.user, self.label)[:MOST])
        found: list[Any] = kept[self.label]
        return found

    def forget(self) -> None:
        self.request.__dict__.pop("_backoffice_views", None)

    @property
    def named(self) -> list[Any]:
        return [view for view in self._found if view.name]

    @property
    def own(self) -> list[Any]:
        return [view for view in self.named if view.owner_id]

    @property
    def shared(self) -> list[Any]:
        return [view for view in self.named if not view.owner_id]

    @property
    def current(self) -> Any:
        asked = self.request.GET.get(VIEW_VAR, "")
        return next((view for view in self.named if str(view.pk) == asked), None)

    @property
    def is_as_saved(self) -> bool:
        """Whether the list shows what the open view was saved for, as far as this person can see it so."""
        asked, saved = kept(self.request.GET), self.current.parameters
        for query in (asked, saved):
            query.pop(IS_FACETS_VAR, None)
        name = self.current.sort.removeprefix("-")
        sort = self.current.sort if name in self.columns and name in self._sortable else ""
        return bool(asked == saved and self.sorted_by() == sort)

    @property
    def default(self) -> Any:
        """What the list opens with for the roles of this person."""
        roles = {held.role for held in access_of(self.request.user).held}
        return next((view for view in self.shared if view.member or view.role_name in roles), None)

    # Columns

    @cached_property
    def _all(self) -> list[Any]:
        return [*self.model_admin.list_display, *self.model_admin.more_columns]

    def _is_fixed(self, name: Any) -> bool:
        """The first leads to the row, a method that is no name cannot be kept, what is edited must be there."""
        admin = self.model_admin
        return name == self._all[0] or not isinstance(name, str) or name in admin.list_editable

    @property
    def columns(self) -> list[Any]:
        """What the list shows, in the order of the ModelAdmin."""
        if len(self._all) == 1:
            return self._all
        view = self.current
        if view is None or (view.role_id and view == self.default):  # one's own choice stays
            view = next((own for own in self._found if not own.name and own.columns), view)
        if view is None or not view.columns:
            return list(self.model_admin.list_display)
        return [name for name in self._all if self._is_fixed(name) or name in view.columns]

    @property
    def choices(self) -> list[Column]:
        shown = self.columns
        return [
            Column(str(name), self._label(name), name in shown, self._is_fixed(name)) for name in self._all
        ]

    def _label(self, name: Any) -> str:
        return capfirst(str(label_for_field(name, self.model_admin.model, self.model_admin)))

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that are columns which can be chosen."""
        return [name for name in self._all if isinstance(name, str) and name in names]

    # Addresses

    def at(self, query: str) -> "Views":
        """The views as the list with this query string has them."""
        listing = copy(self.request)
        listing.GET = QueryDict(query)
        return Views(self.model_admin, listing)

    @cached_property
    def _first(self) -> int:
        """The number of the first column: boxes stand before it, where there are actions."""
        return 1 if self.model_admin.get_actions(self.request) else 0

    def sorted_by(self) -> str:
        """The column that the address names by its number, as "-name"; nothing where it names none that sorts."""
        asked = self.request.GET.get(ORDER_VAR, "")
        number = asked.removeprefix("-")
        names = dict(enumerate(self.columns, self._first))
        name = names.get(int(number)) if number.isdecimal() and len(number) < 4 else None
        known = isinstance(name, str) and name in self._sortable
        return f"{'-' if asked.startswith('-') else ''}{name}" if known else ""

    @property
    def _sortable(self) -> Any:
        """The columns that this person may sort by."""
        return self.model_admin.get_sortable_by(self.request)

    def address(self, query: QueryDict, sort: str, view: Any) -> str:
        """The list with `query`, sorted by the column `sort`, in the view of this key."""
        listing = query.copy()
        listing.pop(ORDER_VAR, None)
        listing[VIEW_VAR] = str(view)
        shown = self.at(listing.urlencode())
        columns, name = shown.columns, sort.removeprefix("-")
        if name in columns and name in shown._sortable:
            listing[ORDER_VAR] = f"{'-' if sort.startswith('-') else ''}{columns.index(name) + self._first}"
        return f"?{listing.urlencode()}"

    def link(self, view: Any) -> str:
        return self.address(view.parameters, view.sort, view.pk)

    @property
    def links(self) -> list[tuple[Any, str]]:
        """Each named view with its address: everybody's first."""
        return [(view, self.link(view)) for view in [*self.shared, *self.own]]


def kept(query: QueryDict) -> QueryDict:
    """Of the query string of a list what says which rows it shows."""
    found = query.copy()
    for name in (*NOT_KEPT, "o"):
        found.pop(name, None)
    for name, values in list(found.lists()):
        found.setlist(name, [value for value in values if "\x00" not in value])  # no database keeps it
        if not any(found.getlist(name)):
            del found[name]
    return found


def readable(user: Any, label: str) -> Any:
    """The views of a list that `user` may open, the one without a name first."""
    mine = user.groups.order_by().filter(pk=OuterRef("role"))
    return (
        SavedView.objects.filter(Q(owner=user.pk) | Q(owner=None), model=label)
        .annotate(role_name=F("role__name"), member=Exists(mine))
        .order_by("name", "pk")
    )


def declared_roles() -> Any:
    """The groups that are roles."""
    from backoffice.access.roles import roles

    return Group.objects.filter(name__in=[role.name for role in roles()]).order_by("name")
