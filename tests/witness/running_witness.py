"""A witness in a folder, served on this machine, and clients that speak to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from assent.ledger import CosignerKey, SignedNote, prove_consistency, verify_cosignatures
from assent.services.serve_witness import create_witness
from assent.witness import Submission, Witness, WitnessServer, load_keys, open_memory
from ledger.ledger_builders import TreeInMemory, a_signing_key
from ledger.witness_builders import a_history, a_signed_checkpoint

NAME = "witness.example/board"
HOST = "127.0.0.1"
PATH = "/add-checkpoint"


class Reply(NamedTuple):
    """An answer as a client sees it."""

    status: int
    content_type: str | None
    body: bytes


def make_witness(folder: Path, *logs: str) -> tuple[CosignerKey, ...]:
    """Set up a witness that watches these logs, by default the one of the builders."""
    keys = create_witness(folder, NAME)
    with closing(open_memory(folder)) as memory:
        for vkey in logs or (a_signing_key().vkey,):
            memory.add_log(vkey)
    return keys


@contextmanager
def an_open_witness(folder: Path) -> Iterator[Witness]:
    """Open a witness without a server."""
    with closing(open_memory(folder)) as memory:
        yield Witness(load_keys(folder), memory, lambda: datetime.now(UTC))


@contextmanager
def serving(server: WitnessServer) -> Iterator[int]:
    """Serve in a thread; the port comes back."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(port: int, body: bytes, path: str = PATH) -> Reply:
    """Post once over a connection of its own."""
    with closing(HTTPConnection(HOST, port, timeout=20)) as connection:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return Reply(answer.status, answer.getheader("Content-Type"), answer.read())


def a_submission(old: int, size: int, *, history: TreeInMemory | None = None, changed_from: int | None = None) -> bytes:
    """A submission that proves itself from a history, by default the one whose checkpoint is submitted."""
    tree = history or a_history(size, changed_from=changed_from)
    proof = prove_consistency(old, size, tree.read_node) if old <= size else []
    return Submission(old, tuple(proof), a_signed_checkpoint(size, changed_from=changed_from)).to_bytes()


def count_cosigners(submission: bytes, answer: bytes, keys: tuple[CosignerKey, ...]) -> int:
    """Verify the answer's lines over the submitted checkpoint, and count whose they are."""
    note = Submission.from_bytes(submission).note + answer
    return len(verify_cosignatures(SignedNote.from_bytes(note), [key.verification_key for key in keys]))
