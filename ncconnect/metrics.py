"""Figures for Prometheus, at /metrics, for the addresses of METRICS_ALLOW alone.

A service is several processes, and a scrape reaches one of them: each writes its counters to a
small file in DATA_DIR/metrics/<host>, and any of them answers for all. Gauges are read at the
scrape, from the database.

Business figures need no call of their own: every audit event is counted by its name.
"""

import contextlib
import functools
import ipaddress
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from ncconnect import config

DIRECTORY = settings.DATA_DIR / "metrics" / socket.gethostname()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return pid != os.getpid()


def _prepare(directory: Path) -> None:
    """At the start of the service, forget the processes of the last run.

    While another process of this host counts, the files of ended ones stay: a total never drops.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = {file: int(file.stem.rpartition("_")[2]) for file in directory.glob("*_*.db")}
    if any(_alive(pid) for pid in files.values()):
        return
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()


_prepare(DIRECTORY)
config.export("PROMETHEUS_MULTIPROC_DIR", str(DIRECTORY))

# The library looks at the environment when it is imported.
from prometheus_client import (  # noqa: E402
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402

HTTP_REQUESTS = Counter(
    "ncconnect_http_requests", "Answers, by route and status.", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "ncconnect_http_seconds",
    "Time to answer, by route.",
    ["route"],
    buckets=(0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5),
)
EVENTS = Counter("ncconnect_events", "Audit events, by name.", ["event"])
MAILS = Counter("ncconnect_mails", "Attempts to send a mail, by result.", ["name", "result"])
CAPTCHA = Counter(
    "ncconnect_captcha",
    "Tests, by kind, by what became of them, and by how many others were asked for before.",
    ["kind", "outcome", "renewals"],
)
LIMITED = Counter("ncconnect_limited", "Refusals of a rate limit, by limit.", ["limit"])


def http_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer."""
    _answers(method, route, status).inc()
    _times(route).observe(seconds)


# The library looks for them under a lock, and makes texts of them first.
_answers = functools.cache(HTTP_REQUESTS.labels)
_times = functools.cache(HTTP_SECONDS.labels)


Gauge = tuple[str, str, dict[str, float]]
"""Name, help, and value by label (the empty label for a gauge without)."""

_gauges: list[Callable[[], Iterable[Gauge]]] = []


def register_gauges(read: Callable[[], Iterable[Gauge]]) -> None:
    """From now on ``read`` is called at each scrape; it may query the database, quickly."""
    if read not in _gauges:
        _gauges.append(read)


class GaugeCollector:
    """The registered gauges. One that cannot be read is absent; the others are still told."""

    def collect(self):
        for read in _gauges:
            with contextlib.suppress(Exception):  # a scrape must not fail because the database does
                for name, meaning, values in read():
                    yield _family(name, meaning, values)


def _family(name: str, meaning: str, values: dict[str, float]) -> GaugeMetricFamily:
    if set(values) == {""}:
        return GaugeMetricFamily(name, meaning, value=values[""])
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for label, value in values.items():
        family.add_metric([label], value)
    return family


def text() -> bytes:
    """Everything, in Prometheus's text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(DIRECTORY))
    registry.register(GaugeCollector())
    return generate_latest(registry)


def is_insider(request: HttpRequest) -> bool:
    """Whether the request comes straight from an address of METRICS_ALLOW.

    Judged on the peer of the connection; a request that went through any proxy is an outsider's.
    """
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return not request.forwarded and any(peer in network for network in settings.METRICS_ALLOW)


def scrape(request: HttpRequest) -> HttpResponse:
    """/metrics; for anybody else, a page that does not exist."""
    if not is_insider(request):
        raise Http404
    return HttpResponse(text(), content_type=CONTENT_TYPE_LATEST)
