"""What somebody typed for a row that is not there any more, in words, so that they can enter it elsewhere."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin.utils import display_for_value
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import ModelForm
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.admin.forms.carried import carried_value, compared, posted_another, read_carried
from backoffice.admin.wording import listing

LONGEST = 500  # characters of one value
MOST = 50  # rows of which it is told


def typed_into(form: ModelForm) -> str:
    """ "Title: “Mine”, ISBN: “9”" of a bound form without its row: what was posted other than the page showed it."""
    return listing(_typed(form))


def unsaved(typed: Iterable[str]) -> str:
    """That nothing of it was saved, with what it was, so that it can be copied."""
    return _("What you entered was not saved: %(typed)s.") % {"typed": "; ".join(typed)}


def unsaved_reason(reason: str) -> str:
    """The same of a reason alone; empty without one."""
    return unsaved([_("%(field)s: “%(value)s”") % {"field": _("Reason"), "value": reason}]) if reason else ""


def _typed(form: ModelForm) -> Iterator[str]:
    shown = read_carried(form.data.get(form.add_prefix("_shown")))["shown"]
    for name, column in compared(form):
        bound = form[name]
        text = [shown[name]] if name in shown else []
        value, _is_known = carried_value(column, text)
        if posted_another(bound, value):
            words = {"field": capfirst(str(bound.label)), "value": _words(bound)}
            yield _("%(field)s: “%(value)s”") % words


def _words(bound: Any) -> str:
    """A value as people read it: the name of a choice, else what was typed."""
    try:
        value = bound.field.clean(bound.data)
    except ValidationError:
        return str(bound.data)[:LONGEST]
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, models.QuerySet):
        return (listing(map(bound.field.label_from_instance, value)) or "–")[:LONGEST]
    choices = dict(getattr(bound.field, "_choices", None) or [])
    return str(choices.get(value) or display_for_value(value, "–"))[:LONGEST]
