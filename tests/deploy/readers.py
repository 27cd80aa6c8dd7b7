"""People who look at pages, half of them on connections that they keep, half on a new one each time."""

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator

from tests.deploy.browser import Browser
from tests.deploy.writers import HEADERS, at_work, signed_in

# Every tenth is a page, so that there are thousands in the time that two restarts take.
PAGES = ["/account/login/", *["/livez"] * 9, "/admin/organization/department/1/change/", *["/livez"] * 9]


class Readers:
    """`number` threads, signed in as `hr`; `answered` counts, `failed` says what came instead of a page."""

    def __init__(self, address: str, number: int = 6) -> None:
        self.host = address.removeprefix("http://")
        self.answered, self.failed = 0, []  # type: ignore[var-annotated]
        self._over, self._lock = threading.Event(), threading.Lock()
        self._cookies, _ = signed_in(self.host)
        self._threads = [
            threading.Thread(target=self._read, args=[number % 2 == 0], daemon=True)
            for number in range(number)
        ]

    @contextlib.contextmanager
    def reading(self) -> Iterator["Readers"]:
        with at_work(self._threads, self._over):
            yield self

    def _read(self, keeps: bool) -> None:
        with contextlib.closing(Browser(self.host, HEADERS)) as browser:
            browser.cookies = dict(self._cookies)
            self._look(browser, keeps)

    def _look(self, browser: Browser, keeps: bool) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            try:
                page = browser.get(PAGES[number % len(PAGES)])
                self._note("" if page.status in (200, 302) else str(page.status))
            except (OSError, http.client.HTTPException) as error:
                browser.close()
                self._note(type(error).__name__)
                time.sleep(0.05)
            if not keeps:
                browser.close()

    def _note(self, failure: str) -> None:
        with self._lock:
            if failure:
                self.failed.append(failure)
            else:
                self.answered += 1
