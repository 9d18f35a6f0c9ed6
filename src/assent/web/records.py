"""Logs and metrics of requests: which route, how it ended, how long it took; never who, what or which address.

One JSON object a line. The route's template stands in for the path, which may hold a one-time link.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from datetime import UTC, datetime

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("assent_http_requests", "Requests by route, method and status.", ["route", "method", "status"])
SECONDS = Histogram("assent_http_seconds", "How long requests took, by route.", ["route"])

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "(none)"

_log = logging.getLogger("assent.web")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; of an error its kind and place, never its words, which may name somebody."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            trace, places = record.exc_info[2], []
            while trace is not None:
                places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
                trace = trace.tb_next
            line["places"] = places[-12:]
        return json.dumps(line, ensure_ascii=False)


def write_json_logs() -> None:
    """Send all logs to standard error as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.INFO)
    for name in ("httpx", "httpcore", "fontTools", "matplotlib"):
        logging.getLogger(name).setLevel(logging.WARNING)


class RequestRecords:
    """Counts, times and logs every request, and gives it a number to be named by."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and record how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number, begun, status = secrets.token_hex(8), time.perf_counter(), 500
        scope.setdefault("state", {})["request_id"] = number

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        crash = False
        try:
            await self.app(scope, receive, send_noting)
        except Exception:
            crash = True
            raise
        finally:
            self._record(scope, number, status, time.perf_counter() - begun, is_crash=crash)

    def _record(self, scope: Scope, number: str, status: int, seconds: float, *, is_crash: bool) -> None:
        route = getattr(scope.get("route"), "path", UNKNOWN)
        method = scope["method"] if scope["method"] in METHODS else UNKNOWN
        REQUESTS.labels(route, method, str(status)).inc()
        SECONDS.labels(route).observe(seconds)
        fields = {"request": number, "method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        if is_crash:
            _log.error("crashed", extra={"fields": fields}, exc_info=True)
        else:
            _log.info("answered", extra={"fields": fields})
