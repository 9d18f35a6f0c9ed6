from collections import Counter

import numpy as np
import pytest

from assent.errors import InvalidInput
from assent.evaluation.searches import Division, Labelled, LabelledProbe, LabelledReference, make_searches
from evaluation.simulated_people import simulate_people


def test_everybody_is_left_out_once_a_round_and_searched_with_by_every_photo() -> None:
    scores = make_searches(simulate_people(31, 3, seed=0), {}, Division(folds=3, rounds=2))

    left_out = Counter(search.probe for search in scores.non_mated)
    assert sorted(left_out) == list(range(93))
    assert set(left_out.values()) == {2}
    for split in range(6):
        strangers = {search.person for search in scores.non_mated if search.split == split}
        enrolled = {search.person for search in scores.mated if search.split == split}
        assert strangers | enrolled == set(range(31))
        assert not strangers & enrolled
        sizes = {search.gallery_size for search in (*scores.mated, *scores.non_mated) if search.split == split}
        assert sizes == {len(enrolled)}


def test_a_reference_is_never_searched_with_while_it_is_in_the_gallery() -> None:
    scores = make_searches(simulate_people(12, 2, seed=0), {}, Division())

    assert len(scores.mated) == 9 * 8
    assert min(search.distance for search in scores.mated) > 0.1


def test_distances_and_ranks_are_those_of_a_plain_computation() -> None:
    labelled = simulate_people(10, 3, seed=4)

    scores = make_searches(labelled, {"0003": "north"}, Division(folds=2, rounds=1, seed=9))

    numbers = {search.person for search in scores.non_mated if search.group == "north"}
    assert len(numbers) == 1
    split = next(search.split for search in scores.non_mated if search.group == "north")
    vectors = labelled.probe_vectors.astype(np.float64)
    measured = sorted(search.stranger_distance for search in scores.non_mated if search.group == "north")
    here = {search.person for search in scores.mated if search.split == split}
    assert len(here) == 5
    others = [person for person in range(10) if person != 3]
    all_distances = [
        sorted(float(np.linalg.norm(vectors[9 + picture] - vectors[3 * other])) for other in others)
        for picture in range(3)
    ]
    for distance in measured:
        assert any(np.isclose(distance, known).any() for known in all_distances)
    for search in scores.mated:
        assert (search.rank == 1) == (search.distance < search.stranger_distance)


def test_a_stranger_as_near_as_the_person_comes_first() -> None:
    same = np.zeros((8, 2), np.float32)
    probes = [LabelledProbe(f"p{row // 2}", row) for row in range(8)]
    references = [LabelledReference(f"p{person}", 2 * person) for person in range(4)]

    scores = make_searches(Labelled(probes, same, references, same[::2]), {}, Division(folds=2, rounds=1))

    assert {search.rank for search in scores.mated} == {2}


def test_who_has_no_reference_is_searched_with_only_while_left_out() -> None:
    people = simulate_people(9, 2, seed=0)
    labelled = Labelled(people.probes, people.probe_vectors, people.references[1:], people.reference_vectors[1:])

    scores = make_searches(labelled, {}, Division(folds=3, rounds=1))

    assert len(scores.non_mated) == 18
    assert len({search.person for search in scores.non_mated}) == 9
    assert len({search.person for search in scores.mated}) == 8


def test_the_same_seed_makes_the_same_searches_and_another_others() -> None:
    people = simulate_people(12, 2, seed=0)

    first, again, other = (make_searches(people, {}, Division(seed=seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_numbers_of_people_do_not_follow_the_order_of_their_names() -> None:
    groups = {f"{person:04}": "early" for person in range(15)}

    scores = make_searches(simulate_people(30, 2, seed=0), groups, Division())

    early = {search.person for search in scores.non_mated if search.group == "early"}
    assert len(early) == 15
    assert early != set(range(15))


def test_too_few_people_are_refused_with_how_many_it_takes() -> None:
    with pytest.raises(InvalidInput, match=r"Only 5 people .* at least 6"):
        make_searches(simulate_people(5, 2, seed=0), {}, Division(folds=3))


@pytest.mark.parametrize(("folds", "rounds"), [(1, 1), (2, 0)])
def test_a_division_without_somebody_left_out_is_refused(folds: int, rounds: int) -> None:
    with pytest.raises(InvalidInput):
        Division(folds, rounds)
