"""How a job ends other than by being done."""


class NotDone(Exception):
    """Nothing was changed; the text is a sentence for the person who asked."""


class Cancelled(Exception):
    """Somebody asked for an end before it was committed."""


class Lost(Exception):
    """Another worker has taken the job: this one was thought to be dead."""
