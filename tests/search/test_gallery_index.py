"""What ExactIndex promises beyond its answers: refusals, erasure, consents over time, growth and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import faiss
import numpy as np
import pytest

from assent.errors import InvalidInput, TemplatesNotComparable
from assent.search.index import ExactIndex, GallerySize
from assent.search.reference_index import ReferenceIndex
from search.gallery_factories import ALWAYS, NOON, PermitStandIn, a_vector, both_built, some_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOTH = pytest.mark.parametrize("kind", [ExactIndex, ReferenceIndex], ids=["exact", "reference"])


def held_bytes(index: ExactIndex) -> bytes:
    """Everything the store's FAISS index keeps in memory, used or not."""
    codes, norms = index._store._index.codes, index._store._index.cum_sums
    parts = [faiss.rev_swig_ptr(part.data(), part.size()).tobytes() for part in (codes, norms) if part.size()]
    return b"".join(parts)


@BOTH
def test_an_empty_gallery_has_no_candidates_and_no_size(kind: type[ExactIndex | ReferenceIndex]) -> None:
    index = kind(16)

    assert index.nearest(PermitStandIn(), a_vector(1), radius=np.inf, limit=5) == []
    assert index.size("reunite", NOON) == GallerySize(people=0, templates=0)


@BOTH
@pytest.mark.parametrize(
    ("hours", "purpose", "found"),
    [
        (-1, "reunite", False),
        (0, "reunite", True),
        (1, "reunite", True),
        (2, "reunite", False),
        (1, "publish", False),
    ],
    ids=["before", "from-the-first-moment", "during", "not-at-the-last-moment", "another-purpose"],
)
def test_a_person_is_found_only_while_the_consent_is_in_force(
    kind: type[ExactIndex | ReferenceIndex], hours: int, purpose: str, found: bool
) -> None:
    index = kind(16)
    index.add([("r_1", "p_1", a_vector(1))])
    index.set_consents("p_1", {"reunite": (NOON, NOON + timedelta(hours=2))})
    permit = PermitStandIn(purpose, NOON + timedelta(hours=hours))

    people = [near.person_id for near in index.nearest(permit, a_vector(1), radius=1.0, limit=5)]

    assert people == (["p_1"] if found else [])
    assert index.size(purpose, permit.authorised_at).people == int(found)


@BOTH
def test_new_consents_replace_all_that_were_there(kind: type[ExactIndex | ReferenceIndex]) -> None:
    index = kind(16)
    index.add([("r_1", "p_1", a_vector(1))])
    index.set_consents("p_1", {"reunite": (NOON, None), "publish": (NOON, None)})

    index.set_consents("p_1", {"publish": (NOON, None)})

    assert index.size("reunite", NOON).people == 0
    assert index.size("publish", NOON).people == 1


@BOTH
def test_consents_of_times_asked_in_any_order_are_told_apart(kind: type[ExactIndex | ReferenceIndex]) -> None:
    index = kind(16)
    index.add([(f"r_{hour}", f"p_{hour}", a_vector(hour)) for hour in range(5)])
    for hour in range(5):
        index.set_consents(f"p_{hour}", {"reunite": (NOON + timedelta(hours=hour), NOON + timedelta(hours=hour + 2))})

    sizes = [index.size("reunite", NOON + timedelta(hours=hour)).people for hour in (5, 1, 0, 4, 3, 6, -1, 0)]

    assert sizes == [1, 2, 1, 2, 2, 0, 0, 1]


@BOTH
@pytest.mark.parametrize(
    ("probe", "radius", "limit", "error"),
    [
        (a_vector(1, dims=15), 1.0, 5, TemplatesNotComparable),
        (np.zeros((2, 16), np.float32), 1.0, 5, TemplatesNotComparable),
        (a_vector(np.nan), 1.0, 5, InvalidInput),
        (a_vector(np.inf), 1.0, 5, InvalidInput),
        (a_vector(1e30), 1.0, 5, InvalidInput),
        (a_vector(1), -0.1, 5, InvalidInput),
        (a_vector(1), np.nan, 5, InvalidInput),
        (a_vector(1), 1.0, 0, InvalidInput),
    ],
    ids=["dims", "two-probes", "nan", "infinite", "huge", "negative-radius", "nan-radius", "limit-of-none"],
)
def test_a_probe_that_cannot_be_searched_is_refused(
    kind: type[ExactIndex | ReferenceIndex],
    probe: NDArray[np.float32],
    radius: float,
    limit: int,
    error: type[Exception],
) -> None:
    index = kind(16)

    with pytest.raises(error):
        index.nearest(PermitStandIn(), probe, radius=radius, limit=limit)


@BOTH
@pytest.mark.parametrize(
    "references",
    [
        [("r_1", "p_1", a_vector(1))],
        [("r_2", "p_2", a_vector(1)), ("r_2", "p_2", a_vector(2))],
        [("r_2", "p_2", a_vector(1)), ("r_3", "p_2", a_vector(np.nan))],
        [("r_2", "p_2", a_vector(1)), ("r_3", "p_2", a_vector(1, dims=8))],
    ],
    ids=["known", "twice", "nan", "dims"],
)
def test_references_that_cannot_be_added_leave_the_gallery_as_it_was(
    kind: type[ExactIndex | ReferenceIndex], references: list[tuple[str, str, NDArray[np.float32]]]
) -> None:
    index = kind(16)
    index.add([("r_1", "p_1", a_vector(1))])
    for person in ("p_1", "p_2"):
        index.set_consents(person, ALWAYS)
    version = index.version

    with pytest.raises((InvalidInput, TemplatesNotComparable)):
        index.add(references)

    assert index.size("reunite", NOON) == GallerySize(people=1, templates=1)
    assert index.version == version


