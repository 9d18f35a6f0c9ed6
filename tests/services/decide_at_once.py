"""Decides on, runs or seals searches, one after another, while another such process does the same.

Usage: decide_at_once.py DATA_FOLDER ACT START_FILE SEARCH...; ACT is approve, refuse, run, approve-in-time or seal.
Prints one JSON list of what became of each: "done", or the reason for which it was not done.
"""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from assent.errors import AssentError
from assent.services.decide_request import approve_request, refuse_request
from assent.services.run_search import run_approved_search
from assent.services.seal_overdue import seal_overdue
from assent.settings import Settings
from demo_deployments import Deployment
from services.approval_desks import REASON, Clock, Desk, open_desk

WAIT_SECONDS = 60
AHEAD = {"approve-in-time": timedelta(hours=47), "seal": timedelta(hours=48)}


def act_on(desk: Desk, act: str, search: str) -> str:
    try:
        match act:
            case "approve" | "approve-in-time":
                approve_request(desk.runtime, desk.approver, search)
            case "refuse":
                refuse_request(desk.runtime, desk.approver, search, REASON)
            case "run":
                run_approved_search(desk.runtime, desk.searcher, search)
            case "seal":
                return "sealed" if search in seal_overdue(desk.runtime) else "nothing to seal"
    except AssentError as error:
        return error.reason
    return "done"


def main() -> None:
    data, act, start, *searches = sys.argv[1:]
    clock = Clock()
    with open_desk(Deployment(Settings.from_environment(data_folder=Path(data)), "", {}), clock) as desk:
        if act == "run":
            assert desk.runtime.gallery is not None
        print("ready", flush=True)  # noqa: T201 - the test waits for it
        deadline = time.monotonic() + WAIT_SECONDS
        while not Path(start).exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        clock.ahead = AHEAD.get(act, clock.ahead)
        print(json.dumps([act_on(desk, act, search) for search in searches]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
