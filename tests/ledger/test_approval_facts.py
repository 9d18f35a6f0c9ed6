"""What entries alone must add up to where a second person approves: no start without approval, none by oneself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assent.errors import LedgerBroken
from assent.ledger import Entry, EntryKind, JsonValue, collect_facts
from ledger.ledger_builders import A_COMMITMENT, A_TIME, MOMENT, an_id

HOLDER, APPROVER = an_id("m", 1), an_id("m", 2)
LICENCE, SEARCH, CASE = an_id("l"), an_id("s"), an_id("c")
ASKED: dict[str, JsonValue] = {
    "search": SEARCH,
    "licence": LICENCE,
    "holder": HOLDER,
    "unit": "desk",
    "purpose": "reunite",
    "case": CASE,
    "probe_source": "case-file",
    "probe": A_COMMITMENT,
    "justification": A_COMMITMENT,
}
NUMBERED: dict[str, JsonValue] = {"search": SEARCH, "number": 1, "licence": LICENCE}
REQUEST = ("request", SEARCH)


def entry(kind: EntryKind, actor: str = HOLDER, **fields: JsonValue) -> Entry:
    return Entry(kind, MOMENT, {"actor": actor, "channel": "cli", **fields})


def a_licence(*, urgent: bool = False, approval: bool = True) -> Entry:
    return entry(
        EntryKind.LICENCE_ISSUED,
        licence=LICENCE,
        holder=HOLDER,
        unit="desk",
        purposes=["reunite"],
        ground=A_COMMITMENT,
        **{"from": A_TIME, "until": A_TIME, "quota": 3, "approval": approval, "urgent": urgent},
    )


REQUESTED = entry(EntryKind.SEARCH_REQUESTED, **ASKED, shown=A_COMMITMENT)
APPROVED = entry(EntryKind.SEARCH_APPROVED, APPROVER, search=SEARCH, licence=LICENCE, holder=HOLDER)
REFUSED = entry(
    EntryKind.SEARCH_REFUSED,
    APPROVER,
    **NUMBERED,
    holder=HOLDER,
    unit="desk",
    cause="approval-refused",
    decision_reason=A_COMMITMENT,
)
STARTED = entry(EntryKind.SEARCH_STARTED, **ASKED, number=1)
URGENT = entry(EntryKind.SEARCH_STARTED, **ASKED, number=1, urgent=True)


def sealed(cause: str, actor: str = "system") -> Entry:
    return entry(EntryKind.SEARCH_SEALED, actor, **NUMBERED, cause=cause)


@pytest.mark.parametrize(
    ("entries", "state", "approver"),
    [
        pytest.param([REQUESTED], "pending", None, id="asked for"),
        pytest.param([REQUESTED, APPROVED], "approved", APPROVER, id="approved"),
        pytest.param([REQUESTED, REFUSED], "refused", APPROVER, id="refused"),
        pytest.param([REQUESTED, APPROVED, STARTED], "used", APPROVER, id="run"),
        pytest.param([URGENT], "pending", None, id="urgent"),
        pytest.param([URGENT, APPROVED], "approved", APPROVER, id="urgent, approved"),
        pytest.param([URGENT, sealed("approval-missing")], "expired", None, id="urgent, too late"),
        pytest.param([URGENT, sealed("approval-refused", APPROVER)], "refused", APPROVER, id="urgent, refused"),
    ],
)
def test_entries_say_where_a_request_stands(entries: Sequence[Entry], state: str, approver: str | None) -> None:
    request = collect_facts([a_licence(urgent=True), *entries]).known[REQUEST]

    assert (request.state["state"], request.state["approver"]) == (state, approver)
    assert request.last_index == len(entries)


@pytest.mark.parametrize(
    ("entries", "flaw"),
    [
        pytest.param([a_licence(), STARTED], "nobody approved", id="never asked for"),
        pytest.param([a_licence(), REQUESTED, STARTED], "nobody approved", id="not decided"),
        pytest.param([a_licence(), REQUESTED, REFUSED, STARTED], "nobody approved", id="refused"),
        pytest.param([a_licence(), REQUESTED, APPROVED, STARTED, STARTED], "nobody approved", id="run twice"),
        pytest.param([a_licence(), URGENT], "its licence forbids", id="urgent without leave"),
        pytest.param([a_licence(), APPROVED], "no entry before it made", id="approved what nobody asked"),
        pytest.param([a_licence(), sealed("approval-missing")], "no entry before it made", id="sealed what never ran"),
        pytest.param(
            [
                a_licence(),
                REQUESTED,
                entry(EntryKind.SEARCH_APPROVED, HOLDER, search=SEARCH, licence=LICENCE, holder=HOLDER),
            ],
            "in the name of who asked",
            id="approved by oneself",
        ),
    ],
)
def test_a_step_that_the_rules_do_not_allow_breaks_the_ledger(entries: Sequence[Entry], flaw: str) -> None:
    with pytest.raises(LedgerBroken, match=flaw) as broken:
        collect_facts(entries)

    assert broken.value.first_bad_index == len(entries) - 1


def test_a_sealed_search_has_no_candidates() -> None:
    search = collect_facts([a_licence(urgent=True), URGENT, sealed("approval-missing")]).known["search", SEARCH]

    assert (search.state["state"], search.state["candidates"], search.state["urgent"]) == ("sealed", 0, True)
