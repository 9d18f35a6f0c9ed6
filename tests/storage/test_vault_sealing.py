"""Sealed values open only for the subject and the field they were sealed for, and never once a key is destroyed."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest

from assent.errors import KeysUnavailable, NotFound, StorageFull
from assent.people import make_identifier
from assent.storage import Vault
from factories import NOW, a_vault

ANNA, BERT = "p_" + "a" * 16, "p_" + "b" * 16
ROOTS = [bytes([number]) * 32 for number in range(4)]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with closing(a_vault(tmp_path)) as opened:
        opened.make_key(ANNA)
        opened.make_key(BERT)
        yield opened


def read_wrapped(vault: Vault) -> dict[str, bytes]:
    with closing(sqlite3.connect(vault.folder / "keyring.db")) as keyring:
        return dict(keyring.execute("SELECT subject, wrapped FROM subject_keys").fetchall())


def test_what_is_sealed_opens_for_the_same_subject_and_field(vault: Vault) -> None:
    sealed = vault.seal(ANNA, "name", b"somebody")

    assert vault.unseal(ANNA, "name", sealed) == b"somebody"
    assert b"somebody" not in sealed


def test_sealing_twice_never_gives_the_same_bytes(vault: Vault) -> None:
    assert vault.seal(ANNA, "name", b"x") != vault.seal(ANNA, "name", b"x")


@pytest.mark.parametrize(
    ("subject", "field"),
    [pytest.param(BERT, "name", id="another subject"), pytest.param(ANNA, "template", id="another field")],
)
def test_a_value_that_was_moved_elsewhere_does_not_open(vault: Vault, subject: str, field: str) -> None:
    sealed = vault.seal(ANNA, "name", b"somebody")

    with pytest.raises(KeysUnavailable, match="does not open"):
        vault.unseal(subject, field, sealed)


@pytest.mark.parametrize("position", [1, 12, 13, 20, -1], ids=lambda position: f"byte {position}")
def test_a_value_with_one_bit_changed_does_not_open(vault: Vault, position: int) -> None:
    damaged = bytearray(vault.seal(ANNA, "name", b"somebody"))
    damaged[position] ^= 1

    with pytest.raises(KeysUnavailable, match="does not open"):
        vault.unseal(ANNA, "name", bytes(damaged))


@pytest.mark.parametrize("sealed", [b"", b"\x02" + bytes(40)], ids=["empty", "newer version"])
def test_a_value_of_an_unknown_version_is_refused(vault: Vault, sealed: bytes) -> None:
    with pytest.raises(KeysUnavailable, match="unknown version"):
        vault.unseal(ANNA, "name", sealed)


def test_with_the_key_destroyed_nothing_opens_or_is_sealed_any_more(vault: Vault) -> None:
    sealed = vault.seal(ANNA, "name", b"somebody")

    vault.destroy_keys([ANNA], NOW)

    with pytest.raises(NotFound, match=ANNA):
        vault.unseal(ANNA, "name", sealed)
    with pytest.raises(NotFound, match=ANNA):
        vault.seal(ANNA, "name", b"again")
    assert vault.list_subjects() == {BERT}


def test_a_destroyed_key_is_remembered_by_the_next_who_opens_the_vault(vault: Vault) -> None:
    vault.destroy_keys([ANNA], NOW)
    vault.destroy_keys([ANNA, "p_never_had_one"], NOW)

    with closing(Vault.open(vault.folder, "d_" + "a" * 16)) as again:
        assert again.list_destroyed() == {ANNA, "p_never_had_one"}


def test_a_key_that_another_process_destroyed_is_gone_here_too(vault: Vault) -> None:
    sealed = vault.seal(ANNA, "name", b"somebody")

    with closing(Vault.open(vault.folder, "d_" + "a" * 16)) as another:
        another.destroy_keys([ANNA], NOW)

    with pytest.raises(NotFound):
        vault.unseal(ANNA, "name", sealed)


def test_a_key_that_nothing_came_to_need_is_forgotten_without_a_trace(vault: Vault) -> None:
    vault.forget_unused_keys([ANNA])

    assert (vault.list_subjects(), vault.list_destroyed()) == ({BERT}, set())


def test_a_second_key_for_the_same_subject_is_refused_and_the_first_stays(vault: Vault) -> None:
    sealed = vault.seal(ANNA, "name", b"somebody")

    with pytest.raises(KeysUnavailable, match="nothing was changed"):
        vault.make_key(ANNA)

    assert vault.unseal(ANNA, "name", sealed) == b"somebody"


def test_destroyed_keys_are_nowhere_in_the_keyring_file(vault: Vault) -> None:
    # Enough keys, made and destroyed in any order, that the pages of the file split and merge many times.
    chance = random.Random(7)  # noqa: S311 - which keys are destroyed need not be a secret here
    wrapped: dict[str, bytes] = {}
    destroyed: list[str] = []
    for _ in range(12):
        made = [make_identifier("p") for _ in range(25)]
        for subject in made:
            vault.make_key(subject)
        wrapped |= read_wrapped(vault)
        destroyed += chance.sample(sorted(vault.list_subjects()), 15)
        vault.destroy_keys(destroyed[-15:], NOW)

    content = (vault.folder / "keyring.db").read_bytes()

    assert [subject for subject in destroyed if wrapped[subject][20:36] in content] == []
    assert all(wrapped[subject] in content for subject in vault.list_subjects())
    assert sorted(path.name for path in vault.folder.iterdir()) == ["keyring.db", "master.key"]


def test_many_values_open_in_one_pass_with_a_gap_where_a_key_is_gone(vault: Vault) -> None:
    values = [(subject, vault.seal(subject, "template", subject.encode())) for subject in (ANNA, BERT, ANNA)]
    vault.destroy_keys([BERT], NOW)

    assert list(vault.unseal_many("p_", "template", values)) == [ANNA.encode(), None, ANNA.encode()]


def test_among_many_values_one_that_was_moved_is_refused(vault: Vault) -> None:
    moved = [(BERT, vault.seal(ANNA, "template", b"x"))]

    with pytest.raises(KeysUnavailable, match="does not open"):
        list(vault.unseal_many("p_", "template", moved))


def test_tags_find_the_same_value_again_and_tell_nothing_apart_from_it(vault: Vault, tmp_path: Path) -> None:
    with closing(a_vault(tmp_path / "another")) as another:
        tags = {vault.tag("handle", "anna"), vault.tag("handle", "bert"), vault.tag("case", "anna")}

        assert vault.tag("handle", "anna") in tags
        assert len(tags) == 3
        assert another.tag("handle", "anna") not in tags


def test_secrets_are_kept_wrapped_and_read_again(vault: Vault) -> None:
    vault.keep_secret("ledger-key", b"the ledger's private key")

    assert vault.read_secret("ledger-key") == b"the ledger's private key"
    assert b"the ledger's private key" not in (vault.folder / "keyring.db").read_bytes()
    with pytest.raises(KeysUnavailable, match="'other-key'"):
        vault.read_secret("other-key")


def test_of_many_who_move_the_anchor_from_the_same_place_one_succeeds(vault: Vault) -> None:
    barrier = Barrier(len(ROOTS))
    moved: list[tuple[int, bytes]] = []

    def move(opened: Vault, number: int) -> None:
        barrier.wait()
        if opened.move_anchor(None, number + 1, ROOTS[number]):
            moved.append((number + 1, ROOTS[number]))

    with closing(Vault.open(vault.folder, "d_" + "a" * 16)) as another:
        threads = [Thread(target=move, args=(vault if number % 2 else another, number)) for number in range(len(ROOTS))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(moved) == 1
    assert vault.read_anchor() == moved[0]


def test_the_anchor_moves_only_from_where_it_is(vault: Vault) -> None:
    assert vault.read_anchor() is None
    assert vault.move_anchor(None, 1, ROOTS[1])
    assert not vault.move_anchor(None, 2, ROOTS[2])
    assert not vault.move_anchor((1, ROOTS[2]), 2, ROOTS[2])
    assert vault.move_anchor((1, ROOTS[1]), 2, ROOTS[2])
    assert vault.read_anchor() == (2, ROOTS[2])


def test_a_full_disk_is_said_to_be_one_and_changes_no_key(vault: Vault) -> None:
    pages = vault._keyring.execute("PRAGMA page_count").fetchone()[0]
    vault._keyring.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    with pytest.raises(StorageFull, match="no key was changed"):
        vault.keep_secret("large", bytes(100_000))

    assert vault.list_subjects() == {ANNA, BERT}
    with pytest.raises(KeysUnavailable):
        vault.read_secret("large")
