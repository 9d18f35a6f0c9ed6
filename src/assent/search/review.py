"""Two people look at the candidates, each alone and before any score, and settle only what both conclude.

The features are the components of the FISWG Facial Image Comparison Feature List for Morphological Analysis (version
2.0, 2018-09-11); that two separate people must confirm is Art. 14(5) of the EU AI Act.
"""

from __future__ import annotations

import hashlib
import json
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assent.errors import InvalidInput
from assent.mandates import MemberId, SearchId
from assent.search.candidates import Candidate

REVIEWS_TO_SETTLE = 2
LONGEST_TEXT = 4_000
OBSERVATIONS_VERSION = 1


class Feature(StrEnum):
    """A component of the face, head and neck, from top to bottom as the list has them."""

    SKIN = "skin"
    OUTLINE = "face-outline"
    COMPOSITION = "face-composition"
    HAIRLINE = "hairline"
    FOREHEAD = "forehead"
    EYEBROWS = "eyebrows"
    EYES = "eyes"
    CHEEKS = "cheeks"
    NOSE = "nose"
    EARS = "ears"
    MOUTH = "mouth"
    CHIN = "chin-jawline"
    NECK = "neck"
    FACIAL_HAIR = "facial-hair"
    LINES = "facial-lines"
    SCARS = "scars"
    MARKS = "facial-marks"
    ALTERATIONS = "alterations"


class Finding(StrEnum):
    """What a reviewer says of one feature in the two pictures."""

    SIMILAR = "similar"
    DIFFERENT = "different"
    NOT_VISIBLE = "not-visible"


class Conclusion(StrEnum):
    """What a reviewer concludes for the whole list of candidates."""

    SAME_PERSON = "same-person"
    NOBODY = "nobody"
    INCONCLUSIVE = "inconclusive"


class ReviewState(StrEnum):
    """How far the review of a search came; only the middle three are settled, and each takes two who agree."""

    OPEN = "open"
    ONE_REVIEW = "one-review"
    CONFIRMED = "confirmed"
    NOBODY = "nobody"
    INCONCLUSIVE = "inconclusive"
    DISAGREEMENT = "disagreement"


_SETTLED_AS = {
    Conclusion.SAME_PERSON: ReviewState.CONFIRMED,
    Conclusion.NOBODY: ReviewState.NOBODY,
    Conclusion.INCONCLUSIVE: ReviewState.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class Observation:
    """What one reviewer saw in one candidate, before the score: a finding for each feature compared, and words."""

    features: Mapping[Feature, Finding]
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """One reviewer's work on one search; `rank` is that of the candidate concluded to be the probe's person."""

    search: SearchId
    reviewer: MemberId
    observed_at: datetime
    conclusion: Conclusion | None = None
    rank: int | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """What the reviews of a search add up to; `is_disputed` stays true once two reviewers concluded differently."""

    state: ReviewState
    rank: int | None
    conclusions: int
    is_disputed: bool

    @property
    def is_settled(self) -> bool:
        """Whether two reviewers agree and nobody needs to look again."""
        return self.state in _SETTLED_AS.values()


def settle(reviews: Iterable[Review]) -> ReviewOutcome:
    """Add up the reviews of one search.

    Settled is what at least two different reviewers conclude, and more than conclude anything else; so a third may
    settle a disagreement, which stays visible all the same. Reviews without a conclusion do not count.
    """
    concluded = {
        review.reviewer: (review.conclusion, review.rank) for review in reviews if review.conclusion is not None
    }
    votes = Counter(concluded.values()).most_common()
    number = len(concluded)
    if number < REVIEWS_TO_SETTLE:
        return ReviewOutcome(ReviewState.ONE_REVIEW if number else ReviewState.OPEN, None, number, is_disputed=False)
    (conclusion, rank), most = votes[0]
    is_tied = len(votes) > 1 and votes[1][1] == most
    if most < REVIEWS_TO_SETTLE or is_tied:
        return ReviewOutcome(ReviewState.DISAGREEMENT, None, number, is_disputed=True)
    return ReviewOutcome(_SETTLED_AS[conclusion], rank, number, is_disputed=len(votes) > 1)


def label_candidates(search: str, reviewer: str, candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """Give the candidates labels A, B, C and so on, in an order of this reviewer's own that tells nothing of the rank.

    The order is that of SHA-256 over search, reviewer and reference, all random: the same at every look.
    """
    shuffled = sorted(
        candidates,
        key=lambda candidate: hashlib.sha256(f"{search}|{reviewer}|{candidate.reference}".encode()).digest(),
    )
    return {_make_label(place): candidate for place, candidate in enumerate(shuffled)}


def _make_label(place: int) -> str:
    turn, letter = divmod(place, len(string.ascii_uppercase))
    return string.ascii_uppercase[letter] + (str(turn + 1) if turn else "")


def check_observation(observation: Observation) -> Observation:
    """Make sure something was observed. Raises InvalidInput without any feature, or for a text that is too long."""
    if not observation.features:
        raise InvalidInput("Say for at least one feature whether it is similar, different or not visible.")
    text = observation.text.strip()
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"A text has at most {LONGEST_TEXT:,} characters, got {len(text):,}.")
    return Observation(dict(observation.features), text)


def parse_feature(text: str) -> tuple[Feature, Finding]:
    """Read `nose=similar`. Raises InvalidInput that lists the words there are."""
    name, _, finding = text.strip().partition("=")
    try:
        return Feature(name), Finding(finding)
    except ValueError:
        raise InvalidInput(
            f"{text!r} is no feature and finding such as nose=similar; features: {', '.join(Feature)}; "
            f"findings: {', '.join(Finding)}."
        ) from None


def observations_to_bytes(observations: Mapping[int, Observation]) -> bytes:
    """Write observations, by the candidate's rank, as sealed in the database and committed to in the ledger."""
    document = {
        "v": OBSERVATIONS_VERSION,
        "candidates": {
            str(rank): {"features": observation.features, "text": observation.text}
            for rank, observation in observations.items()
        },
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def observations_from_bytes(data: bytes) -> dict[int, Observation]:
    """Read what `observations_to_bytes` wrote."""
    document = json.loads(data)
    if document["v"] != OBSERVATIONS_VERSION:
        raise InvalidInput(f"Observations have version {document['v']}, which this version of Assent does not know.")
    return {
        int(rank): Observation(
            {Feature(name): Finding(finding) for name, finding in found["features"].items()}, found["text"]
        )
        for rank, found in document["candidates"].items()
    }
