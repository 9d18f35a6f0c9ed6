"""Keys made ahead of their transaction: together where several ask at once, and never taken for unused meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from assent.errors import NotFound
from assent.storage.grouped_writes import GroupedWrites
from assent.storage.vault import Vault

ANNA, BERT = "s_annaannaannaanna", "s_bertbertbertbert"
THREADS = 8


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with closing(Vault.create(tmp_path / "keys", "d_test")) as opened:
        yield opened


def test_every_thread_finds_what_it_brought_written_when_it_returns() -> None:
    written: list[int] = []
    writes = GroupedWrites[int](written.extend)
    start = Barrier(THREADS, timeout=60)

    def bring(number: int) -> bool:
        start.wait()
        writes.write([number])
        return number in written

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(bring, range(THREADS)))
    assert sorted(written) == list(range(THREADS))


def test_only_the_one_whose_rows_cannot_be_written_is_told_so() -> None:
    written: list[int] = []
    start = Barrier(THREADS, timeout=60)

    def write(rows: Sequence[int]) -> None:
        if 0 in rows:
            raise ValueError(rows)
        written.extend(rows)

    writes = GroupedWrites[int](write)

    def bring(number: int) -> str:
        start.wait()
        try:
            writes.write([number])
        except ValueError:
            return "failed"
        return "written"

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(bring, range(THREADS))) == ["failed", *["written"] * (THREADS - 1)]
    assert sorted(written) == list(range(1, THREADS))


def test_keys_are_durable_before_the_block_begins_and_nobody_is_sure_that_they_are_unused(vault: Vault) -> None:
    with vault.new_keys(ANNA, BERT):
        assert vault.list_subjects() >= {ANNA, BERT}
        with vault.while_none_are_made() as is_quiet:
            assert not is_quiet
    with vault.while_none_are_made() as is_quiet:
        assert is_quiet


def test_what_is_sealed_with_a_key_at_hand_opens_from_the_keyring(vault: Vault) -> None:
    with vault.new_keys(ANNA):
        sealed = vault.seal(ANNA, "note", b"hers")
    vault.put_away(ANNA)
    assert vault.unseal(ANNA, "note", sealed) == b"hers"


def test_a_key_destroyed_here_is_at_hand_no_longer(vault: Vault) -> None:
    with vault.new_keys(ANNA):
        vault.destroy_keys([ANNA], datetime(2026, 12, 1, tzinfo=UTC))
        with pytest.raises(NotFound):
            vault.seal(ANNA, "note", b"hers")
