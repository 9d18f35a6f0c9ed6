"""Show searchers their own searches again, from the record: what they asked, and what of the result may still be shown.

Somebody who withdrew since is gone, and the page says so; a search that is another's does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import isclose

from assent.errors import NotFound
from assent.mandates import Actor, CaseId, Licence, PendingSearch, ProbeSource, Role, probe_of
from assent.people import PersonId, PurposeSlug
from assent.search import Candidate, Rarity, ReviewOutcome, Search, SearchState, settle
from assent.services.pack_calibration import describe_rarities
from assent.services.request_search import REQUEST_PHOTO
from assent.services.run_search import PROBE_PHOTO
from assent.services.runtime import Runtime
from assent.services.seal_overdue import seal_overdue
from assent.storage import Connection
from assent.storage import approvals as stored_approvals
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import refusals as stored_refusals
from assent.storage import reviews as stored_reviews
from assent.storage import searches as stored_searches
from assent.storage.calibrations import ThresholdInUse, load_threshold
from assent.storage.refusals import Refusal

HISTORY_LIMIT = 500
"""How far back a history goes on its page; counts beyond it are in the ledger and its exports."""


@dataclass(frozen=True, slots=True)
class SeenCandidate:
    """A candidate who may still be shown, with the name and how rare a stranger as near would be."""

    candidate: Candidate
    name: str
    rarity: Rarity


@dataclass(frozen=True, slots=True)
class ShownSearch:
    """One's own search: the search, the request for its approval, or both; None is what does not exist (any more).

    `gone` counts the candidates who withdrew since. `reviews` adds up what reviewers have concluded.
    """

    id: str
    search: Search | None
    request: PendingSearch | None
    licence: Licence
    case_number: str | None
    justification: str | None
    candidates: tuple[SeenCandidate, ...]
    gone: int
    has_probe: bool
    threshold: ThresholdInUse | None
    reviews: ReviewOutcome

    @property
    def purpose(self) -> PurposeSlug:
        """For which purpose."""
        return self._either.purpose

    @property
    def probe_source(self) -> ProbeSource:
        """Where the probe came from, as the searcher said."""
        return self._either.probe_source

    @property
    def asked_at(self) -> datetime:
        """When it was asked for, or else started."""
        return self.request.requested_at if self.request else self._started_at

    @property
    def _started_at(self) -> datetime:
        if self.search is None:
            raise NotFound("There is no search of yours with this identifier.")
        return self.search.started_at

    @property
    def _either(self) -> Search | PendingSearch:
        either = self.search or self.request
        if either is None:
            raise NotFound("There is no search of yours with this identifier.")
        return either


@dataclass(frozen=True, slots=True)
class PastSearch:
    """One line of one's own history; `state` is that of the search, of the request that waits, or `refused`."""

    id: str | None
    at: datetime
    state: str
    licence: str | None
    purpose: str | None
    case_number: str | None
    cause: str | None
    candidates: int | None


def show_search(runtime: Runtime, actor: Actor, search: str) -> ShownSearch:
    """Show a search to whoever made or asked for it. Raises RoleMissing, and NotFound for those of others."""
    actor.require_role(Role.SEARCHER)
    seal_overdue(runtime)
    with runtime.database.snapshot() as view:
        found, pending = _find_own(view, actor, search)
        either = found or pending
        if either is None:
            raise NotFound("There is no search of yours with this identifier.")
        listed = found.outcome.candidates if found and found.outcome else ()
        seen = _list_seen(runtime, view, found)
        case_number = justification = None
        with suppress(NotFound):
            case_number = stored_mandates.load_case(view, runtime.vault, either.case).number or None
        with suppress(NotFound):
            justification = stored_approvals.load_asked(view, runtime.vault, search)["justification"].decode()
        return ShownSearch(
            id=search,
            search=found,
            request=pending.seen_at(runtime.clock()) if pending else None,
            licence=stored_mandates.require_licence(view, either.licence),
            case_number=case_number,
            justification=justification,
            candidates=seen,
            gone=len(listed) - len(seen),
            has_probe=any(runtime.photos.has_photo(probe_of(search), name) for name in (PROBE_PHOTO, REQUEST_PHOTO)),
            threshold=_find_threshold(view, found),
            reviews=settle(stored_reviews.load_reviews(view, search)),
        )


def read_own_probe(runtime: Runtime, actor: Actor, search: str) -> bytes:
    """Read what was brought to one's own search: the portrait, or before it ran the photo. Raises NotFound."""
    actor.require_role(Role.SEARCHER)
    with runtime.database.snapshot() as view:
        if not any(_find_own(view, actor, search)):
            raise NotFound("There is no search of yours with this identifier.")
    with suppress(NotFound):
        return runtime.photos.read(probe_of(search), PROBE_PHOTO)
    return runtime.photos.read(probe_of(search), REQUEST_PHOTO)


