import itertools

import pytest

from assent.errors import InvalidInput
from assent.mandates import MemberId, SearchId
from assent.people import PersonId, ReferenceId
from assent.search import (
    Candidate,
    Conclusion,
    Feature,
    Finding,
    Observation,
    Review,
    ReviewState,
    check_observation,
    label_candidates,
    observations_from_bytes,
    observations_to_bytes,
    parse_feature,
    settle,
)
from factories import NOW

SEARCH = SearchId("s_" + "a" * 16)
NOBODY, UNSURE = (Conclusion.NOBODY, None), (Conclusion.INCONCLUSIVE, None)
FIRST, SECOND = (Conclusion.SAME_PERSON, 1), (Conclusion.SAME_PERSON, 2)
UNDECIDED = (None, None)


def some_reviews(*conclusions: tuple[Conclusion | None, int | None]) -> list[Review]:
    """One review by another reviewer for each conclusion."""
    return [
        Review(SEARCH, MemberId(f"m_{place}"), NOW, conclusion, rank)
        for place, (conclusion, rank) in enumerate(conclusions)
    ]


def some_candidates(count: int) -> list[Candidate]:
    return [Candidate(rank, PersonId(f"p_{rank}"), ReferenceId(f"r_{rank}"), rank / 10) for rank in range(1, count + 1)]


@pytest.mark.parametrize(
    ("conclusions", "state", "rank", "is_disputed"),
    [
        pytest.param([], ReviewState.OPEN, None, False, id="nobody has looked"),
        pytest.param([UNDECIDED], ReviewState.OPEN, None, False, id="one has looked and not concluded"),
        pytest.param([FIRST], ReviewState.ONE_REVIEW, None, False, id="one says the first"),
        pytest.param([NOBODY, UNDECIDED], ReviewState.ONE_REVIEW, None, False, id="the second has not concluded"),
        pytest.param([FIRST, FIRST], ReviewState.CONFIRMED, 1, False, id="two say the first"),
        pytest.param([SECOND, SECOND], ReviewState.CONFIRMED, 2, False, id="two say the second"),
        pytest.param([NOBODY, NOBODY], ReviewState.NOBODY, None, False, id="two say nobody"),
        pytest.param([UNSURE, UNSURE], ReviewState.INCONCLUSIVE, None, False, id="two cannot tell"),
        pytest.param([FIRST, SECOND], ReviewState.DISAGREEMENT, None, True, id="two different people"),
        pytest.param([FIRST, NOBODY], ReviewState.DISAGREEMENT, None, True, id="somebody and nobody"),
        pytest.param([FIRST, UNSURE], ReviewState.DISAGREEMENT, None, True, id="somebody and cannot tell"),
        pytest.param([FIRST, NOBODY, FIRST], ReviewState.CONFIRMED, 1, True, id="a third settles it for the first"),
        pytest.param([FIRST, NOBODY, NOBODY], ReviewState.NOBODY, None, True, id="a third settles it for nobody"),
        pytest.param([FIRST, SECOND, NOBODY], ReviewState.DISAGREEMENT, None, True, id="three different ones"),
        pytest.param([FIRST, FIRST, SECOND, SECOND], ReviewState.DISAGREEMENT, None, True, id="two against two"),
    ],
)
def test_only_what_two_reviewers_conclude_is_settled(
    conclusions: list[tuple[Conclusion | None, int | None]], state: ReviewState, rank: int | None, is_disputed: bool
) -> None:
    for order in itertools.permutations(conclusions):
        outcome = settle(some_reviews(*order))

        assert (outcome.state, outcome.rank, outcome.is_disputed) == (state, rank, is_disputed)


def test_one_reviewer_alone_never_confirms_however_often_they_say_it() -> None:
    (review,) = some_reviews(FIRST)

    assert settle([review, review, review]).state is ReviewState.ONE_REVIEW


def test_no_set_of_conclusions_is_settled_with_fewer_than_two_who_agree() -> None:
    possible = [UNDECIDED, NOBODY, UNSURE, FIRST, SECOND]
    for count in range(5):
        for conclusions in itertools.product(possible, repeat=count):
            outcome = settle(some_reviews(*conclusions))
            agreeing = max((conclusions.count(one) for one in possible[1:]), default=0)

            assert not outcome.is_settled or agreeing >= 2
            assert outcome.state is not ReviewState.CONFIRMED or conclusions.count((FIRST[0], outcome.rank)) >= 2


def test_the_order_of_labels_is_a_reviewers_own_and_stays_the_same() -> None:
    candidates = some_candidates(8)
    orders = [
        tuple(candidate.rank for candidate in label_candidates(SEARCH, f"m_{reviewer}", candidates).values())
        for reviewer in range(20)
    ]

    assert len(set(orders)) == 20
    assert tuple(range(1, 9)) not in orders
    for reviewer in range(20):
        shuffled = label_candidates(SEARCH, f"m_{reviewer}", candidates[::-1])
        assert tuple(candidate.rank for candidate in shuffled.values()) == orders[reviewer]
        assert list(shuffled) == list("ABCDEFGH")


def test_a_label_tells_nothing_of_the_rank() -> None:
    firsts = [
        next(iter(label_candidates(SEARCH, f"m_{reviewer}", some_candidates(4)).values())).rank
        for reviewer in range(2_000)
    ]

    # Each rank should come first 500 times; six standard deviations (of 19.4) would be an accident of one in 5e8.
    assert all(abs(firsts.count(rank) - 500) < 117 for rank in range(1, 5))


def test_labels_go_on_after_the_alphabet() -> None:
    labels = list(label_candidates(SEARCH, "m_1", some_candidates(54)))

    assert [labels[place] for place in (25, 26, 51, 52)] == ["Z", "A2", "Z2", "A3"]


def test_observations_are_read_as_they_were_written() -> None:
    observations = {
        2: Observation({Feature.NOSE: Finding.SIMILAR, Feature.EARS: Finding.NOT_VISIBLE}, "Narrow, ümlaut"),
        1: Observation({Feature.SCARS: Finding.DIFFERENT}, ""),
    }

    assert observations_from_bytes(observations_to_bytes(observations)) == observations
    assert observations_to_bytes(dict(sorted(observations.items()))) == observations_to_bytes(observations)


def test_a_feature_is_read_from_its_words() -> None:
    assert parse_feature("chin-jawline=not-visible") == (Feature.CHIN, Finding.NOT_VISIBLE)


@pytest.mark.parametrize("text", ["nose", "nose=", "nose=same", "nostril=similar", "=similar", ""])
def test_what_is_no_feature_lists_the_words_there_are(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"face-outline.*not-visible"):
        parse_feature(text)


@pytest.mark.parametrize(
    "observation",
    [
        pytest.param(Observation({}, "I just know."), id="no feature"),
        pytest.param(Observation({Feature.NOSE: Finding.SIMILAR}, "x" * 4_001), id="too long"),
    ],
)
def test_an_observation_needs_a_feature_and_an_end(observation: Observation) -> None:
    with pytest.raises(InvalidInput):
        check_observation(observation)
