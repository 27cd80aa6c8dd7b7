"""The page that says who would be purged, who is held and why, and what points at those who go."""

from functools import cached_property, partial
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice import background
from backoffice.access import visible
from backoffice.admin.counting import LIMIT, Count, bounded_count
from backoffice.admin.showing import NOT_SHOWN, unseen
from backoffice.admin.wording import listing, things
from backoffice.links import Rows
from backoffice.models import LegalHold, PurgeRequest
from backoffice.operations.tables import old
from backoffice.privacy import requests, scope
from backoffice.privacy.registry import Names, columns_of
from backoffice.privacy.sought import Keys, Sought
from backoffice.privacy.subjects import Due, Subject, pointing
from backoffice.search import matching
from backoffice.sql.frozen import key_set

PER_PAGE = 50
SHOWN = 20
MAX_REASON = 2_000


class Line(NamedTuple):
    key: Any
    name: str
    cells: list[tuple[str, Any]]  # label, value


class Kept(NamedTuple):
    reason: str
    size: str
    names: list[Any]


class People:
    """A page of rows of a subject, longest gone first: `?q=…&after=…`."""

    def __init__(self, subject: Subject, rows: Rows, request: HttpRequest) -> None:
        self.subject, self.rows, self.request = subject, rows, request
        self.query = request.GET.get("q", "").replace("\x00", "").strip()[:200]

    @cached_property
    def page(self) -> list[Any]:
        since = self.subject.since
        found = self.rows.order_by(since, "pk").select_related(*self._relations())
        if self.query:
            found = found.filter(matching(self.query, using=found.db))
        after = self.request.GET.get("after", "")
        if after.isdecimal() and after.isascii() and len(after) < 19:
            last = self.rows.filter(pk=after).values_list(since, flat=True).first()
            found = (
                found.filter(Q(**{f"{since}__gt": last}) | Q(**{since: last, "pk__gt": after}))
                if last
                else found
            )
        return list(found[: PER_PAGE + 1])

    @property
    def lines(self) -> list[Line]:
        return [Line(row.pk, str(row), self._cells(row)) for row in self.page[:PER_PAGE]]

    @property
    def labels(self) -> list[str]:
        return [str(capfirst(self._field(name).verbose_name)) for name in self.subject.shown]

    @property
    def links(self) -> dict[str, str]:
        links = {"first": self._link(None)} if self.request.GET.get("after") else {}
        if len(self.page) > PER_PAGE:
            links["next"] = self._link(self.page[PER_PAGE - 1].pk)
        return links

    @property
    def change_url(self) -> str:
        meta = self.subject.model._meta
        return f"admin:{meta.app_label}_{meta.model_name}_change"

    def _cells(self, row: Any) -> list[tuple[str, Any]]:
        return [
            (label, self._cell(row, name))
            for label, name in zip(self.labels, self.subject.shown, strict=True)
        ]

    def _cell(self, row: Any, name: str) -> Any:
        is_unseen = getattr(row, self._field(name).attname) in self._unseen.get(name, ())
        return NOT_SHOWN if is_unseen else getattr(row, name)

    @cached_property
    def _unseen(self) -> dict[str, set[Any]]:
        """By relation: the keys of what the rows of the page point at and this person may not see."""
        fields = {name: self._field(name) for name in self._relations()}
        keys = {name: [getattr(row, field.attname) for row in self.page] for name, field in fields.items()}
        return {name: unseen(self.request.user, field, keys[name]) for name, field in fields.items()}

    def _relations(self) -> list[str]:
        return [name for name in self.subject.shown if self._field(name).is_relation] or ["pk"][:0]

    def _field(self, name: str) -> Any:
        try:
            return self.subject.model._meta.get_field(name)
        except FieldDoesNotExist as error:
            raise AssertionError(f"{self.subject.label} has no column {name!r} to show") from error

    def _link(self, after: Any) -> str:
        params = self.request.GET.copy()
        params.pop("after", None)
        if after is not None:
            params["after"] = str(after)
        return f"?{params.urlencode()}"


def is_long_to_look_through(subject: Subject) -> bool:
    """Whether a worker looks through all texts, however few people go."""
    some = settings.BACKGROUND_ROWS + 1
    return background.is_long(bounded_count(subject.model._base_manager.all(), some).number)


def names_of_gone(subject: Subject, deletions: Rows) -> list[str]:
    """What some people were called last whose rows are gone."""
    own = next(
        column.field for column in columns_of(subject.model) if column.fact and column.fact.names == Names.OWN
    )
    return list(deletions.order_by("-pk").values_list(old(own), flat=True)[:SHOWN])


def along(
    subject: Subject, rows: Rows, keys: Keys, user: Any, *, is_few: bool, most: int | None = None
) -> list[str]:
    """What happens beside these rows, and those with the `keys` of which some may be gone, as far as this person sees
    it: accounts that go along, and that stay; relations to them. Where `keys` are the first so many: `most`.
    """
    whole = scope.has_no_limits(user, subject)
    accounts = accounts_of(Sought(subject, keys), whole=whole)
    return [
        *(accounts if most is None else map(partial(_of_first, most), accounts)),
        *_pointing(subject, rows, user, is_few=is_few),
    ]