def read_own_candidate(runtime: Runtime, actor: Actor, search: str, rank: int) -> bytes:
    """Read the portrait of a candidate of one's own search. Raises NotFound for who withdrew since."""
    actor.require_role(Role.SEARCHER)
    with runtime.database.snapshot() as view:
        found, _ = _find_own(view, actor, search)
        listed = found.outcome.candidates if found and found.outcome else ()
        chosen = [candidate for candidate in listed if candidate.rank == rank]
        if found is None or not _keep_findable(runtime, view, found.purpose, chosen):
            raise NotFound("There is no such candidate (any more).")
    return runtime.photos.read(chosen[0].person, chosen[0].reference)


def list_own_searches(runtime: Runtime, actor: Actor) -> list[PastSearch]:
    """List one's own searches, requests and refusals, the newest first. Raises RoleMissing."""
    actor.require_role(Role.SEARCHER)
    seal_overdue(runtime)
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        searches = stored_searches.load_searches_of(view, actor.member.id, HISTORY_LIMIT)
        requests = stored_approvals.load_requests(view, holder=actor.member.id)
        refused = stored_refusals.load_refusals(view, actor.member.id, HISTORY_LIMIT)
        cases = {search.case for search, _ in searches} | {pending.case for pending in requests}
        numbers = _open_numbers(runtime, view, cases | {refusal.case for refusal in refused if refusal.case})
    known = {search.id for search, _ in searches}
    history = [_describe_search(search, count, numbers) for search, count in searches]
    history += [
        PastSearch(
            id=pending.search,
            at=pending.requested_at,
            state=pending.state_at(at).value,
            licence=pending.licence,
            purpose=pending.purpose,
            case_number=numbers.get(pending.case),
            cause=None,
            candidates=None,
        )
        for pending in requests
        if pending.search not in known
    ]
    # A request that was refused is listed as such already.
    history += [_describe_refusal(refusal, numbers) for refusal in refused if refusal.search is None]
    return sorted(history, key=lambda past: past.at, reverse=True)


def _find_own(view: Connection, actor: Actor, search: str) -> tuple[Search | None, PendingSearch | None]:
    found = stored_searches.load_search(view, search)
    pending = None
    with suppress(NotFound):
        pending = stored_approvals.load_request(view, search)
    mine = actor.member.id
    return (
        found if found is not None and found.holder == mine else None,
        pending if pending is not None and pending.holder == mine else None,
    )


def _keep_findable(
    runtime: Runtime, view: Connection, purpose: PurposeSlug, listed: Sequence[Candidate]
) -> list[Candidate]:
    """Keep the candidates who still agree to the purpose, whatever else they agree to."""
    at = runtime.clock()
    consents = stored_people.load_consent_terms(view, [candidate.person for candidate in listed])
    return [
        candidate
        for candidate in listed
        if any(consent.purpose == purpose and consent.is_in_force(at) for consent in consents.get(candidate.person, ()))
    ]


def _list_seen(runtime: Runtime, view: Connection, found: Search | None) -> tuple[SeenCandidate, ...]:
    if found is None or found.outcome is None or not found.outcome.candidates:
        return ()
    kept = _keep_findable(runtime, view, found.purpose, found.outcome.candidates)
    distances = [candidate.distance for candidate in kept]
    size = found.outcome.gallery_size
    rarities = describe_rarities(runtime, view, found.purpose, distances, size, found.started_at)
    seen = []
    for candidate, rarity in zip(kept, rarities, strict=True):
        with suppress(NotFound):
            name = stored_people.load_person(view, runtime.vault, PersonId(candidate.person)).name
            seen.append(SeenCandidate(candidate, name, rarity))
    return tuple(seen)


def _find_threshold(view: Connection, found: Search | None) -> ThresholdInUse | None:
    """Find what the search's threshold promises: known as long as that threshold is the one in use."""
    if found is None or found.outcome is None:
        return None
    in_use = load_threshold(view, found.purpose, found.outcome.pack_id)
    return in_use if in_use is not None and isclose(in_use.distance, found.outcome.threshold) else None


def _open_numbers(runtime: Runtime, view: Connection, cases: Iterable[str]) -> dict[str, str]:
    numbers = {}
    for case in cases:
        with suppress(NotFound):
            numbers[case] = stored_mandates.load_case(view, runtime.vault, CaseId(case)).number
    return numbers


def _describe_search(search: Search, candidates: int, numbers: Mapping[str, str]) -> PastSearch:
    return PastSearch(
        id=search.id,
        at=search.started_at,
        state=search.state.value,
        licence=search.licence,
        purpose=search.purpose,
        case_number=numbers.get(search.case),
        cause=search.cause,
        candidates=candidates if search.state is SearchState.FINISHED else None,
    )


def _describe_refusal(refusal: Refusal, numbers: Mapping[str, str]) -> PastSearch:
    return PastSearch(
        id=None,
        at=refusal.at,
        state="refused",
        licence=refusal.licence,
        purpose=refusal.purpose,
        case_number=numbers.get(refusal.case or ""),
        cause=refusal.cause,
        candidates=None,
    )
