import pytest

from assent.services.open_deployment import open_runtime
from cli.command_line import Outcome, run
from demo_deployments import Deployment
from services.review_builders import a_search_with_lookalikes


@pytest.fixture
def found(bare: Deployment) -> str:
    """A search with three candidates that others may review."""
    with open_runtime(bare.settings) as runtime:
        return a_search_with_lookalikes(runtime, bare).permit.search


def act(deployment: Deployment, member: str, *arguments: str) -> Outcome:
    return run("review", *arguments, "--as", member, on=deployment)


def observe_all(deployment: Deployment, member: str, search: str) -> None:
    for label in "abc":
        seen = ("--feature", "nose=similar", "--feature", "scars=not-visible", "--text", "A narrow nose.")
        done = act(deployment, member, "observe", search, "--candidate", label, *seen)
        assert done.exit_code == 0, done.stderr
        assert f"candidate {label.upper()}" in done.stdout


def test_two_reviewers_confirm_a_candidate(bare: Deployment, found: str) -> None:
    labels = {}
    for member in ("rob", "rita"):
        listed = act(bare, member, "list", "--json").document
        opened = act(bare, member, "open", found)
        early = act(bare, member, "reveal", found)
        observe_all(bare, member, found)
        revealed = act(bare, member, "reveal", found, "--json").document
        labels[member] = revealed[0]["label"]
        last = act(bare, member, "conclude", found, "--same", labels[member].lower())

        assert [(task["search"], task["outcome"]) for task in listed] == [(found, None)]
        assert "Person of form" not in opened.stdout
        assert (early.exit_code, early.stderr.startswith("Invalid input: Record first")) == (3, True)
        assert [candidate["rank"] for candidate in revealed] == [1, 2, 3]
        assert last.exit_code == 0

    shown = act(bare, "searcher", "show", found)
    document = act(bare, "searcher", "show", found, "--json").document

    assert "Confirmed by two people who decided independently." in last.stdout
    assert "Confirmed by two people" in shown.stdout
    assert "nose: similar" in shown.stdout
    assert document["outcome"] == {"state": "confirmed", "rank": 1, "conclusions": 2, "is_disputed": False}
    assert document["person"].startswith("p_")


def test_disagreement_is_said_and_stays_said(bare: Deployment, found: str) -> None:
    for member, conclusion in (("rob", "--nobody"), ("rita", "--inconclusive"), ("ruth", "--nobody")):
        observe_all(bare, member, found)
        last = act(bare, member, "conclude", found, conclusion)

    listed = act(bare, "rita", "list")

    assert "Two people found nobody on the list." in last.stdout
    assert "Not all reviewers concluded the same." in last.stdout
    assert "inconclusive" in listed.stdout


def test_opening_as_json_tells_no_name_score_or_rank(bare: Deployment, found: str) -> None:
    document = act(bare, "rob", "open", found, "--json").document

    assert [candidate.keys() for candidate in document["candidates"]] == [{"label", "is_there", "observation"}] * 3
    assert [candidate["label"] for candidate in document["candidates"]] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        pytest.param(["conclude", "SEARCH"], 2, "exactly one", id="no conclusion"),
        pytest.param(["conclude", "SEARCH", "--nobody", "--same", "A"], 2, "exactly one", id="two conclusions"),
        pytest.param(
            ["observe", "SEARCH", "--candidate", "A", "--feature", "nose=alike"], 3, "not-visible", id="no such finding"
        ),
        pytest.param(
            ["observe", "SEARCH", "--candidate", "Q", "--feature", "nose=similar"], 3, "A, B, C", id="no such candidate"
        ),
        pytest.param(["open", "s_aaaaaaaaaaaaaaaa"], 5, "no search", id="no such search"),
        pytest.param(["show", "SEARCH"], 4, "who has reviewed it", id="not reviewed yet"),
    ],
)
def test_what_cannot_be_done_says_why(
    bare: Deployment, found: str, arguments: list[str], exit_code: int, said: str
) -> None:
    done = act(bare, "rob", *(found if argument == "SEARCH" else argument for argument in arguments))

    assert done.exit_code == exit_code
    assert said in " ".join(done.stderr.split())


def test_the_holder_is_refused(bare: Deployment, found: str) -> None:
    done = act(bare, "searcher", "open", found)

    assert (done.exit_code, done.stderr.startswith("Refused: ")) == (4, True)
    assert "Nothing to review." in act(bare, "searcher", "list").stdout
