"""/metrics for Prometheus: who shows METRICS_TOKEN sees how many requests, how long they take, and what waits.

Answered before hosts are looked at, as the probes are. Names of pages are counted, never addresses: those hold keys.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

try:
    import prometheus_client as prometheus
except ImportError:  # settings.py has refused METRICS_TOKEN
    prometheus = None  # type: ignore[assignment]

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_requests: Any = None


class MetricsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.METRICS_TOKEN:
            return self.get_response(request)
        if request.path == "/metrics":
            return answer(request)
        begun = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        page = match.view_name if match else ""
        seconds = time.perf_counter() - begun
        requests().labels(str(request.method), page, str(response.status_code)).observe(seconds)
        return response


def requests() -> Any:
    """Made once for each process."""
    global _requests
    if _requests is None:
        labels = ["method", "page", "status"]
        about = "Requests, by how long they took"
        _requests = prometheus.Histogram("backoffice_request_seconds", about, labels, buckets=SECONDS)
    return _requests


def answer(request: HttpRequest) -> HttpResponse:
    shown = request.headers.get("Authorization", "")
    if not constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}"):
        said = "Show METRICS_TOKEN: Authorization: Bearer TOKEN\n"
        return HttpResponse(said, content_type="text/plain", status=401)
    text = prometheus.generate_latest(_registry()) + _of_jobs()
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _registry() -> Any:
    """With several processes (deploy/gunicorn.conf.py), what all of them counted."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return prometheus.REGISTRY
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = prometheus.CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class Jobs:
    """What waits for the worker, asked now: not a gauge, which each process would keep beside its requests."""

    def collect(self) -> Iterator[Any]:
        from django.db.models import Count

        from backoffice.background.boards import board
        from backoffice.models import Job

        states = [Job.State.WAITING, Job.State.RUNNING]
        found = Job.objects.filter(state__in=states).order_by().values_list("state")
        counts = dict(found.annotate(Count("pk")))
        gauge = prometheus.metrics_core.GaugeMetricFamily
        jobs = gauge("backoffice_jobs", "Operations of the worker", labels=["state"])
        for state in states:
            jobs.add_metric([state.value], counts.get(state, 0))
        yield jobs
        yield gauge("backoffice_worker", "Whether a worker lives", value=board().has_worker())


def _of_jobs() -> bytes:
    """Nothing where the database does not answer."""
    try:
        return bytes(prometheus.generate_latest(Jobs()))
    except Error:
        return b""
