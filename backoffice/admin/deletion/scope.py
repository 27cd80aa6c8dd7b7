"""What a deletion would do outside of what somebody may delete or change; for them it is refused as a whole."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backoffice.access import places, scope
from backoffice.access.trees import Tree
from backoffice.cascades import Going
from backoffice.links import Link, Rows
from backoffice.sql.frozen import key_set

if TYPE_CHECKING:
    from backoffice.admin.deletion.page import DeletionPage


def beyond(user: Any, page: "DeletionPage", parents: int | None = None) -> Iterator[str]:
    """Sentences; none for somebody who sees everything, at no cost. What would lose its relation is looked for at so
    many `parents` of those that go.
    """
    inside: set[Any] = set()
    for model, going in page.models.items():
        if _is_inside(user, page, going, inside) or not _reaches_out(user, going.rows, "delete"):
            inside.add(model)
        else:
            yield _("%(things)s that you may not delete would go along.") % {
                "things": model._meta.verbose_name_plural
            }
    for link in page.plan.emptied:
        if scope.scope_of(user, link.model, "change") is not None and _reaches_out(
            user, page.plan.staying(link, parents=parents), "change", scope.ROW_BY_ROW
        ):
            words = {"things": link.model._meta.verbose_name_plural, "field": link.field.verbose_name}
            yield _("%(things)s that you may not change would lose their %(field)s.") % words
    for link in page.plan.blocking:
        if scope.scope_of(user, link.model) is not None and _reaches_out(
            user, page.plan.staying(link), "view"
        ):
            yield _("%(things)s that you do not see stand in the way.") % {
                "things": link.model._meta.verbose_name_plural
            }
    for move in page.moves:
        if _reaches_out(user, move.rows, "change") or _moves_out(user, move):
            yield _("%(things)s would be moved where you may not move them.") % {
                "things": move.link.model._meta.verbose_name_plural
            }


def _is_inside(user: Any, page: "DeletionPage", going: Going, inside: set[Any]) -> bool:
    """Whether this person may surely delete these rows, without a look at them: they were chosen from what they see, or
    hang on rows of a tree that are `inside`, as all that is below those is.
    """
    reach = scope.reach_of(user, going.model, "delete")
    included = page.choices.included if page.choices and not going.links else []
    if not going.links and not scope.reaches_all_seen(user, going.model, "delete"):
        return False
    return all(
        (link in included or (link.parent in inside and reach == scope.reach_of(user, link.parent, "delete")))
        and any(_is_below(tree, link) for tree in reach.roots)
        for link in (*going.links, *included)
    )


def _is_below(tree: Tree, link: Link) -> bool:
    """Whether what hangs on a row of the tree by this relation is in the scope of whoever that row is."""
    way = tree.parent if link.model is tree.model else tree.path(link.model)
    return link.parent is tree.model and link.field.name == way


def _reaches_out(user: Any, rows: Rows, deed: str, manner: str = scope.AS_A_SET) -> bool:
    with scope.asked(manner):
        condition = scope.scope_of(user, rows.model, deed)
    # Counted: asked for one row, as nearly always there is none, PostgreSQL looks for it through the whole table.
    return condition is not None and rows.order_by().filter(~condition).count() > 0


def _moves_out(user: Any, move: Any) -> bool:
    place = places(user, move.link.model, "change")
    if (
        scope.scope_of(user, move.link.model, "change") is None
        or place is None
        or place[0] != move.link.field.name
    ):
        return False
    keys, related = move.targets, move.link.field.related_model
    if None in keys:
        return True
    inside: int = related._base_manager.filter(place[1], pk__in=key_set(related, keys)).count()
    return inside < len(keys)
