"""For reviewers: look first, record what is seen, then see distances and names, then conclude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import JSONResponse

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.mandates import Role
from assent.search import Conclusion, Feature, Finding, Observation
from assent.services.find_eyes import find_eyes
from assent.services.review_candidates import (
    BlindCandidate,
    OpenedReview,
    list_reviews,
    open_review,
    record_conclusion,
    record_observations,
    reveal_scores,
    show_review,
)
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.web import search_words
from assent.web.acting import AnyMember, RuntimeHere, require
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()

JPEG = "image/jpeg"
Reviewer = Annotated[SignedIn, Depends(require(Role.SEARCHER, Role.APPROVER))]
SearchPath = Annotated[str, Path(pattern=r"^s_[a-z2-7]{16}$")]
LabelPath = Annotated[str, Path(pattern=r"^[A-Z][0-9]{0,3}$")]


async def read_typed(request: Request) -> dict[str, str]:
    """Read the form's fields, whose names depend on the candidates."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Typed = Annotated[Mapping[str, str], Depends(read_typed)]


@router.get("/reviews")
def show_queue(request: Request, runtime: RuntimeHere, reviewer: Reviewer) -> Response:
    """Show what waits for this reviewer and what they reviewed."""
    tasks = list_reviews(runtime, reviewer.actor)
    done = [task for task in tasks if task.review is not None and task.review.conclusion is not None]
    waiting = [task for task in tasks if task not in done]
    return render(request, "reviews/queue.html", waiting=waiting, done=done[::-1], say=search_words)


@router.get("/reviews/{search}")
def show_one(request: Request, runtime: RuntimeHere, reviewer: Reviewer, search: SearchPath) -> Response:
    """Show a review at the step that this reviewer has reached."""
    try:
        show_review(runtime, reviewer.actor, search)
    except RoleMissing:
        return _show(request, runtime, reviewer, search)
    return redirect(request, f"/reviews/{search}/outcome")


@router.post("/reviews/{search}/observations")
def observe(request: Request, runtime: RuntimeHere, reviewer: Reviewer, search: SearchPath, typed: Typed) -> Response:
    """Keep what the reviewer sees, for good; the distances come after that."""
    try:
        opened = open_review(runtime, reviewer.actor, search)
        seen = {found.label: _read_observation(found.label, typed) for found in _list_unobserved(opened)}
        record_observations(runtime, reviewer.actor, search, seen)
    except InvalidInput as error:
        return _show(request, runtime, reviewer, search, error=say_error(error), typed=typed)
    return redirect(request, f"/reviews/{search}", _("Recorded. It cannot be changed any more."))


@router.post("/reviews/{search}/conclusion")
def conclude(
    request: Request,
    runtime: RuntimeHere,
    reviewer: Reviewer,
    search: SearchPath,
    conclusion: Annotated[str, Form()] = "",
) -> Response:
    """Keep the reviewer's conclusion, for good: `nobody`, `inconclusive`, or the label of who is the same person."""
    if not conclusion:
        return _show(request, runtime, reviewer, search, error=_("Choose a conclusion."))
    try:
        if conclusion in {Conclusion.NOBODY.value, Conclusion.INCONCLUSIVE.value}:
            record_conclusion(runtime, reviewer.actor, search, Conclusion(conclusion))
        else:
            record_conclusion(runtime, reviewer.actor, search, Conclusion.SAME_PERSON, label=conclusion)
    except InvalidInput as error:
        return _show(request, runtime, reviewer, search, error=say_error(error))
    return redirect(request, f"/reviews/{search}/outcome", _("Your conclusion is on record."))


@router.get("/reviews/{search}/outcome")
def show_outcome(request: Request, runtime: RuntimeHere, member: AnyMember, search: SearchPath) -> Response:
    """Show what the reviews add up to: to reviewers who have concluded, the search's holder and overseers."""
    shown = show_review(runtime, member.actor, search)
    return render(request, "reviews/outcome.html", shown=shown, mine=member.actor.member.id, say=search_words)


@router.get("/reviews/{search}/probe.jpg")
def show_probe(runtime: RuntimeHere, reviewer: Reviewer, search: SearchPath) -> Response:
    """Show the probe to a reviewer."""
    return Response(open_review(runtime, reviewer.actor, search).probe_portrait, media_type=JPEG)


@router.get("/reviews/{search}/candidates/{label}.jpg")
def show_candidate(runtime: RuntimeHere, reviewer: Reviewer, search: SearchPath, label: LabelPath) -> Response:
    """Show a candidate to a reviewer, by the label that only this reviewer sees it under."""
    return Response(_find_portrait(open_review(runtime, reviewer.actor, search), label), media_type=JPEG)


@router.get("/reviews/{search}/eyes/{label}")
def locate_eyes(runtime: RuntimeHere, reviewer: Reviewer, search: SearchPath, label: LabelPath) -> Response:
    """Tell where the eyes are on probe and candidate, for the viewer."""
    opened = open_review(runtime, reviewer.actor, search)
    candidate = _find_portrait(opened, label)
    return JSONResponse(
        {"probe": find_eyes(runtime, opened.probe_portrait), "candidate": find_eyes(runtime, candidate)}
    )


def _show(
    request: Request,
    runtime: Runtime,
    reviewer: SignedIn,
    search: str,
    *,
    error: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    try:
        opened = open_review(runtime, reviewer.actor, search)
    except InvalidInput as nothing:
        return redirect(request, "/reviews", say_error(nothing))
    unobserved = _list_unobserved(opened)
    revealed = [] if unobserved else reveal_scores(runtime, reviewer.actor, search)
    return render(
        request,
        "reviews/observe.html" if unobserved else "reviews/conclude.html",
        422 if error else 200,
        opened=opened,
        unobserved=unobserved,
        revealed=revealed,
        features=list(Feature),
        findings=list(Finding),
        error=error,
        typed=typed or {},
        say=search_words,
    )


def _list_unobserved(opened: OpenedReview) -> list[BlindCandidate]:
    return [found for found in opened.candidates if found.portrait is not None and found.observation is None]


def _read_observation(label: str, typed: Mapping[str, str]) -> Observation:
    findings = {feature: typed.get(f"{label}.{feature.value}", "") for feature in Feature}
    try:
        features = {feature: Finding(finding) for feature, finding in findings.items() if finding}
    except ValueError:
        raise InvalidInput(_("A finding is similar, different or not visible.")) from None
    if not features:
        raise InvalidInput(_("Say of candidate %(label)s what you see in at least one feature.") % {"label": label})
    return Observation(features, typed.get(f"{label}.text", ""))


def _find_portrait(opened: OpenedReview, label: str) -> bytes:
    for found in opened.candidates:
        if found.label == label and found.portrait is not None:
            return found.portrait
    raise NotFound("There is no such candidate (any more).")
