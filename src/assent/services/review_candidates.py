"""Review candidates: each reviewer looks alone, records what they see, and only then is shown the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, Role, SearchId, outcome_of, probe_of
from assent.people import PersonId, PurposeSlug
from assent.search import (
    Candidate,
    Conclusion,
    Observation,
    Rarity,
    Review,
    ReviewOutcome,
    Search,
    SearchState,
    check_observation,
    label_candidates,
    observations_to_bytes,
    settle,
)
from assent.services.accounting import record_entry
from assent.services.pack_calibration import describe_rarities
from assent.services.run_search import PROBE_PHOTO
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import people as stored_people
from assent.storage import reviews as stored_reviews
from assent.storage import searches as stored_searches


@dataclass(frozen=True, slots=True)
class ReviewTask:
    """A search that awaits this reviewer, or that they reviewed; `outcome` is hidden until they have concluded."""

    search: SearchId
    purpose: PurposeSlug
    ended_at: datetime
    review: Review | None
    outcome: ReviewOutcome | None


@dataclass(frozen=True, slots=True)
class BlindCandidate:
    """A candidate as a reviewer first sees it: no name, score or rank. Without a portrait (JPEG) it is gone by now."""

    label: str
    portrait: bytes | None
    observation: Observation | None


@dataclass(frozen=True, slots=True)
class OpenedReview:
    """The probe (JPEG) and the candidates in an order of this reviewer's own, with what they have recorded so far."""

    search: SearchId
    purpose: PurposeSlug
    probe_portrait: bytes
    candidates: tuple[BlindCandidate, ...]


@dataclass(frozen=True, slots=True)
class RevealedCandidate:
    """A candidate with what the search found; `name` is None where the person is gone by now."""

    label: str
    candidate: Candidate
    name: str | None
    observation: Observation | None
    threshold: float
    rarity: Rarity


@dataclass(frozen=True, slots=True)
class ShownReview:
    """What the reviews of a search add up to; `person` and `name` of whom two confirmed, as long as they are held."""

    search: SearchId
    outcome: ReviewOutcome
    person: str | None
    name: str | None
    reviews: tuple[Review, ...]
    observations: Mapping[str, Mapping[int, Observation]]


@dataclass(frozen=True, slots=True)
class _Desk:
    """One reviewer's view of one search, read in one transaction."""

    search: Search
    labelled: Mapping[str, Candidate]
    shown: frozenset[str]
    reviews: Sequence[Review]
    observations: Mapping[int, Observation]
    mine: Review | None

    @property
    def unobserved(self) -> list[str]:
        """The labels of candidates that can be seen and about which nothing is recorded yet."""
        return [label for label in sorted(self.shown) if self.labelled[label].rank not in self.observations]


def list_reviews(runtime: Runtime, actor: Actor) -> list[ReviewTask]:
    """List what awaits this reviewer and what they reviewed, oldest first; takes a searcher or approver."""
    actor.require_role(Role.SEARCHER, Role.APPROVER)
    tasks = []
    with runtime.database.snapshot() as view:
        reviews = stored_reviews.load_reviews_by_search(view)
        for search, purpose, ended_at in stored_reviews.list_reviewable(view, apart_from=actor.member.id):
            found = reviews.get(search, [])
            outcome, mine = settle(found), _find_own(found, actor)
            if mine is None and outcome.is_settled:
                continue
            seen = outcome if mine is not None and mine.conclusion is not None else None
            tasks.append(ReviewTask(SearchId(search), PurposeSlug(purpose), ended_at, mine, seen))
    return tasks


def open_review(runtime: Runtime, actor: Actor, search: str) -> OpenedReview:
    """Show the probe and the candidates, without names, scores and ranks; takes a searcher or approver, not the holder.

    Raises RoleMissing, NotFound where a rule ended the pictures, InvalidInput where nothing is to be reviewed.
    """
    with runtime.database.snapshot() as view:
        desk = _open_desk(runtime, view, actor, search)
    return OpenedReview(
        search=desk.search.id,
        purpose=desk.search.purpose,
        probe_portrait=runtime.photos.read(probe_of(desk.search.id), PROBE_PHOTO),
        candidates=tuple(
            BlindCandidate(
                label,
                _read_portrait(runtime, candidate) if label in desk.shown else None,
                desk.observations.get(candidate.rank),
            )
            for label, candidate in desk.labelled.items()
        ),
    )


