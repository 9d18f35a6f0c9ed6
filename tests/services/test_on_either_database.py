"""Two processes on one database, a file or a server: exact quotas, one decision each, withdrawal at once, kill -9."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assent.ledger import EntryKind
from assent.mandates import RecordKind, Role, outcome_of, probe_of
from assent.people import PersonId
from assent.services.apply_retention import apply_retention, set_retention_rule
from assent.services.decide_request import approve_request
from assent.services.issue_licence import issue_licence
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.show_ledger import count_all_searches, list_entries
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person
from demo_deployments import CASE, PICTURES, REUNITE, Deployment, act_as, find_first, read_picture, search
from postgres_server import environment_for
from services.approval_desks import open_desk, with_desk

PROCESSES, THREADS, QUOTA = 2, 6, 7
RIVALS = ["001", "002", "003", "004"]
SECONDS = 120
HERE = Path(__file__).parent


def start(deployment: Deployment, script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / script), str(deployment.settings.data_folder), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment_for(deployment.settings))


def let_run(children: list[subprocess.Popen[str]], start_file: Path) -> list[list[str]]:
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    start_file.touch()
    return [json.loads(child.communicate(timeout=SECONDS)[0]) for child in children]


def count_kinds(runtime: Runtime, **fields: str) -> Counter[EntryKind]:
    entries = [indexed.entry for indexed in list_entries(runtime)]
    return Counter(
        entry.kind for entry in entries if all(entry.fields.get(name) == value for name, value in fields.items())
    )


def test_a_quota_is_exact_however_many_search_at_once(enrolled_on_either: Deployment, tmp_path: Path) -> None:
    deployment = enrolled_on_either
    with open_runtime(deployment.settings) as runtime:
        licence = issue_licence(
            runtime,
            act_as(runtime, Role.ISSUER),
            holder="searcher",
            purposes=[REUNITE],
            ground="Trial",
            citation="",
            valid_from=None,
            valid_until=datetime.now(UTC) + timedelta(days=1),
            quota=QUOTA,
            is_trial=True,
        ).id
    photo, start_file = PICTURES / "001" / "3.jpg", tmp_path / "start"
    children = [
        start(deployment, "search_many.py", licence, CASE, photo, THREADS, start_file) for _ in range(PROCESSES)
    ]

    outcomes = [outcome for own in let_run(children, start_file) for outcome in own]

    refused = outcomes.count("quota-exhausted")
    assert (len(outcomes) - refused, refused) == (QUOTA, PROCESSES * THREADS - QUOTA)
    with open_runtime(deployment.settings) as runtime:
        kinds = count_kinds(runtime, licence=licence)
        assert (kinds[EntryKind.SEARCH_STARTED], kinds[EntryKind.SEARCH_FINISHED]) == (QUOTA, QUOTA)
        assert count_all_searches(runtime).by_licence()[licence].refused == PROCESSES * THREADS - QUOTA
        verify_ledger(runtime)


def test_a_request_is_decided_once(enrolled_on_either: Deployment, tmp_path: Path) -> None:
    prepared = with_desk(enrolled_on_either)
    with open_desk(prepared) as desk:
        asked = [desk.request(person).search for person in RIVALS]
    start_file = tmp_path / "start"
    children = [start(prepared, "decide_at_once.py", act, start_file, *asked) for act in ("approve", "refuse")]

    approvals, refusals = let_run(children, start_file)

    for approved, refused in zip(approvals, refusals, strict=True):
        assert sorted([approved, refused]) == ["done", "invalid-input"]
    with open_desk(prepared) as desk:
        kinds = count_kinds(desk.runtime)
        assert kinds[EntryKind.SEARCH_APPROVED] == approvals.count("done")
        assert kinds[EntryKind.SEARCH_REFUSED] == refusals.count("done")
        verify_ledger(desk.runtime)


def test_an_approval_is_used_once(enrolled_on_either: Deployment, tmp_path: Path) -> None:
    prepared = with_desk(enrolled_on_either)
    with open_desk(prepared) as desk:
        asked = [desk.request(person).search for person in RIVALS]
        for request in asked:
            approve_request(desk.runtime, desk.approver, request)
    start_file = tmp_path / "start"
    children = [start(prepared, "decide_at_once.py", "run", start_file, *asked) for _ in range(2)]

    runs = let_run(children, start_file)

    assert [sorted(outcomes) for outcomes in zip(*runs, strict=True)] == [["approval-used", "done"]] * len(RIVALS)
    with open_desk(prepared) as desk:
        assert count_kinds(desk.runtime)[EntryKind.SEARCH_FINISHED] == len(RIVALS)
        verify_ledger(desk.runtime)


def test_a_withdrawal_is_honoured_by_the_next_search_of_another_opening(enrolled_on_either: Deployment) -> None:
    deployment = enrolled_on_either
    with open_runtime(deployment.settings) as one, open_runtime(deployment.settings) as other:
        first = find_first(search(one, deployment, read_picture("001", 3)))
        assert first == deployment.people["001"]

        withdraw_person(other, act_as(other, Role.STEWARD), first)
        found = search(one, deployment, read_picture("001", 3))

        assert first not in {candidate.person for candidate in found.outcome.candidates}
        assert count_kinds(one, person=first)[EntryKind.PERSON_ERASED] == 1
        verify_ledger(one)


def test_what_is_over_its_time_is_destroyed_and_accounted_for(enrolled_on_either: Deployment) -> None:
    deployment = enrolled_on_either
    with open_runtime(deployment.settings) as runtime:
        found = search(runtime, deployment, read_picture("002", 3)).permit.search
        set_retention_rule(runtime, act_as(runtime, Role.ADMINISTRATOR), RecordKind.PROBE_WITH_CANDIDATES, 3)
    later = datetime.now(UTC) + timedelta(days=5)

    with open_runtime(deployment.settings, lambda: later, applies_retention=False) as runtime:
        report = apply_retention(runtime, act_as(runtime, Role.ADMINISTRATOR))

        assert [record.subject for record in report.deleted if record.kind is RecordKind.PROBE_WITH_CANDIDATES] == [
            found
        ]
        assert probe_of(found) not in runtime.photos.list_subjects()
        verify_ledger(runtime)


def test_killed_in_the_middle_of_work_nothing_acknowledged_is_lost_and_another_process_goes_on(
    enrolled_on_either: Deployment,
) -> None:
    deployment = enrolled_on_either
    with open_runtime(deployment.settings) as survivor:
        child = start(deployment, "work_until_killed.py", deployment.licence, CASE, 1)
        assert child.stdout is not None
        acknowledged = [json.loads(child.stdout.readline()) for _ in range(7)]
        child.kill()
        acknowledged += [json.loads(line) for line in child.stdout.read().splitlines(keepends=True) if line[-1] == "\n"]
        child.wait()
        child.stdout.close()

        own = search(survivor, deployment, read_picture("005", 3))

    with open_runtime(deployment.settings) as runtime:
        # Opening it again accounted for what was interrupted.
        check_whole(runtime, acknowledged)
        kinds = count_kinds(runtime, search=own.permit.search)
        assert kinds == {EntryKind.SEARCH_STARTED: 1, EntryKind.SEARCH_FINISHED: 1}
        verify_ledger(runtime)


def check_whole(runtime: Runtime, acknowledged: list[list[str]]) -> None:
    entries = [indexed.entry for indexed in list_entries(runtime)]
    by_kind: dict[EntryKind, set[object]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, set()).add(entry.fields.get("person") or entry.fields.get("search"))
    for step, subject, *_ in (line for line in acknowledged if line[1:]):
        kind = {
            "enrolled": EntryKind.PERSON_ENROLLED,
            "shown": EntryKind.SEARCH_FINISHED,
            "withdrawn": EntryKind.PERSON_ERASED,
        }[step]
        assert subject in by_kind[kind], f"{step} was acknowledged and is not in the ledger"
    people = {
        PersonId(str(person))
        for person in by_kind[EntryKind.PERSON_ENROLLED] - by_kind.get(EntryKind.PERSON_ERASED, set())
    }
    subjects = runtime.vault.list_subjects()
    assert {subject for subject in subjects if subject.startswith("p_")} == people
    started = {str(found) for found in by_kind[EntryKind.SEARCH_STARTED]}
    assert {subject for subject in subjects if subject.startswith("o_")} == {outcome_of(found) for found in started}
    assert runtime.photos.list_subjects() - {probe_of(found) for found in started} == people
    assert runtime.gallery.count(REUNITE, runtime.clock())[0] == len(people)
