from collections.abc import Iterator

import pytest

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import PersonId
from assent.search import Conclusion, ReviewState
from assent.services.open_commitment import open_commitment
from assent.services.open_deployment import open_runtime
from assent.services.review_candidates import (
    list_reviews,
    open_review,
    record_conclusion,
    record_observations,
    reveal_scores,
    show_review,
)
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person
from demo_deployments import Deployment, act_as, read_picture, search
from services.review_builders import (
    a_search_with_lookalikes,
    act_as_reviewer,
    an_observation,
    find_label,
    observe_all,
)


@pytest.fixture(scope="module")
def searched_original(bare_original: Deployment, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, str]:
    deployment = bare_original.copy_to(tmp_path_factory.mktemp("searched"))
    with open_runtime(deployment.settings) as runtime:
        return deployment, a_search_with_lookalikes(runtime, deployment).permit.search


@pytest.fixture
def desk(searched_original: tuple[Deployment, str], tmp_path) -> Iterator[tuple[Runtime, str]]:  # noqa: ANN001
    """An open deployment, and the search to review in it."""
    deployment, found = searched_original
    with open_runtime(deployment.copy_to(tmp_path).settings) as runtime:
        yield runtime, found
        verify_ledger(runtime)


def conclude_same(runtime: Runtime, handle: str, search_id: str, rank: int) -> ReviewState:
    actor = act_as_reviewer(runtime, handle)
    observe_all(runtime, actor, search_id)
    label = find_label(runtime, actor, search_id, rank)
    return record_conclusion(runtime, actor, search_id, Conclusion.SAME_PERSON, label=label).state


def conclude_other(runtime: Runtime, handle: str, search_id: str, conclusion: Conclusion) -> ReviewState:
    actor = act_as_reviewer(runtime, handle)
    observe_all(runtime, actor, search_id)
    return record_conclusion(runtime, actor, search_id, conclusion).state


