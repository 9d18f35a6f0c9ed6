"""Reviews one search when a file appears, for a test that starts several such processes at once.

Usage: review_at_once.py DATA_FOLDER SEARCH REVIEWER START_FILE; prints a JSON list of what was acknowledged.
"""

import json
import sys
import time
from pathlib import Path

from assent.errors import InvalidInput
from assent.search import Conclusion
from assent.services.open_deployment import open_runtime
from assent.services.review_candidates import record_conclusion, record_observations
from assent.settings import Settings
from services.review_builders import an_observation

WAIT_SECONDS = 60


def main() -> None:
    data, search, handle, start = sys.argv[1:]
    done = []
    with open_runtime(Settings.from_environment(data_folder=Path(data))) as runtime:
        actor = runtime.find_actor(handle, "cli")
        print("ready", flush=True)  # noqa: T201 - the test waits for it
        deadline = time.monotonic() + WAIT_SECONDS
        while not Path(start).exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        for label in "ABC":
            try:
                record_observations(runtime, actor, search, {label: an_observation()})
                done.append(label)
            except InvalidInput:
                done.append("refused")
        try:
            record_conclusion(runtime, actor, search, Conclusion.NOBODY)
            done.append("concluded")
        except InvalidInput:
            done.append("refused")
    print(json.dumps(done), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