def record_observations(runtime: Runtime, actor: Actor, search: str, observations: Mapping[str, Observation]) -> None:
    """Keep what the reviewer sees in candidates, by their labels, durably and for good.

    Raises RoleMissing, NotFound, or InvalidInput for a candidate that is not there or was observed before: what was
    written before the scores were shown must stay what it was.
    """
    checked = {label: check_observation(observation) for label, observation in observations.items()}
    with runtime.database.transaction() as transaction:
        desk = _open_desk(runtime, transaction, actor, search)
        _require_undecided(desk)
        merged = dict(desk.observations)
        for label, observation in checked.items():
            rank = _require_shown(desk, label).rank
            if rank in merged:
                raise InvalidInput(f"What you saw in candidate {label} is recorded already and cannot be changed.")
            merged[rank] = observation
        at = runtime.clock()
        stored_reviews.record_observations(transaction, runtime.vault, desk.search.id, actor.member.id, merged, at)


def reveal_scores(runtime: Runtime, actor: Actor, search: str) -> list[RevealedCandidate]:
    """Show ranks, distances and names, nearest first, once the reviewer has observed every candidate there is.

    Raises RoleMissing, NotFound, or InvalidInput that says which candidates are left to observe.
    """
    with runtime.database.snapshot() as view:
        desk = _open_desk(runtime, view, actor, search)
        _require_observed(desk)
        names = {label: _find_name(runtime, view, desk.labelled[label].person) for label in desk.shown}
        outcome = desk.search.outcome
        size, threshold = (outcome.gallery_size, outcome.threshold) if outcome else (0, 0.0)
        distances = [candidate.distance for candidate in desk.labelled.values()]
        rarities = describe_rarities(runtime, view, desk.search.purpose, distances, size, desk.search.started_at)
    revealed = [
        RevealedCandidate(label, candidate, names.get(label), desk.observations.get(candidate.rank), threshold, rarity)
        for (label, candidate), rarity in zip(desk.labelled.items(), rarities, strict=True)
    ]
    return sorted(revealed, key=lambda found: found.candidate.rank)


def record_conclusion(
    runtime: Runtime, actor: Actor, search: str, conclusion: Conclusion, *, label: str | None = None
) -> ReviewOutcome:
    """Keep the reviewer's conclusion for good; the outcome so far comes back. `label` says who is the same person.

    Raises RoleMissing, NotFound, or InvalidInput if candidates are left to observe, or something was concluded before.
    """
    if (label is not None) != (conclusion is Conclusion.SAME_PERSON):
        raise InvalidInput("Name the candidate who is the same person, and nobody otherwise.")
    with runtime.database.transaction() as transaction:
        desk = _open_desk(runtime, transaction, actor, search)
        _require_undecided(desk)
        _require_observed(desk)
        candidate = None if label is None else _require_shown(desk, label)
        at = runtime.clock()
        rank = None if candidate is None else candidate.rank
        stored_reviews.record_conclusion(transaction, desk.search.id, actor.member.id, conclusion, rank, at)
        committed = {"observations": observations_to_bytes(desk.observations)}
        if candidate is not None:
            committed["candidate"] = candidate.person.encode()
        fields: dict[str, JsonValue] = {"search": desk.search.id, "conclusion": conclusion.value}
        record_entry(
            runtime,
            transaction,
            EntryKind.CANDIDATE_REVIEWED,
            actor=actor,
            at=at,
            fields=fields,
            subject=outcome_of(desk.search.id),
            committed=committed,
        )
        return settle(stored_reviews.load_reviews(transaction, desk.search.id))


def show_review(runtime: Runtime, actor: Actor, search: str) -> ShownReview:
    """Show how a search was reviewed: to its holder, to overseers, and to reviewers who have concluded.

    Holders and overseers see all conclusions; what was observed they see, too. Raises RoleMissing or NotFound.
    """
    with runtime.database.snapshot() as view:
        found = _require_search(view, search)
        reviews = stored_reviews.load_reviews(view, search)
        mine = _find_own(reviews, actor)
        has_concluded = mine is not None and mine.conclusion is not None
        if not (has_concluded or found.holder == actor.member.id or Role.OVERSEER in actor.member.roles):
            raise RoleMissing("Reviews are shown to the search's holder, to overseers and to who has reviewed it.")
        outcome = settle(reviews)
        person = _find_confirmed(found, outcome)
        return ShownReview(
            search=found.id,
            outcome=outcome,
            person=person,
            name=_find_name(runtime, view, person),
            reviews=tuple(review for review in reviews if review.conclusion is not None),
            observations={
                review.reviewer: _load_observations(runtime, view, review)
                for review in reviews
                if review.conclusion is not None
            },
        )


