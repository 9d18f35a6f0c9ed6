"""The shortlist keeps only people whose consent to this very purpose is in force."""

from __future__ import annotations

from typing import Any

import pytest

from assent.people import Consent
from assent.search import Candidate, Neighbour, list_candidates_bytes, shortlist
from factories import DAY, NOW, PHOTOS, a_consent, a_permit


def a_neighbour(letter: str, distance: float) -> Neighbour:
    return Neighbour(person_id=f"p_{letter}", reference_id=f"r_{letter}", distance=distance)


NEIGHBOURS = [a_neighbour("a", 0.1), a_neighbour("b", 0.2), a_neighbour("c", 0.3)]


def all_agree() -> dict[str, list[Consent]]:
    return {neighbour.person_id: [a_consent()] for neighbour in NEIGHBOURS}


def test_everyone_in_force_is_kept_in_order_and_ranked_from_one() -> None:
    candidates = shortlist(NEIGHBOURS, all_agree(), a_permit(), NOW)

    assert candidates == (
        Candidate(1, "p_a", "r_a", 0.1),
        Candidate(2, "p_b", "r_b", 0.2),
        Candidate(3, "p_c", "r_c", 0.3),
    )


@pytest.mark.parametrize(
    "consents",
    [
        pytest.param([{"withdrawn_at": NOW}], id="withdrawn this moment"),
        pytest.param([{"valid_until": NOW}], id="run out this moment"),
        pytest.param([{"valid_from": NOW + DAY}], id="starts later"),
        pytest.param([{"purpose": PHOTOS}], id="agreed to another purpose"),
        pytest.param([{"purpose": PHOTOS}, {"withdrawn_at": NOW - DAY}], id="only another purpose left"),
        pytest.param([], id="no consent at all"),
    ],
)
def test_who_does_not_agree_any_more_is_dropped_and_the_ranks_close_up(consents: list[dict[str, Any]]) -> None:
    terms = all_agree() | {"p_b": [a_consent(**changes) for changes in consents]}

    candidates = shortlist(NEIGHBOURS, terms, a_permit(), NOW)

    assert [(candidate.rank, candidate.person) for candidate in candidates] == [(1, "p_a"), (2, "p_c")]


def test_somebody_without_any_row_is_dropped() -> None:
    terms = all_agree()
    del terms["p_a"]

    assert [candidate.person for candidate in shortlist(NEIGHBOURS, terms, a_permit(), NOW)] == ["p_b", "p_c"]


def test_a_renewed_consent_counts_although_the_first_was_withdrawn() -> None:
    terms = {"p_a": [a_consent(withdrawn_at=NOW - DAY), a_consent(valid_from=NOW - DAY)]}

    assert [candidate.person for candidate in shortlist(NEIGHBOURS, terms, a_permit(), NOW)] == ["p_a"]


def test_the_moment_that_counts_is_the_end_of_the_search_not_its_start() -> None:
    terms = {"p_a": [a_consent(valid_until=NOW + DAY)]}

    assert shortlist(NEIGHBOURS, terms, a_permit(at=NOW), NOW + DAY) == ()


def test_no_neighbour_makes_no_candidate() -> None:
    assert shortlist([], {}, a_permit(), NOW) == ()


def test_the_bytes_that_the_ledger_commits_to_are_these() -> None:
    candidates = shortlist(NEIGHBOURS[:2], all_agree(), a_permit(), NOW)

    assert list_candidates_bytes(candidates) == b"1 p_a 0.100000\n2 p_b 0.200000\n"
    assert list_candidates_bytes([]) == b""
