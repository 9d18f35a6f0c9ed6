"""What a witness remembers: compare and swap, durable, never begun anew, with proof of a log's fault."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path

import pytest

from assent.errors import DeploymentExists, DeploymentMissing, InvalidInput, KeysUnavailable, Unavailable
from assent.ledger import CosignerKey, VerificationKey, find_split, open_checkpoint
from assent.services.serve_witness import create_witness, list_watched_logs, list_witness_keys, read_contradictions
from assent.witness import NOTHING_SEEN, Seen, create_memory, load_keys, open_memory
from assent.witness.keys import KEY_FILE
from assent.witness.memory import CONTRADICTIONS_KEPT, MEMORY_FILE
from ledger.ledger_builders import MOMENT, ORIGIN, a_signing_key
from ledger.witness_builders import a_checkpoint, a_cosigner, a_signed_checkpoint
from witness.running_witness import NAME, a_submission, an_open_witness, make_witness

FIVE = Seen(5, a_checkpoint(5).root)
EIGHT = Seen(8, a_checkpoint(8).root)


def test_what_was_seen_is_replaced_only_by_who_knows_it(tmp_path: Path) -> None:
    create_memory(tmp_path)
    with closing(open_memory(tmp_path)) as one, closing(open_memory(tmp_path)) as other:
        first = one.replace_seen(ORIGIN, NOTHING_SEEN, FIVE, b"note", MOMENT)
        late = other.replace_seen(ORIGIN, NOTHING_SEEN, EIGHT, b"note", MOMENT)
        wrong_root = other.replace_seen(ORIGIN, Seen(5, bytes(32)), EIGHT, b"note", MOMENT)
        informed = other.replace_seen(ORIGIN, FIVE, EIGHT, b"note", MOMENT)

        assert (first, late, wrong_root, informed) == (True, False, False, True)
        assert one.load_seen(ORIGIN) == EIGHT
        assert one.load_seen("other.example") == NOTHING_SEEN


def test_a_memory_is_never_begun_anew_beside_keys(tmp_path: Path) -> None:
    make_witness(tmp_path / "w")
    (tmp_path / "w" / MEMORY_FILE).unlink()

    with pytest.raises(DeploymentMissing, match="witness init"):
        open_memory(tmp_path / "w")
    with pytest.raises(DeploymentExists, match="never replaced"):
        create_witness(tmp_path / "w", NAME)


def test_an_existing_witness_is_not_replaced(tmp_path: Path) -> None:
    keys = make_witness(tmp_path / "w")

    with pytest.raises(DeploymentExists):
        create_witness(tmp_path / "w", NAME)

    assert load_keys(tmp_path / "w") == keys


def test_a_memory_of_another_format_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / MEMORY_FILE).write_bytes(b"")

    with pytest.raises(Unavailable, match="format 0"):
        open_memory(tmp_path)


def test_a_damaged_memory_signs_nothing(tmp_path: Path) -> None:
    make_witness(tmp_path / "w")
    (tmp_path / "w" / MEMORY_FILE).write_bytes(b"no database" * 1000)

    with pytest.raises(Unavailable, match="cannot be used"):
        open_memory(tmp_path / "w")


def test_only_the_owner_can_read_keys_and_memory(tmp_path: Path) -> None:
    make_witness(tmp_path / "w")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "w", *(tmp_path / "w").iterdir()]}

    assert modes == {"w": 0o700, KEY_FILE: 0o600, MEMORY_FILE: 0o600}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda path: path.chmod(0o640), "read by others", id="readable"),
        pytest.param(lambda path: path.unlink(), "cannot be read", id="absent"),
        pytest.param(lambda path: path.write_text("v2\nname\n4 AA\n"), "damaged, or of another", id="another version"),
        pytest.param(lambda path: path.write_text(path.read_text()[:-1]), "damaged, or of another", id="cut off"),
        pytest.param(lambda path: path.write_text(path.read_text().replace("\n4 ", "\n1 ")), "0x01", id="a log's key"),
        pytest.param(lambda path: path.write_text(path.read_text().replace("\n4 ", "\nx ")), "type", id="no type"),
        pytest.param(lambda path: path.write_bytes(b"\xff"), "cannot be read", id="no text"),
    ],
)
def test_keys_that_cannot_be_used_are_refused(change: object, reason: str, tmp_path: Path) -> None:
    make_witness(tmp_path / "w")
    assert callable(change)
    change(tmp_path / "w" / KEY_FILE)

    with pytest.raises(KeysUnavailable, match=reason):
        load_keys(tmp_path / "w")


def test_public_keys_belong_to_the_secret_ones(tmp_path: Path) -> None:
    keys = make_witness(tmp_path / "w")

    assert list_witness_keys(tmp_path / "w") == [key.verification_key for key in keys]
    assert {key.name for key in keys} == {NAME}


@pytest.mark.parametrize(
    "vkey",
    [
        pytest.param("nonsense", id="no key"),
        pytest.param(a_cosigner().vkey, id="a witness's key"),
        pytest.param(a_signing_key("n" * 256).vkey, id="a name that cannot be cosigned"),
    ],
)
def test_only_a_logs_key_can_be_watched(vkey: str, tmp_path: Path) -> None:
    make_witness(tmp_path / "w")

    with closing(open_memory(tmp_path / "w")) as memory, pytest.raises(InvalidInput):
        memory.add_log(vkey)


def test_a_log_may_have_two_keys_and_either_counts(tmp_path: Path) -> None:
    newer = a_signing_key(seed=2)
    make_witness(tmp_path / "w", a_signing_key().vkey, newer.vkey, newer.vkey)

    with closing(open_memory(tmp_path / "w")) as memory:
        keys = memory.load_log_keys(ORIGIN)

    assert {key.vkey for key in keys} == {a_signing_key().vkey, newer.vkey}
    assert [log.origin for log in list_watched_logs(tmp_path / "w")] == [ORIGIN]


def test_a_contradiction_is_kept_as_two_signed_notes_that_prove_it(tmp_path: Path) -> None:
    make_witness(tmp_path / "w")
    with an_open_witness(tmp_path / "w") as witness:
        witness.answer(a_submission(0, 8))
        for _ in range(2):
            witness.answer(a_submission(8, 8, changed_from=6))
        witness.answer(a_submission(8, 9, changed_from=6))

    pairs = read_contradictions(tmp_path / "w", ORIGIN)
    keys = [VerificationKey.from_vkey(a_signing_key().vkey)]
    split = find_split(*(open_checkpoint(note, keys, ORIGIN) for note in pairs[0]))

    assert pairs == [(a_signed_checkpoint(8), a_signed_checkpoint(8, changed_from=6))]
    assert split is not None
    assert split.is_proven
    assert [(log.size, log.contradictions) for log in list_watched_logs(tmp_path / "w")] == [(8, 1)]


def test_contradictions_without_end_do_not_fill_the_disk(tmp_path: Path) -> None:
    make_witness(tmp_path / "w")
    size = CONTRADICTIONS_KEPT + 4
    with an_open_witness(tmp_path / "w") as witness:
        witness.answer(a_submission(0, size))
        for changed_from in range(size):
            witness.answer(a_submission(size, size, changed_from=changed_from))

    assert len(read_contradictions(tmp_path / "w", ORIGIN)) == CONTRADICTIONS_KEPT


@pytest.mark.parametrize("name", ["two words", "", "n" * 256])
def test_a_name_that_no_witness_can_have_makes_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="name"):
        create_witness(tmp_path / "w", name)

    assert not (tmp_path / "w").exists()
    assert CosignerKey.generate("one-word").name == "one-word"
