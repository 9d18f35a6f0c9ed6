import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role, outcome_of, probe_of
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.services.show_person import show_person
from assent.services.verify_ledger import verify_ledger
from demo_deployments import CASE, Deployment, act_as, find_first, read_picture, search

KILLS = 26
MOST_STEPS = 9
LONGEST_REST_SECONDS = 0.15


def work_and_be_killed(deployment: Deployment, turn: int, steps: int, rest_seconds: float) -> list[list[str]]:
    """Start the worker, kill it a moment after so many steps were acknowledged; all that it acknowledged comes back."""
    script = Path(__file__).with_name("work_until_killed.py")
    command = [sys.executable, str(script), str(deployment.settings.data_folder), deployment.licence, CASE, str(turn)]
    tests_folder = str(Path(__file__).parents[1])
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": tests_folder}
    ) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline()) == ["ready"]
        # Counted in steps, so that a slow machine gets as far as a fast one.
        lines = [child.stdout.readline() for _ in range(steps)]
        time.sleep(rest_seconds)
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.read().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def check_nothing_is_half_done(runtime: Runtime, deployment: Deployment) -> set[str]:
    """Everybody who has a row is whole: key, photos, openable templates; nothing else is there. Returns who is."""
    with closing(sqlite3.connect(deployment.database)) as connection:
        people = {row[0] for row in connection.execute("SELECT id FROM persons")}
        searches = {row[0] for row in connection.execute("SELECT id FROM searches")}
    keyed = runtime.vault.list_subjects()
    assert {subject for subject in keyed if subject.startswith("p_")} == people
    assert {subject for subject in keyed if subject.startswith("s_")} == searches
    outcomes = {outcome_of(search) for search in searches}
    assert {subject for subject in keyed if subject.startswith("o_")} == outcomes
    probes = {probe_of(search) for search in searches}
    assert {subject for subject in keyed if subject.startswith("i_")} == probes
    assert runtime.photos.list_subjects() - probes == people
    steward = act_as(runtime, Role.STEWARD)
    for person in people:
        page = show_person(runtime, steward, person)
        assert len(page.portraits) == len(page.person.references) >= 1
        assert page.person.purposes_in_force(runtime.clock()) == ("reunite",)
    assert not list(deployment.settings.data_folder.rglob(".*.part"))
    return people


@pytest.mark.slow
def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_half_done(bare: Deployment) -> None:
    moments = random.Random(20261123)  # noqa: S311 - moments to kill at, not secrets
    enrolled: set[str] = set()
    withdrawn: set[str] = set()
    shown: dict[str, list[str]] = {}
    for turn in range(KILLS):
        for step, *values in work_and_be_killed(
            bare, turn, moments.randint(0, MOST_STEPS), moments.uniform(0, LONGEST_REST_SECONDS)
        ):
            if step == "shown":
                shown[values[0]] = values[1]
            else:
                (enrolled if step == "enrolled" else withdrawn).add(values[0])
        with open_runtime(bare.settings) as runtime:
            verify_ledger(runtime)
            assert runtime.gallery.count("reunite", runtime.clock())[0] <= len(enrolled | set(bare.people)) + 2 * KILLS

    assert len(enrolled) > KILLS // 2
    assert len(withdrawn) > 1
    with open_runtime(bare.settings) as runtime:
        people = check_nothing_is_half_done(runtime, bare)
        assert enrolled - withdrawn <= people | finished_withdrawals(runtime)
        assert not withdrawn & people
        finished = {
            indexed.entry.fields["search"]: indexed.entry.fields["candidates"]
            for indexed in list_entries(runtime)
            if indexed.entry.kind is EntryKind.SEARCH_FINISHED
        }
        assert all(finished[done] == len(candidates) for done, candidates in shown.items())
        assert runtime.gallery.count("reunite", runtime.clock())[0] == len(people)
        assert find_first(search(runtime, bare, read_picture("001", 3))) in people


def finished_withdrawals(runtime: Runtime) -> set[str]:
    """People whose withdrawal was under way when the process was killed, and was finished at the next start."""
    return {
        str(indexed.entry.fields["person"])
        for indexed in list_entries(runtime)
        if indexed.entry.kind is EntryKind.PERSON_ERASED
    }
