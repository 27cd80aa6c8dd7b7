"""What a ModelAdmin declares to have a chart of its tree."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

EVERY = Q()


@dataclass(frozen=True)
class Chart:
    """`leaves` hang on a row of the tree by their relation `path`; `shown` says which of them are shown.

    `prepare` is given all rows of the tree on the page at once and adds to each what `note` says of it. It returns when
    that was counted, if not at this moment.
    """

    title: Any
    leaves: type[models.Model]
    path: str
    parent: str | None = None  # none for rows that stand side by side
    shown: Q = EVERY
    note: Callable[[Any], Any] = lambda row: ""
    leaf_note: Callable[[Any], Any] = lambda row: ""
    prepare: Callable[[list[Any]], datetime.datetime | None] = lambda rows: None
    select_related: tuple[str, ...] = ()
