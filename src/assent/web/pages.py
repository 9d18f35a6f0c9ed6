"""Pages: rendered from templates in the reader's language, or a redirect with a sentence for the next page."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.routing import Match

from assent import __version__
from assent.web import cookies, words
from assent.web.navigation import places_for

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        words._, words.ngettext, newstyle=True
    )
    environment.filters |= {"day": words.show_day, "moment": words.show_moment, "number": words.show_number}
    environment.globals |= {"version": __version__, "static": static_path, "languages": words.LANGUAGES}
    return environment


@cache
def static_path(name: str) -> str:
    """Give the address of a static file, with a mark of its content so that a new one is fetched."""
    return f"/static/{name}?{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def render_text(template: str, **context: Any) -> str:
    """Render a template that is no page (a mail, a part) in the language of this request."""
    return _environment().get_template(template).render(**context)


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Render a page in the language of this request, for whoever is signed in."""
    signed_in = getattr(request.state, "signed_in", None)
    token = cookies.form_token(request)
    notice = cookies.read_notice(request)
    shared: dict[str, Any] = {
        "signed_in": signed_in,
        "places": places_for(signed_in),
        "path": request.url.path,
        "page_path": _readable_path(request),
        "language": words.spoken().language,
        "notice": notice,
        "csrf": lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(token),
        "is_demonstration": request.app.state.furnished is not None,
    }
    response = HTMLResponse(_environment().get_template(template).render(**shared | context), status)
    if cookies.VISITOR not in request.cookies:
        cookies.put(response, cookies.VISITOR, cookies.visitor_of(request))
    if notice:
        cookies.drop(response, cookies.NOTICE)
    return response


def redirect(_request: Request, path: str, notice: str = "") -> Response:
    """Send the browser on (303) with a sentence for the next page; the path is one of ours, never from a form."""
    response = RedirectResponse(path, 303)
    if notice:
        cookies.put_notice(response, notice)
    return response


def is_own_path(path: str) -> bool:
    """Tell whether a path that a browser brought back stays on this site."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()


def absolute_url(request: Request, path: str) -> str:
    """Write a path as people reach it from outside; never taken from the request's own headers."""
    return f"{str(request.app.state.public_url).rstrip('/')}{path}"


def _readable_path(request: Request) -> str:
    """Find where to come back to after a choice of language: here if it can be read, else the nearest above."""
    path = request.url.path
    while len(path) > 1:
        scope = {**request.scope, "method": "GET", "path": path}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            return path
        path = path.rsplit("/", 1)[0]
    return "/"
