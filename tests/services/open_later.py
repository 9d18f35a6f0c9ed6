"""Opens a deployment some days from now when a file appears, for a test that starts several such processes at once.

Usage: open_later.py DATA_FOLDER DAYS START_FILE; says when it is ready and when it has opened.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assent.services.open_deployment import open_runtime
from assent.settings import Settings

WAIT_SECONDS = 60


def main() -> None:
    data, days, start = sys.argv[1:]
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    deadline = time.monotonic() + WAIT_SECONDS
    while not Path(start).exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    later = timedelta(days=float(days))
    with open_runtime(Settings.from_environment(data_folder=Path(data)), lambda: datetime.now(UTC) + later):
        print("opened", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
