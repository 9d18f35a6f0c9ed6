"""Killed at any moment of asking, deciding, running and sealing, nothing acknowledged is lost, nothing half done."""

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

from assent.mandates import RequestState, outcome_of, probe_of
from assent.services.decide_request import list_requests
from assent.services.request_search import REQUEST_PHOTO
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment
from services.approval_desks import open_desk, with_desk

SCRIPT = Path(__file__).with_name("approve_until_killed.py")
KILLS = 12
LONGEST_LIFE_SECONDS = 0.8


def work_and_be_killed(deployment: Deployment, life_seconds: float) -> list[list[str]]:
    command = [sys.executable, str(SCRIPT), str(deployment.settings.data_folder), deployment.licence]
    environment = os.environ | {"PYTHONPATH": str(SCRIPT.parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())[0] == "ready"
        time.sleep(life_seconds)
        child.send_signal(signal.SIGKILL)
        lines = child.stdout.read().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


@pytest.mark.slow
def test_killed_at_any_moment_approvals_and_sealings_are_whole(enrolled: Deployment) -> None:
    prepared = with_desk(enrolled, quota=100_000)
    moments = random.Random(20261124)  # noqa: S311 - moments to kill at, not secrets
    done: dict[str, set[str]] = {step: set() for step in ("asked", "approved", "ran", "sealed")}
    for _ in range(KILLS):
        for step, search in work_and_be_killed(prepared, moments.uniform(0, LONGEST_LIFE_SECONDS)):
            done[step].add(search)
        with open_desk(prepared) as desk:
            verify_ledger(desk.runtime)

    assert min(len(searches) for searches in done.values()) > 3
    with open_desk(prepared) as desk, closing(sqlite3.connect(prepared.database)) as connection:
        states = {pending.search: pending.state for pending in list_requests(desk.runtime, desk.approver)}
        assert done["asked"] <= states.keys()
        assert {states[search] for search in done["approved"]} <= {RequestState.APPROVED, RequestState.USED}
        sealed = {row[0] for row in connection.execute("SELECT id FROM searches WHERE state = 'sealed'")}
        listed = {row[0] for row in connection.execute("SELECT DISTINCT search_id FROM candidates")}
        assert done["sealed"] <= sealed
        assert not sealed & listed
        keyed, photographed = desk.runtime.vault.list_subjects(), desk.runtime.photos.list_subjects()
        gone = {key(search) for search in sealed for key in (outcome_of, probe_of)}
        assert not gone & (keyed | photographed)
        waiting = {search for search, state in states.items() if state in {RequestState.PENDING, RequestState.APPROVED}}
        assert {subject for subject in keyed if subject.startswith("s_")} == states.keys()
        kept = {search for search in states if desk.runtime.photos.has_photo(probe_of(search), REQUEST_PHOTO)}
        assert kept <= waiting - done["ran"]
