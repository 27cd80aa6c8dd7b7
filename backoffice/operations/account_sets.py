"""Writes of many accounts or groups at once, in the log as one by one: Django sends no signal of them."""

from collections.abc import Iterable
from functools import wraps
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, GroupManager, UserManager
from django.db import models, router

from backoffice.operations import accounts, guard
from backoffice.operations.current import operation
from backoffice.operations.recorder import among, plain


class NotedQuerySet(models.QuerySet[Any]):
    """What `User.objects` and `Group.objects` give."""

    def update(self, **changes: Any) -> int:
        self._not_support_combined_queries("update")  # type: ignore[attr-defined]
        if self.query.is_sliced:
            raise TypeError("Cannot update a query once a slice has been taken.")
        names = accounts.columns(self.model, changes)
        if not names or not self._is_told():  # without names: the time of a sign-in
            with guard.writing():
                return super().update(**changes)
        with operation(using=self.db):
            before = _stored(plain(self).select_for_update(), names)
            exactly = among(self.model, list(before), self.db)
            with guard.writing():
                number = models.QuerySet.update(exactly, **changes)
            after = _stored(among(self.model, list(before), self.db), names)
            accounts.note_changes(self.model, {key: (row, after[key]) for key, row in before.items()})
        return number

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> list[Any]:
        conflicts = ignore_conflicts, update_conflicts
        if not self._is_told():
            with guard.writing():
                return super().bulk_create(objs, batch_size, *conflicts, *args, **kwargs)
        if any(conflicts):
            raise TypeError("Which rows such an INSERT changes is not known: they cannot be told in the log.")
        with operation(using=self.db):
            with guard.writing():
                created = super().bulk_create(objs, batch_size, *conflicts, *args, **kwargs)
            for row in created:
                accounts.note_created(row)
        return created

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        if not self._is_told():
            return super().bulk_update(*args, **kwargs)
        with operation(using=self.db):  # one, for all its batches
            return super().bulk_update(*args, **kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        if not self._is_told():
            return super().delete()
        with operation(using=self.db):  # one, for the signals of all its rows
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _is_told(self) -> bool:
        """Not in a migration, whose models are others and stand on a schema of then."""
        return self.model in accounts.models() and not accounts.is_kept_up()


def _stored(rows: models.QuerySet[Any], names: list[str]) -> dict[Any, dict[str, Any]]:
    return {row.pop("key"): row for row in rows.order_by("pk").values(*names, key=models.F("pk"))}


def _as_one(delete: Any) -> Any:
    """With what happens to the rows that refer to it, before and after, as one operation."""

    @wraps(delete)
    def deleting(row: Any, using: Any = None, keep_parents: bool = False) -> Any:
        if accounts.is_kept_up():
            return delete(row, using, keep_parents)
        with operation(using=using or router.db_for_write(type(row), instance=row)):
            return delete(row, using, keep_parents)

    deleting.alters_data = True  # type: ignore[attr-defined]
    return deleting


def install() -> None:
    """The managers stay Django's own, and with them its migrations; related managers follow."""
    managers: tuple[Any, ...] = (UserManager, GroupManager)
    for manager in managers:
        manager._queryset_class = NotedQuerySet
    for model in (get_user_model(), Group):
        model.delete = _as_one(model.delete)  # type: ignore[method-assign]
