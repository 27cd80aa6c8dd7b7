"""The filters of the log."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.access import hidden
from backoffice.access.record import history_limit, unseen
from backoffice.admin.history.deletions import deletions, names_of
from backoffice.admin.lists.filters import MAX_VALUES, ChoicesFilter, Filter
from backoffice.admin.lists.related_filter import RelatedFilter, looked_up
from backoffice.admin.log.choices import NAMED, called_gone
from backoffice.admin.named_rows import key_named, row_named
from backoffice.admin.rights import may
from backoffice.operations import accounts, kinds
from backoffice.operations.names import called
from backoffice.operations.tables import is_recorded, recorded_models
from backoffice.privacy.holds import lines_about
from backoffice.sql.distinct import first_values

SIZES: dict[str, tuple[Any, int, int | None]] = {
    "one": (gettext_lazy("1 row"), 0, 1),
    "few": (gettext_lazy("2 to 100 rows"), 2, 100),
    "many": (gettext_lazy("101 to 10,000 rows"), 101, 10_000),
    "most": (gettext_lazy("More than 10,000 rows"), 10_001, None),
}


class KindFilter(ChoicesFilter):
    """The kinds that occur, in words."""

    @property
    def options(self) -> list[tuple[str, str]]:
        if not hasattr(self, "_options"):
            codes = first_values(self.model_admin.model, "kind", MAX_VALUES)
            self._options = sorted(((code, kinds.label(code)) for code in codes), key=lambda pair: pair[1])
        return self._options


class SizeFilter(ChoicesFilter):
    """How many rows an operation touched."""

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(code, str(words)) for code, (words, _least, _most) in SIZES.items()]

    def _one_of(self, values: list[str]) -> Q:
        found = Q(pk__in=[])
        for value in values:
            _words, least, most = SIZES[value]
            found |= Q((f"{self.field_path}__gte", least)) & (
                Q() if most is None else Q((f"{self.field_path}__lte", most))
            )
        return found


class RowFilter(Filter):
    """The operations that touched one row: `?row=library.Book:5`, to which the row's history links, or a row of a model
    that is searched, found by typing. Of accounts and groups those that tell of them.
    """

    template = "backoffice/filters/row.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title: Any = _("row")

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return ["row", *(_parameter(model) for model in self._searched)]

    @property
    def _searched(self) -> list[Any]:
        """The recorded models that are looked up by typing."""
        registry = self.model_admin.admin_site._registry
        return [model for model in recorded_models() if getattr(registry.get(model), "search_column", None)]

    def has_output(self) -> bool:
        return True

    @property
    def chosen(self) -> list[str]:
        return self.values["row"]

    @cached_property
    def asked(self) -> list[tuple[str, str, Any, Any]]:
        """(parameter, value, model, key). Raises ValueError for what is no row."""
        found = [("row", value, *row_named(value, accounts.told())) for value in self.chosen]
        for model in self._searched:
            name = _parameter(model)
            found += [(name, value, model, key_named(model, value)) for value in self.values[name]]
        return found

    def condition(self) -> Q:
        found = Q(pk__in=[])
        for _name, _value, model, key in self.asked:
            if self._may(model) and not is_recorded(model):
                if not hidden(self.request.user, model, [key]):
                    found |= accounts.lines_about(model, key)
            elif self._may(model):
                steps = model.history_model.objects.order_by().filter(row=key)
                condition = history_limit(self.request.user, model)
                steps = steps if condition is None else steps.filter(condition)
                found |= Q(pk__in=steps.values("operation_id"))
                if not unseen(self.request.user, model, [key]):
                    found |= lines_about(model, key)
        return found

    def labels(self) -> Iterator[tuple[str, str, str]]:
        for name, value, model, key in self.asked:
            facts = {"thing": model._meta.verbose_name, "key": key}
            yield name, value, self._names(model).get(str(key)) or _("%(thing)s %(key)s") % facts

    def controls(self) -> Iterator[tuple[str, str, SafeString]]:
        """(id, label, select) of each model that is looked up by typing."""
        for model in self._searched:
            if self._may(model):
                identity = f"filter-{_parameter(model)}"
                yield identity, capfirst(str(model._meta.verbose_name)), self._control(model, identity)

    def _control(self, model: Any, identity: str) -> SafeString:
        row, name = model.history_model._meta.get_field("row"), _parameter(model)
        chosen = {value: self._names(model).get(value, value) for value in self.values[name]}
        attrs = {"id": identity, "name": name, **_with_gone()}
        return looked_up(row, self.model_admin.admin_site, chosen, attrs)

    def _names(self, model: Any) -> dict[str, str]:
        """The rows asked for that this person sees, there or gone, by key."""
        keys = [key for _name, _value, asked, key in self.asked if asked is model]
        if not keys or not self._may(model) or model not in self.model_admin.admin_site._registry:
            return {}
        rows = self.model_admin.admin_site.get_model_admin(model).get_queryset(self.request)
        found = {str(row.pk): called(row, row.pk) for row in rows.filter(pk__in=keys)}
        if not is_recorded(model):
            return found
        missing = [key for key in keys if str(key) not in found]
        steps = list(deletions(self.request.user, model).filter(row__in=missing)) if missing else []
        names = names_of(steps, model, self.request.user)
        return found | {str(step.row_id): called_gone(name) for step, name in zip(steps, names, strict=True)}

    def _may(self, model: Any) -> bool:
        return may(self.model_admin.admin_site, self.request, "view", model)


class ActorFilter(RelatedFilter):
    """Whoever did it: accounts, and by their names those that are gone."""

    @property
    def given(self) -> list[str]:
        return [value for value in self.chosen if not value.startswith(NAMED)]

    @property
    def gone(self) -> dict[str, str]:
        """Value → name."""
        return {value: value.removeprefix(NAMED) for value in self.chosen if value.startswith(NAMED)}

    def condition(self) -> Q:
        return super().condition() | Q(actor=None, actor_name__in=self.gone.values())

    def labels(self) -> Iterator[tuple[str, str, str]]:
        for name, value, words in super().labels():
            yield name, value, called_gone(self.gone[value]) if value in self.gone else words

    def control(self) -> SafeString:
        chosen = self.rows() | {value: called_gone(name) for value, name in self.gone.items()}
        attrs = {"id": self.control_id, "name": self.field_path, **_with_gone()}
        return looked_up(self.field, self.model_admin.admin_site, chosen, attrs)


def _with_gone() -> dict[str, str]:
    return {"data-ajax--url": reverse("admin:backoffice_operation_choices")}


def _parameter(model: Any) -> str:
    return f"of-{model._meta.label_lower}"
