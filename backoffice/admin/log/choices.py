"""What the filters of the log look up: rows and accounts that are there, and after them those that are gone."""

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from backoffice.access import visible
from backoffice.admin.history.deletions import deletions, found_in, names_of, oldest_searched
from backoffice.models import Operation
from backoffice.operations.tables import is_recorded
from backoffice.search import Fold, matching
from backoffice.site import RelatedRows
from backoffice.sql.sqlite_search import SearchText

OFFERED = 20  # of those that are gone
LINES = 50_000  # newest operations of accounts that are gone, in which their names are looked for
NAMED = "name:"  # before the name of somebody whose account is gone


class LogChoices(RelatedRows):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not context["page_obj"].has_next():
            gone = ({"id": value, "text": called_gone(name)} for value, name in self._gone())
            context["object_list"] = [*context["object_list"], *gone]
        return context

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return obj if isinstance(obj, dict) else super().serialize_result(obj, to_field_name)

    def _gone(self) -> Iterator[tuple[str, str]]:
        """(value, name) of those that match."""
        model: Any = self.source_field.related_model
        if self.source_field == Operation._meta.get_field("actor"):
            yield from ((f"{NAMED}{name}", name) for name in _gone_actors(self.request.user, self.term))
        elif is_recorded(model) and self.source_field.model is model.history_model:
            steps = deletions(self.request.user, model)
            if self.term:
                steps = found_in(steps, model, self.term, oldest_searched(model))
            first = list(steps[:OFFERED])
            names = names_of(first, model, self.request.user)
            yield from ((str(step.row_id), name) for step, name in zip(first, names, strict=True))


def called_gone(name: str) -> str:
    return _("%(name)s (gone)") % {"name": name}


def _gone_actors(user: Any, term: str) -> list[str]:
    """The names in which every word of `term` is, of those whose accounts are gone and who did something that the log
    shows to `user`.
    """
    lines = Operation.objects.filter(actor=None).exclude(actor_name="").order_by("-pk")
    oldest = lines.values_list("pk", flat=True)[LINES : LINES + 1].first()
    text = Fold(Concat(Value(" "), "actor_name", output_field=CharField()), output_field=SearchText())
    found = visible(user, lines.filter(pk__gt=oldest or 0)).alias(who_did_it=text)
    found = found.filter(matching(term, column="who_did_it", using=lines.db)).order_by("actor_name")
    return list(found.values_list("actor_name", flat=True).distinct()[:OFFERED])
