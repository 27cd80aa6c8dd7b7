"""Numbers of things, in words."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from backoffice.admin.counting import Count


def things(model: type[models.Model], count: Count) -> str:
    """ "1 employee", "3,204 employees", "10,000+ employees"."""
    one = count.number == 1 and count.kind == "exact"
    name = model._meta.verbose_name if one else model._meta.verbose_name_plural
    return _("%(count)s %(things)s") % {"count": count, "things": name}


def listing(items: Iterable[Any]) -> str:
    """ "Ada, Bo and Cy"."""
    return get_text_list([str(item) for item in items], _("and"))
