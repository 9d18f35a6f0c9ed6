"""A witness killed between remembering and answering, and a hundred clients at once: it never signs two histories."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path

import pytest

from assent.ledger import (
    Checkpoint,
    SignedNote,
    SigningKey,
    compute_root,
    find_split,
    prove_consistency,
    sign_checkpoint,
    verify_cosignatures,
)
from assent.witness import Seen, Submission, Witness, WitnessMemory, WitnessServer, load_keys, open_memory
from ledger.ledger_builders import a_signing_key
from ledger.witness_builders import a_history
from witness.running_witness import HOST, a_submission, an_open_witness, count_cosigners, make_witness, post, serving

CHILD = Path(__file__).with_name("die_while_cosigning.py")
CLIENTS = 100
FORK = 5
LONGEST = 400


def die_at(moment: str, folder: Path, submission: bytes) -> int:
    """Post a submission to a witness that dies at this moment; its exit code comes back."""
    environment = os.environ | {"PYTHONPATH": str(CHILD.parents[1])}
    command = [sys.executable, str(CHILD), str(folder), moment]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        with pytest.raises((OSError, HTTPException)):
            post(port, submission)
        return child.wait(timeout=20)


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("moment", "contradicting", "same"),
    [
        pytest.param("after", 409, 200, id="remembered, not answered"),
        pytest.param("before", 200, 409, id="not remembered, not answered"),
    ],
)
def test_a_witness_killed_while_cosigning_is_bound_by_what_it_remembered(
    moment: str, contradicting: int, same: int, tmp_path: Path
) -> None:
    keys = make_witness(tmp_path / "w")
    with an_open_witness(tmp_path / "w") as witness:
        witness.answer(a_submission(0, FORK))

    killed = die_at(moment, tmp_path / "w", a_submission(FORK, 8))
    with an_open_witness(tmp_path / "w") as witness:
        other_history = a_history(8, changed_from=FORK)
        contradiction = witness.answer(a_submission(FORK, 8, history=other_history, changed_from=FORK))
        old = 8 if moment == "after" else FORK
        again = witness.answer(a_submission(old, 8))

    assert killed == -9
    assert contradiction.status == contradicting
    assert again.status == same
    if again.status == 200:
        assert count_cosigners(a_submission(8, 8), again.body, keys) == len(keys)


class HesitantMemory(WitnessMemory):
    """Takes a moment after it looked up what was seen, so that the others look it up meanwhile."""

    def load_seen(self, origin: str) -> Seen:
        seen = super().load_seen(origin)
        time.sleep(0.01)
        return seen


class Histories:
    """Two histories under one key that part after `FORK` entries, with everything a client submits of them."""

    def __init__(self, key: SigningKey | None = None, longest: int = LONGEST) -> None:
        self.trees = [a_history(longest), a_history(longest, changed_from=FORK)]
        self.key = key or a_signing_key()

    def checkpoint(self, which: int, size: int) -> Checkpoint:
        return Checkpoint(self.key.name, size, compute_root(size, self.trees[which].read_node))

    def submit(self, port: int, which: int, old: int, size: int) -> tuple[int, bytes, bytes]:
        proof = prove_consistency(old, size, self.trees[which].read_node)
        note = sign_checkpoint(self.checkpoint(which, size), self.key)
        answer = post(port, Submission(old, tuple(proof), note).to_bytes())
        return answer.status, answer.body, note


@pytest.mark.enable_socket
def test_a_hundred_clients_with_two_histories_never_get_both_cosigned(tmp_path: Path) -> None:
    keys = make_witness(tmp_path / "w")
    histories = Histories()
    together = threading.Barrier(CLIENTS)
    cosigned: list[tuple[int, int, datetime]] = []
    statuses: list[int] = []

    def push(client: int) -> None:
        which, chance = client % 2, random.Random(client)  # noqa: S311 - a reproducible crowd
        old = FORK
        together.wait(timeout=60)
        for _ in range(6):
            size = min(LONGEST, old + chance.randint(0, 9))
            status, body, note = histories.submit(port, which, old, size)
            statuses.append(status)
            if status == 200:
                found = verify_cosignatures(SignedNote.from_bytes(note + body), [key.verification_key for key in keys])
                cosigned.append((which, size, found[0].at))
                old = size
            elif status == 409:
                with suppress(ValueError):
                    old = int(body)

    memory = HesitantMemory(open_memory(tmp_path / "w")._connection)
    witness = Witness(load_keys(tmp_path / "w"), memory, lambda: datetime.now(UTC))
    with serving(WitnessServer((HOST, 0), witness)) as port:
        assert histories.submit(port, 0, 0, FORK)[0] == 200
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(push, range(CLIENTS)))
    memory.close()

    grown = {(which, size) for which, size, _ in cosigned if size > FORK}
    assert len(statuses) == CLIENTS * 6
    assert set(statuses) <= {200, 409, 422}
    assert len({which for which, _ in grown}) == 1, "both histories were cosigned"
    assert len(grown) > 2
    times = [at for _, at in sorted((size, at) for _, size, at in cosigned)]
    assert times == sorted(times), "a larger tree was cosigned at an earlier time than a smaller one"
    ordered = [histories.checkpoint(*item) for item in sorted(grown, key=lambda item: item[1])]
    tree = histories.trees[next(iter(grown))[0]]
    for smaller, larger in pairwise(ordered):
        assert find_split(smaller, larger, prove_consistency(smaller.size, larger.size, tree.read_node)) is None


@pytest.mark.enable_socket
def test_two_servers_on_one_memory_never_sign_two_histories(tmp_path: Path) -> None:
    keys = [a_signing_key(f"log.example/{number}", number) for number in range(1, 21)]
    make_witness(tmp_path / "w", *(key.vkey for key in keys))
    memories = [HesitantMemory(open_memory(tmp_path / "w")._connection) for _ in range(2)]
    servers = [
        WitnessServer((HOST, 0), Witness(load_keys(tmp_path / "w"), memory, lambda: datetime.now(UTC)))
        for memory in memories
    ]
    with serving(servers[0]) as one, serving(servers[1]) as two, ThreadPoolExecutor(2) as clients:
        for key in keys:
            histories = Histories(key, FORK + 1)
            assert histories.submit(one, 0, 0, FORK)[0] == 200

            rivals = clients.map(histories.submit, (one, two), (0, 1), (FORK, FORK), (FORK + 1, FORK + 1))

            assert sorted(status for status, _, _ in rivals) == [200, 409], key.name
    for memory in memories:
        memory.close()
