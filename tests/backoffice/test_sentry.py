"""What is sent names nobody; what sends it is the real client, with a transport that keeps it."""

import json

import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.transport import Transport

from backoffice import request_id, sentry


class Kept(Transport):
    sent: list = []

    def capture_envelope(self, envelope):
        self.sent.append(envelope)


@pytest.fixture
def sent(monkeypatch):
    Kept.sent = []
    given = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: given(transport=Kept, **options))
    sentry.start("https://key@127.0.0.1/1")
    yield lambda: json.dumps([item.payload.json for envelope in Kept.sent for item in envelope.items])
    sentry_sdk.get_client().close()
    given(dsn=None)


def test_an_error_goes_without_what_it_says_and_with_the_number_of_the_request(sent):
    token = request_id.current.set("proxy-1234")
    person = "alice@example.com"
    try:
        raise ValueError(f"Key (work_email)=({person}) already exists")
    except ValueError:
        sentry_sdk.capture_exception()
    finally:
        request_id.current.reset(token)
    assert "ValueError" in sent()
    assert "proxy-1234" in sent()
    assert "alice" not in sent()


def test_what_is_no_address_is_refused():
    with pytest.raises(ImproperlyConfigured, match=r"^SENTRY_DSN is no address of a Sentry project\."):
        sentry.start("sentry.example.com")