def _open_desk(runtime: Runtime, view: Connection, actor: Actor, search: str) -> _Desk:
    actor.require_role(Role.SEARCHER, Role.APPROVER)
    found = _require_search(view, search)
    if found.holder == actor.member.id:
        raise RoleMissing(f"You made search {found.id} and saw its scores; somebody else has to review it.")
    if found.state is not SearchState.FINISHED or found.outcome is None:
        raise InvalidInput(f"Search {found.id} has no result that could be reviewed.")
    reviews = stored_reviews.load_reviews(view, search)
    mine = _find_own(reviews, actor)
    if mine is None and settle(reviews).is_settled:
        raise InvalidInput(f"Two reviewers have settled search {found.id}; no further review is needed.")
    listed = found.outcome.candidates
    if not listed:
        raise InvalidInput(f"Search {found.id} has no candidates (any more), so there is nothing to review.")
    labelled = label_candidates(found.id, actor.member.id, listed)
    return _Desk(
        search=found,
        labelled=labelled,
        shown=_find_shown(runtime, view, found, labelled),
        reviews=reviews,
        observations=stored_reviews.load_observations(view, runtime.vault, found.id, actor.member.id),
        mine=mine,
    )


def _find_shown(
    runtime: Runtime, view: Connection, search: Search, labelled: Mapping[str, Candidate]
) -> frozenset[str]:
    """Find the candidates who may still be shown: who has withdrawn since is not, whatever else they agree to."""
    at = runtime.clock()
    consents = stored_people.load_consent_terms(view, [candidate.person for candidate in labelled.values()])
    return frozenset(
        label
        for label, candidate in labelled.items()
        if any(
            consent.purpose == search.purpose and consent.is_in_force(at)
            for consent in consents.get(candidate.person, ())
        )
    )


def _require_search(view: Connection, search: str) -> Search:
    found = stored_searches.load_search(view, search)
    if found is None:
        raise NotFound("There is no search with this identifier; 'assent review list' shows what awaits you.")
    return found


def _require_shown(desk: _Desk, label: str) -> Candidate:
    if label not in desk.shown:
        there = ", ".join(sorted(desk.shown)) or "none"
        raise InvalidInput(f"There is no candidate {label} to be seen; there are: {there}.")
    return desk.labelled[label]


def _require_undecided(desk: _Desk) -> None:
    if desk.mine is not None and desk.mine.conclusion is not None:
        raise InvalidInput(f"You have concluded your review of {desk.search.id} already; it cannot be changed.")


def _require_observed(desk: _Desk) -> None:
    if desk.unobserved:
        raise InvalidInput(f"Record first what you see in: {', '.join(desk.unobserved)}; the scores come after that.")
    if desk.mine is None:
        raise InvalidInput("None of the candidates can be seen any more; there is nothing to review.")


def _read_portrait(runtime: Runtime, candidate: Candidate) -> bytes | None:
    try:
        return runtime.photos.read(candidate.person, candidate.reference)
    except NotFound:
        return None  # withdrawn a moment ago


def _find_own(reviews: Sequence[Review], actor: Actor) -> Review | None:
    return next((review for review in reviews if review.reviewer == actor.member.id), None)


def _find_confirmed(search: Search, outcome: ReviewOutcome) -> str | None:
    candidates = search.outcome.candidates if search.outcome else ()
    return next((candidate.person for candidate in candidates if candidate.rank == outcome.rank), None)


def _find_name(runtime: Runtime, view: Connection, person: str | None) -> str | None:
    if person is None:
        return None
    try:
        return stored_people.load_person(view, runtime.vault, PersonId(person)).name
    except NotFound:
        return None


def _load_observations(runtime: Runtime, view: Connection, review: Review) -> Mapping[int, Observation]:
    try:
        return stored_reviews.load_observations(view, runtime.vault, review.search, review.reviewer)
    except NotFound:
        return {}  # a rule ended them
