"""Programs that a deployment test needs: found, or installed by apt where we may; else the test is skipped."""

import contextlib
import functools
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/sbin"])


@functools.cache
def program(name: str, package: str = "") -> Path:
    """Where this program is. `package` is Debian's; it is installed once where we are root and apt is there."""
    found = shutil.which(name, path=PATH) or _installed(name, package or name)
    if not found:
        pytest.skip(f"There is no {name} here (Debian: apt-get install {package or name}).")
    return Path(found)


def _installed(name: str, package: str) -> str | None:
    apt = shutil.which("apt-get")
    if not apt or os.geteuid():
        return None
    environment: Mapping[str, Any] = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
            subprocess.run([apt, *words], env=environment, capture_output=True, timeout=300, check=False)
    return shutil.which(name, path=PATH)
