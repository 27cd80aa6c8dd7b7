"""A page to measure: the request that asks for it, ours and the plain peer's nearest."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.db import transaction

from tests.scale.places import Place

PEER_LABEL = apps.get_model(settings.PEER_EMPLOYEE)._meta.app_label  # type: ignore[misc]  # in scale/settings.py
EMPLOYEES, DEPARTMENTS = "/admin/organization/employee/", "/admin/organization/department/"
PEER_EMPLOYEES, PEER_DEPARTMENTS = f"/peer/{PEER_LABEL}/employee/", f"/peer/{PEER_LABEL}/department/"


class Ask(NamedTuple):
    path: str
    data: dict[str, Any] | None = None  # posted, and rolled back
    expected: int = 200

    def send(self, client):
        if self.data is None:
            return client.get(self.path)
        with transaction.atomic():
            response = client.post(self.path, self.data)
            transaction.set_rollback(True)
        return response


class Page(NamedTuple):
    name: str
    ours: Callable[[Place], Ask]
    peer: Callable[[Place], Ask] | None = None
    posts_form: bool = False  # the peer at full size would have to open the form first


def link(path, **params):
    return lambda place: Ask(f"{path}?{urlencode(params, doseq=True)}" if params else path)


def asking(path, build):
    """A link whose parameters depend on the place."""
    return lambda place: Ask(f"{path}?{urlencode(build(place), doseq=True)}")
