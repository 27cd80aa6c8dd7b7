"""A new MFA_ENCRYPTION_KEY for what the old ones sealed."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from backoffice.access.sealing import seal, unseal

SEALED = ("secret", "seed")  # of an app, of recovery codes


@transaction.atomic
def reseal() -> int:
    """Seal everything with the first key; how many second factors that were."""
    changed = []
    for factor in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        for name in SEALED:
            if name in factor.data:
                factor.data[name] = seal(unseal(factor.data[name]))
        changed.append(factor)
    Authenticator.objects.bulk_update(changed, ["data"], batch_size=500)
    return len(changed)
