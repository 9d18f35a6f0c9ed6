from datetime import UTC, datetime
from typing import Any

import pytest

from assent.ledger import Entry, EntryKind
from assent.services.demo_entries import describe_entry, tell_entries
from assent.services.show_ledger import IndexedEntry

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
MEMBER = "m_" + "a" * 16
PERSON = "p_" + "b" * 16
COMMITMENT = "sha256:" + "0" * 64
ENDED = {"search": "s_" + "c" * 16, "number": 3, "licence": "l_" + "d" * 16}
TIMES = {"started": "2026-03-04T05:06:07.000000Z", "ended": "2026-03-04T05:06:08.000000Z"}
FINISHED = {
    **ENDED,
    **TIMES,
    "pack": "a-pack",
    "gallery": "g_" + "e" * 16,
    "gallery_size": 56,
    "threshold": "0.50",
    "candidate_list": COMMITMENT,
}
CONSENT = {
    "person": PERSON,
    "consent": "k_" + "f" * 16,
    "purpose": "reunite",
    "basis": "consent",
    "text_version": "en-1",
    "from": "2026-03-04T05:06:07.000000Z",
    "evidence": COMMITMENT,
}
ENROLLED = {"person": PERSON, "references": 2, "pack": "a-pack", "basis": "consent"}


def an_entry(kind: EntryKind, **fields: Any) -> Entry:
    return Entry(kind, AT, {"actor": MEMBER, "channel": "cli", **fields})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param(
            an_entry(EntryKind.SEARCH_FINISHED, **FINISHED, candidates=0),
            "Search 3 finished: no candidate among 56 people",
            id="nobody",
        ),
        pytest.param(
            an_entry(EntryKind.SEARCH_FINISHED, **FINISHED, candidates=1),
            "Search 3 finished: 1 candidate among 56 people",
            id="one",
        ),
        pytest.param(
            an_entry(EntryKind.SEARCH_FINISHED, **FINISHED, candidates=2),
            "Search 3 finished: 2 candidates among 56 people",
            id="two",
        ),
        pytest.param(
            an_entry(EntryKind.SEARCH_FAILED, **ENDED, **TIMES, cause="no-face-found"),
            "Search 3 failed: no face found",
            id="failed",
        ),
        pytest.param(
            an_entry(EntryKind.SEARCH_REFUSED, holder=MEMBER, unit="tracing", cause="licence-unknown"),
            "Search without a number refused: licence unknown",
            id="refused without a licence",
        ),
        pytest.param(
            an_entry(EntryKind.MEMBER_CHANGED, member=MEMBER, change="created", roles=["steward"]),
            "Member steward added",
            id="member",
        ),
        pytest.param(
            an_entry(EntryKind.KEY_ROTATED, key="ledger", cause="planned"), "key rotated", id="not in the story"
        ),
    ],
)
def test_an_entry_is_told_in_plain_words(entry: Entry, words: str) -> None:
    assert describe_entry(entry, {MEMBER: "steward"}) == words


def test_every_sentence_of_the_story_can_be_said() -> None:
    erased = an_entry(EntryKind.PERSON_ERASED, person=PERSON, cause="withdrawn")

    (line,) = tell_entries([IndexedEntry(4, erased)], {})

    assert (line.place, line.who) == ("4", MEMBER)
    assert line.text.startswith("Person erased")


def test_a_run_of_enrolments_becomes_one_line() -> None:
    run = [
        an_entry(EntryKind.CONSENT_GIVEN, **CONSENT),
        an_entry(EntryKind.PERSON_ENROLLED, **ENROLLED),
        an_entry(EntryKind.CONSENT_GIVEN, **CONSENT),
        an_entry(EntryKind.PERSON_ENROLLED, **ENROLLED),
    ]
    failed = an_entry(EntryKind.SEARCH_FAILED, **ENDED, **TIMES, cause="no-face-found")

    lines = tell_entries([IndexedEntry(i, entry) for i, entry in enumerate([*run, failed])], {MEMBER: "steward"})

    assert [line.place for line in lines] == ["0\N{EN DASH}3", "4"]
    assert lines[0].text.startswith("2 people enrolled, 2 consents given")
