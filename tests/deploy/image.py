"""The image, built and run without an engine or a registry: buildah, and podman with runc, on a base of Debian."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.programs import program
from tests.deploy.server import ROOT

BASE, IMAGE = "localhost/python:local", "localhost/hr-backoffice:test"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# runc may not raise limits where this itself runs in a container.
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]
CLOSED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges"]
STOP_SECONDS = 40


class Images:
    """A store of images of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = folder / "storage.conf"
        config.write_text(
            f'[storage]\ndriver = "overlay"\nrunroot = "{folder / "run"}"\ngraphroot = "{folder / "graph"}"\n'
        )
        self.env = {**os.environ, "CONTAINERS_STORAGE_CONF": str(config)}

    def build(self) -> None:
        root = self.folder / "rootfs"
        _debian(root)
        archive = self.folder / "base.tar"
        _call(["tar", "-C", str(root), "-cf", str(archive), "."])
        shutil.rmtree(root)
        self.podman("import", "--change", 'CMD ["python3"]', str(archive), BASE)
        archive.unlink()
        build = ["bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "-t", IMAGE]
        arguments = ["--build-arg", f"PYTHON_IMAGE={BASE}", "-f", "deploy/Dockerfile", "."]
        _call([str(program("buildah")), *build, *arguments], env=self.env, cwd=ROOT)

    def podman(self, *arguments: str) -> str:
        return _call([str(program("podman")), "--runtime", str(program("runc")), *arguments], env=self.env)

    @contextlib.contextmanager
    def running(self, name: str, env: dict[str, str], data: Path, user: str = "") -> Iterator[None]:
        """The image with everything closed that can be; `env["PORT"]` is where it listens on this machine."""
        settings = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
        who = ["--user", user] if user else []
        where = ["--network", "host", "--no-healthcheck", "--volume", f"{data}:/data"]
        self.podman("run", "--detach", "--name", name, *LIMITS, *CLOSED, *where, *who, *settings, IMAGE)
        try:
            yield
        finally:
            self.podman("rm", "--force", "--time", "0", name)

    def ask(self, *command: str) -> str:
        """What a command says inside the image."""
        return self.podman("run", "--rm", *LIMITS, IMAGE, *command)

    def stop(self, name: str) -> int:
        """TERM, and the exit code after it."""
        self.podman("stop", "--time", str(STOP_SECONDS), name)
        return self._code(name)

    def kill(self, name: str) -> int:
        """KILL, and the exit code after it."""
        self.podman("kill", name)
        return self._code(name)

    def _code(self, name: str) -> int:
        return int(self.podman("inspect", "--format", "{{.State.ExitCode}}", name))


def _debian(root: Path) -> None:
    """A root file system with Python and pip, and this machine's certificates."""
    _call(
        [str(program("debootstrap")), "--variant=minbase", "--include=ca-certificates", "bookworm", str(root)]
    )
    shutil.copy("/etc/resolv.conf", root / "etc")
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
        (root / "etc/pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}\n")
    packages = "python3 python3-venv python3-pip"
    install = f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {packages}"
    _call(["chroot", str(root), "sh", "-c", f"{install} && ln -sf python3 /usr/bin/python"])


def _call(command: list[str], env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        said = f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
        raise AssertionError(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{said}")
    return done.stdout.strip()
