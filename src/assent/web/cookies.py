"""Cookies: their names, their flags, and the token that a form must bring back (OWASP ASVS 5.0, V3.3 and V3.5)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote, unquote

from fastapi import Request, Response

# The prefix makes a browser refuse the cookie unless it is Secure, of this host alone and for the whole site.
SESSION = "__Host-assent-session"
PERSON = "__Host-assent-person"
VISITOR = "__Host-assent-visitor"
NOTICE = "__Host-assent-notice"
LANGUAGE = "__Host-assent-language"
LINK = "__Host-assent-link"
STEP = "__Host-assent-step"
CHALLENGE = "__Host-assent-challenge"
BROWSER = "__Host-assent-browser"

LONGEST_NOTICE = 500


def put(response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Set a cookie that no script reads and no other site sends along; without `seconds` it ends with the browser."""
    response.set_cookie(name, value, seconds, path="/", secure=True, httponly=True, samesite="lax")


def drop(response: Response, name: str) -> None:
    """Make the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def visitor_of(request: Request) -> str:
    """Read the random value that ties forms to this browser, made when first needed."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = request.cookies.get(VISITOR) or secrets.token_urlsafe(32)
    return str(request.state.visitor)


def form_token(request: Request) -> str:
    """Make the token that every form carries: bound to the browser and to whoever is signed in there."""
    bound = f"{request.cookies.get(SESSION, '')} {request.cookies.get(PERSON, '')}"
    return hmac.new(visitor_of(request).encode(), bound.encode(), hashlib.sha256).hexdigest()


def put_notice(response: Response, text: str) -> None:
    """Leave a sentence for the next page; it names nobody."""
    put(response, NOTICE, quote(text[:LONGEST_NOTICE]), seconds=60)


def read_notice(request: Request) -> str:
    """Read the sentence that the page before left."""
    return unquote(request.cookies.get(NOTICE, ""))[:LONGEST_NOTICE]
