"""Asks, approves, runs, refuses and seals without end, and says each thing it was told is done; a test kills it.

Usage: approve_until_killed.py DATA_FOLDER LICENCE; one JSON line, step and search, for each acknowledged step.
"""

import itertools
import json
import sys
from pathlib import Path

from assent.services.decide_request import approve_request, refuse_request
from assent.services.run_search import run_approved_search
from assent.settings import Settings
from demo_deployments import Deployment
from services.approval_desks import REASON, open_desk


def say(step: str, search: str = "") -> None:
    print(json.dumps([step, search]), flush=True)  # noqa: T201 - the test reads it


def main() -> None:
    data, licence = sys.argv[1:]
    with open_desk(Deployment(Settings.from_environment(data_folder=Path(data)), licence, {})) as desk:
        desk.runtime.faces.embed_many([])
        say("ready")
        for turn in itertools.count():
            asked = desk.request().search
            say("asked", asked)
            if turn % 3:
                approve_request(desk.runtime, desk.approver, asked)
                say("approved", asked)
                run_approved_search(desk.runtime, desk.searcher, asked)
                say("ran", asked)
            urgent = desk.run_urgent().permit.search
            say("ran", urgent)
            refuse_request(desk.runtime, desk.approver, urgent, REASON)
            say("sealed", urgent)


if __name__ == "__main__":
    main()
