"""A published folder, and a proof out of it, verified with files and a key alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assent.errors import InvalidEntry, InvalidInput, LedgerBroken, NotFound, ProofInvalid, SignatureInvalid
from assent.ledger import (
    CHECKPOINT_PATH,
    ENTRY_VERSION,
    Checkpoint,
    CosignerKey,
    EntryKind,
    NoteSignature,
    TlogProof,
    add_cosignatures,
    entries_path,
    hash_leaf,
    prove_inclusion,
    sign_checkpoint,
    tile_path,
)
from assent.services.verify_published import read_trust, verify_folder, verify_proof
from ledger.ledger_builders import (
    ORIGIN,
    TreeInMemory,
    a_failed_search,
    a_finished_search,
    a_refused_search,
    a_signing_key,
    a_started_search,
    publish,
    some_entries,
)

KEY = a_signing_key()
TRUST = read_trust(KEY.vkey, None)
ENTRIES = [
    entry.to_bytes()
    for number in range(1, 301)
    for entry in (a_started_search(number), a_failed_search(number) if number % 9 == 0 else a_finished_search(number))
] + [a_refused_search(1).to_bytes(), a_started_search(301).to_bytes()]


@pytest.fixture
def public(tmp_path: Path) -> Path:
    publish(tmp_path / "public", ENTRIES, KEY)
    return tmp_path / "public"


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600, pytest.param(65_793, marks=pytest.mark.slow)])
def test_a_published_ledger_of_any_size_verifies(tmp_path: Path, size: int) -> None:
    publish(tmp_path, some_entries(size), KEY)

    report = verify_folder(tmp_path, TRUST)

    assert report.account.checkpoint.size == size
    assert report.account.searches.refused == size
    assert report.account.files == sum(path.is_file() for path in tmp_path.rglob("*")) - 1


def test_counts_come_from_the_entries(public: Path) -> None:
    account = verify_folder(public, TRUST).account

    assert account.kinds[EntryKind.SEARCH_STARTED] == 301
    assert (account.searches.finished, account.searches.failed, account.searches.refused) == (267, 33, 1)
    assert account.searches.unfinished == 1
    assert list(account.numbers.values()) == [301]


@pytest.mark.parametrize(("old", "new"), [(0, 3), (1, 257), (255, 256), (256, 600), (511, 602), (602, 602)])
def test_a_ledger_that_grew_continues_its_older_checkpoint(tmp_path: Path, old: int, new: int) -> None:
    older = publish(tmp_path, ENTRIES[:new], KEY, [old, new])[0]

    assert verify_folder(tmp_path, TRUST, since=older).continues_size == old


def test_a_rewritten_past_is_named_as_such(tmp_path: Path) -> None:
    older = publish(tmp_path / "first", ENTRIES, KEY, [280, 600])[0]
    publish(tmp_path / "second", [some_entries(1)[0], *ENTRIES], KEY)

    with pytest.raises(ProofInvalid, match=r"leads to (old|new) root"):
        verify_folder(tmp_path / "second", TRUST, since=older)


def test_a_ledger_that_shrank_is_refused(tmp_path: Path) -> None:
    older = publish(tmp_path / "first", ENTRIES, KEY)[0]
    publish(tmp_path / "second", ENTRIES[:280], KEY)

    with pytest.raises(ProofInvalid, match="the older checkpoint has 602 entries, this one 280"):
        verify_folder(tmp_path / "second", TRUST, since=older)


def flip(path: str, place: int) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        data = bytearray((folder / path).read_bytes())
        data[place] ^= 1
        (folder / path).write_bytes(data)

    return tamper


def cut(path: str, byte_count: int) -> Callable[[Path], None]:
    return lambda folder: (folder / path).write_bytes((folder / path).read_bytes()[:byte_count])


def lengthen(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).write_bytes((folder / path).read_bytes() + bytes(32))


def sign_anew(entries: list[bytes]) -> Callable[[Path], None]:
    """The holder of the key publishes something else, properly signed."""

    def tamper(folder: Path) -> None:
        shutil.rmtree(folder)
        publish(folder, entries, KEY)

    return tamper


def exchange_the_tree(folder: Path) -> None:
    note = (folder / CHECKPOINT_PATH).read_bytes()
    sign_anew([*ENTRIES[:-1], some_entries(9)[8]])(folder)
    (folder / CHECKPOINT_PATH).write_bytes(note)


NO_ENTRY = b'{"actor":"system","v":%d}' % ENTRY_VERSION
TAMPERINGS = {
    "entry": (flip(entries_path(1), 40), 256, "tile/0/001 does not follow"),
    "length of an entry": (flip(entries_path(1), 1), 256, "tile/entries/001"),
    "bundle cut": (cut(entries_path(2, 90), -1), 512, "ends within entry 89"),
    "bundle lengthened": (lengthen(entries_path(2, 90)), 512, "32 bytes too many"),
    "leaf": (flip(tile_path(0, 1), 32 * 7), 263, "tile/0/001 does not follow"),
    "last leaf": (flip(tile_path(0, 2, 90), -1), 601, "tile/0/002.p/90 does not follow"),
    "tile cut": (cut(tile_path(0, 0), 64), 2, "tile/0/000 does not follow"),
    "tile lengthened": (lengthen(tile_path(0, 0)), 255, "tile/0/000 does not follow"),
    "upper tile": (flip(tile_path(1, 0, 2), 33), 256, "tile/1/000.p/2 does not follow"),
    "bundle removed": (lambda folder: (folder / entries_path(1)).unlink(), 256, "cannot be read"),
    "tile removed": (lambda folder: (folder / tile_path(1, 0, 2)).unlink(), 0, "cannot be read"),
    "everything but the checkpoint": (exchange_the_tree, 0, "was signed"),
    "search dropped by the key's holder": (sign_anew([*ENTRIES[:40], *ENTRIES[42:]]), 40, "number 21 is missing"),
    "end dropped and made again": (sign_anew([*ENTRIES, ENTRIES[1]]), 602, "a second time"),
    "something else logged": (sign_anew([*ENTRIES[:7], NO_ENTRY]), 7, "Entry 7 is not one"),
}


@pytest.mark.parametrize(("tamper", "index", "said"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found_and_its_first_index_named(
    public: Path, tamper: Callable[[Path], object], index: int, said: str
) -> None:
    tamper(public)

    with pytest.raises(LedgerBroken, match=said) as found:
        verify_folder(public, TRUST)

    assert found.value.first_bad_index == index


@pytest.mark.parametrize("path", [tile_path(0, 1, 44), entries_path(1, 44)], ids=["tile", "bundle"])
def test_files_that_an_earlier_size_left_are_checked_too(tmp_path: Path, path: str) -> None:
    publish(tmp_path, ENTRIES, KEY, [300, 602])
    verify_folder(tmp_path, TRUST)
    flip(path, 90)(tmp_path)

    with pytest.raises(LedgerBroken, match="older file") as found:
        verify_folder(tmp_path, TRUST)

    assert found.value.first_bad_index == 256


def test_a_folder_that_is_none_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file named checkpoint"):
        verify_folder(tmp_path, TRUST)


def test_another_key_verifies_nothing(public: Path) -> None:
    with pytest.raises(SignatureInvalid, match="known keys"):
        verify_folder(public, read_trust(a_signing_key(seed=2).vkey, None))


def a_policy(*witnesses: CosignerKey) -> bytes:
    lines = [f"log {KEY.vkey}", *(f"witness w{number} {key.vkey}" for number, key in enumerate(witnesses))]
    names = " ".join(f"w{number}" for number in range(len(witnesses)))
    return "\n".join([*lines, f"group all-of-them all {names}", "quorum all-of-them", ""]).encode()


def test_a_policy_demands_its_quorum(public: Path) -> None:
    witness, absent = CosignerKey.generate("witness.example"), CosignerKey.generate("absent.example")
    note = (public / CHECKPOINT_PATH).read_bytes()
    text = note.decode().partition("\n\n")[0] + "\n"
    line = witness.cosign(text, datetime(2026, 11, 23, tzinfo=UTC)).rstrip("\n")
    (public / CHECKPOINT_PATH).write_bytes(add_cosignatures(note, [NoteSignature.from_line(line)]))

    report = verify_folder(public, read_trust(None, a_policy(witness)), since=note)

    assert report.witnesses == ("witness.example",)
    with pytest.raises(SignatureInvalid, match="quorum"):
        verify_folder(public, read_trust(None, a_policy(witness, absent)))


def test_without_anybody_to_trust_nothing_is_verified() -> None:
    with pytest.raises(InvalidInput, match="whom to trust"):
        read_trust(None, None)


def a_proof(index: int, entries: list[bytes], *, is_enclosed: bool = True) -> bytes:
    tree = TreeInMemory([hash_leaf(entry) for entry in entries])
    note = sign_checkpoint(Checkpoint(ORIGIN, len(entries), tree.root), KEY)
    hashes = tuple(prove_inclusion(index, len(entries), tree.read_node))
    return TlogProof(index, hashes, note, entries[index] if is_enclosed else None).to_bytes()


def test_a_proof_verifies_with_the_entry_enclosed_or_beside_it() -> None:
    enclosed = verify_proof(a_proof(5, ENTRIES), TRUST)
    beside = verify_proof(a_proof(5, ENTRIES, is_enclosed=False), TRUST, entry=ENTRIES[5])

    assert enclosed == beside
    assert enclosed.index == 5
    assert enclosed.entry.to_bytes() == ENTRIES[5]


def test_what_a_proof_encloses_is_not_trusted() -> None:
    forged = json.loads(ENTRIES[5])
    forged["candidates"] = 1
    proof = TlogProof.from_bytes(a_proof(5, ENTRIES))
    lying = TlogProof(5, proof.hashes, proof.checkpoint, json.dumps(forged).encode())

    with pytest.raises(ProofInvalid, match="it leads to root"):
        verify_proof(lying.to_bytes(), TRUST)


@pytest.mark.parametrize(
    ("proof", "entry", "expected"),
    [
        pytest.param(a_proof(5, ENTRIES), ENTRIES[6], ProofInvalid, id="another entry"),
        pytest.param(a_proof(5, ENTRIES, is_enclosed=False), None, InvalidInput, id="no entry"),
        pytest.param(a_proof(0, [NO_ENTRY]), None, InvalidEntry, id="something logged that is no entry"),
        pytest.param(b"nonsense", None, InvalidInput, id="no proof"),
    ],
)
def test_what_is_not_proved_is_refused(proof: bytes, entry: bytes | None, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        verify_proof(proof, TRUST, entry=entry)
