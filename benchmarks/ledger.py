"""How fast a ledger is verified and written, and in how much memory.

Example: python benchmarks/ledger.py --entries 1000000 --database-entries 100000

Prints a markdown table. Verification runs in a fresh process on one core, from a published folder as an outsider has it
and from a deployment's database with all its rows and openings. The mix is that of an office at work: searches that
start and finish, one in fifty failing, one in a hundred refused, and people with their consents.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

# Everything of ours is imported where it is needed: what verifies alone must not carry what made its input.

VERIFY_SECONDS, VERIFY_MB = 10.0, 300
APPEND_RATIO = 4.0
BATCH, BATCH_SECONDS = 10_000, 1.0
APPENDS = 500


def main() -> None:
    """Make a ledger, verify it in fresh processes, append to another, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000, help="how many entries the published folder has")
    parser.add_argument("--database-entries", type=int, default=100_000, help="and how many the deployment; 0 for none")
    parser.add_argument("--runs", type=int, default=3, help="how many times to verify")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--vkey", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder:
        verify_folder_once(arguments.folder, arguments.vkey)
    elif arguments.data:
        verify_database_once(arguments.data)
    else:
        print("| what | measured | target |\n|---|---|---|")
        measure_appending()
        measure_folder(arguments.entries, arguments.runs)
        if arguments.database_entries:
            measure_database(arguments.database_entries, arguments.runs)


def measure_folder(count: int, runs: int) -> None:
    """Verify a published folder."""
    from ledger_workload import make_entries, publish_entries

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "public"
        vkey = publish_entries(folder, make_entries(count))
        for run in range(runs):
            cost = run_alone("--folder", str(folder), "--vkey", vkey)
            target = f"< {VERIFY_SECONDS:.0f} s, < {VERIFY_MB} MB"
            print_row(f"published folder of {count:,} entries, run {run + 1}", cost, target)


def measure_database(count: int, runs: int) -> None:
    """Verify a deployment's database with every row and opening."""
    from ledger_workload import fill_deployment

    from assent.settings import Settings

    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "data"
        fill_deployment(Settings.from_environment({"ASSENT_DATA": str(data)}), count)
        for run in range(runs):
            print_row(f"database of {count:,} entries, run {run + 1}", run_alone("--data", str(data)), "none")


def measure_appending() -> None:
    """Append one entry durably, against a bare commit of the same bytes, and many in one batch."""
    from ledger_workload import make_entries

    from assent.ledger import Entry
    from assent.storage import ledger as stored_ledger
    from assent.storage import open_database

    with tempfile.TemporaryDirectory() as place:
        database = open_database(Path(place) / "ledger.db", create=True)
        entries = [Entry.from_bytes(data) for data in make_entries(BATCH + APPENDS)]
        with database.transaction() as transaction:
            stored_ledger.record_empty_ledger(transaction)
        start = time.perf_counter()
        with database.transaction() as transaction:
            stored_ledger.append_entries(transaction, entries[:BATCH])
        batch_seconds = time.perf_counter() - start
        ours, bare = [], []
        with closing(open_bare(Path(place) / "bare.db")) as connection:
            for number, entry in enumerate(entries[BATCH:]):
                start = time.perf_counter()
                with database.transaction() as transaction:
                    stored_ledger.append_entries(transaction, [entry])
                between = time.perf_counter()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO entries VALUES (?, ?)", (number, entry.to_bytes()))
                connection.execute("COMMIT")
                ours.append(between - start)
                bare.append(time.perf_counter() - between)
        database.close()
    ratio = statistics.median(ours) / statistics.median(bare)
    milliseconds = f"{statistics.median(ours) * 1e3:.2f} ms against {statistics.median(bare) * 1e3:.2f} ms"
    print_row("one entry, durable, against a bare commit", f"{ratio:.1f}x ({milliseconds})", f"<= {APPEND_RATIO:.0f}x")
    print_row(f"{BATCH:,} entries in one batch", f"{batch_seconds:.2f} s", f"< {BATCH_SECONDS:.0f} s")


def open_bare(path: Path) -> sqlite3.Connection:
    """Open SQLite with the same promise of durability and nothing else."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entries (entry_index INTEGER PRIMARY KEY, entry BLOB NOT NULL)")
    return connection


def verify_folder_once(folder: Path, vkey: str) -> None:
    """Verify in this process, and print seconds and the largest memory in MB."""
    from assent.services.verify_published import read_trust, verify_folder

    start = time.perf_counter(), time.process_time()
    verify_folder(folder, read_trust(vkey, None))
    print_cost(*start)


def verify_database_once(data: Path) -> None:
    """Verify in this process, and print seconds and the largest memory in MB."""
    from assent.services.runtime import open_unchecked
    from assent.services.verify_ledger import verify_ledger
    from assent.settings import Settings

    with closing(open_unchecked(Settings.from_environment({"ASSENT_DATA": str(data)}))) as runtime:
        start = time.perf_counter(), time.process_time()
        verify_ledger(runtime)
        print_cost(*start)


def print_cost(start: float, cpu_start: float) -> None:
    """Print seconds, seconds of one core, and the largest memory in MB that this process took."""
    # Not `ru_maxrss`: that begins with what the parent had, which has just made a large ledger.
    status = Path("/proc/self/status").read_text("ascii")
    memory_mb = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    print(f"{time.perf_counter() - start:.3f} {time.process_time() - cpu_start:.3f} {memory_mb}")


def run_alone(*arguments: str) -> str:
    """Run this script in a fresh process on one core; say what it took."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ))
    seconds, core_seconds, memory_mb = map(float, done.stdout.split())
    return f"{seconds:.2f} s ({core_seconds:.2f} s of one core), {memory_mb:.0f} MB"


def print_row(what: str, measured: str, target: str) -> None:
    """Print one row of the table."""
    print(f"| {what} | {measured} | {target} |", flush=True)


if __name__ == "__main__":
    main()
