"""What the pages of signing in share: where an attempt comes from, what a passkey is bound to, and what comes next."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from assent.errors import AssentError, TooManyAttempts
from assent.services.sessions import end_session
from assent.services.sign_in.attempts import Origin
from assent.services.sign_in.own_account import has_news
from assent.services.sign_in.passkeys import Ceremony, RelyingParty
from assent.services.sign_in.steps import STEP_LIFETIME, Progress, StepKind
from assent.web import cookies
from assent.web.errors import say_error, status_of
from assent.web.pages import is_own_path, redirect, render

BROWSER_SECONDS = 180 * 24 * 3600
_STEP_SECONDS = int(STEP_LIFETIME.total_seconds())
_PATHS = {StepKind.FACTOR: "/sign-in/factor", StepKind.ENROL: "/sign-in/enrol"}


def origin_of(request: Request) -> Origin:
    """Find where an attempt comes from."""
    address = request.client.host if request.client else ""
    return Origin(address, request.cookies.get(cookies.BROWSER, ""))


def party_of(request: Request) -> RelyingParty:
    """Find what passkeys are bound to: the public address, never what the request says of itself."""
    parts = urlsplit(str(request.app.state.public_url))
    return RelyingParty(parts.hostname or "localhost", f"{parts.scheme}://{parts.netloc}")


def own_path(path: str) -> str:
    """Keep a path that a browser brought back only if it stays here."""
    return path if is_own_path(path) else "/"


def go_on(request: Request, progress: Progress, next_path: str, notice: str = "") -> Response:
    """Send the browser to the step that comes next or, signed in, to where it wanted to go."""
    if progress.session is None:
        way = _PATHS[progress.kind or StepKind.FACTOR]
        response = redirect(request, f"{way}?next={quote(own_path(next_path))}")
        cookies.put(response, cookies.STEP, progress.step or "", seconds=_STEP_SECONDS)
        return response
    # What somebody else did to the account is shown before anything else.
    is_news = has_news(request.app.state.runtime, progress.member)
    response = redirect(request, "/account" if is_news else own_path(next_path), notice)
    put_session(request, response, progress)
    return response


def put_session(request: Request, response: Response, progress: Progress) -> None:
    """Give the browser its session, end the one that it had, and take away what led here."""
    end_session(request.app.state.runtime, request.cookies.get(cookies.SESSION, ""))
    cookies.put(response, cookies.SESSION, progress.session or "")
    if progress.browser:
        cookies.put(response, cookies.BROWSER, progress.browser, seconds=BROWSER_SECONDS)
    for name in (cookies.STEP, cookies.CHALLENGE, cookies.LINK):
        cookies.drop(response, name)


def offer(ceremony: Ceremony) -> Response:
    """Hand a ceremony's options to the page's script, and its token to the browser."""
    response = JSONResponse(json.loads(ceremony.options))
    cookies.put(response, cookies.CHALLENGE, ceremony.token, seconds=_STEP_SECONDS)
    return response


def show_again(request: Request, template: str, error: AssentError, **context: Any) -> Response:
    """Show a form once more, with what is wrong; too many tries say when the next one is possible (RFC 6585)."""
    is_early = isinstance(error, TooManyAttempts)
    status = 429 if is_early else max(status_of(error), 400)
    response = render(request, template, status, error=say_error(error), **context)
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.seconds)
    return response
