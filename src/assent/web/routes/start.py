"""The start page, the choice of language, and what static files need."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from assent.services.demo_samples import list_samples
from assent.web import cookies, words
from assent.web.acting import MaybeMember
from assent.web.navigation import places_for
from assent.web.pages import is_own_path, redirect, render

router = APIRouter()

YEAR_SECONDS = 365 * 24 * 3600


@router.get("/")
def show_start(request: Request, signed_in: MaybeMember) -> Response:
    """Say what Assent is, and to a member where to go."""
    return render(
        request,
        "start/start.html",
        my_places=places_for(signed_in),
        furnished=request.app.state.furnished,
        samples=list_samples(),
    )


@router.post("/language")
def choose_language(
    request: Request, language: Annotated[str, Form()], back: Annotated[str, Form(alias="next")] = "/"
) -> Response:
    """Remember a language and go back to the page."""
    response = redirect(request, back if is_own_path(back) else "/")
    cookies.put(response, cookies.LANGUAGE, words.choose_language(language, ""), seconds=YEAR_SECONDS)
    return response
