"""Runs searches in several threads of one process, for a test that starts several such processes at once.

Usage: search_many.py DATA_FOLDER LICENCE CASE PHOTO THREADS START_FILE; prints one JSON list of outcomes.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from assent.errors import QuotaExhausted
from assent.mandates import ProbeSource, SearchRequest
from assent.people import PurposeSlug
from assent.services.open_deployment import open_runtime
from assent.services.run_search import run_search
from assent.settings import Settings

WAIT_SECONDS = 60


def main() -> None:
    data, licence, case, photo, threads, start = sys.argv[1:]
    request = SearchRequest(licence, case, PurposeSlug("reunite"), ProbeSource.FAMILY, "One of many at once.")
    probe = Path(photo).read_bytes()
    barrier = Barrier(int(threads))
    with open_runtime(Settings.from_environment(data_folder=Path(data))) as runtime:
        actor = runtime.find_actor("searcher", "cli")
        assert runtime.gallery is not None

        def search_once(_: int) -> str:
            barrier.wait()
            try:
                return run_search(runtime, actor, request, probe).permit.search
            except QuotaExhausted as refusal:
                return refusal.reason

        print("ready", flush=True)  # noqa: T201 - the test waits for it
        deadline = time.monotonic() + WAIT_SECONDS
        while not Path(start).exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        with ThreadPoolExecutor(int(threads)) as pool:
            print(json.dumps(list(pool.map(search_once, range(int(threads))))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
