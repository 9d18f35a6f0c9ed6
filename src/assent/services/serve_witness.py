"""Run a witness (c2sp.org/tlog-witness) from its own folder; it knows nothing of any deployment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from assent.errors import InvalidInput, Unavailable
from assent.ledger import CosignerKey, VerificationKey, require_cosigned_name
from assent.witness import (
    WatchedLog,
    Witness,
    WitnessServer,
    create_keys,
    create_memory,
    load_keys,
    open_memory,
)

PRIVATE_FOLDER_MODE = 0o700


def create_witness(folder: Path, name: str) -> tuple[CosignerKey, ...]:
    """Set up a new witness: keys and an empty memory, in a folder that only its owner can read.

    Raises InvalidInput for a name that a key cannot have, DeploymentExists if there is a witness in the folder.
    """
    require_cosigned_name(name)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER_MODE)
        folder.chmod(PRIVATE_FOLDER_MODE)
    except OSError as error:
        raise Unavailable(f"The witness's folder cannot be made: {error.strerror}.") from None
    # The keys last: without them the witness does not serve, so a crash in between leaves nothing that signs.
    create_memory(folder)
    return create_keys(folder, name)


def watch_log(folder: Path, vkey: str) -> VerificationKey:
    """Let a witness know a log from now on. Raises InvalidInput if the text is no log's key."""
    with closing(open_memory(folder)) as memory:
        return memory.add_log(vkey)


def list_witness_keys(folder: Path) -> list[VerificationKey]:
    """List a witness's public keys; a policy names one of them."""
    return [key.verification_key for key in load_keys(folder)]


def list_watched_logs(folder: Path) -> list[WatchedLog]:
    """List the logs that a witness knows and what it saw of each."""
    with closing(open_memory(folder)) as memory:
        return memory.list_logs()


def read_contradictions(folder: Path, origin: str) -> list[tuple[bytes, bytes]]:
    """Read the pairs of signed notes that prove a log's fault."""
    with closing(open_memory(folder)) as memory:
        return memory.load_contradictions(origin)


def serve_witness(
    folder: Path,
    *,
    host: str,
    port: int,
    log_vkeys: Sequence[str] = (),
    prefix: str = "",
    announce: Callable[[str, int], None] | None = None,
    report: Callable[[HTTPStatus], None] | None = None,
) -> None:
    """Serve until interrupted; `announce` is called with host and port once connections are accepted.

    Raises KeysUnavailable or DeploymentMissing if there is no witness, Unavailable if the address cannot be used.
    """
    if prefix and not prefix.startswith("/"):
        raise InvalidInput("A prefix begins with a slash.")
    keys = load_keys(folder)
    with closing(open_memory(folder)) as memory:
        for vkey in log_vkeys:
            memory.add_log(vkey)
        witness = Witness(keys, memory, read_clock)
        with WitnessServer((host, port), witness, prefix=prefix, report=report) as server:
            if announce is not None:
                announce(host, server.port)
            with suppress(KeyboardInterrupt):
                server.serve_forever()


def read_clock() -> datetime:
    """Read the time, aware and in UTC; here and not from `runtime`, which loads all of a deployment."""
    return datetime.now(UTC)
