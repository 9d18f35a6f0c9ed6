"""For the searcher: bring a photo, choose a face, say why, read the result and one's own history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Cookie, Form, Path, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from assent.errors import AssentError, FaceUnfit, InvalidInput, NoFaceFound, NotFound, Refused, SeveralFacesFound
from assent.mandates import Licence, LicenceState, ProbeSource, SearchRequest
from assent.people import PurposeSlug, is_identifier
from assent.services.find_eyes import find_eyes
from assent.services.hold_photo import HOLDING_TIME, HeldPhoto, drop_held, hold_photo, open_held
from assent.services.issue_licence import list_licences
from assent.services.open_case import list_cases, open_case
from assent.services.request_search import is_approval_needed, request_search
from assent.services.run_search import run_approved_search, run_search
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.services.show_search import list_own_searches, read_own_candidate, read_own_probe, show_search
from assent.web import cookies, search_words
from assent.web.acting import RuntimeHere, Searcher
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.uploads import read_upload
from assent.web.words import _

router = APIRouter()

HELD = "__Host-assent-photo"
JPEG = "image/jpeg"
COUNTED = (SeveralFacesFound, NoFaceFound, FaceUnfit)
"""What comes only once a search has started: it counts as a failed one."""

SearchPath = Annotated[str, Path(pattern=r"^s_[a-z2-7]{16}$")]
HeldToken = Annotated[str, Cookie(alias=HELD)]


@dataclass(frozen=True, slots=True)
class AskedForm:
    """What a searcher typed; shown again where something is missing."""

    licence: str = ""
    purpose: str = ""
    case: str = ""
    new_case: str = ""
    source: str = ""
    justification: str = ""
    face: int | None = None
    is_urgent: bool = False


@router.get("/searches")
def show_history(request: Request, runtime: RuntimeHere, searcher: Searcher) -> Response:
    """Show one's own searches, refused ones included, and what is left of one's licences."""
    return render(
        request,
        "searches/history.html",
        history=list_own_searches(runtime, searcher.actor),
        licences=_list_licences(runtime, searcher),
        say=search_words,
    )


@router.get("/searches/new")
def show_new(request: Request, runtime: RuntimeHere, searcher: Searcher) -> Response:
    """Ask for a photo."""
    return _ask_for_photo(request, runtime, searcher)


@router.post("/searches/photo")
def bring_photo(request: Request, runtime: RuntimeHere, searcher: Searcher, photo: UploadFile) -> Response:
    """Look at a photo and hold it, sealed, while its face is chosen."""
    try:
        token = hold_photo(runtime, searcher.actor, read_upload(photo, runtime.settings.max_image_bytes))
    except InvalidInput as error:
        return _ask_for_photo(request, runtime, searcher, say_error(error), status=422)
    return _keep_token(redirect(request, "/searches/new/faces"), token)


@router.post("/searches/new/drop")
def drop_photo(request: Request, runtime: RuntimeHere, searcher: Searcher) -> Response:
    """Destroy the photo that is held."""
    drop_held(runtime, searcher.actor)
    return _forget_token(redirect(request, "/searches/new", _("The photo was destroyed.")))


@router.get("/searches/new/faces")
def show_faces(request: Request, runtime: RuntimeHere, searcher: Searcher, token: HeldToken = "") -> Response:
    """Show the faces found, and ask for everything else."""
    try:
        held = open_held(runtime, searcher.actor, token)
    except NotFound as error:
        return _forget_token(redirect(request, "/searches/new", say_error(error)))
    return _ask_for_mandate(request, runtime, searcher, held, AskedForm())


@router.get("/searches/new/faces/{number}.jpg")
def show_face(runtime: RuntimeHere, searcher: Searcher, number: int, token: HeldToken = "") -> Response:
    """Show one face of the photo that is held."""
    held = open_held(runtime, searcher.actor, token)
    for face in held.faces:
        if face.number == number:
            return Response(face.portrait, media_type=JPEG)
    raise NotFound(f"The photo has no face {number}.")


@router.post("/searches")
def start_search(  # noqa: PLR0917 (one parameter for each field of the form)
    request: Request,
    runtime: RuntimeHere,
    searcher: Searcher,
    photo: UploadFile | None = None,
    licence: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
    case: Annotated[str, Form()] = "",
    new_case: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    justification: Annotated[str, Form()] = "",
    face: Annotated[int | None, Form()] = None,
    urgent: Annotated[str, Form()] = "",
    token: HeldToken = "",
) -> Response:
    """Search with the photo in this form or the one that is held; or ask for approval where the licence demands it."""
    asked = AskedForm(licence, purpose, case, new_case, source, justification, face, is_urgent=bool(urgent))
    brought = None
    try:
        if photo is not None and photo.filename:
            brought = read_upload(photo, runtime.settings.max_image_bytes)
        else:
            brought = open_held(runtime, searcher.actor, token).photo
        search = _carry_out(runtime, searcher, asked, brought)
    except InvalidInput as error:
        return _ask_again(request, runtime, searcher, asked, brought, error, token)
    except Refused as refusal:
        return render(
            request, "searches/refused.html", 403, detail=say_error(refusal), is_held=bool(token), say=search_words,
            cause=refusal.reason,
        )  # fmt: skip
    if token:
        drop_held(runtime, searcher.actor)
    return _forget_token(redirect(request, f"/searches/{search}"))


@router.get("/searches/{search}")
def show_one(request: Request, runtime: RuntimeHere, searcher: Searcher, search: SearchPath) -> Response:
    """Show one's own search as it was recorded, without who withdrew since."""
    shown = show_search(runtime, searcher.actor, search)
    return render(request, "searches/show.html", shown=shown, say=search_words)


