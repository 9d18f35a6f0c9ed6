"""What stands before every route: headers, limits on what is sent and how slowly, the language, the form's token.

Headers follow OWASP ASVS 5.0, V3.4; the limits V4.1 and V5.2.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from http import HTTPStatus

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assent.web import cookies, words
from assent.web.uploads import FORM_BYTES

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_SECONDS = 60
"""How long a body may take to arrive, besides a second for every 50,000 bytes: slower ones hold a place for nothing."""
BYTES_A_SECOND = 50_000


def is_direct(request: Request) -> bool:
    """Tell whether a request came without a proxy, as far as proxies say so."""
    return not any(name in request.headers for name in FORWARDED)


class ResponseHeaders:
    """Adds the headers to every response, errors and static files included."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self.app = app
        self.is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add the headers to what comes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if self.is_https:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimits:
    """Ends a request whose body is larger than its path allows, or arrives too slowly."""

    def __init__(self, app: ASGIApp, *, limit_for: Callable[[str], int]) -> None:
        self.app = app
        self.limit_for = limit_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what it brings."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_known = "authorization" in headers or any(
            name in headers.get("cookie", "") for name in (cookies.SESSION, cookies.PERSON)
        )
        limit = self.limit_for(scope["path"]) if is_known else FORM_BYTES
        announced = headers.get("content-length", "0")
        if not announced.isdigit() or int(announced) > limit:
            await _end(scope, send, 413, b"That is too large.")
            return
        try:
            await self.app(scope, self._counted(receive, limit), send)
        except _BodyRefused as refused:
            await _end(scope, send, refused.status, refused.sentence)

    def _counted(self, receive: Receive, limit: int) -> Receive:
        received, is_whole = 0, False
        started = asyncio.get_running_loop().time()

        async def receive_counted() -> Message:
            nonlocal received, is_whole
            if is_whole:
                return await receive()
            left = started + BODY_SECONDS + received / BYTES_A_SECOND - asyncio.get_running_loop().time()
            try:
                message = await asyncio.wait_for(receive(), max(0.001, left))
            except TimeoutError:
                raise _BodyRefused(408, b"The upload took too long.") from None
            received += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if received > limit:
                raise _BodyRefused(413, b"That is too large.")
            return message

        return receive_counted


class _BodyRefused(Exception):
    def __init__(self, status: int, sentence: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.sentence = sentence


async def _end(scope: Scope, send: Send, status: int, sentence: bytes) -> None:
    kind, body = b"text/plain; charset=utf-8", sentence
    if scope["path"].startswith("/api/"):
        # The API's errors are problem details (RFC 9457), this one too.
        title = HTTPStatus(status).phrase
        reason = title.lower().replace(" ", "-")
        document = {"type": f"urn:assent:{reason}", "title": title, "status": status, "reason": reason}
        kind, body = b"application/problem+json", json.dumps(document | {"detail": sentence.decode()}).encode()
    headers = [(b"content-type", kind), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Languages:
    """Chooses the language of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by cookie, else by what the browser accepts."""
        if scope["type"] == "http":
            request = Request(scope)
            chosen = request.cookies.get(cookies.LANGUAGE)
            words.speak(words.choose_language(chosen, request.headers.get("accept-language", "")))
        await self.app(scope, receive, send)


async def check_form_token(request: Request) -> None:
    """Refuse a form that does not carry the token of this browser (403); the API takes no cookie and needs none."""
    if request.method in SAFE_METHODS or request.url.path.startswith("/api/"):
        return
    brought = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    if cookies.VISITOR not in request.cookies or not hmac.compare_digest(
        brought.encode(), cookies.form_token(request).encode()
    ):
        raise HTTPException(403)
