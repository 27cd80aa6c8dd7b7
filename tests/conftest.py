import gc
import json
import logging

import pytest
from django.utils import translation

from tests.deploy import figures
from tests.guarded import pytest_runtest_call  # noqa: F401  # pytest finds the hook by its name
from tests.prepared import django_db_modify_db_settings, django_db_setup  # noqa: F401


def pytest_configure(config):
    config.pluginmanager.register(figures)


def pytest_collection_finish():
    """What is loaded by now stays: looking through it for garbage again and again was a tenth of the suite's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def seen_once(request, monkeypatch):
    """No session is noted again after 30 s of a slow machine: its queries would count as the page's.

    But where the test has a clock of its own.
    """
    if "clock" not in request.fixturenames:
        monkeypatch.setattr("backoffice.access.sessions.NOTED_EVERY", 60 * 60)


@pytest.fixture(autouse=True)
def drawn_anew():
    """Each test's first page asks the same queries, whichever test drew its menu before."""
    from backoffice import fragments

    fragments.forget()


@pytest.fixture(autouse=True)
def spoken_anew():
    """The language of a test's last page is not that of the next test."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def numbered_anew():
    """Nor is the number of its last file."""
    from backoffice.serving import request_id

    yield
    request_id.current.set("")


@pytest.fixture
def hr(django_user_model):
    """Somebody who may do everything; who made the account is not in the log."""
    from backoffice.operations import accounts

    with accounts.kept_up():
        return django_user_model.objects.create_superuser("hr", password="a long enough password")


@pytest.fixture
def panel(client, hr):
    """A browser in which `hr` is signed in."""
    client.force_login(hr)
    return client


@pytest.fixture
def events():
    """The security events of the test so far, each as what its line says."""
    found = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(json.loads(record.getMessage()))
    logger = logging.getLogger("backoffice.security")
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """Below everything else that is said at the end."""
    yield
    skipped = terminalreporter.stats.get("skipped", [])
    if any("No Chromium" in str(report.longrepr) for report in skipped):
        line = "*** THE BROWSER TESTS DID NOT RUN: there is no Chromium on this machine (apt-get install chromium). ***"
        terminalreporter.write_line(line, red=True, bold=True)
