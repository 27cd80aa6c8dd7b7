"""Numbers of things, in words."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import formats, timezone
from django.utils.text import Truncator, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import Count

SPOKEN = 80  # characters


def things(model: type[models.Model], count: Count) -> str:
    """ "1 employee", "3,204 employees", "10,000+ employees"."""
    name = model._meta.verbose_name if grammatical(count) == 1 else model._meta.verbose_name_plural
    return _("%(count)s %(things)s") % {"count": count, "things": name}


def grammatical(count: Count) -> int:
    """The number that ngettext is to choose by: "1+ employees lose", not "loses"."""
    return count.number if count.kind == "exact" else max(count.number, 2)


def spoken(row: Any) -> str:
    """What a row is called in the label of each of its controls: no longer than tells it from the others."""
    name = str(row)
    return name if len(name) <= SPOKEN else Truncator(name).chars(SPOKEN)


def listing(items: Iterable[Any]) -> str:
    """ "Ada, Bo and Cy"."""
    return get_text_list([str(item) for item in items], _("and"))


def moment(at: datetime.datetime) -> str:
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


def left_as_it_is(left: int) -> list[str]:
    """A sentence about those of a selection that were not changed; none where all were."""
    if not left:
        return []
    sentence = ngettext(
        "%(count)s of the selected was left as it is.",
        "%(count)s of the selected were left as they are.",
        left,
    )
    return [sentence % {"count": Count(left)}]
