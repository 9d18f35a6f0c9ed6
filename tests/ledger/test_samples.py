"""A sample is drawn by a seed that the ledger fixed, the same for everybody, and by no choice of anybody."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from assent.errors import InvalidInput, NotFound
from assent.ledger import Period, draw_sample, find_seed_size, hash_leaf, hash_leaves_to_root, parse_period
from ledger.ledger_builders import ORIGIN, an_id
from ledger.year_of_entries import a_search

MARCH = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
ENTRIES = [
    entry
    for number, day in enumerate(range(0, 60, 2), start=1)
    for entry in a_search(number, datetime(2026, 2, 20, 9, tzinfo=UTC) + timedelta(days=day))
]


def test_sample_can_be_drawn_again_with_nothing_but_the_published_entries_and_a_hash_function() -> None:
    drawn = draw_sample(ENTRIES, ORIGIN, MARCH, 4)

    first_after = next(index for index, entry in enumerate(ENTRIES) if entry.at.month == 4)
    root = hash_leaves_to_root(hash_leaf(entry.to_bytes()) for entry in ENTRIES[: first_after + 1])
    text = f"assent-sample/v1\n{ORIGIN}\n2026-03-01T00:00:00.000000Z/2026-04-01T00:00:00.000000Z\n"
    seed = hashlib.sha256(text.encode() + root).digest()
    in_march = [str(entry.fields["search"]) for entry in ENTRIES if "probe" in entry.fields and entry.at.month == 3]
    ranked = sorted(in_march, key=lambda search: hashlib.sha256(seed + search.encode()).hexdigest())
    assert (drawn.seed, drawn.root, drawn.tree_size) == (seed, root, first_after + 1)
    assert drawn.chosen == tuple(ranked[:4])
    assert drawn.population == len(in_march) == 15


def test_what_is_written_later_changes_no_sample() -> None:
    size = find_seed_size(ENTRIES, MARCH)

    assert draw_sample(ENTRIES[:size], ORIGIN, MARCH, 5) == draw_sample(ENTRIES, ORIGIN, MARCH, 5)


def test_a_larger_sample_holds_the_smaller_one() -> None:
    small, large = draw_sample(ENTRIES, ORIGIN, MARCH, 3), draw_sample(ENTRIES, ORIGIN, MARCH, 8)

    assert large.chosen[:3] == small.chosen


def test_everything_up_to_the_seed_changes_it() -> None:
    other = [*a_search(900, datetime(2026, 1, 5, tzinfo=UTC), holder=5), *ENTRIES]

    assert draw_sample(other, ORIGIN, MARCH, 1).seed != draw_sample(ENTRIES, ORIGIN, MARCH, 1).seed
    assert draw_sample(ENTRIES, "another.example", MARCH, 1).seed != draw_sample(ENTRIES, ORIGIN, MARCH, 1).seed


def test_a_search_written_down_only_after_the_seed_was_fixed_is_named() -> None:
    late = a_search(77, datetime(2026, 3, 9, 9, tzinfo=UTC), holder=2)

    drawn = draw_sample([*ENTRIES, *late], ORIGIN, MARCH, 100)

    assert drawn.late == (late[0].fields["search"],)
    assert an_id("s", 200_077) not in drawn.chosen


def test_before_the_period_is_over_in_the_ledger_there_is_no_seed() -> None:
    with pytest.raises(NotFound, match="after the period's end"):
        draw_sample(ENTRIES, ORIGIN, parse_period("2026"), 3)


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput):
        draw_sample(ENTRIES, ORIGIN, MARCH, 0)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026", "2026-01-01T00:00:00.000000Z/2027-01-01T00:00:00.000000Z"),
        ("2026-Q1", "2026-01-01T00:00:00.000000Z/2026-04-01T00:00:00.000000Z"),
        ("2026-q4", "2026-10-01T00:00:00.000000Z/2027-01-01T00:00:00.000000Z"),
        ("2026-12", "2026-12-01T00:00:00.000000Z/2027-01-01T00:00:00.000000Z"),
        ("2026-03-01/2026-03-08", "2026-03-01T00:00:00.000000Z/2026-03-08T00:00:00.000000Z"),
        ("2026-03-01T01:00+01:00/2026-03-02", "2026-03-01T00:00:00.000000Z/2026-03-02T00:00:00.000000Z"),
    ],
)
def test_periods_are_read(text: str, written: str) -> None:
    assert str(parse_period(text)) == written


@pytest.mark.parametrize(
    "text", ["", "26", "2026-Q5", "2026-13", "2026-03-08/2026-03-01", "2026-03-01", "9999", "a/b/c"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_period(text)
