"""The values of the demonstration's story: what is told while it runs, and what its report is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from assent.ledger import Tally


class SearchEnding(StrEnum):
    """How a search of the demonstration ended."""

    FOUND = "found"
    NOBODY = "nobody"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step of the story begins; steps are numbered from 1."""

    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence about what just happened."""

    text: str


@dataclass(frozen=True, slots=True)
class PeopleEnrolled:
    """How far the import is, in rows."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that the story promises, and whether it came true."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ToldCandidate:
    """A candidate as it was shown: invented name, distance in the pack's measure, enrolled portrait (JPEG)."""

    rank: int
    name: str
    distance: float
    portrait: bytes


@dataclass(frozen=True, slots=True)
class ToldSearch:
    """One search: what was asked, with which picture (JPEG; None where none was opened), and how it ended."""

    title: str
    ending: SearchEnding
    picture: bytes | None
    picture_text: str
    is_group: bool
    portrait: bytes | None
    explanation: str
    candidates: tuple[ToldCandidate, ...]
    number: int | None
    gallery_size: int | None
    threshold: float


Event: TypeAlias = StepStarted | Remark | PeopleEnrolled | Claim | ToldSearch
Say: TypeAlias = Callable[[Event], None]
"""Called with each event as it happens; a terminal prints them, a machine ignores them."""


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """One tile of the gallery's picture: invented name, thumbnail (JPEG), and whether `reunite` was agreed to."""

    name: str
    thumbnail: bytes
    is_findable: bool


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """The licence and case under which the demonstration searches, ready to be shown."""

    licence: str
    holder: str
    issuer: str
    purpose: str
    ground: str
    citation: str
    valid_from: datetime
    valid_until: datetime
    quota: int
    case_number: str


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry, or a run of alike ones, in plain words."""

    place: str
    at: datetime
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Tampering:
    """One way to falsify a copy of the database, and what the verification said about it."""

    title: str
    deed: str
    expected_index: int
    found_index: int | None
    message: str

    @property
    def is_found(self) -> bool:
        """Whether the verification named the place that was touched."""
        return self.found_index == self.expected_index


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """What the ledger says about the demonstration, next to what the demonstration did."""

    done: Tally
    counted: Tally
    recounted: Tally
    size: int
    files_written: int
    checkpoint: str
    vkey: str
    sample_entry: str
    lines: tuple[LedgerLine, ...]


@dataclass(frozen=True, slots=True)
class StepTime:
    """How long a step took."""

    number: int
    title: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoStory:
    """Everything that the report shows."""

    made_at: datetime
    seconds: float
    version: str
    purposes: tuple[tuple[str, str], ...]
    faces: tuple[EnrolledFace, ...]
    refused_row: str
    terms: TrialTerms
    threshold: float
    threshold_basis: str
    searches: tuple[ToldSearch, ...]
    before_withdrawal: ToldSearch
    after_withdrawal: ToldSearch
    account: LedgerAccount
    tamperings: tuple[Tampering, ...]
    claims: tuple[Claim, ...]
    attribution: str


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demonstration leaves behind; `deployment` is None unless it was to be kept."""

    report: Path
    ledger: Path
    deployment: Path | None
    story: DemoStory
    steps: tuple[StepTime, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every step turned out as the story says."""
        return all(claim.holds for claim in self.story.claims)
