"""For whoever was invited: purposes, photos and consent on one page, and a personal link at the end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile as Upload

from assent.errors import ConsentMissing, InvalidInput
from assent.people import LONGEST_NAME, Bearer, PurposeSlug
from assent.services.accept_invitation import Acceptance, Accepted, accept_invitation, list_offered
from assent.services.describe_controller import show_controller
from assent.services.judge_own_photo import judge_own_photo
from assent.services.person_sessions import OpenedInvitation, open_invitation
from assent.services.runtime import Runtime
from assent.web import cookies, words
from assent.web.acting import RuntimeHere
from assent.web.one_time_links import show_link
from assent.web.pages import redirect, render
from assent.web.uploads import read_upload
from assent.web.visiting import InvitedHere, require_room_for_photos
from assent.web.words import _

router = APIRouter()

MOST_UPLOADS = 8
_PHOTO_ERROR = re.compile(r"Photo (\d+): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed and ticked; shown again where something lacks. At first nothing is ticked for anybody."""

    name: str = ""
    given_by: str = ""
    ticked: tuple[str, ...] = ()


async def find_chosen_photos(request: Request) -> list[UploadFile]:
    """Find the files of the form; where none was chosen, a browser sends an empty one without a name."""
    form = await request.form()
    chosen = [part for part in form.getlist("photos") if isinstance(part, Upload) and part.filename]
    return [UploadFile(part.file, size=part.size, filename=part.filename) for part in chosen]


ChosenPhotos = Annotated[list[UploadFile], Depends(find_chosen_photos)]


@router.get("/i/{token}")
def follow_invitation(request: Request, runtime: RuntimeHere, token: str) -> Response:
    """Exchange the link's token for a cookie and go on without it in the address."""
    session, language = open_invitation(runtime, token)
    response = redirect(request, "/i")
    cookies.put(response, cookies.PERSON, session)
    if cookies.LANGUAGE not in request.cookies and language in words.LANGUAGES:
        cookies.put(response, cookies.LANGUAGE, language)
    return response


@router.get("/i")
def show_invitation(request: Request, runtime: RuntimeHere, invited: InvitedHere) -> Response:
    """Show what is asked, with nothing ticked."""
    return _render_form(request, runtime, invited, Typed())


@router.post("/i")
def accept(
    request: Request,
    runtime: RuntimeHere,
    invited: InvitedHere,
    name: Annotated[str, Form()] = "",
    given_by: Annotated[str, Form()] = "",
    purpose: Annotated[list[str] | None, Form()] = None,
    *,
    photos: ChosenPhotos,
) -> Response:
    """Enrol in one step; whatever is wrong is said in plain words, with all that was typed and ticked kept."""
    require_room_for_photos(request, runtime, invited.session, is_form=True)
    typed = Typed(name[: LONGEST_NAME + 1], given_by[: LONGEST_NAME + 1], tuple(purpose or ()))
    try:
        acceptance = Acceptance(
            name=name,
            photos=_read_photos(runtime, photos),
            purposes=tuple(PurposeSlug(slug) for slug in purpose or ()),
            language=words.spoken().language,
            given_by=given_by,
        )
        accepted = accept_invitation(runtime, invited, acceptance)
    except (InvalidInput, ConsentMissing) as error:
        return _render_form(request, runtime, invited, typed, say_photo_error(str(error)))
    return _render_link(request, invited, accepted)


@router.post("/i/check")
def check_photo(request: Request, runtime: RuntimeHere, invited: InvitedHere, photo: UploadFile) -> Response:
    """Judge one frame of the person's own camera: nothing is kept, and nobody is compared."""
    require_room_for_photos(request, runtime, invited.session, is_form=False)
    reasons = judge_own_photo(runtime, read_upload(photo, runtime.settings.max_image_bytes))
    return JSONResponse({"is_fit": reasons == ("fit",), "reasons": [say_reason(reason) for reason in reasons]})


def _read_photos(runtime: Runtime, chosen: list[UploadFile]) -> tuple[bytes, ...]:
    if len(chosen) > MOST_UPLOADS:
        raise InvalidInput("Please add fewer photos: up to 8 are enough.")
    return tuple(read_upload(upload, runtime.settings.max_image_bytes) for upload in chosen)


def say_reason(reason: str) -> str:
    """Say in plain words whether a photo would do, or what to do about it."""
    sentences = {
        "fit": _("This will do."),
        "unreadable": _("This is not a picture that can be read."),
        "no-face": _("No face is to be seen yet."),
        "several": _("More than one face is to be seen; be alone in the picture."),
        "too-small": _("Come closer."),
        "too-blurred": _("The picture is blurred; hold still."),
        "too-dark": _("It is too dark; let more light fall on the face."),
        "too-bright": _("It is too bright; turn away from the glare."),
        "turned-away": _("Look straight at the camera."),
        "uncertain-face": _("It is not certain that this is a face; try another picture."),
        "several-faces": _("Another face is in the way; be alone in the picture."),
    }
    return sentences.get(reason, reason)


def say_photo_error(text: str) -> str:
    """Say an error about one photo in the reader's language, sentence by sentence, with the photo's number."""
    found = _PHOTO_ERROR.fullmatch(text)
    if found is None:
        return _(text)
    sentences = " ".join(_(sentence) for sentence in re.split(r"(?<=\.) (?=[A-Z])", found.group(2)))
    return _("Photo %(number)s: %(reasons)s") % {"number": found.group(1), "reasons": sentences}


def _render_form(
    request: Request, runtime: Runtime, invited: OpenedInvitation, typed: Typed, error: str = ""
) -> Response:
    return render(
        request,
        "person/invitation.html",
        422 if error else 200,
        invitation=invited.invitation,
        purposes=list_offered(runtime, invited.invitation, words.spoken().language),
        controller=show_controller(runtime),
        error=error,
        typed=typed,
        most_uploads=MOST_UPLOADS,
        longest_name=LONGEST_NAME,
    )


def _render_link(request: Request, invited: OpenedInvitation, accepted: Accepted) -> Response:
    # The page after this one is already the person's own: its forms must be bound to the new cookie.
    request.cookies[cookies.PERSON] = accepted.session_token
    response = show_link(
        request,
        f"/p/{accepted.link_token}",
        "person/enrolled.html",
        record=accepted.record,
        is_pending=accepted.is_pending,
        is_self=invited.invitation.bearer is Bearer.SELF,
    )
    cookies.put(response, cookies.PERSON, accepted.session_token)
    return response
