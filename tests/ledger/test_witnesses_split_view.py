"""Two checkpoints of one log: they agree, or they are a split view, and it says whether that is proven."""

from __future__ import annotations

import pytest

from assent.errors import InvalidInput
from assent.ledger import Checkpoint, find_split, prove_consistency
from ledger.ledger_builders import ORIGIN, TreeInMemory
from ledger.witness_builders import a_history

SIZES = [(0, 5), (1, 2), (3, 7), (4, 8), (7, 8), (8, 9), (255, 300), (256, 300)]


def at(history: TreeInMemory, size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, history.root)


@pytest.mark.parametrize(("small", "large"), SIZES)
def test_checkpoints_of_one_history_agree_in_any_order(small: int, large: int) -> None:
    whole = a_history(large)
    proof = prove_consistency(small, large, whole.read_node)
    pair = at(a_history(small), small), at(whole, large)

    assert find_split(*pair, proof) is None
    assert find_split(*reversed(pair), proof) is None


def test_two_roots_for_one_size_are_proven_by_the_checkpoints_alone() -> None:
    a, b = at(a_history(7), 7), at(a_history(7, changed_from=6), 7)

    split = find_split(a, b)

    assert split is not None
    assert split.is_proven
    assert "two roots were signed for 7 entries" in split.reason
    assert find_split(a, a) is None


@pytest.mark.parametrize(("small", "large"), SIZES[1:])
def test_histories_that_part_are_found_with_either_ones_proof(small: int, large: int) -> None:
    mine, theirs = a_history(large), a_history(large, changed_from=small - 1)
    pair = at(a_history(small), small), at(theirs, large)

    for history in (mine, theirs):
        split = find_split(*pair, prove_consistency(small, large, history.read_node))

        assert split is not None
        assert not split.is_proven
        assert "consistency refused" in split.reason
        assert (split.smaller, split.larger) == pair


def test_checkpoints_of_different_logs_are_not_compared() -> None:
    with pytest.raises(InvalidInput, match="different logs"):
        find_split(at(a_history(3), 3), Checkpoint("other.example/log", 3, a_history(3).root))
