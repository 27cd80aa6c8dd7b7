"""Permissions that come from roles, beside those that an account has itself."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import models

from backoffice.access.held import access_of
from backoffice.access.scope import sees


class RolesBackend(ModelBackend):
    """`has_perm(name)`: has it anywhere. `has_perm(name, row)`: has it for this row."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:  # Django asks for all permissions twice, once as if they came from groups
            return self.get_user_permissions(user_obj)
        return super().get_all_permissions(user_obj) | access_of(user_obj).anywhere

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not user_obj.is_active or perm not in self.get_all_permissions(user_obj):
            return False
        return sees(user_obj, obj, perm) if isinstance(obj, models.Model) else obj is None