def _of_first(most: int, sentence: str) -> str:
    return _("Of the first %(number)s: %(sentence)s") % {"number": Count(most), "sentence": sentence}


def accounts_of(sought: Sought, *, whole: bool = True) -> list[str]:
    """ "Accounts that go along: anna, bo and 3 more.", "Accounts that stay, though they seem to be theirs: zoe. …"

    Not `whole`: of those that are linked to them alone.
    """
    if not sought.subject.account:
        return []
    sentence = _(
        "Accounts that stay, with the names in them, though they seem to be theirs: %(names)s. Close and link those "
        "that are, or delete them."
    )
    said = (
        (_("Accounts that go along: %(names)s."), sought.accounts if whole else sought.linked()),
        (sentence, sought.staying() if whole else []),
    )
    return [sentence % {"names": _logins(keys)} for sentence, keys in said if keys]


def _logins(keys: list[Any]) -> str:
    users: Any = get_user_model()
    found = users._default_manager.filter(pk__in=key_set(users, keys)).order_by("pk")
    names = [each.get_username() for each in found[:SHOWN]]
    if len(keys) > len(names):
        names.append(_("%(count)s more") % {"count": Count(len(keys) - len(names))})
    return listing(names)


def _pointing(subject: Subject, rows: Rows, user: Any, *, is_few: bool) -> list[str]:
    """Who loses a relation to those who go: "Becomes empty: the manager of 3 employees"."""
    if not is_few:
        return [_("What points at them becomes empty; of so many it is counted when they go.")]
    sentence = _("Becomes empty: the %(relation)s of %(rows)s.")
    sizes = ((link, bounded_count(visible(user, some, "view"))) for link, some in pointing(subject, rows))
    return [
        sentence % {"rows": things(link.model, size), "relation": link.field.verbose_name}
        for link, size in sizes
        if size.number
    ]


class PurgePage:
    def __init__(self, admin: Any, request: HttpRequest) -> None:
        self.subject: Subject = admin.subject
        self.user = request.user
        self.may_act = bool(request.user.has_perm(scope.PERMISSION))
        rows = admin.get_queryset(request).order_by()
        self.due = Due(self.subject, requests.told(request.user, rows))
        self.people = People(self.subject, self.due.going, request)
        self.is_part = self.may_act and not requests.may_purge_all_told(request.user, self.subject)
        self.asked = (
            Due(self.subject, visible(request.user, rows, scope.PERMISSION)) if self.is_part else self.due
        )

    @cached_property
    def open(self) -> PurgeRequest | None:
        found = requests.open_request(self.subject)
        seen = PurgeRequest.objects.filter(scope.of_purges(self.user))
        return found if found and seen.filter(pk=found.pk).exists() else None

    @cached_property
    def size(self) -> Count:
        """Those who would go: whose rows are there, and whose rows are gone."""
        there = bounded_count(self.asked.going)
        return Count(there.number + self.gone_size.number, there.kind)

    @cached_property
    def _gone(self) -> Rows:
        return requests.gone_due(self.subject, self.due.before, self.user)

    @cached_property
    def gone_size(self) -> Count:
        return bounded_count(self._gone)

    @property
    def gone(self) -> list[str]:
        return names_of_gone(self.subject, self._gone) if self.gone_size.number else []

    @property
    def why(self) -> str:
        return str(self.subject.why) % {"day": date_format(self.due.before)}

    @property
    def going(self) -> str:
        return things(self.subject.model, self.size)

    @cached_property
    def held(self) -> list[tuple[Any, LegalHold | None]]:
        """Whom a legal hold keeps, and the hold where this person may read why."""
        rows = {row.pk: row for row in self.due.held.order_by("pk")[:SHOWN]}
        holds = LegalHold.objects.filter(model=self.subject.label, key__in=rows).order_by()
        found = {hold.key: hold for hold in visible(self.user, holds)}
        return [(row, found.get(key)) for key, row in rows.items()]

    @cached_property
    def held_size(self) -> Count:
        return bounded_count(self.due.held)

    @property
    def kept(self) -> list[Kept]:
        found = ((refusal, bounded_count(refusal.rows)) for refusal in self.due.kept)
        return [
            Kept(refusal.reason, things(self.subject.model, size), list(refusal.rows.order_by("pk")[:SHOWN]))
            for refusal, size in found
            if size.number
        ]

    @cached_property
    def along(self) -> list[str]:
        going, is_few = self.asked.going, self.size.kind == "exact"
        there = list(going.order_by("pk").values_list("pk", flat=True)[:LIMIT])
        gone = self._gone.order_by("row_id").values_list("row_id", flat=True)[: LIMIT - len(there)]
        keys = key_set(self.subject.model, [*there, *gone])
        return along(self.subject, going, keys, self.user, is_few=is_few, most=None if is_few else LIMIT)
