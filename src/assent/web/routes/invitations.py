"""For the steward: who was invited, inviting somebody, and taking an invitation back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from assent.errors import InvalidInput, LinkEnded
from assent.people import USUAL_DAYS, Bearer, PurposeSlug
from assent.services.define_purpose import list_purposes
from assent.services.invite_person import (
    Invited,
    invite_person,
    list_invitations,
    redraw_invitation,
    revoke_invitation,
)
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.web import steward_words, words
from assent.web.acting import RuntimeHere, Steward
from assent.web.errors import say_error
from assent.web.one_time_links import show_link
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()

InvitationPath = Annotated[str, Path(pattern=r"^v_[a-z2-7]{16}$")]


@dataclass(frozen=True, slots=True)
class InvitationForm:
    """What a steward typed; shown again where something lacks."""

    bearer: str = Bearer.SELF.value
    purposes: list[str] = field(default_factory=list)
    language: str = words.LANGUAGES[0]
    note: str = ""
    days: str = str(USUAL_DAYS)
    consent_days: str = ""


@router.get("/invitations")
def show_list(request: Request, runtime: RuntimeHere, steward: Steward) -> Response:
    """List all invitations, the newest first."""
    return _list(request, runtime, steward)


@router.get("/invitations/new")
def show_new(request: Request, runtime: RuntimeHere, _steward: Steward) -> Response:
    """Ask who is invited, and for what."""
    return _ask(request, runtime, InvitationForm())


@router.post("/invitations")
def invite(
    request: Request,
    runtime: RuntimeHere,
    steward: Steward,
    *,
    bearer: Annotated[str, Form()] = "",
    purpose: Annotated[list[str] | None, Form()] = None,
    language: Annotated[str, Form()] = words.LANGUAGES[0],
    note: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    consent_days: Annotated[str, Form()] = "",
) -> Response:
    """Make an invitation and show its link, this once."""
    typed = InvitationForm(bearer, purpose or [], language, note, days, consent_days)
    try:
        invited = invite_person(
            runtime,
            steward.actor,
            bearer=_read_bearer(bearer),
            purposes=[PurposeSlug(slug) for slug in typed.purposes],
            language=language if language in words.LANGUAGES else words.LANGUAGES[0],
            note=note,
            days=_read_days(days) or USUAL_DAYS,
            consent_days=_read_days(consent_days),
        )
    except InvalidInput as error:
        return _ask(request, runtime, typed, say_error(error))
    return _show(request, invited)


@router.post("/invitations/{invitation}/renew")
@router.post("/invitations/{invitation}/print")
def renew(request: Request, runtime: RuntimeHere, steward: Steward, invitation: InvitationPath) -> Response:
    """Draw a new link for an open invitation, to hand over or print; the one before opens nothing any more."""
    try:
        return _show(request, redraw_invitation(runtime, steward.actor, invitation))
    except LinkEnded as error:
        return _list(request, runtime, steward, say_error(error))


@router.post("/invitations/{invitation}/revoke")
def revoke(request: Request, runtime: RuntimeHere, steward: Steward, invitation: InvitationPath) -> Response:
    """Take an invitation back."""
    try:
        revoke_invitation(runtime, steward.actor, invitation)
    except LinkEnded as error:
        return _list(request, runtime, steward, say_error(error))
    return redirect(request, "/invitations", _("The invitation was taken back."))


def _show(request: Request, invited: Invited) -> Response:
    return show_link(
        request, f"/i/{invited.token}", "invitations/link.html", invitation=invited.invitation, say=steward_words
    )


def _list(request: Request, runtime: Runtime, steward: SignedIn, error: str = "") -> Response:
    invitations = list_invitations(runtime, steward.actor)
    return render(
        request,
        "invitations/list.html",
        422 if error else 200,
        invitations=invitations,
        total=len(invitations),
        handles={steward.actor.member.id: steward.actor.member.handle},
        say=steward_words,
        error=error,
    )


def _ask(request: Request, runtime: Runtime, typed: InvitationForm, error: str = "") -> Response:
    return render(
        request,
        "invitations/new.html",
        422 if error else 200,
        typed=typed,
        bearers=[(bearer.value, _(text)) for bearer, text in steward_words.BEARERS.items()],
        purposes=list_purposes(runtime),
        error=error,
    )


def _read_bearer(text: str) -> Bearer:
    try:
        return Bearer(text)
    except ValueError:
        raise InvalidInput("Say who gets the link.") from None


def _read_days(text: str) -> int | None:
    typed = text.strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit()) or len(typed) > 4:  # noqa: PLR2004 (ten thousand days are enough)
        raise InvalidInput("Give a number of days.")
    return int(typed)
