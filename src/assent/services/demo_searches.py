"""The demonstration's searches: each is run, told, counted, and held against what the story says must come of it."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import InvalidInput, Refused
from assent.ledger import Tally
from assent.mandates import Actor, ProbeSource, SearchRequest
from assent.people import PurposeSlug
from assent.services.demo_cast import REUNITE
from assent.services.demo_story import Claim, Say, SearchEnding, ToldCandidate, ToldSearch
from assent.services.run_search import SearchResult, run_search
from assent.services.runtime import Runtime

JUSTIFICATION = "A sister brought this photo and asks whether we know where they are."


@dataclass(frozen=True, slots=True)
class PlannedSearch:
    """A search of the story: `expects` is the name that must come first, or the reason for which there is no result."""

    title: str
    ending: SearchEnding
    picture: bytes
    picture_text: str
    is_group: bool = False
    expects: str | None = None
    face_number: int | None = None
    purpose: str = REUNITE
    case_number: str | None = None
    justification: str = JUSTIFICATION


class SearchDesk:
    """The searcher's desk under one licence and case, which keeps its own count of what was done."""

    def __init__(self, runtime: Runtime, searcher: Actor, licence: str, case_number: str, say: Say) -> None:
        self._runtime = runtime
        self._searcher = searcher
        self._licence = licence
        self._case_number = case_number
        self._say = say
        self.tally = Tally()
        self.basis = ""

    def run(self, planned: PlannedSearch, *, actor: Actor | None = None) -> ToldSearch:
        """Run a search, by the searcher or somebody else, and tell how it ended."""
        request = SearchRequest(
            licence=self._licence,
            case_number=planned.case_number or self._case_number,
            purpose=PurposeSlug(planned.purpose),
            probe_source=ProbeSource.FAMILY,
            justification=planned.justification,
        )
        by = actor or self._searcher
        try:
            result = run_search(self._runtime, by, request, planned.picture, face_number=planned.face_number)
        except Refused as refusal:
            self.tally += Tally(refused=1)
            told = self._tell_error(planned, SearchEnding.REFUSED, refusal)
            is_expected = refusal.reason == planned.expects
        except InvalidInput as error:
            self.tally += Tally(started=1, failed=1)
            told = self._tell_error(planned, SearchEnding.FAILED, error)
            is_expected = error.reason == planned.expects
        else:
            self.tally += Tally(started=1, finished=1)
            self.basis = result.threshold_basis
            told = self._tell_result(planned, result)
            first = told.candidates[0].name if told.candidates else None
            is_expected = first == planned.expects
        self._say(Claim(_promise(planned), told.ending is planned.ending and is_expected))
        self._say(told)
        return told

    def _tell_error(self, planned: PlannedSearch, ending: SearchEnding, error: Exception) -> ToldSearch:
        return ToldSearch(
            title=planned.title,
            ending=ending,
            # A refusal comes before the picture is opened, so there is none to show.
            picture=None if ending is SearchEnding.REFUSED else planned.picture,
            picture_text=planned.picture_text,
            is_group=planned.is_group,
            portrait=None,
            explanation=str(error),
            candidates=(),
            number=None,
            gallery_size=None,
            threshold=self._runtime.pack.manifest.default_threshold,
        )

    def _tell_result(self, planned: PlannedSearch, result: SearchResult) -> ToldSearch:
        outcome = result.outcome
        candidates = tuple(
            ToldCandidate(shown.candidate.rank, shown.name, shown.candidate.distance, shown.portrait)
            for shown in result.candidates
        )
        found = (
            f"Within {outcome.threshold:.2f} of this face: {len(candidates)} of {outcome.gallery_size} people."
            if candidates
            else f"Within {outcome.threshold:.2f} of this face: none of {outcome.gallery_size} people."
        )
        return ToldSearch(
            title=planned.title,
            ending=SearchEnding.FOUND if candidates else SearchEnding.NOBODY,
            picture=planned.picture,
            picture_text=planned.picture_text,
            is_group=planned.is_group,
            portrait=result.probe_portrait,
            explanation=found,
            candidates=candidates,
            number=result.permit.number,
            gallery_size=outcome.gallery_size,
            threshold=outcome.threshold,
        )


def _promise(planned: PlannedSearch) -> str:
    match planned.ending:
        case SearchEnding.FOUND:
            return f"{planned.title}: {planned.expects} is the first candidate."
        case SearchEnding.NOBODY:
            return f"{planned.title}: nobody is returned."
        case SearchEnding.FAILED:
            return f"{planned.title}: started and counted, but without a result ({planned.expects})."
        case SearchEnding.REFUSED:
            return f"{planned.title}: refused ({planned.expects})."
