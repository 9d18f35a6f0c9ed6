"""The one connection that signing in opens: to the identity provider that the operator named, and to nobody else."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from assent.errors import Unavailable

SECONDS = 10
MOST_BYTES = 1_000_000
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OUT_OF_REACH = "The identity provider cannot be reached, or answers nonsense; try again, or sign in with a passkey."


class ProviderConnection:
    """Asks a provider for its configuration, its keys and a token; follows no redirect and reads no proxy."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport

    def get(self, address: str) -> dict[str, Any]:
        """Fetch a JSON object. Raises Unavailable."""
        return self._ask(lambda client: client.build_request("GET", address), address)

    def post(self, address: str, form: dict[str, str], basic: tuple[str, str] | None) -> dict[str, Any]:
        """Send a form and read the JSON object that comes back. Raises Unavailable."""
        headers = {}
        if basic is not None:
            # RFC 6749, 2.3.1: both parts are form-encoded first.
            pair = ":".join(quote(part, safe="") for part in basic)
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self._ask(lambda client: client.build_request("POST", address, data=form, headers=headers), address)

    def _ask(self, build: Callable[[httpx.Client], httpx.Request], address: str) -> dict[str, Any]:
        require_safe(address)
        try:
            with (
                httpx.Client(
                    transport=self._transport, timeout=SECONDS, follow_redirects=False, trust_env=False
                ) as client,
            ):
                response = client.send(build(client), stream=True)
                body = b""
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise Unavailable(_OUT_OF_REACH)
                response.close()
                if response.status_code != httpx.codes.OK:
                    raise Unavailable(_OUT_OF_REACH)
                answer = httpx.Response(200, content=body).json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(_OUT_OF_REACH) from error
        if not isinstance(answer, dict):
            raise Unavailable(_OUT_OF_REACH)
        return answer


def require_safe(address: str) -> None:
    """Make sure that an address is https, or this machine itself. Raises Unavailable."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise Unavailable("The identity provider's address is not https; correct the settings.")


def read_client_secret(path: Path | None) -> str | None:
    """Read the client's secret, or None where the client has none. Raises Unavailable."""
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("The file with the identity provider's client secret cannot be read.") from error
