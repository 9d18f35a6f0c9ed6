"""Show the candidates of a search that was just recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from assent.errors import NotFound
from assent.mandates import SearchPermit
from assent.search import Candidate, Rarity, SearchOutcome
from assent.services.pack_calibration import describe_rarities
from assent.services.runtime import Runtime
from assent.storage import people as stored_people


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A recorded candidate with what the searcher sees: name, portrait (JPEG) of the nearest reference, rarity."""

    candidate: Candidate
    name: str
    portrait: bytes
    rarity: Rarity


def show_candidates(runtime: Runtime, permit: SearchPermit, outcome: SearchOutcome) -> Iterator[ShownCandidate]:
    """Show each recorded candidate; somebody who withdrew between the record and this line is no longer shown."""
    distances = [candidate.distance for candidate in outcome.candidates]
    with runtime.database.snapshot() as view:
        rarities = describe_rarities(
            runtime, view, permit.purpose, distances, outcome.gallery_size, permit.authorised_at
        )
    for candidate, rarity in zip(outcome.candidates, rarities, strict=True):
        with suppress(NotFound):
            with runtime.database.snapshot() as view:
                person = stored_people.load_person(view, runtime.vault, candidate.person)
            portrait = runtime.photos.read(candidate.person, candidate.reference)
            yield ShownCandidate(candidate, person.name, portrait, rarity)
