"""A plan binds a confirmation to the preview that was looked at."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, Self

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.admin.bulk.difference import Difference, by_history, by_key, renamed
from backoffice.admin.bulk.preview import Preview
from backoffice.admin.counting import Count
from backoffice.ages import lasting
from backoffice.models import Operation
from backoffice.operations.since import Moment

Rows = models.QuerySet[Any]

MAX_AGE = 60 * 60  # seconds


class PlanError(Exception):
    """A plan that cannot be carried out; the text is a sentence for the person who made it.

    `preview` is the one that found out, when the rules forbid it.
    """

    def __init__(self, sentence: str, preview: Preview | None = None) -> None:
        super().__init__(sentence)
        self.preview = preview


class Plan(NamedTuple):
    total: Count  # how many rows were selected
    fingerprint: str  # of the answers, and of the rows and values as far as the preview saw them
    moment: Moment  # what had been done by then
    keys: (
        list[int] | None
    )  # of the selected rows, where all were seen: each as its distance from the one before
    refused: int  # how many of them could not be changed
    sums: list[list[int]]  # which, for each reason, where those are too many to be seen
    counted: list[int] | None  # how many would change, and others with them, where all were counted
    noted: list[int] | None = None  # how many others stay as they are, there and where all were seen
    targets: Sequence[str] = ()  # what was chosen, by name and place

    @classmethod
    def of(cls, preview: Preview, answers: Any, moment: Moment, targets: list[str]) -> Self:
        """`moment` is from before the preview."""
        keys = _distances(preview.seen) if preview.exact else None
        fingerprint = _fingerprint(preview, answers)
        others = sum(shown.size.number for shown in preview.others)
        counted = [preview.counted.changing, others] if preview.counted else None
        refused = preview.refused_number.number
        found = [number for shown in preview.others if (number := shown.noted.number)]
        noted = found if preview.exact or preview.counted else None
        return cls(preview.total, fingerprint, moment, keys, refused, _sums(preview), counted, noted, targets)

    @classmethod
    def from_token(cls, token: str, request: HttpRequest, purpose: str) -> Self:
        try:
            age = lasting(MAX_AGE, request)
            total, *rest = _signer(request, purpose).unsign_object(token, max_age=age)
            fingerprint, moment, *others = rest
        except signing.SignatureExpired:
            raise PlanError(
                _("Nothing was changed: this preview is older than an hour. Look again.")
            ) from None
        except (signing.BadSignature, ValueError):
            raise PermissionDenied(_("This plan does not come from a preview of yours.")) from None
        return cls(Count(*total), fingerprint, Moment(*moment), *others)

    def token(self, request: HttpRequest, purpose: str) -> str:
        return _signer(request, purpose).sign_object(self, compress=True)

    def check(self, preview: Preview, answers: Any, chosen: Rows, visible: Rows) -> None:
        """Raise PlanError when `preview`, made now, is not what was looked at; `visible` rows may be named.

        Of a set too large to be seen row by row, those of its rows are noticed that were written since, and those
        that `chosen`, which found it, does not find any more.
        """
        same = self.fingerprint == _fingerprint(preview, answers)
        if same and preview.exact:
            return
        difference = self.difference(preview, chosen, visible)
        if not same or difference:
            raise self._error(difference, preview)

    def check_settled(self, preview: Preview) -> None:
        """As check(), once it is known who of a large set cannot be changed and what happens to others with it."""
        now = preview.refused_number
        if now.number != self.refused:
            sentence = _(
                "Nothing was changed: of the selected, %(then)s could not be changed so when you looked, "
                "and %(now)s cannot now."
            )
            raise PlanError(sentence % {"then": Count(self.refused), "now": now}, preview)
        told = [] if preview.exact else self._beside(preview)
        if told or self.sums != _sums(preview):
            sentences = [_("Nothing was changed: the selection is not what you looked at."), *told]
            raise PlanError(" ".join([*sentences, _("Here is what would happen now.")]), preview)

    def check_told(self, preview: Preview, targets: list[str]) -> None:
        """As check(), of what was told in words: what was chosen, and how many others stay as they are."""
        sentences = [*renamed(zip(self.targets, targets, strict=False)), *self._told_of_others(preview)]
        if sentences:
            first = _("Nothing was changed: it is not what you looked at.")
            raise PlanError(" ".join([first, *sentences, _("Here is what would happen now.")]), preview)

    def _told_of_others(self, preview: Preview) -> list[str]:
        if self.noted is None or self.noted == (now := preview.noted):
            return []
        sentence = _("You were told of %(then)s others that stay as they are; there are %(now)s now.")
        facts = {"then": Count(sum(self.noted)), "now": Count(sum(now))}
        return [sentence % facts, *self._written(note.rows for note in preview.notes())]

    def check_again(self, preview: Preview, chosen: Rows, own: Operation) -> None:
        """As check(), of a set too large to be held before it is changed: by `own`, whose rows are not looked at.

        Who was writing one of the rows at that moment has done so by now, and this change came after it.
        """
        if not preview.exact and (
            difference := by_history(preview.queryset, chosen, self.moment, without=own)
        ):
            raise self._error(difference, preview)

    def check_counted(self, changed: int, others: int) -> None:
        """Raise PlanError when not as many rows were changed as had been counted."""
        if self.counted is None or self.counted == [changed, others]:
            return
        facts = {"then": Count(self.counted[0]), "now": Count(changed)}
        how_many = (
            _("It had %(then)s rows and has %(now)s now.") % facts if changed != self.counted[0] else ""
        )
        sentences = [_("Nothing was changed: the selection is not what you looked at."), how_many]
        raise PlanError(" ".join(filter(None, [*sentences, _("Here is what would happen now.")])))

    def _error(self, difference: Difference, preview: Preview) -> PlanError:
        sentence = _("Nothing was changed: the selection is not what you looked at.")
        rest = list(difference.sentences()) or self._otherwise(preview)
        return PlanError(" ".join([sentence, *rest]))

    def difference(self, preview: Preview, chosen: Rows, visible: Rows) -> Difference:
        if self.keys is None or not preview.exact:
            return by_history(preview.queryset, chosen, self.moment)
        fields = [preview.fields[index].name for index in preview.decisive]
        return by_key(set(accumulate(self.keys)), set(preview.seen), self.moment, fields, visible)

    def _otherwise(self, preview: Preview) -> list[str]:
        """What else is not as it was: the number, the rows that something happens to beside those that were chosen."""
        if self.total != preview.total:
            sentence = _("It had %(then)s rows and has %(now)s now.")
            return [sentence % {"then": self.total, "now": preview.total}]
        return [*self._beside(preview), _("Here is what would happen now.")]

    def _beside(self, preview: Preview) -> list[str]:
        return self._written(followup.rows for followup in preview.followups())

    def _written(self, sets: Iterable[Rows]) -> list[str]:
        differences = [by_history(rows, None, self.moment) for rows in sets]
        return [sentence for difference in differences for sentence in difference.sentences()]


def _fingerprint(preview: Preview, answers: Any) -> str:
    return hashlib.sha256(repr((preview.facts, answers)).encode()).hexdigest()


def _sums(preview: Preview) -> list[list[int]]:
    return sorted([*each] for each in preview.sums if each[0])


def _distances(keys: Iterable[Any]) -> list[int] | None:
    """Whole numbers, small ones for keys that lie close together: the signed text is compressed."""
    ordered = list(keys)
    if not all(isinstance(key, int) for key in ordered):
        return None
    return [later - earlier for earlier, later in pairwise([0, *sorted(ordered)])]


def _signer(request: HttpRequest, purpose: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"backoffice.plan:{purpose}:{request.user.pk}")
