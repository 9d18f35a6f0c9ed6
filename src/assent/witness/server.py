"""A witness's HTTP/1.1 server: bounded bodies, bounded times, bounded connections; it logs no body and no address."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assent.errors import Unavailable
from assent.witness.cosigning import Witness
from assent.witness.protocol import ADD_CHECKPOINT, MAX_SUBMISSION_BYTES, Answer, refuse

SILENCE_SECONDS = 10.0
"""A connection on which nothing arrives for so long is closed."""
CONNECTION_SECONDS = 60.0
"""A connection is closed after so long, whatever arrives on it."""
MAX_CONNECTIONS = 128

_BOTH_WAYS = 2  # SHUT_RDWR of the sockets API
_DIGITS = re.compile(r"[0-9]+")

Report = Callable[[HTTPStatus], None]
"""Called with the status of each answer."""


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness at `<prefix>/add-checkpoint`; port 0 takes a free one.

    Raises Unavailable if the address cannot be listened on.
    """

    daemon_threads = True
    # As many may wait in the kernel as are served; the library's 5 would turn clients away in a rush.
    request_queue_size = MAX_CONNECTIONS

    def __init__(
        self,
        address: tuple[str, int],
        witness: Witness,
        *,
        prefix: str = "",
        report: Report | None = None,
        connection_seconds: float = CONNECTION_SECONDS,
    ) -> None:
        self.witness = witness
        self.path = prefix.rstrip("/") + ADD_CHECKPOINT
        self.report = report
        self.connection_seconds = connection_seconds
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise Unavailable(f"The witness cannot listen there: {error.strerror or error}.") from None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, or close it if too many are open."""
        if self._places.acquire(blocking=False):
            try:
                super().process_request(request, client_address)
            except BaseException:
                self._places.release()
                raise
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, not longer than it may last."""
        guard = threading.Timer(self.connection_seconds, _shut, [request])
        guard.daemon = True
        guard.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            guard.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that broke: it would name the peer."""


def _shut(connection: Any) -> None:
    with suppress(OSError):
        connection.shutdown(_BOTH_WAYS)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS

    def do_POST(self) -> None:
        """Answer a submission."""
        if self.path != self.server.path:
            self._send(refuse(HTTPStatus.NOT_FOUND, "there is nothing at this path"), close=True)
            return
        body = self._read_body()
        if isinstance(body, Answer):
            self._send(body, close=True)
            return
        try:
            answer = self.server.witness.answer(body)
        except Unavailable as error:
            answer = refuse(HTTPStatus.SERVICE_UNAVAILABLE, error)
        self._send(answer)

    def do_GET(self) -> None:
        """Refuse to read: the protocol has nothing to be read here."""
        is_here = self.path == self.server.path
        status = HTTPStatus.METHOD_NOT_ALLOWED if is_here else HTTPStatus.NOT_FOUND
        self._send(refuse(status, status.phrase), close=True)

    def _read_body(self) -> bytes | Answer:
        lengths = self.headers.get_all("Content-Length") or []
        if len(lengths) != 1 or not _DIGITS.fullmatch(lengths[0]) or "Transfer-Encoding" in self.headers:
            return refuse(HTTPStatus.LENGTH_REQUIRED, "give one Content-Length and no Transfer-Encoding")
        if len(lengths[0]) > len(str(MAX_SUBMISSION_BYTES)) or int(lengths[0]) > MAX_SUBMISSION_BYTES:
            return refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_SUBMISSION_BYTES} bytes are read")
        body = self.rfile.read(int(lengths[0]))
        if len(body) < int(lengths[0]):
            return refuse(HTTPStatus.BAD_REQUEST, "the body ended before its Content-Length")
        return body

    def _send(self, answer: Answer, *, close: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST")
        if close:
            # A body that was not read would be taken for the next request.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
        if self.server.report is not None:
            self.server.report(answer.status)

    def version_string(self) -> str:
        """Name the program, not the versions it runs on."""
        return "assent-witness"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Log nothing: the library would write addresses."""
