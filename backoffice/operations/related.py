"""Managers of related rows, such as `department.employee_set`: what one call of theirs writes is one operation."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import router

from backoffice.operations.current import operation

ACTS = ("add", "clear", "remove", "set")  # by as many statements as Django likes; their async forms call them


def act_as_one(manager: type[Any]) -> None:
    """See to it in the classes that Django will derive from this one for each relation."""

    def derived(cls: type[Any], /, **kwargs: Any) -> None:
        super(manager, cls).__init_subclass__(**kwargs)
        for name in ACTS:
            if name in vars(cls):
                setattr(cls, name, _as_one(vars(cls)[name]))

    manager.__init_subclass__ = classmethod(derived)  # type: ignore[assignment]


def _as_one(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def acting(manager: Any, *args: Any, **kwargs: Any) -> Any:
        row = getattr(manager, "instance", None)
        with operation(using=router.db_for_write(manager.model, instance=row)):
            return act(manager, *args, **kwargs)

    return acting
