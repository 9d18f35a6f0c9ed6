"""Every status of the witness protocol, decided from a request and what is remembered."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import pytest

from assent.errors import InvalidInput
from assent.ledger import sign_note
from assent.witness import SIZE_CONTENT_TYPE, Submission
from ledger.ledger_builders import MOMENT, ORIGIN, TreeInMemory, a_signing_key, some_leaves
from ledger.witness_builders import a_checkpoint, a_cosigner, a_history, a_signed_checkpoint
from witness.running_witness import a_submission, an_open_witness, count_cosigners, make_witness

SEEN = 5
HASH = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw="
NOTE = a_signed_checkpoint(8).decode()


def signed_by(key_name: str, seed: int, *, origin: str = ORIGIN) -> bytes:
    text = a_checkpoint(8).to_text().replace(ORIGIN, origin)
    return Submission(SEEN, (), sign_note(text, [a_signing_key(key_name, seed)])).to_bytes()


STATUSES = [
    pytest.param(a_submission(5, 8), 200, None, id="continues"),
    pytest.param(a_submission(5, 5), 200, None, id="the same again"),
    pytest.param(
        a_submission(5, 8) + a_cosigner().cosign(a_checkpoint(8).to_text(), MOMENT).encode(),
        200,
        None,
        id="with others' signatures",
    ),
    pytest.param(a_submission(9, 8), 400, None, id="old size larger than the checkpoint"),
    pytest.param(b"", 400, None, id="empty"),
    pytest.param(f"old 5\n{NOTE}".encode(), 400, None, id="no empty line"),
    pytest.param(f"old 05\n\n{NOTE}".encode(), 400, None, id="leading zero"),
    pytest.param(f"old -5\n\n{NOTE}".encode(), 400, None, id="below zero"),
    pytest.param(f"old {2**63}\n\n{NOTE}".encode(), 400, None, id="beyond 63 bits"),
    pytest.param(f"5\n\n{NOTE}".encode(), 400, None, id="no 'old'"),
    pytest.param(f"old 5\n{HASH[:-4]}\n\n{NOTE}".encode(), 400, None, id="short hash"),
    pytest.param(f"old 5\n{HASH[:-2]}x=\n\n{NOTE}".encode(), 400, None, id="base64 that is not canonical"),
    pytest.param(f"old 5\nxx\n\n{NOTE}".encode(), 400, None, id="no base64"),
    pytest.param(f"old 5\r\n\n{NOTE}".encode(), 400, None, id="carriage return"),
    pytest.param(("old 5\n" + f"{HASH}\n" * 64 + f"\n{NOTE}").encode(), 400, None, id="64 hashes"),
    pytest.param(b"old 5\n\nno note at all", 400, None, id="no note"),
    pytest.param(
        Submission(5, (), sign_note("one line\n", [a_signing_key()])).to_bytes(),
        400,
        None,
        id="a note that is no checkpoint",
    ),
    pytest.param(signed_by(ORIGIN, 2), 403, None, id="another key of that name"),
    pytest.param(signed_by("other.example", 2), 403, None, id="by a stranger only"),
    pytest.param(f"old 5\n\n{NOTE}".replace("\n8\n", "\n9\n").encode(), 403, None, id="signature over another size"),
    pytest.param(signed_by("other.example", 2, origin="other.example"), 404, None, id="unknown origin"),
    pytest.param(a_submission(0, 8), 409, 5, id="old size smaller than seen"),
    pytest.param(a_submission(6, 8), 409, 5, id="old size larger than seen"),
    pytest.param(a_submission(3, 3), 409, 5, id="an older checkpoint"),
    pytest.param(a_submission(5, 5, changed_from=4), 409, 5, id="another root for the size seen"),
    pytest.param(a_submission(0, 5, changed_from=4), 409, 5, id="another root, said to be new"),
    pytest.param(a_submission(5, 8, changed_from=4), 422, None, id="another history with its own proof"),
    pytest.param(a_submission(5, 8, history=a_history(8, changed_from=7)), 422, None, id="proof of another history"),
    pytest.param(f"old 5\n\n{NOTE}".encode(), 422, None, id="no proof"),
    pytest.param(f"old 5\n{HASH}\n\n{a_signed_checkpoint(5).decode()}".encode(), 422, None, id="proof of nothing new"),
]


@pytest.mark.parametrize(("body", "status", "told"), STATUSES)
def test_each_submission_gets_its_status(body: bytes, status: int, told: int | None, tmp_path: Path) -> None:
    keys = make_witness(tmp_path / "w")
    with an_open_witness(tmp_path / "w") as witness:
        assert witness.answer(a_submission(0, SEEN)).status == HTTPStatus.OK

        answer = witness.answer(body)
        after = witness.answer(a_submission(0, 1))

    assert answer.status == status
    assert (answer.content_type == SIZE_CONTENT_TYPE) == (status == HTTPStatus.CONFLICT)
    if told is not None:
        assert answer.body == f"{told}\n".encode()
    if status == HTTPStatus.OK:
        assert count_cosigners(body, answer.body, keys) == len(keys)
    else:
        # What was refused is not remembered.
        assert after.body == b"5\n"


def test_of_a_log_never_seen_any_first_checkpoint_is_cosigned_without_a_proof(tmp_path: Path) -> None:
    keys = make_witness(tmp_path / "w")
    with_proof = a_submission(0, 8).replace(b"old 0\n", f"old 0\n{HASH}\n".encode())

    with an_open_witness(tmp_path / "w") as witness:
        refused = witness.answer(with_proof)
        first = witness.answer(a_submission(0, 8))

    assert refused.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert count_cosigners(a_submission(0, 8), first.body, keys) == len(keys)


def test_the_empty_log_can_be_cosigned_and_then_grows(tmp_path: Path) -> None:
    make_witness(tmp_path / "w")

    with an_open_witness(tmp_path / "w") as witness:
        statuses = [witness.answer(a_submission(0, size)).status for size in (0, 0, 3)]

    assert statuses == [HTTPStatus.OK] * 3


@pytest.mark.parametrize("size", [2, 3, 4, 7, 8, 9, 64, 65, 100])
def test_a_log_may_grow_by_any_steps(size: int, tmp_path: Path) -> None:
    make_witness(tmp_path / "w")
    whole = TreeInMemory(some_leaves(size))

    with an_open_witness(tmp_path / "w") as witness:
        for old, new in ((0, 1), (1, size // 2), (size // 2, size), (size, size)):
            answer = witness.answer(a_submission(old, new, history=whole))
            assert answer.status == HTTPStatus.OK, answer.body


def test_logs_are_remembered_apart(tmp_path: Path) -> None:
    other = a_signing_key("other.example/log", 9)
    make_witness(tmp_path / "w", a_signing_key().vkey, other.vkey)
    text = a_checkpoint(8).to_text().replace(ORIGIN, other.name)

    with an_open_witness(tmp_path / "w") as witness:
        first = witness.answer(a_submission(0, SEEN))
        second = witness.answer(Submission(0, (), sign_note(text, [other])).to_bytes())

    assert (first.status, second.status) == (HTTPStatus.OK, HTTPStatus.OK)


def test_a_submission_is_read_back_as_it_was_written() -> None:
    submission = Submission(5, (bytes(32), bytes(range(32))), NOTE.encode())

    assert Submission.from_bytes(submission.to_bytes()) == submission
    with pytest.raises(InvalidInput, match="no empty line"):
        Submission.from_bytes(b"old 5\n")
