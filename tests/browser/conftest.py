"""Fixtures that drive the system's Chromium."""

import os
import shutil
import threading
from functools import wraps

import pytest
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.test import Client

from backoffice.sql import sqlite_search

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in the thread of the tests

# The shell draws what Chromium draws, without the windows around it: half of the processor's time.
BROWSERS = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"
SCREENS = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def one_statement_at_a_time():
    """Threads of the live server share the test's one SQLite connection, as nothing does in production.

    While one of them runs a statement that calls Python, another one that binds its parameters would keep it from
    Python, and wait for it: for good.
    """
    lock = threading.RLock()

    def alone(deed):
        @wraps(deed)
        def called(*args, **kwargs):
            with lock:
                return deed(*args, **kwargs)

        return called

    with pytest.MonkeyPatch.context() as patch:
        for name in ("execute", "executemany", "fetchone", "fetchmany", "fetchall"):
            patch.setattr(SQLiteCursorWrapper, name, alone(getattr(SQLiteCursorWrapper, name)))
        patch.setattr(sqlite_search, "_read", alone(sqlite_search._read))  # it goes past the cursor
        yield


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = "No Chromium on this machine, so no browser test ran. Install it: apt-get install chromium"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(reason)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, live_server):
    """Opens a page at a size: `open_page("phone", user=hr, color_scheme="dark")`."""
    contexts = []

    def opened(screen, user=None, **options):
        context = browser.new_context(viewport=SCREENS[screen], base_url=live_server.url, **options)
        contexts.append(context)
        if user:
            client = Client()
            client.force_login(user)
            cookie = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    answered()


def answered():
    """Who still works on a page that nobody waits for would do so in the next test's database."""
    for thread in threading.enumerate():
        if thread.name.endswith("(process_request_thread)"):
            thread.join(30)
            assert not thread.is_alive(), "A request of this test is not answered after 30 s."


@pytest.fixture
def desktop(open_page, hr):
    return open_page("desktop", user=hr)


@pytest.fixture
def phone(open_page, hr):
    return open_page("phone", user=hr)


@pytest.fixture(params=SCREENS)
def page(request, open_page, hr):
    """A page in which `hr` is signed in; the test runs on the desktop and on the phone."""
    return open_page(request.param, user=hr)
