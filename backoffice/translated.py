"""The languages that the panel can be read in."""

from django.conf import global_settings

COMPLETE = ("en", "de", "es", "fr")  # `.ci/messages --check` holds that nothing is missing in these


def languages(default: str) -> list[tuple[str, str]]:
    """Code and English name of each language to choose from: the complete ones, and the one of this installation.

    A variant that Django does not name, such as de-at, has the name of its language.
    """
    names = dict(global_settings.LANGUAGES)
    codes = COMPLETE if default in COMPLETE else (*COMPLETE, default)
    return [(code, names.get(code) or names[code.split("-")[0]]) for code in codes]
