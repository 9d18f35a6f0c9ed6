"""The one table from an error to a status and a page; the API answers with problem details (RFC 9457)."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from assent.errors import AssentError, InvalidInput, NotFound, Refused, Unavailable, VerificationError
from assent.web.acting import ConfirmationNeeded, SignInNeeded
from assent.web.pages import redirect, render
from assent.web.sentence_words import say_sentence
from assent.web.words import _

STATUSES: tuple[tuple[type[AssentError], int], ...] = (
    (InvalidInput, 422),
    (Refused, 403),
    (NotFound, 404),
    (VerificationError, 409),
    (Unavailable, 503),
)
API = "/api/"


def status_of(error: AssentError) -> int:
    """Choose the status of an error; one that stands nowhere in the table is our own mistake."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def say_error(error: AssentError) -> str:
    """Say an error in the language of this request."""
    return say_sentence(str(error))


def add_error_pages(app: FastAPI) -> None:
    """Make every error a page, or problem details under /api/."""
    app.add_exception_handler(AssentError, _answer_assent_error)
    app.add_exception_handler(SignInNeeded, _answer_sign_in_needed)
    app.add_exception_handler(ConfirmationNeeded, _answer_confirmation_needed)
    app.add_exception_handler(RequestValidationError, _answer_bad_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(Exception, _answer_crash)


def problem(status: int, reason: str, detail: str, **more: object) -> Response:
    """Problem details: `type` names the reason, which is stable; `detail` is a sentence."""
    body = {
        "type": f"urn:assent:{reason}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "reason": reason,
        "detail": detail,
    }
    return JSONResponse(body | more, status, media_type="application/problem+json")


def _answer(request: Request, status: int, reason: str, detail: str) -> Response:
    if request.url.path.startswith(API):
        return problem(status, reason, detail)
    return render(request, "error.html", status, code=status, detail=detail)


def _answer_assent_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AssentError):
        raise error
    return _answer(request, status_of(error), error.reason, say_error(error))


def _answer_sign_in_needed(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith(API):
        answer = problem(401, "sign-in-needed", "Bring a token in force in the Authorization header.")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    way = f"/sign-in?next={quote(request.url.path)}" if request.method == "GET" else "/sign-in"
    return redirect(request, way, _("Please sign in."))


def _answer_confirmation_needed(request: Request, _error: Exception) -> Response:
    way = request.url.path if request.method == "GET" else "/"
    return redirect(request, f"/confirm?next={quote(way)}", _("Please confirm that it is you; then do it once more."))


def _answer_bad_request(request: Request, error: Exception) -> Response:
    # Field names only: what was typed is never repeated in an error.
    fields = sorted({str(part["loc"][-1]) for part in getattr(error, "errors", list)()})
    named = ", ".join(fields)
    detail = _("Something is missing or cannot be read: %(fields)s.") % {"fields": named}
    return _answer(request, 422, "invalid-input", detail)


def _answer_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentences = {
        404: _("There is no such page."),
        405: _("This page does not work in that way."),
        403: _("This form is too old, or came from elsewhere. Open the page again and repeat it."),
        408: _("The upload took too long."),
        413: _("That is too large."),
        429: _("Too many tries. Please wait a little."),
    }
    reason = HTTPStatus(status).phrase.lower().replace(" ", "-")
    answer = _answer(request, status, reason, sentences.get(status, HTTPStatus(status).phrase))
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _answer_crash(request: Request, _error: Exception) -> Response:
    # A number to name when asking for help; it stands in the log beside the traceback, and says nothing else.
    number = getattr(request.state, "request_id", None) or secrets.token_hex(8)
    detail = _("Something went wrong on our side. Nothing was shown to anybody. Number: %(number)s") % {
        "number": number
    }
    return _answer(request, 500, "crashed", detail)
