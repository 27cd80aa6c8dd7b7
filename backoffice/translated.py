"""The languages that the panel can be read in."""

from django.conf import global_settings

COMPLETE = ("en", "de", "es", "fr")  # `.ci/messages --check` holds that nothing is missing in these


def N_(text: str) -> str:
    """Name a text for translators. Django's own asks the settings, and this is read while they are made."""
    return text


# Django's words that it has not in each of these, or in others than ours beside them.
DJANGOS = (
    N_("Save and add another"),
    N_("Save and continue editing"),
    N_("Reset password"),
    N_("Raw passwords are not stored, so there is no way to see the user’s password."),
)
# Words of other packages that have them in English alone, or not in each of these.
OTHERS = (
    N_("MFA"),
    N_("Passwordless"),
    N_("Task Result"),
    N_("Tasks Database Backend"),
    N_("authenticator"),
    N_("user session"),
)
# Those of Django's that its scripts say.
IN_SCRIPTS = (
    N_("Choose all %s"),
    N_("Choose selected %s"),
    N_('Choose %s by selecting them and then select the "Choose" arrow button.'),
    N_("Type into this box to filter down the list of selected %s."),
    N_("Remove all %s"),
    N_("Remove selected %s"),
    N_('Remove %s by selecting them and then select the "Remove" arrow button.'),
    N_("(click to clear)"),
)


def languages(default: str) -> list[tuple[str, str]]:
    """Code and English name of each language to choose from: the complete ones, and the one of this installation.

    A variant that Django does not name, such as de-at, has the name of its language.
    """
    names = dict(global_settings.LANGUAGES)
    codes = COMPLETE if default in COMPLETE else (*COMPLETE, default)
    return [(code, names.get(code) or names[code.split("-")[0]]) for code in codes]
