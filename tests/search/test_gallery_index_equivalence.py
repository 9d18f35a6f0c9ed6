"""ExactIndex answers as the plain reference index does, whatever was added, removed or withdrawn before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.search.index import ExactIndex
from assent.search.reference_index import ReferenceIndex
from search.gallery_factories import ALWAYS, NOON, PermitStandIn, assert_same_answer, both_built, some_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DIMS = 16
PEOPLE = ["p_a", "p_b", "p_c", "p_d", "p_with-a-longer-identifier"]
PURPOSES = ["reunite", "publish"]
HOURS = st.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours))
#: Few values and few places, so that equal vectors, equal distances and distances at the radius are common.
VECTORS = st.lists(st.sampled_from([0.0, 0.5, 0.5000001, -0.5, 1.0]), min_size=3, max_size=3).map(
    lambda head: np.array([*head, *[0.25] * (DIMS - 3)], dtype=np.float32)
)
SPANS = st.dictionaries(st.sampled_from(PURPOSES), st.tuples(HOURS, st.none() | HOURS))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.tuples(st.sampled_from(PEOPLE), VECTORS), min_size=1, max_size=4)),
        st.tuples(st.just("remove"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("consent"), st.tuples(st.sampled_from(PEOPLE), SPANS)),
    ),
    max_size=14,
)


def apply(step: tuple[str, Any], indexes: tuple[ExactIndex, ReferenceIndex], numbers: Iterator[int]) -> None:
    action, detail = step
    if action == "add":
        references = [(f"r_{next(numbers)}", person, vector) for person, vector in detail]
        for index in indexes:
            index.add(references)
    elif action == "remove":
        assert len({index.remove_person(detail) for index in indexes}) == 1
    else:
        for index in indexes:
            index.set_consents(*detail)


@settings(max_examples=150, deadline=None)
@given(
    steps=STEPS,
    probe=VECTORS,
    radius=st.sampled_from([0.0, 0.5, 0.7071067811865476, 1.0, np.inf]),
    limit=st.integers(1, 6),
    purpose=st.sampled_from(PURPOSES),
    at=HOURS,
)
def test_answers_equal_the_reference_after_any_history(
    steps: list[tuple[str, Any]], probe: NDArray[np.float32], radius: float, limit: int, purpose: str, at: datetime
) -> None:
    indexes = exact, plain = ExactIndex(DIMS), ReferenceIndex(DIMS)
    numbers = iter(range(1000))

    for person in PEOPLE[:3]:
        apply(("consent", (person, ALWAYS)), indexes, numbers)
    for step in steps:
        apply(step, indexes, numbers)
        assert_same_answer(exact, plain, probe, radius=radius, limit=limit, permit=PermitStandIn(purpose, at))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), per_person=st.integers(1, 4), limit=st.sampled_from([1, 7, 50, 5000]))
def test_a_trained_gallery_answers_as_the_reference_while_people_come_and_go(
    seed: int, per_person: int, limit: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = some_vectors(1500, dims=64, seed=seed)
    span = (NOON - timedelta(days=1), NOON + timedelta(days=1))
    exact, plain = both_built(
        vectors, per_person=per_person, consents=lambda number: {"reunite": span} if number % 3 else {}
    )

    for turn in range(3):
        for number in rng.integers(0, 1500 // per_person, 40):
            exact.remove_person(f"p_{number:016d}")
            plain.remove_person(f"p_{number:016d}")
        coming = [
            (f"new_{turn}_{place}", f"p_new_{place % 9}", vector)
            for place, vector in enumerate(some_vectors(20, dims=64, seed=seed + turn + 1))
        ]
        for index in (exact, plain):
            index.add(coming)
            index.set_consents("p_new_4", ALWAYS)
        for radius in (0.5, np.inf):
            assert_same_answer(exact, plain, vectors[rng.integers(1500)], radius=radius, limit=limit)


@pytest.mark.parametrize("dims", [13, 64, 100, 512], ids=lambda dims: f"{dims}-dims")
def test_other_packs_dimensions_are_searched_exactly(dims: int) -> None:
    vectors = some_vectors(2200, dims=dims)
    exact, plain = both_built(vectors, per_person=2)

    for probe in some_vectors(4, dims=dims, seed=9):
        assert_same_answer(exact, plain, probe, radius=np.inf, limit=20)
        assert_same_answer(exact, plain, probe, radius=1.0, limit=20)


@pytest.mark.parametrize("count", [0, 1, 2, 1023, 1024, 1025])
def test_galleries_around_the_first_sizes_and_a_full_batch_are_searched_whole(count: int) -> None:
    exact, plain = both_built(some_vectors(count, dims=16))

    assert_same_answer(exact, plain, some_vectors(1, dims=16, seed=5)[0], radius=np.inf, limit=2000)


@pytest.mark.parametrize("copies", [1200, 3000], ids=["all-in-two-batches", "more-than-a-k-can-ask-for"])
def test_one_person_with_very_many_references_does_not_hide_the_others(copies: int) -> None:
    vectors = some_vectors(copies + 40, dims=32)
    vectors[:copies] = vectors[0]
    people = ["p_many"] * copies + [f"p_{number}" for number in range(40)]
    references = [f"r_{number:05d}" for number in range(len(people))]
    exact = ExactIndex.build(
        32, vectors=vectors, reference_ids=references, person_ids=people, consents=dict.fromkeys(people, ALWAYS)
    )
    plain = ReferenceIndex(32)
    plain.add(list(zip(references, people, vectors, strict=True)))
    for person in people:
        plain.set_consents(person, ALWAYS)

    assert_same_answer(exact, plain, vectors[0], radius=np.inf, limit=10)
    assert_same_answer(exact, plain, vectors[0], radius=2.0, limit=41)


def test_two_thousand_people_with_one_vector_come_in_the_order_of_their_ids() -> None:
    vectors = some_vectors(4000, dims=64)
    vectors[1000:3000] = vectors[0]
    exact, plain = both_built(vectors)

    assert_same_answer(exact, plain, vectors[0], radius=0.0, limit=15)
    assert_same_answer(exact, plain, some_vectors(1, dims=64, seed=3)[0], radius=np.inf, limit=2500)


def test_a_radius_just_at_a_distance_includes_it_and_just_below_does_not() -> None:
    exact, _ = both_built(some_vectors(500))
    probe = some_vectors(1, seed=7)[0]
    fifth = exact.nearest(PermitStandIn(), probe, radius=np.inf, limit=5)[4].distance

    assert len(exact.nearest(PermitStandIn(), probe, radius=fifth, limit=50)) == 5
    assert len(exact.nearest(PermitStandIn(), probe, radius=np.nextafter(fifth, 0), limit=50)) == 4


def test_vectors_far_from_the_origin_are_still_told_apart() -> None:
    vectors = some_vectors(900, dims=16) + np.float32(500)
    exact, plain = both_built(vectors)

    for probe in vectors[:5]:
        assert_same_answer(exact, plain, probe, radius=np.inf, limit=5)
