"""`make run`: this clone with demo data on this machine alone, served the way production serves it, with its worker.

The environment decides as it does in production; what is not set gets a value that is good for trying out.
"""

import ctypes
import hashlib
import logging
import os
import runpy
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

from django.core.management.base import CommandError

CLONE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CLONE))
KEY_FILES = {"SECRET_KEY": CLONE / ".secret-key", "MFA_ENCRYPTION_KEY": CLONE / ".mfa-encryption-key"}
STOP_SECONDS = 30
RESTARTS = 5
PR_SET_PDEATHSIG = 1
STAMP = ".collected"  # in STATIC_ROOT: what was collected, and that we did it
DEFAULTS = {
    "DJANGO_SETTINGS_MODULE": "backoffice.settings",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "HTTPS": "off",
    "LOG_FORMAT": "text",
    "REQUIRE_SECOND_FACTOR": "off",
    "WEB_CONCURRENCY": "2",
}


def main() -> NoReturn:
    os.chdir(CLONE)
    from backoffice.env import wrong_settings_in_one_sentence

    try:
        with wrong_settings_in_one_sentence():
            configure()
            runpy.run_path("deploy/gunicorn.conf.py")  # it stops at a wrong setting, now and not at the end
            port = free_port()
            prepare()
    except CommandError as error:
        sys.exit(f"{error}")
    print(f"\nThe panel is at http://127.0.0.1:{port}/ (Ctrl-C stops it).\n", flush=True)
    web = [
        "-m",
        "gunicorn",
        "backoffice.wsgi",
        "-c",
        "deploy/gunicorn.conf.py",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    sys.exit(together([sys.executable, *web], [sys.executable, "manage.py", "worker"]))


def together(*commands: list[str]) -> int:
    """Run these until one ends or we are told to stop, then end the others; the code of the one that ended first.

    One that is killed is started anew, at most RESTARTS times: what it was at is taken up again. Each is in a session
    of its own: Ctrl-C of the terminal reaches us alone, and each is told once.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored at first in a shell's background job
    running: list[subprocess.Popen[bytes]] = []
    restarts = RESTARTS
    try:
        running += map(start, commands)
        while True:
            for place, process in enumerate(running):
                if process.poll() is None:
                    continue
                if process.returncode >= 0 or not restarts:  # a signal's number is below 0
                    return process.returncode
                restarts -= 1
                running[place] = start(commands[place])
            time.sleep(0.2)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        stop(running)


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, start_new_session=True, preexec_fn=stop_with_parent)


def stop(running: list[subprocess.Popen[bytes]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for process in running:
        process.terminate()
    end = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:  # what it was at is not committed: the next start begins it again
            process.kill()
            process.wait()


def stop_with_parent() -> None:
    """Linux tells them to stop even when we are killed without a chance to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def configure() -> None:
    """Fill in what the environment leaves open; a value that is there stays."""
    for name, value in DEFAULTS.items():
        if not os.environ.get(name):
            os.environ[name] = value
    if not os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_URL_FILE"):
        os.environ["DATABASE_URL"] = f"sqlite:///{CLONE / 'db.sqlite3'}"
    for name, file in KEY_FILES.items():
        if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
            os.environ[f"{name}_FILE"] = str(own_key(file))


def own_key(file: Path) -> Path:
    """A key of this clone's own, made once and readable by its owner alone."""
    if not file.exists() and not os.access(CLONE, os.W_OK):
        raise CommandError(
            f"You may not write to {CLONE}, where the key and the database go: clone it for yourself."
        )
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(secrets.token_urlsafe(50) + "\n")
    return file


def free_port() -> int:
    """PORT, or 8000; found out now whether somebody else has it, before anything is made."""
    from backoffice import env

    port = env.number("PORT", 8000, minimum=1, maximum=65535)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} of this machine cannot be used: {error.strerror}. "
                "Choose another one: make run PORT=8001"
            ) from None
    return port


def prepare() -> None:
    """Tables, demo data and static files, each only as far as it is not there yet."""
    import django
    from django.core.management import call_command

    django.setup()
    clear = may_be_cleared()
    call_command("migrate", interactive=False, verbosity=0)
    collect_static(clear=clear)
    logging.getLogger("backoffice.security").disabled = True  # who heads a demo department is no event
    call_command("demo")


def may_be_cleared() -> bool:
    """Whether all in STATIC_ROOT is ours, which the stamp says; a folder of something else is refused."""
    from django.conf import settings

    folder = Path(settings.STATIC_ROOT)
    try:
        if (folder / STAMP).exists() or not folder.exists() or not any(folder.iterdir()):
            return True
        if (folder / "staticfiles.json").exists():  # manage.py collectstatic was here: add to it
            return False
    except OSError as error:
        raise CommandError(
            f"STATIC_ROOT is {str(folder)!r}, which cannot be read: {error.strerror}. Name another folder."
        ) from None
    raise CommandError(
        f"STATIC_ROOT is {str(folder)!r}, which holds files that are not collected static files. "
        "Name a new or an empty folder."
    )


def collect_static(*, clear: bool) -> None:
    from django.conf import settings
    from django.core.management import call_command

    folder, state = Path(settings.STATIC_ROOT), static_state()
    stamp = folder / STAMP
    try:
        if stamp.exists() and stamp.read_text() == state:
            return
        call_command("collectstatic", interactive=False, clear=clear, verbosity=0)
        if clear:
            stamp.write_text(state)
    except OSError as error:
        raise CommandError(
            f"Static files cannot be written to {folder}: {error.strerror}. "
            "Set STATIC_ROOT to a folder that you may write to."
        ) from None


def static_state() -> str:
    """Changes when any static file of any app does."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