def test_a_reviewer_first_sees_pictures_and_labels_and_nothing_else(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk

    opened = open_review(runtime, act_as_reviewer(runtime, "rob"), found)

    assert opened.probe_portrait.startswith(b"\xff\xd8")
    assert [candidate.label for candidate in opened.candidates] == ["A", "B", "C"]
    assert all(candidate.portrait and candidate.portrait.startswith(b"\xff\xd8") for candidate in opened.candidates)
    shown = repr((opened.search, opened.purpose, [(found.label, found.observation) for found in opened.candidates]))
    assert "Person of form" not in shown
    assert "p_" not in shown


def test_a_reviewer_sees_the_same_order_at_every_look(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    rob = act_as_reviewer(runtime, "rob")

    first, second = (open_review(runtime, rob, found).candidates for _ in range(2))

    assert [candidate.portrait for candidate in first] == [candidate.portrait for candidate in second]


def test_no_score_before_every_candidate_was_observed(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    rob = act_as_reviewer(runtime, "rob")
    with pytest.raises(InvalidInput, match="A, B, C"):
        reveal_scores(runtime, rob, found)
    record_observations(runtime, rob, found, {"A": an_observation(), "C": an_observation()})
    with pytest.raises(InvalidInput, match="see in: B;"):
        reveal_scores(runtime, rob, found)
    with pytest.raises(InvalidInput, match="see in: B;"):
        record_conclusion(runtime, rob, found, Conclusion.NOBODY)

    record_observations(runtime, rob, found, {"B": an_observation()})
    revealed = reveal_scores(runtime, rob, found)

    assert [candidate.candidate.rank for candidate in revealed] == [1, 2, 3]
    assert {candidate.label for candidate in revealed} == {"A", "B", "C"}
    assert {candidate.name for candidate in revealed} == {f"Person of form L{number}" for number in (1, 2, 3)}


def test_what_was_observed_cannot_be_changed_after_the_scores(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    rob = act_as_reviewer(runtime, "rob")
    observe_all(runtime, rob, found)
    reveal_scores(runtime, rob, found)

    with pytest.raises(InvalidInput, match="recorded already"):
        record_observations(runtime, rob, found, {"A": an_observation(text="On second thoughts.")})

    texts = {candidate.observation.text for candidate in open_review(runtime, rob, found).candidates}
    assert texts == {"The same fold."}


def test_of_a_batch_with_one_bad_label_nothing_is_kept(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    rob = act_as_reviewer(runtime, "rob")

    with pytest.raises(InvalidInput, match="no candidate D"):
        record_observations(runtime, rob, found, {"A": an_observation(), "D": an_observation()})

    assert [candidate.observation for candidate in open_review(runtime, rob, found).candidates] == [None] * 3


def test_the_holder_cannot_review_what_they_searched(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    holder = act_as(runtime, Role.SEARCHER)

    for act in (open_review, reveal_scores):
        with pytest.raises(RoleMissing, match="saw its scores"):
            act(runtime, holder, found)
    assert list_reviews(runtime, holder) == []


@pytest.mark.parametrize("role", [Role.STEWARD, Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR])
def test_only_searchers_and_approvers_review(desk: tuple[Runtime, str], role: Role) -> None:
    runtime, found = desk

    with pytest.raises(RoleMissing):
        open_review(runtime, act_as(runtime, role), found)


def test_two_who_agree_confirm_and_one_does_not(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    holder = act_as(runtime, Role.SEARCHER)

    assert conclude_same(runtime, "rob", found, rank=1) is ReviewState.ONE_REVIEW
    before = show_review(runtime, holder, found)
    assert conclude_same(runtime, "rita", found, rank=1) is ReviewState.CONFIRMED
    after = show_review(runtime, holder, found)

    assert (before.person, before.name) == (None, None)
    assert str(after.name).startswith("Person of form L")
    assert not after.outcome.is_disputed
    with pytest.raises(InvalidInput, match="no further review"):
        open_review(runtime, act_as_reviewer(runtime, "ruth"), found)
    assert list_reviews(runtime, act_as_reviewer(runtime, "ruth")) == []


def test_nobody_on_the_list_is_an_outcome(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    conclude_other(runtime, "rob", found, Conclusion.NOBODY)

    assert conclude_other(runtime, "rita", found, Conclusion.NOBODY) is ReviewState.NOBODY


def test_a_third_settles_a_disagreement_that_stays_visible(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    conclude_same(runtime, "rob", found, rank=1)
    assert conclude_same(runtime, "rita", found, rank=2) is ReviewState.DISAGREEMENT

    assert conclude_same(runtime, "ruth", found, rank=2) is ReviewState.CONFIRMED
    shown = show_review(runtime, act_as(runtime, Role.OVERSEER), found)

    assert (shown.outcome.rank, shown.outcome.is_disputed, len(shown.reviews)) == (2, True, 3)
    assert all(len(observations) == 3 for observations in shown.observations.values())


def test_nothing_of_another_reviewers_work_is_seen_before_ones_own_conclusion(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    conclude_same(runtime, "rob", found, rank=1)
    rita = act_as_reviewer(runtime, "rita")

    assert [candidate.observation for candidate in open_review(runtime, rita, found).candidates] == [None] * 3
    assert [(task.review, task.outcome) for task in list_reviews(runtime, rita)] == [(None, None)]
    with pytest.raises(RoleMissing):
        show_review(runtime, rita, found)

    conclude_other(runtime, "rita", found, Conclusion.INCONCLUSIVE)
    assert show_review(runtime, rita, found).outcome.state is ReviewState.DISAGREEMENT


def test_a_conclusion_stands_once_and_for_good(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    rob = act_as_reviewer(runtime, "rob")
    conclude_other(runtime, "rob", found, Conclusion.NOBODY)

    for conclusion, label in ((Conclusion.NOBODY, None), (Conclusion.SAME_PERSON, "A")):
        with pytest.raises(InvalidInput, match="cannot be changed"):
            record_conclusion(runtime, rob, found, conclusion, label=label)


def test_the_ledger_holds_conclusion_and_commitments_that_open(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    conclude_same(runtime, "rob", found, rank=1)
    conclude_other(runtime, "rita", found, Conclusion.NOBODY)

    same, nobody = [item for item in list_entries(runtime) if item.entry.kind is EntryKind.CANDIDATE_REVIEWED]
    opened = open_commitment(runtime, act_as(runtime, Role.OVERSEER), same.index, ground="An audit of reviews.")

    assert same.entry.fields["actor"] == act_as_reviewer(runtime, "rob").member.id
    assert (same.entry.fields["search"], same.entry.fields["conclusion"]) == (found, "same-person")
    assert "candidate" not in nobody.entry.fields
    values = {opening.field: opening.value for opening in opened.openings}
    assert values["candidate"].startswith(b"p_")
    assert b"The same fold." in values["observations"]
    assert b"fold" not in b"".join(item.entry.to_bytes() for item in list_entries(runtime))


def test_a_candidate_who_withdrew_is_neither_shown_nor_concluded_nor_waited_for(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    rob = act_as_reviewer(runtime, "rob")
    conclude_same(runtime, "rita", found, rank=1)
    label = find_label(runtime, rob, found, rank=1)
    person = next(
        candidate.candidate.person for candidate in reveal_scores_of(runtime, found) if candidate.candidate.rank == 1
    )

    withdraw_person(runtime, act_as(runtime, Role.STEWARD), PersonId(person))
    opened = open_review(runtime, rob, found)
    with pytest.raises(InvalidInput, match=f"no candidate {label}"):
        record_observations(runtime, rob, found, {label: an_observation()})
    observe_all(runtime, rob, found)
    revealed = reveal_scores(runtime, rob, found)

    assert [candidate.label for candidate in opened.candidates if candidate.portrait is None] == [label]
    assert [candidate.label for candidate in revealed if candidate.name is None] == [label]
    with pytest.raises(InvalidInput, match=f"no candidate {label}"):
        record_conclusion(runtime, rob, found, Conclusion.SAME_PERSON, label=label)
    assert record_conclusion(runtime, rob, found, Conclusion.NOBODY).state is ReviewState.DISAGREEMENT


def reveal_scores_of(runtime: Runtime, search_id: str):  # noqa: ANN201
    return reveal_scores(runtime, act_as_reviewer(runtime, "rita"), search_id)


def test_a_confirmed_person_who_withdraws_is_no_longer_named(desk: tuple[Runtime, str]) -> None:
    runtime, found = desk
    conclude_same(runtime, "rob", found, rank=1)
    conclude_same(runtime, "rita", found, rank=1)
    holder = act_as(runtime, Role.SEARCHER)
    confirmed = show_review(runtime, holder, found)

    withdraw_person(runtime, act_as(runtime, Role.STEWARD), PersonId(str(confirmed.person)))
    shown = show_review(runtime, holder, found)

    assert (shown.outcome.state, shown.name) == (ReviewState.CONFIRMED, None)


def test_a_search_without_candidates_needs_no_review(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        found = a_search_with_lookalikes(runtime, bare)
        for candidate in found.outcome.candidates:
            withdraw_person(runtime, act_as(runtime, Role.STEWARD), candidate.person)
        nobody = search(runtime, bare, read_picture("042", 3)).permit.search
        rob = act_as_reviewer(runtime, "rob")

        assert [task.search for task in list_reviews(runtime, rob)] == [found.permit.search]
        with pytest.raises(InvalidInput, match="no candidates"):
            open_review(runtime, rob, nobody)
        # All candidates of the other one have withdrawn: there is nothing left to look at.
        with pytest.raises(InvalidInput, match="nothing to review"):
            record_conclusion(runtime, rob, found.permit.search, Conclusion.NOBODY)


def test_an_unknown_search_is_not_found(desk: tuple[Runtime, str]) -> None:
    runtime, _ = desk

    with pytest.raises(NotFound):
        open_review(runtime, act_as_reviewer(runtime, "rob"), "s_" + "a" * 16)
