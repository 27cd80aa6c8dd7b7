"""gunicorn on any host, which `python -m backoffice.web` starts; GUNICORN_CMD_ARGS overrides it all."""

import atexit
import gc
import math
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger

from backoffice import env
from backoffice.serving.logs import JsonLines, TextLines, said, said_path
from backoffice.serving.request_id import HEADER

PROBES = ("/livez", "/readyz")
SENDER = re.compile(r" from ip=\S+(?=: )")  # as gunicorn names who sent what is no request
SENT = re.compile(r"b?(['\"]).*\1", re.DOTALL)  # and what it quotes of that
CGROUP = Path("/sys/fs/cgroup")


def processors() -> int:
    """The processors this container may use: its affinity, cut by the quota of cgroup v2 or v1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for files in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((CGROUP / file).read_text() for file in files).split()
            if int(quota) > 0:
                return max(1, min(count, math.ceil(int(quota) / int(period))))
        except (OSError, ValueError):  # not this version of cgroup, or "max": no quota
            continue
    return count


class DiscreetLogger(Logger):
    """What people search for, or type into an address, is never logged. Addresses are where LOG_ADDRESSES says so."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(TextLines(self.error_fmt, self.datefmt, whole=error_texts))

    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {**atoms, "U": said_path(environ.get("PATH_INFO", ""))}

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        msg = SENT.sub("…", msg) if msg.startswith("Invalid request") else msg
        super().warning(msg if addresses else SENDER.sub("", msg), *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        sent = [str(arg).partition("?")[0] for arg in args]
        super().exception(msg, *(said_path(one) if "/" in one else said(one) for one in sent), **kwargs)


class JsonLogger(DiscreetLogger):
    """One JSON object a line."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(JsonLines(whole=error_texts))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        status = int(str(resp.status).split()[0])
        if environ.get("PATH_INFO") in PROBES and status == 200:
            return
        request = {
            "method": environ.get("REQUEST_METHOD"),
            "path": said_path(environ.get("PATH_INFO", "")),
            "status": status,
            "bytes": resp.sent,
            "milliseconds": round(request_time.total_seconds() * 1000, 1),
            **(_sender(environ) if addresses else {}),
            "user_agent": environ.get("HTTP_USER_AGENT"),
            "request_id": next((value for name, value in resp.headers if name == HEADER), None),
        }
        self.access_log.info("request", extra={"facts": request})


def _sender(environ: dict[str, Any]) -> dict[str, Any]:
    return {"remote": environ.get("REMOTE_ADDR"), "forwarded_for": environ.get("HTTP_X_FORWARDED_FOR")}


def on_starting(server: Any) -> None:
    """A wrong setting stops the boot with its sentence, once, instead of a traceback from every worker."""
    command = [sys.executable, "-m", "backoffice.start"]
    check = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if check.returncode:
        sys.exit(1)
    if not server.master_pid and not is_open(
        bind[0]
    ):  # after an upgrade it is the old process that was given it
        number = f"GUNICORN_BIND is {bind[0]!r}, which is no open socket."
        server.log.error(f"{number} Use HOST:PORT or unix:/path/to/socket.")
        sys.exit(1)
    with socket.socket() as probes:
        probes.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probes.bind(("0.0.0.0", probe_port))  # noqa: S104
        except OSError as error:
            server.log.error(f"PROBE_PORT is {probe_port}: {error.strerror}. Choose another port.")
            sys.exit(1)


def is_open(address: str) -> bool:
    """Whether fd://NUMBER is a socket that this process was started with; any other address is opened later."""
    number = address.removeprefix("fd://")
    try:
        return number == address or stat.S_ISSOCK(os.fstat(int(number)).st_mode)
    except (OSError, OverflowError):
        return False


def post_worker_init(worker: Any) -> None:
    """Here Django is set up. What it loads stays as long as the process: no request waits while that is looked through
    for garbage, which takes 50 to 100 ms each time.
    """
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  # loads all that the pages need
    gc.collect()
    gc.freeze()
    if probe_port:
        from backoffice.serving import probes

        probes.serve(worker, probe_port)


def child_exit(server: Any, worker: Any) -> None:
    """What a worker counted stays; what it was at the moment does not."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def folder_for_counts() -> None:
    """Where the worker processes count together for /metrics; it goes with this process."""
    if env.secret("METRICS_TOKEN", "") and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="backoffice-metrics-")
        owner = os.getpid()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        atexit.register(lambda: shutil.rmtree(folder, True) if os.getpid() == owner else None)


try:
    folder_for_counts()
    port = env.number("PORT", 8000, minimum=1, maximum=65535)
    bind = [env.address("GUNICORN_BIND", f"0.0.0.0:{port}")]
    probe_port = env.number("PROBE_PORT", 0, maximum=65535)
    if probe_port and bind[0].endswith(f":{probe_port}"):
        raise ImproperlyConfigured(
            f"PROBE_PORT is {probe_port}, where the panel itself listens. Give the probes a port of their own."
        )
    workers = env.number("WEB_CONCURRENCY", min(2 * processors() + 1, 9), minimum=1, maximum=1000)
    threads = env.number("WEB_THREADS", 4, minimum=1, maximum=1000)
    graceful_timeout = env.number(
        "GRACEFUL_TIMEOUT", 25, minimum=1
    )  # seconds; less than the platform's patience
    keepalive = env.number("KEEPALIVE", 75)  # seconds; more than the idle timeout of the proxy in front
    addresses = env.flag("LOG_ADDRESSES", False)
    error_texts = env.flag("LOG_ERROR_TEXTS", False)
    log_format = env.choice("LOG_FORMAT", "json", ["json", "text"])
except ImproperlyConfigured as error:
    sys.exit(f"{error}")

worker_class = "backoffice.serving.web_worker.Worker"
timeout = 60
max_requests = 5000
max_requests_jitter = 1000
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # memory: no disk stalls a beat
control_socket_disable = True  # on by default; an error on a read-only file system, and a way in
accesslog = errorlog = "-"
access_log_format = f'{"%(h)s " if addresses else ""}"%(m)s %(U)s" %(s)s %(b)s bytes %(M)s ms'
logger_class = JsonLogger if log_format == "json" else DiscreetLogger
