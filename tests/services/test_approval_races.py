"""Two processes at once: a request is decided once, an approval used once, an urgent search approved or sealed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assent.ledger import EntryKind
from assent.mandates import RequestState, outcome_of
from assent.services.decide_request import approve_request, list_requests
from assent.services.issue_licence import list_licences
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment, list_composites
from services.approval_desks import HOUR, Clock, Desk, open_desk, with_desk

SCRIPT = Path(__file__).with_name("decide_at_once.py")
DECISIONS, RUNS = 12, 6


def run_at_once(desk_of: Deployment, searches: list[str], *acts: str, start: Path) -> list[list[str]]:
    """Start one process for each act, let go of them at the same moment, and return what became of each search."""
    environment = os.environ | {"PYTHONPATH": str(SCRIPT.parents[1])}
    children = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(desk_of.settings.data_folder), act, str(start), *searches],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for act in acts
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    start.touch()
    return [json.loads(child.communicate(timeout=120)[0]) for child in children]


def search_ids(desk: Desk, kind: EntryKind) -> list[object]:
    return sorted(str(entry.fields["search"]) for entry in desk.entries(kind) if "search" in entry.fields)


def test_of_approving_and_refusing_at_once_exactly_one_holds(enrolled: Deployment, tmp_path: Path) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        asked = [desk.request(person).search for person in list_composites()[:DECISIONS]]

    approvals, refusals = run_at_once(prepared, [*asked], "approve", "refuse", start=tmp_path / "start")

    approved = [search for search, outcome in zip(asked, approvals, strict=True) if outcome == "done"]
    refused = [search for search, outcome in zip(asked, refusals, strict=True) if outcome == "done"]
    assert sorted([*approved, *refused]) == sorted(asked)
    assert set(approvals) | set(refusals) <= {"done", "invalid-input"}
    with open_desk(prepared) as desk:
        assert search_ids(desk, EntryKind.SEARCH_APPROVED) == sorted(approved)
        assert search_ids(desk, EntryKind.SEARCH_REFUSED) == sorted(refused)
        states = {pending.search: pending.state for pending in list_requests(desk.runtime, desk.approver)}
        assert [states[search] for search in approved] == [RequestState.APPROVED] * len(approved)
        verify_ledger(desk.runtime)


def test_an_approved_search_runs_once_and_takes_one_of_the_quota(enrolled: Deployment, tmp_path: Path) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        asked = [desk.request(person).search for person in list_composites()[:RUNS]]
        for search in asked:
            approve_request(desk.runtime, desk.approver, search)

    runs = run_at_once(prepared, [*asked], "run", "run", start=tmp_path / "start")

    assert [sorted(outcomes) for outcomes in zip(*runs, strict=True)] == [["approval-used", "done"]] * RUNS
    with open_desk(prepared) as desk:
        (licence,) = (
            licence for licence in list_licences(desk.runtime, desk.searcher) if licence.id == prepared.licence
        )
        assert (licence.searches_started, licence.searches_refused) == (RUNS, RUNS)
        assert search_ids(desk, EntryKind.SEARCH_STARTED) == sorted(asked)
        assert search_ids(desk, EntryKind.SEARCH_FINISHED) == sorted(asked)
        verify_ledger(desk.runtime)


@pytest.mark.parametrize("rival", ["approve-in-time", "seal"], ids=["approving while sealing", "sealing twice"])
def test_an_urgent_search_is_approved_or_sealed_and_never_both(
    enrolled: Deployment, tmp_path: Path, rival: str
) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        found = [desk.run_urgent(person).permit.search for person in list_composites()[:RUNS]]

    decided, sealed = run_at_once(prepared, [*found], rival, "seal", start=tmp_path / "start")

    clock = Clock()
    clock.ahead = 48 * HOUR
    with open_desk(prepared, clock) as desk:
        approved = [search for search, outcome in zip(found, decided, strict=True) if outcome == "done"]
        assert set(decided) <= {"done", "approval-expired", "sealed", "nothing to seal"}
        assert set(sealed) <= {"sealed", "nothing to seal"}
        assert search_ids(desk, EntryKind.SEARCH_APPROVED) == sorted(approved)
        assert search_ids(desk, EntryKind.SEARCH_SEALED) == sorted(set(found) - set(approved))
        destroyed = desk.runtime.vault.list_destroyed()
        assert {search for search in found if outcome_of(search) in destroyed} == set(found) - set(approved)
        verify_ledger(desk.runtime)
