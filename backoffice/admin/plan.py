"""A plan binds a confirmation to the preview that was looked at."""

from typing import NamedTuple, Self

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.admin.counting import Count, bounded_count
from backoffice.admin.preview import Preview
from backoffice.admin.selection import newest_key

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
    fingerprint: str  # of the rows and values that the preview saw
    last: str  # the newest key of the model then: who is newer was not looked at

    @classmethod
    def of(cls, preview: Preview) -> Self:
        return cls(preview.total, preview.fingerprint, newest_key(preview.model))

    @classmethod
    def from_token(cls, token: str, request: HttpRequest, purpose: str) -> Self:
        try:
            total, fingerprint, last = _signer(request, purpose).unsign_object(token, max_age=MAX_AGE)
        except signing.SignatureExpired:
            raise PlanError(
                _("Nothing was changed: this preview is older than an hour. Look again.")
            ) from None
        except (signing.BadSignature, ValueError):
            raise PermissionDenied(_("This plan does not come from a preview of yours.")) from None
        return cls(Count(*total), fingerprint, last)

    def token(self, request: HttpRequest, purpose: str) -> str:
        return _signer(request, purpose).sign_object(self)

    def check(self, preview: Preview) -> None:
        """Raise PlanError when `preview`, made now, is not what was looked at.

        A set too large to be seen row by row is bound to its newest key: rows that were added are noticed,
        rows that were changed are not.
        """
        if preview.fingerprint == self.fingerprint and (preview.exact or not self._added(preview).number):
            return
        raise PlanError(
            _("Nothing was changed: the selection is not what you looked at.")
            + " "
            + self.difference(preview)
        )

    def difference(self, preview: Preview) -> str:
        added = self._added(preview)
        if added.number:
            return ngettext(
                "%(count)s row was added since.", "%(count)s rows were added since.", added.number
            ) % {"count": added}
        if self.total != preview.total:
            return _("It had %(then)s rows and has %(now)s now.") % {"then": self.total, "now": preview.total}
        return _("Some of its rows were changed in the meantime; here is how they are now.")

    def _added(self, preview: Preview) -> Count:
        return bounded_count(preview.queryset.filter(pk__gt=self.last)) if self.last else Count(0)


def _signer(request: HttpRequest, purpose: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"backoffice.plan:{purpose}:{request.user.pk}")
