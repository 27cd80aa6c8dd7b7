"""Operations that are too long for a request: a worker carries them out, and a page shows how far they are.

    job = background.start("merge", "books.merge.run", {"author": 7}, actor=user, rows=400_000, title=_("Merge"))

`books.merge.run(actor, parameters)` is called in one transaction, in the language of the person who asked, with
everything checked again. It returns the sentence that says what was done, or raises NotDone with the sentence that says
why not. The job and what it wrote are committed together: it is done once or not at all, whichever process is killed.
"""

from backoffice.background.outcome import NotDone
from backoffice.background.starting import cancel, is_long, start, undo

__all__ = ["NotDone", "cancel", "is_long", "start", "undo"]
