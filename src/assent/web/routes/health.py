"""For whoever operates the deployment: is it alive, can it work, and how is it doing (Prometheus text format)."""

from __future__ import annotations

import hmac
import os
from ipaddress import ip_address

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from assent.errors import NotFound
from assent.services.check_health import check_health
from assent.services.count_work import Work, count_work, read_metrics_token
from assent.web.acting import RuntimeHere
from assent.web.protection import is_direct

router = APIRouter()


@router.get("/healthz")
def say_alive() -> Response:
    """Answer while the process lives."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def say_ready(runtime: RuntimeHere) -> Response:
    """Answer 200 if every part works, else 503 with which does not."""
    parts = check_health(runtime)
    return JSONResponse(parts, 200 if all(parts.values()) else 503)


@router.get("/metrics")
def show_metrics(request: Request, runtime: RuntimeHere) -> Response:
    """Show counts of all processes together, to this machine or to whoever brings the token that the settings name."""
    _require_reader(request, read_metrics_token(runtime))
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        requests = generate_latest(registry)
    else:
        requests = generate_latest(REGISTRY)
    work = CollectorRegistry()
    work.register(_WorkMetrics(count_work(runtime)))
    return Response(requests + generate_latest(work), media_type=CONTENT_TYPE_LATEST)


class _WorkMetrics(Collector):
    def __init__(self, work: Work) -> None:
        self._work = work

    def collect(self) -> list[Metric]:
        """Write the counts that the ledger and the tables hold."""
        searches = CounterMetricFamily("assent_searches", "Searches by how they ended.", labels=["state"])
        for state, count in self._work.searches.items():
            searches.add_metric([state], count)
        entries = GaugeMetricFamily("assent_ledger_entries", "Entries in the ledger.", self._work.ledger_entries)
        people = GaugeMetricFamily("assent_people", "People in the gallery.", self._work.people)
        waiting = GaugeMetricFamily("assent_mails_waiting", "Mails not sent yet.", self._work.mails_waiting)
        return [searches, entries, people, waiting]


def _require_reader(request: Request, token: str | None) -> None:
    if token is not None:
        brought = request.headers.get("authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(brought.encode(), token.encode()):
            return
    elif is_direct(request) and request.client is not None and _is_loopback(request.client.host):
        return
    raise NotFound("There is no such page.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