@pytest.mark.parametrize("identifier", ["", "é", "r\0"], ids=["empty", "not-ascii", "nul"])
def test_an_identifier_that_the_columns_cannot_hold_is_refused(identifier: str) -> None:
    index = ExactIndex(16)

    with pytest.raises(InvalidInput):
        index.add([(identifier, "p_1", a_vector(1))])
    with pytest.raises(InvalidInput):
        index.add([("r_1", identifier, a_vector(1))])


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput):
        ExactIndex(16).set_consents("p_1", {"reunite": (NOON.replace(tzinfo=None), None)})


@BOTH
def test_every_change_gives_a_new_version(kind: type[ExactIndex | ReferenceIndex]) -> None:
    index = kind(16)
    versions = [index.version]

    for change in (
        lambda: index.add([("r_1", "p_1", a_vector(1))]),
        lambda: index.set_consents("p_1", ALWAYS),
        lambda: index.remove_person("p_1"),
    ):
        change()
        versions.append(index.version)

    assert versions == sorted(set(versions))


@BOTH
def test_a_removed_person_is_gone_at_once_and_may_come_back_only_with_new_consents(
    kind: type[ExactIndex | ReferenceIndex],
) -> None:
    index = kind(16)
    index.add([("r_1", "p_1", a_vector(1)), ("r_2", "p_2", a_vector(2)), ("r_3", "p_1", a_vector(3))])
    for person in ("p_1", "p_2"):
        index.set_consents(person, ALWAYS)

    assert index.remove_person("p_1") == 2
    assert index.remove_person("p_unknown") == 0

    assert [near.person_id for near in index.nearest(PermitStandIn(), a_vector(1), radius=9, limit=9)] == ["p_2"]
    index.add([("r_4", "p_1", a_vector(1))])
    assert index.size("reunite", NOON) == GallerySize(people=1, templates=1)


@pytest.mark.parametrize("people", [1, 30, 1024, 2500], ids=["only-one", "untrained", "full-batch", "trained"])
@pytest.mark.parametrize("position", ["first", "last"])
def test_removal_overwrites_the_vector_in_memory(people: int, position: str) -> None:
    exact, _ = both_built(some_vectors(people))
    slot = 0 if position == "first" else people - 1
    codes, norms = exact._store._views()
    vector = codes[slot // 1024, :, slot % 1024].copy()
    norm = norms[slot // 1024, :, slot % 1024].copy()
    assert all(part.tobytes() in held_bytes(exact) for part in vector)

    exact.remove_person(f"p_{slot:016d}")

    held = held_bytes(exact)
    assert not any(part.tobytes() in held for part in vector)
    assert norm[:1].tobytes() not in held
    assert f"r_{slot:016d}".encode() not in exact._reference_ids.tobytes()


def test_adding_to_a_trained_gallery_keeps_its_rotation() -> None:
    exact, _ = both_built(some_vectors(2000))
    before = exact._store.turn_probe(some_vectors(1)[0]).exact

    exact.add([(f"new_{number}", "p_new", vector) for number, vector in enumerate(some_vectors(4000, seed=2))])

    np.testing.assert_array_equal(exact._store.turn_probe(some_vectors(1)[0]).exact, before)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput):
        ExactIndex.build(16, vectors=some_vectors(2, dims=16), reference_ids=["r_1"], person_ids=["p_1"], consents={})


def test_searches_stay_right_while_another_thread_adds_and_removes() -> None:
    vectors = some_vectors(3000, dims=64)
    exact, plain = both_built(vectors)
    probe = some_vectors(1, dims=64, seed=4)[0]
    steady = plain.nearest(PermitStandIn(), probe, radius=np.inf, limit=10)
    expected = [(near.person_id, near.reference_id) for near in steady]
    finished = Event()

    def come_and_go() -> None:
        try:
            for turn in range(150):
                far = some_vectors(5, dims=64, seed=turn) + np.float32(3)
                exact.add([(f"r_{turn}_{place}", "p_guest", vector) for place, vector in enumerate(far)])
                exact.set_consents("p_guest", ALWAYS)
                exact.remove_person("p_guest")
        finally:
            finished.set()

    def search_on() -> set[tuple[tuple[str, str], ...]]:
        answers = set()
        while not finished.is_set():
            found = exact.nearest(PermitStandIn(), probe, radius=np.inf, limit=10)
            answers.add(tuple((near.person_id, near.reference_id) for near in found))
        return answers

    with ThreadPoolExecutor(3) as pool:
        searches = [pool.submit(search_on) for _ in range(2)]
        pool.submit(come_and_go).result(timeout=120)

    assert all(search.result() <= {tuple(expected)} for search in searches)
    assert exact.size("reunite", NOON) == GallerySize(people=3000, templates=3000)
