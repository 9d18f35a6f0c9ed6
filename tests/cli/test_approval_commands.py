"""Approval from the command line: a search is asked for, shown, decided, run; urgent ones the other way round."""

from __future__ import annotations

import pytest

from cli.command_line import look_at, run, search_arguments
from demo_deployments import CASE, Deployment
from services.approval_desks import demand_approval, with_desk

REASON = "Nothing in this case speaks of her."


@pytest.fixture
def desk(enrolled: Deployment) -> Deployment:
    """A deployment with an approver and a licence that demands approval."""
    return with_desk(enrolled)


def ask(desk: Deployment) -> str:
    waiting = run(*search_arguments(desk), "--json", on=desk).document
    assert waiting["state"] == "waiting-for-approval"
    return str(waiting["search"])


def run_urgent(desk: Deployment) -> str:
    return str(run(*search_arguments(desk), "--urgent", "--json", on=desk).document["search"])


def test_a_search_that_needs_approval_is_asked_for_and_says_so(desk: Deployment) -> None:
    done = run(*search_arguments(desk), on=desk)

    assert done.exit_code == 0
    assert done.stdout.startswith("Waiting for approval: s_")
    assert "Nothing was searched." in done.stdout
    assert look_at(desk).searches == {}


def test_what_was_approved_runs_once(desk: Deployment) -> None:
    search = ask(desk)
    listed = run("approval", "list", "--as", "approver", on=desk)
    shown = run("approval", "show", search, "--as", "approver", on=desk)
    approved = run("approval", "approve", search, "--as", "approver", on=desk)
    first = run("approval", "run", search, "--as", "searcher", on=desk)
    second = run("approval", "run", search, "--as", "searcher", on=desk)

    assert search in listed.stdout
    assert CASE in shown.stdout
    assert "The family asked where they are." in shown.stdout
    assert (approved.exit_code, first.exit_code, second.exit_code) == (0, 0, 4)
    assert f"recorded as {search}" in first.stdout
    assert second.stderr.startswith("Refused: ")
    assert look_at(desk).searches == {"finished": 1}


def test_every_step_has_its_document(desk: Deployment) -> None:
    search = ask(desk)
    shown = run("approval", "show", search, "--as", "approver", "--json", on=desk).document
    listed = run("approval", "list", "--as", "searcher", "--json", on=desk).document
    approved = run("approval", "approve", search, "--as", "approver", "--json", on=desk).document
    found = run("approval", "run", search, "--as", "searcher", "--json", on=desk).document
    sealed = run("approval", "seal-overdue", "--json", on=desk).document

    assert (shown["case_number"], shown["has_photo"], shown["request"]["state"]) == (CASE, True, "pending")
    assert [request["search"] for request in listed] == [search]
    assert (approved["state"], approved["search"]) == ("approved", search)
    assert (found["search"], len(found["candidates"]) > 0) == (search, True)
    assert sealed == {"sealed": []}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["approve"], "own-request", id="approve"),
        pytest.param(["refuse", "--reason", REASON], "own-request", id="refuse"),
        pytest.param(["run"], "approval-pending", id="run"),
    ],
)
def test_who_asked_is_refused_with_the_reason(desk: Deployment, arguments: list[str], reason: str) -> None:
    run("member", "add", "both", "--role", "searcher", "--role", "approver", "--unit", "desk", "--as", "admin", on=desk)
    licensed = demand_approval(desk, holder="both")
    waiting = run(*search_arguments(licensed, **{"as": "both"}), "--json", on=desk).document
    act, *options = arguments

    done = run("approval", act, waiting["search"], *options, "--as", "both", "--json", on=desk)

    assert (done.exit_code, done.document["error"]["reason"]) == (4, reason)


def test_a_refused_search_does_not_run(desk: Deployment) -> None:
    search = ask(desk)
    refused = run("approval", "refuse", search, "--reason", REASON, "--as", "approver", on=desk)
    done = run("approval", "run", search, "--as", "searcher", "--json", on=desk)

    assert (refused.exit_code, refused.stdout) == (0, f"Refused {search}; it will not run.\n")
    assert (done.exit_code, done.document["error"]["reason"]) == (4, "approval-refused")


def test_an_urgent_search_runs_at_once_and_a_refusal_destroys_its_result(desk: Deployment) -> None:
    search = run_urgent(desk)
    refused = run("approval", "refuse", search, "--reason", REASON, "--as", "approver", on=desk)
    sealed = run("approval", "seal-overdue", on=desk)

    assert refused.stdout == f"Refused {search}; what it brought was destroyed.\n"
    assert search in sealed.stdout
    assert look_at(desk).searches == {"sealed": 1}
    assert run("ledger", "verify", on=desk).exit_code == 0


def test_an_approved_urgent_search_stays(desk: Deployment) -> None:
    search = run_urgent(desk)

    done = run("approval", "approve", search, "--as", "approver", on=desk)

    assert "its result stays" in done.stdout
    assert look_at(desk).searches == {"finished": 1}


def test_urgency_is_a_term_of_the_licence(enrolled: Deployment) -> None:
    terms = ["licence", "issue", "--holder", "searcher", "--purpose", "reunite", "--ground", "g"]
    terms += ["--quota", "3", "--days", "2", "--as", "issuer", "--json"]

    plain = run(*terms, "--urgent-allowed", on=enrolled)
    both = run(*terms, "--approval", "--urgent-allowed", on=enrolled)
    refused = run(*search_arguments(enrolled), "--urgent", "--json", on=enrolled)

    assert (plain.exit_code, plain.document["error"]["reason"]) == (3, "invalid-input")
    assert (both.document["needs_approval"], both.document["allows_urgent"]) == (True, True)
    assert (refused.exit_code, refused.document["error"]["reason"]) == (4, "urgent-not-allowed")
