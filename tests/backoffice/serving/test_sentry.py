"""What is sent names nobody. In a process of its own: the client changes Django for good."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice.serving import sentry

SCRIPT = """
import json, logging, sentry_sdk
from sentry_sdk.transport import Transport
from backoffice.serving import request_id, sentry

class Printed(Transport):
    def capture_envelope(self, envelope):
        print(json.dumps([item.payload.json for item in envelope.items]))

real = sentry_sdk.init
sentry_sdk.init = lambda **options: real(transport=Printed, **options)
sentry.start("https://key@127.0.0.1/1")
request_id.current.set("proxy-1234")
person = "alice@" + "example.com"
sentry_sdk.set_user({"email": person})
try:
    raise ValueError(f"Key (work_email)=({person}) already exists")
except ValueError:
    sentry_sdk.capture_exception()
logging.getLogger("x").error("refused %s", person)
"""


def test_an_error_goes_without_what_it_says_and_with_the_number_of_the_request():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    error, line = done.stdout.splitlines()
    assert "ValueError" in error
    assert "proxy-1234" in error
    assert "refused %s" in line
    assert "alice" not in done.stdout


def test_what_is_no_address_is_refused():
    with pytest.raises(ImproperlyConfigured, match=r"^SENTRY_DSN is no address of a Sentry project\."):
        sentry.start("sentry.example.com")
