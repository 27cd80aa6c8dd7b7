"""What a test measured, printed below the results of the run: figures are reported, whatever is asserted of them.

A plugin of pytest, which tests/conftest.py registers: the processes of xdist hand their lines to the one that prints.
"""

import os
from typing import Any

import pytest

LINES: list[str] = []


def report(sentence: str) -> None:
    LINES.append(sentence)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["figures"] = LINES


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    LINES.extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if LINES:
        one, five, _ = os.getloadavg()
        terminalreporter.section(f"measured, at a load of {one:.1f} (five minutes: {five:.1f})")
        for line in LINES:
            terminalreporter.write_line(line)
