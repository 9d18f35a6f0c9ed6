"""Serves a witness whose process kills itself just before or just after it remembers a checkpoint; a test posts to it.

Usage: die_while_cosigning.py FOLDER before|after; prints the port.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from assent.witness import Seen, Witness, WitnessMemory, WitnessServer, load_keys, open_memory


class DeadlyMemory(WitnessMemory):
    """Remembers as usual, and dies at the moment it was told."""

    moment = ""

    def replace_seen(self, origin: str, seen: Seen, new: Seen, note: bytes, at: datetime) -> bool:
        if self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        is_replaced = super().replace_seen(origin, seen, new, note, at)
        if is_replaced and self.moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return is_replaced


def main() -> None:
    folder, moment = Path(sys.argv[1]), sys.argv[2]
    memory = DeadlyMemory(open_memory(folder)._connection)
    memory.moment = moment
    witness = Witness(load_keys(folder), memory, lambda: datetime.now(UTC))
    with WitnessServer(("127.0.0.1", 0), witness) as server:
        print(server.port, flush=True)  # noqa: T201 - the test reads it
        server.serve_forever()


if __name__ == "__main__":
    main()
