"""What must not stand in the database in clear: sealed with MFA_ENCRYPTION_KEY.

The first key seals; all of them open, so that a new key can be put before the old one and `manage.py
reseal_second_factors` run, after which the old one may go.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PREFIX = "sealed:"


def seal(text: str) -> str:
    return PREFIX + _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text; raises ImproperlyConfigured where no key opens it."""
    if not sealed.startswith(PREFIX):
        raise ImproperlyConfigured("A key of a second factor was not sealed by this site and is not used.")
    try:
        return _box().decrypt(sealed.removeprefix(PREFIX)).decode()
    except InvalidToken:
        raise ImproperlyConfigured(
            "A second factor cannot be read with MFA_ENCRYPTION_KEY. Put the key that it was sealed with "
            "behind the new one, separated by a comma."
        ) from None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in settings.MFA_ENCRYPTION_KEYS])


def _derived(key: str) -> bytes:
    """Any long random text will do for a key, as for SECRET_KEY."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"backoffice.access.sealing")
    return urlsafe_b64encode(hkdf.derive(key.encode()))