@router.post("/searches/{search}/run")
def run_approved(request: Request, runtime: RuntimeHere, searcher: Searcher, search: SearchPath) -> Response:
    """Run what was approved, on the photo that was approved."""
    show_search(runtime, searcher.actor, search)
    try:
        run_approved_search(runtime, searcher.actor, search)
    except COUNTED as error:
        return redirect(request, f"/searches/{search}", say_error(error))
    return redirect(request, f"/searches/{search}")


@router.get("/searches/{search}/probe.jpg")
def show_probe(runtime: RuntimeHere, searcher: Searcher, search: SearchPath) -> Response:
    """Show what was brought to one's own search."""
    return Response(read_own_probe(runtime, searcher.actor, search), media_type=JPEG)


@router.get("/searches/{search}/candidates/{rank}.jpg")
def show_candidate(runtime: RuntimeHere, searcher: Searcher, search: SearchPath, rank: int) -> Response:
    """Show a candidate of one's own search."""
    return Response(read_own_candidate(runtime, searcher.actor, search, rank), media_type=JPEG)


@router.get("/searches/{search}/eyes/{rank}")
def locate_eyes(runtime: RuntimeHere, searcher: Searcher, search: SearchPath, rank: int) -> Response:
    """Tell where the eyes are on probe and candidate, for the viewer."""
    probe = find_eyes(runtime, read_own_probe(runtime, searcher.actor, search))
    candidate = find_eyes(runtime, read_own_candidate(runtime, searcher.actor, search, rank))
    return JSONResponse({"probe": probe, "candidate": candidate})


def _carry_out(runtime: Runtime, searcher: SignedIn, asked: AskedForm, photo: bytes) -> str:
    try:
        source = ProbeSource(asked.source)
    except ValueError:
        raise InvalidInput(_("Say where the photo comes from.")) from None
    purpose = PurposeSlug(asked.purpose)
    ask = SearchRequest(
        licence=asked.licence,
        case_number=_find_case_number(runtime, searcher, asked, purpose),
        purpose=purpose,
        probe_source=source,
        justification=asked.justification,
    )
    if not asked.is_urgent and is_approval_needed(runtime, asked.licence):
        return request_search(runtime, searcher.actor, ask, photo, face_number=asked.face).search
    result = run_search(
        runtime, searcher.actor, ask, photo, face_number=asked.face, is_urgent=asked.is_urgent, is_shown=False
    )
    return result.permit.search


def _find_case_number(runtime: Runtime, searcher: SignedIn, asked: AskedForm, purpose: PurposeSlug) -> str:
    if asked.new_case.strip():
        return open_case(runtime, searcher.actor, number=asked.new_case, purpose=purpose).number
    if not is_identifier(asked.case, "c"):
        return asked.case
    numbers = {case.id: case.number for case in list_cases(runtime, searcher.actor)}
    return next((number for case, number in numbers.items() if case == asked.case), asked.case)


def _ask_again(
    request: Request,
    runtime: Runtime,
    searcher: SignedIn,
    asked: AskedForm,
    photo: bytes | None,
    error: AssentError,
    token: str,
) -> Response:
    """Show the form again with what was typed; a photo that came along is held, so that its face can be chosen."""
    sentence = say_error(error)
    if isinstance(error, COUNTED):
        sentence += " " + _("The search had started, so it counts as a failed one.")
    try:
        if photo is not None:
            token = hold_photo(runtime, searcher.actor, photo)
        held = open_held(runtime, searcher.actor, token)
    except (InvalidInput, NotFound):
        return _ask_for_photo(request, runtime, searcher, sentence, status=422)
    return _keep_token(_ask_for_mandate(request, runtime, searcher, held, asked, sentence), token)


def _ask_for_photo(
    request: Request, runtime: Runtime, searcher: SignedIn, error: str = "", status: int = 200
) -> Response:
    return render(
        request,
        "searches/new.html",
        status,
        error=error,
        minutes=int(HOLDING_TIME.total_seconds() // 60),
        licences=_list_licences(runtime, searcher),
        say=search_words,
    )


def _ask_for_mandate(
    request: Request, runtime: Runtime, searcher: SignedIn, held: HeldPhoto, asked: AskedForm, error: str = ""
) -> Response:
    usable = [licence for licence, state in _list_licences(runtime, searcher).items() if state is LicenceState.IN_FORCE]
    return render(
        request,
        "searches/faces.html",
        422 if error else 200,
        error=error,
        asked=asked,
        faces=held.faces,
        licences=usable,
        purposes=[(slug, slug) for slug in sorted({slug for licence in usable for slug in licence.purposes})],
        cases=[case for case in list_cases(runtime, searcher.actor) if case.closed_at is None and case.number],
        sources=search_words.SOURCES,
        say=search_words,
    )


def _list_licences(runtime: Runtime, searcher: SignedIn) -> Mapping[Licence, LicenceState]:
    at = runtime.clock()
    mine = [licence for licence in list_licences(runtime, searcher.actor) if licence.holder == searcher.actor.member.id]
    return {licence: licence.state_at(at) for licence in mine}


def _keep_token(response: Response, token: str) -> Response:
    cookies.put(response, HELD, token, seconds=int(HOLDING_TIME.total_seconds()))
    return response


def _forget_token(response: Response) -> Response:
    cookies.drop(response, HELD)
    return response
