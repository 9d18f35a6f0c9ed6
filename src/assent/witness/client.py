"""Hands a checkpoint to a witness: one POST to an address from the policy file, bounded in time and size."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from assent.errors import InvalidInput, Unavailable
from assent.witness.protocol import ADD_CHECKPOINT

SILENCE_SECONDS = 10.0
EXCHANGE_SECONDS = 30.0
MAX_ANSWER_BYTES = 64 * 1024
_BOTH_WAYS = 2  # SHUT_RDWR of the sockets API

_CONNECTIONS = {"http": HTTPConnection, "https": HTTPSConnection}


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """What came back, not judged yet."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness's submission prefix taken apart; `path` is the one that is posted to."""

    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def from_url(cls, url: str) -> WitnessAddress:
        """Read a prefix from a policy. Raises InvalidInput unless it is plain http or https without extras."""
        if not url.isascii() or not url.isprintable():
            raise InvalidInput("a witness's address must be written in printable ASCII")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidInput(f"a witness's address cannot be read: {error}") from error
        if parts.scheme not in _CONNECTIONS or not parts.hostname:
            raise InvalidInput("a witness's address must begin with http or https and name a host")
        if parts.username is not None or parts.query or parts.fragment:
            raise InvalidInput("a witness's address must hold no user, query or fragment")
        return cls(parts.scheme, parts.hostname, port, parts.path.rstrip("/") + ADD_CHECKPOINT)


def submit_checkpoint(url: str, body: bytes, *, exchange_seconds: float = EXCHANGE_SECONDS) -> WitnessAnswer:
    """Post a submission to the witness at this prefix and return its answer, whatever its status.

    Certificates are verified, redirects are answers like any other, and no proxy is asked. Raises InvalidInput for an
    address that is none, Unavailable if the witness does not answer in time or answers too much.
    """
    address = WitnessAddress.from_url(url)
    silence_seconds = min(SILENCE_SECONDS, exchange_seconds)
    connection = _CONNECTIONS[address.scheme](address.host, address.port, timeout=silence_seconds)
    # Bytes that drip in one by one never time out, so the whole exchange is given an end as well.
    guard = threading.Timer(exchange_seconds, _shut, [connection])
    guard.daemon = True
    guard.start()
    try:
        connection.request("POST", address.path, body, {"Content-Type": "text/plain; charset=utf-8"})
        response = connection.getresponse()
        answer = response.read(MAX_ANSWER_BYTES + 1)
        if response.length and len(answer) <= MAX_ANSWER_BYTES:
            raise Unavailable("the answer was cut off")
        if len(answer) > MAX_ANSWER_BYTES:
            raise Unavailable(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
        return WitnessAnswer(response.status, response.getheader("Content-Type", ""), answer)
    except (OSError, HTTPException) as error:
        raise Unavailable(f"no answer: {_describe(error)}") from error
    finally:
        guard.cancel()
        connection.close()


def _shut(connection: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(_BOTH_WAYS)


def _describe(error: OSError | HTTPException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
