"""Everything that the ledger says about each search: its entries from the request to the last look at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from assent.ledger.entries import Entry, JsonValue, parse_time
from assent.ledger.vocabulary import EntryKind

_OPENINGS = (EntryKind.SEARCH_STARTED, EntryKind.SEARCH_REFUSED, EntryKind.SEARCH_REQUESTED)
"""What makes a search count, the weightiest first: its start, else its refusal, else the request that waits."""


class SearchStage(StrEnum):
    """How far a search came."""

    REQUESTED = "requested"
    REFUSED = "refused"
    UNFINISHED = "unfinished"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """One search with all entries that name it, each with its index, in the ledger's order."""

    opening: Entry
    steps: tuple[tuple[int, Entry], ...]

    def list_entries(self, kind: EntryKind) -> list[Entry]:
        """List its entries of one kind."""
        return [entry for _, entry in self.steps if entry.kind is kind]

    def find_entry(self, kind: EntryKind) -> Entry | None:
        """Find its first entry of one kind, or None."""
        return next((entry for _, entry in self.steps if entry.kind is kind), None)

    def _read(self, name: str) -> JsonValue | None:
        return self.opening.fields.get(name)

    @property
    def search(self) -> str | None:
        """Its identifier; a search refused at once never had one."""
        return cast("str | None", self._read("search"))

    @property
    def name(self) -> str:
        """What it is called in findings: its identifier, or the index of its refusal."""
        return self.search or f"entry {self.steps[0][0]}"

    @property
    def at(self) -> datetime:
        """When it was started, else refused, else requested."""
        return self.opening.at

    @property
    def holder(self) -> str:
        """Who searched, or wanted to."""
        return str(self._read("holder"))

    @property
    def unit(self) -> str:
        """The holder's unit at that time."""
        return str(self._read("unit"))

    @property
    def licence(self) -> str | None:
        """Under which licence."""
        return cast("str | None", self._read("licence"))

    @property
    def purpose(self) -> str | None:
        """For which purpose."""
        return cast("str | None", self._read("purpose"))

    @property
    def case(self) -> str | None:
        """In which case."""
        return cast("str | None", self._read("case"))

    @property
    def probe_source(self) -> str | None:
        """Where the probe came from, as the searcher said."""
        return cast("str | None", self._read("probe_source"))

    @property
    def is_started(self) -> bool:
        """Whether anything was looked at."""
        return self.opening.kind is EntryKind.SEARCH_STARTED

    @property
    def is_urgent(self) -> bool:
        """Whether it ran, or was to run, before anybody approved."""
        return self._read("urgent") is True

    @property
    def end(self) -> Entry | None:
        """The entry that ended it, if it was started and ended."""
        return self.find_entry(EntryKind.SEARCH_FINISHED) or self.find_entry(EntryKind.SEARCH_FAILED)

    @property
    def stage(self) -> SearchStage:
        """How far it came."""
        if self.opening.kind is EntryKind.SEARCH_REFUSED:
            return SearchStage.REFUSED
        if not self.is_started:
            return SearchStage.REQUESTED
        if self.end is None:
            return SearchStage.UNFINISHED
        return SearchStage.FINISHED if self.end.kind is EntryKind.SEARCH_FINISHED else SearchStage.FAILED

    @property
    def cause(self) -> str | None:
        """Why it was refused or failed."""
        entry = self.opening if self.stage is SearchStage.REFUSED else self.end
        return cast("str | None", entry.fields.get("cause")) if entry else None

    @property
    def ended_at(self) -> datetime | None:
        """When it ended."""
        return parse_time(str(self.end.fields["ended"])) if self.end else None

    @property
    def candidates(self) -> int | None:
        """How many people it returned; None unless it finished."""
        return cast("int", self.end.fields["candidates"]) if self.end and "candidates" in self.end.fields else None

    @property
    def is_sealed(self) -> bool:
        """Whether its result was sealed for want of an approval."""
        return self.find_entry(EntryKind.SEARCH_SEALED) is not None

    @property
    def conclusions(self) -> dict[str, str]:
        """What each reviewer concluded last, by member."""
        reviews = self.list_entries(EntryKind.CANDIDATE_REVIEWED)
        return {str(review.fields["actor"]): str(review.fields["conclusion"]) for review in reviews}


def collect_searches(entries: Iterable[tuple[int, Entry]]) -> list[SearchRecord]:
    """Gather the entries of each search from the ledger's first entry on, in the order in which searches appear."""
    steps: dict[str, list[tuple[int, Entry]]] = {}
    for index, entry in entries:
        search = entry.fields.get("search")
        if search is None and entry.kind is EntryKind.SEARCH_REFUSED:
            search = f"refused at {index}"
        if search is not None:
            steps.setdefault(str(search), []).append((index, entry))
    gathered = ((_find_opening(found), found) for found in steps.values())
    return [SearchRecord(opening, tuple(found)) for opening, found in gathered if opening is not None]


def _find_opening(steps: list[tuple[int, Entry]]) -> Entry | None:
    for kind in _OPENINGS:
        for _, entry in steps:
            if entry.kind is kind:
                return entry
    return None
