"""Sentences of django-allauth that are said anew: standing here, they are in our catalogues, which come before its own.

Its German speaks to a friend, as its Spanish does now and then; the panel does not.
"""

from django.utils.translation import gettext_noop

SAID_ANEW = (
    gettext_noop("Please type your current password."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("You cannot generate recovery codes without having two-factor authentication enabled."),
    gettext_noop("Use authenticator app or code"),
    gettext_noop("You have signed out."),
    gettext_noop("Your password has been changed."),
    gettext_noop("Thank you for using %(site_name)s!\n%(site_domain)s"),
    gettext_noop(
        "You're receiving this email because you or someone else has requested a password reset for your user "
        "account.\nIt can be safely ignored if you did not request a password reset. Click the link below to "
        "reset your password."
    ),
    gettext_noop("In case you forgot, your username is %(username)s."),
)
