"""Who may what, and about which rows.

An app declares roles and its tree in a module named `access`; everything else asks `visible` and `sees`.
"""

from backoffice.access.roles import Role, declare_role, permissions_of, role_named, roles
from backoffice.access.scope import (
    hidden,
    hidden_by,
    is_unlimited,
    limit,
    places,
    reach_of,
    sees,
    visible,
    within,
)
from backoffice.access.trees import Head, Tree, declare, declare_rule

__all__ = [
    "Head",
    "Role",
    "Tree",
    "declare",
    "declare_role",
    "declare_rule",
    "hidden",
    "hidden_by",
    "is_unlimited",
    "limit",
    "permissions_of",
    "places",
    "reach_of",
    "role_named",
    "roles",
    "sees",
    "visible",
    "within",
]
