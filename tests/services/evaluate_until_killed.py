"""Evaluates a folder and kills itself, as a power cut would, once so many photos are done; run as a program."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from assent.services.evaluate import Order, evaluate
from assent.settings import Settings


def main() -> None:
    data_folder, cache_folder, photos, report, photos_done = sys.argv[1:]
    settings = Settings.from_environment({"ASSENT_DATA": data_folder, "ASSENT_CACHE": cache_folder})

    def show(_step: str, done: int, _total: int) -> None:
        if done >= int(photos_done):
            os.kill(os.getpid(), signal.SIGKILL)

    evaluate(settings, Order(Path(photos), Path(report)), show)


if __name__ == "__main__":
    main()
