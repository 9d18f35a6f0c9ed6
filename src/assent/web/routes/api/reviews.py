"""Reviews through the API: what is seen first, the scores after that, then a conclusion; each reviewer alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from assent.errors import NotFound
from assent.search import (
    Conclusion,
    Feature,
    Finding,
    Observation,
    ReviewOutcome,
    ReviewState,
)
from assent.services.review_candidates import (
    list_reviews,
    open_review,
    record_conclusion,
    record_observations,
    reveal_scores,
    show_review,
)
from assent.web.acting import RuntimeHere
from assent.web.routes.api.bearers import ReviewBearer
from assent.web.routes.api.documents import Document, Picture, SearchPath, Sent, bounded, jpeg

router = APIRouter(tags=["reviews"])

LabelPath = Annotated[str, Path(pattern=r"^[A-Z][0-9]{0,3}$")]
LONGEST_TEXT = 4_000


class OutcomeDocument(Document):
    """What the reviews of a search add up to so far."""

    state: ReviewState
    conclusions: int
    is_disputed: bool


class TaskDocument(Document):
    """A search that awaits your review, or that you reviewed; the outcome is null until you have concluded."""

    search: str
    purpose: str
    ended_at: datetime
    has_concluded: bool
    outcome: OutcomeDocument | None


class ObservationDocument(Document):
    """What a reviewer sees in one candidate, by features and in words."""

    features: dict[Feature, Finding]
    text: str


class ObservationSent(Sent):
    """What you see in one candidate."""

    features: dict[Feature, Finding]
    text: Annotated[str, bounded(LONGEST_TEXT)] = ""


class BlindCandidateDocument(Document):
    """A candidate under a letter of your own, without name, score or rank."""

    label: str
    has_portrait: bool
    observation: ObservationDocument | None


class OpenedReviewDocument(Document):
    """A search to be reviewed."""

    search: str
    purpose: str
    candidates: list[BlindCandidateDocument]


class ScoreDocument(Document):
    """A candidate with what the search found."""

    label: str
    rank: int
    person: str
    distance: float
    name: str | None


class ConclusionSent(Sent):
    """What you conclude; `label` names the candidate who is the same person, and nobody otherwise."""

    conclusion: Conclusion
    label: Annotated[str, bounded(4)] | None = None


class ReviewerDocument(Document):
    """One reviewer's conclusion."""

    reviewer: str
    conclusion: Conclusion | None
    decided_at: datetime | None


class ShownReviewDocument(Document):
    """How a search was reviewed."""

    outcome: OutcomeDocument
    person: str | None
    reviews: list[ReviewerDocument]


@router.get("/reviews")
def list_all(runtime: RuntimeHere, bearer: ReviewBearer) -> list[TaskDocument]:
    """List what awaits your review and what you reviewed, oldest first."""
    return [
        TaskDocument(
            search=task.search,
            purpose=task.purpose,
            ended_at=task.ended_at,
            has_concluded=task.review is not None and task.review.conclusion is not None,
            outcome=_describe(task.outcome) if task.outcome else None,
        )
        for task in list_reviews(runtime, bearer.actor)
    ]


@router.get("/reviews/{search}")
def open_one(runtime: RuntimeHere, bearer: ReviewBearer, search: SearchPath) -> OpenedReviewDocument:
    """Show what is to be reviewed, in an order of your own."""
    opened = open_review(runtime, bearer.actor, search)
    return OpenedReviewDocument(
        search=opened.search,
        purpose=opened.purpose,
        candidates=[
            BlindCandidateDocument(
                label=blind.label,
                has_portrait=blind.portrait is not None,
                observation=_describe_observation(blind.observation),
            )
            for blind in opened.candidates
        ],
    )


@router.get("/reviews/{search}/probe", response_class=Picture, responses=jpeg())
def show_probe(runtime: RuntimeHere, bearer: ReviewBearer, search: SearchPath) -> Picture:
    """Show the probe of a search to be reviewed."""
    return Picture(open_review(runtime, bearer.actor, search).probe_portrait)


@router.get("/reviews/{search}/candidates/{label}/portrait", response_class=Picture, responses=jpeg())
def show_portrait(runtime: RuntimeHere, bearer: ReviewBearer, search: SearchPath, label: LabelPath) -> Picture:
    """Show the portrait of a candidate to be reviewed."""
    for blind in open_review(runtime, bearer.actor, search).candidates:
        if blind.label == label and blind.portrait is not None:
            return Picture(blind.portrait)
    raise NotFound("There is no such candidate (any more).")


@router.put("/reviews/{search}/observations/{label}", status_code=204)
def observe(
    runtime: RuntimeHere, bearer: ReviewBearer, search: SearchPath, label: LabelPath, sent: ObservationSent
) -> Response:
    """Record what you see in a candidate, for good."""
    record_observations(runtime, bearer.actor, search, {label: Observation(sent.features, sent.text)})
    return Response(status_code=204)


@router.get("/reviews/{search}/scores")
def reveal(runtime: RuntimeHere, bearer: ReviewBearer, search: SearchPath) -> list[ScoreDocument]:
    """Show ranks, distances and names, once you have observed every candidate."""
    return [
        ScoreDocument(
            label=found.label,
            rank=found.candidate.rank,
            person=found.candidate.person,
            distance=found.candidate.distance,
            name=found.name,
        )
        for found in reveal_scores(runtime, bearer.actor, search)
    ]


@router.post("/reviews/{search}/conclusion")
def conclude(runtime: RuntimeHere, bearer: ReviewBearer, search: SearchPath, sent: ConclusionSent) -> OutcomeDocument:
    """Record your conclusion, for good."""
    return _describe(record_conclusion(runtime, bearer.actor, search, sent.conclusion, label=sent.label))


@router.get("/reviews/{search}/outcome")
def show_outcome(runtime: RuntimeHere, bearer: ReviewBearer, search: SearchPath) -> ShownReviewDocument:
    """Show how a search was reviewed: to its holder, and to reviewers who have concluded."""
    shown = show_review(runtime, bearer.actor, search)
    return ShownReviewDocument(
        outcome=_describe(shown.outcome),
        person=shown.person,
        reviews=[ReviewerDocument.model_validate(review) for review in shown.reviews],
    )


def _describe(outcome: ReviewOutcome) -> OutcomeDocument:
    return OutcomeDocument.model_validate(outcome)


def _describe_observation(observation: Observation | None) -> ObservationDocument | None:
    if observation is None:
        return None
    features: Mapping[Feature, Finding] = observation.features
    return ObservationDocument(features=dict(features), text=observation.text)
