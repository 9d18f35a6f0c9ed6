"""Builds small stories, so that the report's pieces are tested without playing the demonstration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from assent.ledger import Tally
from assent.services.demo_story import (
    Claim,
    DemoStory,
    EnrolledFace,
    LedgerAccount,
    LedgerLine,
    SearchEnding,
    Tampering,
    ToldCandidate,
    ToldSearch,
    TrialTerms,
)

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PICTURE = b"\xff\xd8picture"


def a_told_search(**changes: Any) -> ToldSearch:
    values: dict[str, Any] = {
        "title": "A hard picture",
        "ending": SearchEnding.FOUND,
        "picture": PICTURE,
        "picture_text": "Hard picture of a composite person",
        "is_group": False,
        "portrait": PICTURE,
        "explanation": "Within 0.50 of this face: 1 of 56 people.",
        "candidates": (ToldCandidate(1, "Nella Ashgrove", 0.25, PICTURE),),
        "number": 1,
        "gallery_size": 56,
        "threshold": 0.5,
    }
    return ToldSearch(**{**values, **changes})


def a_search_for_nobody(**changes: Any) -> ToldSearch:
    return a_told_search(**{"title": "A stranger", "ending": SearchEnding.NOBODY, "candidates": (), **changes})


def an_account(**changes: Any) -> LedgerAccount:
    tally = Tally(started=3, finished=2, failed=1, refused=1)
    values: dict[str, Any] = {
        "done": tally,
        "counted": tally,
        "recounted": tally,
        "size": 9,
        "files_written": 3,
        "checkpoint": "assent-demo/x\n9\n",
        "vkey": "assent-demo/x+00000000+AA==",
        "sample_entry": '{"kind":"search.started"}',
        "lines": (LedgerLine("0", AT, "searcher", "Search 1 started"),),
    }
    return LedgerAccount(**{**values, **changes})


def a_story(**changes: Any) -> DemoStory:
    values: dict[str, Any] = {
        "made_at": AT,
        "seconds": 4.2,
        "version": "0.0",
        "purposes": (("reunite", "May be looked for."), ("send-me-my-photos", "May be sent photos.")),
        "faces": (
            EnrolledFace("Nella Ashgrove", PICTURE, is_findable=True),
            EnrolledFace("Tibor Oakhurst", PICTURE, is_findable=False),
        ),
        "refused_row": "The row names no purposes.",
        "terms": TrialTerms(
            "l_x", "searcher", "issuer", "reunite", "Ground.", "Section 2", AT, AT + timedelta(days=14), 25, "R-017"
        ),
        "threshold": 0.5,
        "threshold_basis": "Measured on volunteers.",
        "searches": (a_told_search(), a_search_for_nobody()),
        "before_withdrawal": a_told_search(),
        "after_withdrawal": a_search_for_nobody(),
        "account": an_account(),
        "tamperings": (Tampering("One byte changed", "Entry 7 was changed.", 7, 7, "entry 7 does not hash"),),
        "claims": (Claim("All is well.", holds=True),),
        "attribution": "Composites. They depict no real person.",
    }
    return DemoStory(**{**values, **changes})
