"""HAProxy with the settings that deploy/ has, in front of panels of ours, over plain HTTP."""

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.cluster import until
from tests.deploy.programs import program
from tests.deploy.server import ROOT, status
from tests.postgres import free_port, stop_with_parent


def settings(port: int, panels: list[str]) -> str:
    """deploy/haproxy.cfg without its certificate, for these HOST:PORT."""
    text = (ROOT / "deploy" / "haproxy.cfg").read_text(encoding="utf-8")
    text, binds = re.subn(r"bind :443 .*", f"bind 127.0.0.1:{port}", text)
    servers = "".join(f"    server web{number} {panel}\n" for number, panel in enumerate(panels))
    text, lines = re.subn(r"(?m)(?:^ +server .*\n)+", servers, text)
    assert (binds, lines) == (1, 1)
    return text


@contextlib.contextmanager
def in_front_of(*addresses: str, folder: Path) -> Iterator[str]:
    """The address of the proxy; it has found all of them ready."""
    port, file = free_port(), folder / "haproxy.cfg"
    file.write_text(settings(port, [address.removeprefix("http://") for address in addresses]))
    with (folder / "haproxy.log").open("wb") as log:
        words: list[str | Path] = [program("haproxy"), "-db", "-f", file]
        process = subprocess.Popen(words, stdout=log, stderr=log, preexec_fn=stop_with_parent)
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: status(f"{address}/readyz") == 200, f"haproxy does not answer: {log.name}")
        yield address
    finally:
        process.terminate()
        process.wait(30)
