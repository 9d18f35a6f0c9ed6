import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assent.errors import NotFound
from assent.mandates import REQUEST_LIFETIME, Role, SearchId, outcome_of, probe_of
from assent.services.close_case import close_case
from assent.services.decide_request import refuse_request
from assent.services.hold_record import hold_record
from assent.services.open_deployment import open_runtime
from assent.services.request_search import REQUEST_PHOTO
from assent.services.verify_ledger import verify_ledger
from demo_deployments import CASE, Deployment, act_as, read_picture, search
from services.approval_desks import REASON, open_desk, with_desk
from services.retention_builders import list_deletions, open_after
from services.review_builders import a_search_with_lookalikes

SEARCHES = 12
KILLS = 20
LONGEST_LIFE_SECONDS = 0.08
FOR_EVER = 20_000


def start_opening(deployment: Deployment, start: Path) -> subprocess.Popen[str]:
    """Start a process that opens the deployment long from now, as soon as the file `start` is there."""
    script = str(Path(__file__).with_name("open_later.py"))
    child = subprocess.Popen(
        [sys.executable, script, str(deployment.settings.data_folder), str(FOR_EVER), str(start)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def search_often(deployment: Deployment) -> list[SearchId]:
    """One search with three candidates, some with nobody, and their case closed."""
    with open_runtime(deployment.settings) as runtime:
        found = [a_search_with_lookalikes(runtime, deployment).permit.search]
        found += [search(runtime, deployment, read_picture("001", 3)).permit.search for _ in range(SEARCHES - 1)]
        close_case(runtime, act_as(runtime, Role.STEWARD), CASE)
    return found


def check_all_is_deleted_once(deployment: Deployment, searches: list[SearchId]) -> None:
    with open_after(deployment, FOR_EVER) as runtime:
        deleted = [(record, subject) for record, _, subject in list_deletions(runtime)]
        expected = {("probe-without-candidates", subject) for subject in searches[1:]}
        expected |= {("probe-with-candidates", searches[0]), ("candidates", searches[0])}
        assert len(deleted) == len(set(deleted)) == SEARCHES + 2
        assert {record for record in deleted if record[0] != "case-number"} == expected
        gone = {probe_of(subject) for subject in searches} | {outcome_of(searches[0])}
        assert not gone & runtime.vault.list_subjects()
        assert not gone & runtime.photos.list_subjects()
        verify_ledger(runtime)


def test_four_processes_that_open_at_once_delete_and_record_each_thing_once(bare: Deployment, tmp_path: Path) -> None:
    searches = search_often(bare)
    start = tmp_path / "start"
    children = [start_opening(bare, start) for _ in range(4)]

    start.touch()
    outputs = [child.communicate(timeout=60)[0] for child in children]

    assert outputs == ["opened\n"] * 4
    check_all_is_deleted_once(bare, searches)


@pytest.mark.slow
def test_killed_at_any_moment_every_deletion_is_finished_and_recorded_once(bare: Deployment, tmp_path: Path) -> None:
    moments = random.Random(20261124)  # noqa: S311 - moments to kill at, not secrets
    searches = search_often(bare)
    for turn in range(KILLS):
        copy = bare.copy_to(tmp_path / str(turn))
        start = tmp_path / f"start-{turn}"
        with start_opening(copy, start) as child:
            start.touch()
            time.sleep(moments.uniform(0, LONGEST_LIFE_SECONDS))
            child.kill()

        check_all_is_deleted_once(copy, searches)


def test_a_key_that_a_crash_destroyed_is_accounted_for_even_under_a_hold(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        found = a_search_with_lookalikes(runtime, bare).permit.search
        hold_record(runtime, act_as(runtime, Role.OVERSEER), found, reason="A complaint is pending.")
        runtime.vault.destroy_keys([probe_of(found)], runtime.clock())
        verify_ledger(runtime)

    with open_runtime(bare.settings) as runtime:
        assert list_deletions(runtime) == [("probe-with-candidates", 184, found)]
        assert not (runtime.photos.folder / probe_of(found)).exists()
        assert outcome_of(found) in runtime.vault.list_subjects()
        verify_ledger(runtime)
    with open_runtime(bare.settings) as runtime:
        assert len(list_deletions(runtime)) == 1


@pytest.mark.parametrize("ending", ["refused", "run out"])
def test_the_photo_of_a_request_that_came_to_nothing_goes_after_its_days(enrolled: Deployment, ending: str) -> None:
    deployment = with_desk(enrolled)
    with open_desk(deployment) as desk:
        pending = desk.request()
        if ending == "refused":
            refuse_request(desk.runtime, desk.approver, pending.search, REASON)
    lasting_days = 0 if ending == "refused" else REQUEST_LIFETIME.days

    with open_after(deployment, lasting_days + 29.9) as runtime:
        assert list_deletions(runtime) == []
        assert runtime.photos.read(probe_of(pending.search), REQUEST_PHOTO).startswith(b"\xff\xd8")
    with open_after(deployment, lasting_days + 30.1) as runtime:
        assert list_deletions(runtime) == [("request-photo", 30, pending.search)]
        with pytest.raises(NotFound):
            runtime.photos.read(probe_of(pending.search), REQUEST_PHOTO)
        verify_ledger(runtime)


def test_a_request_photo_whose_key_a_crash_destroyed_is_accounted_for(enrolled: Deployment) -> None:
    deployment = with_desk(enrolled)
    with open_desk(deployment) as desk:
        pending = desk.request()
        refuse_request(desk.runtime, desk.approver, pending.search, REASON)
        desk.runtime.vault.destroy_keys([probe_of(pending.search)], desk.runtime.clock())
        desk.runtime.photos.erase(probe_of(pending.search))

    with open_runtime(deployment.settings) as runtime:
        assert list_deletions(runtime) == [("request-photo", 30, pending.search)]
        verify_ledger(runtime)


def test_what_was_sealed_is_not_deleted_a_second_time(enrolled: Deployment) -> None:
    deployment = with_desk(enrolled)
    with open_desk(deployment) as desk:
        urgent = desk.run_urgent().permit.search
    with open_after(deployment, 2.1) as runtime:
        assert outcome_of(urgent) not in runtime.vault.list_subjects()

    with open_after(deployment, FOR_EVER) as runtime:
        assert list_deletions(runtime) == []
        verify_ledger(runtime)
