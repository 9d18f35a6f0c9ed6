from datetime import UTC, datetime, timedelta

import pytest

from assent.services.open_deployment import open_runtime
from cli.command_line import Outcome, run
from demo_deployments import CASE, Deployment, read_picture, search


@pytest.fixture
def old_search(bare: Deployment) -> str:
    """A search that returned nobody, made forty days ago."""

    def read_earlier_clock() -> datetime:
        return datetime.now(UTC) - timedelta(days=40)

    with open_runtime(bare.settings) as runtime:
        runtime.clock = read_earlier_clock
        with runtime.database.transaction() as transaction:
            transaction.exec_driver_sql("UPDATE licences SET valid_from = '2020-01-01 00:00:00.000000'")
        return search(runtime, bare, read_picture("042", 3)).permit.search


def act(deployment: Deployment, *arguments: str, member: str = "admin") -> Outcome:
    return run("retention", *arguments, "--as", member, on=deployment)


def test_rules_are_listed_with_their_reasons_and_set(bare: Deployment) -> None:
    before = act(bare, "list", "--json").document
    done = act(bare, "set", "candidates", "90")
    after = act(bare, "list")

    assert {rule["kind"]: rule["days"] for rule in before} == {
        "probe-without-candidates": 30,
        "probe-with-candidates": 184,
        "candidates": 365,
        "case-number": 1825,
        "request-photo": 30,
    }
    assert "kept for 90 days" in done.stdout
    assert "set by an administrator" in after.stdout
    assert "AI Act" in after.stdout


def test_a_dry_run_tells_what_a_run_then_deletes(bare: Deployment, old_search: str) -> None:
    planned = act(bare, "run", "--dry-run")
    again = act(bare, "run", "--dry-run", "--json").document
    done = act(bare, "run")
    rest = act(bare, "run", "--json").document

    assert "Would be deleted: 1." in planned.stdout
    assert [record["subject"] for record in again["deleted"]] == [old_search]
    assert "Deleted: 1." in done.stdout
    assert old_search in done.stdout
    assert rest == {"is_dry_run": False, "deleted": [], "held": []}


def test_a_hold_comes_in_time_for_what_has_run_out_already(bare: Deployment, old_search: str) -> None:
    held = act(bare, "hold", old_search, "--reason", "A complaint is pending.", "--json").document
    kept = act(bare, "run", member="overseer")
    listed = act(bare, "holds")
    lifted = act(bare, "release", held["id"])
    run("status", on=bare)
    gone = act(bare, "run", "--dry-run", "--json").document

    assert "Deleted: 0. Held though they have run out: 1." in kept.stdout
    assert "A complaint is pending." in listed.stdout
    assert "is lifted" in lifted.stdout
    assert gone["deleted"] == [], "any other command that opened the deployment has deleted it"


def test_a_case_is_closed_and_held_by_its_number(bare: Deployment) -> None:
    closed = run("case", "close", CASE, "--as", "searcher", on=bare)
    held = act(bare, "hold", CASE, "--reason", "A complaint is pending.")
    again = run("case", "close", CASE, "--as", "steward", on=bare)

    assert (closed.exit_code, held.exit_code) == (0, 0)
    assert f"Closed case {CASE}" in closed.stdout
    assert (again.exit_code, "closed already" in again.stderr) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "member", "exit_code"),
    [
        pytest.param(["set", "candidates", "0"], "admin", 3, id="no day"),
        pytest.param(["set", "photos", "7"], "admin", 2, id="no such kind"),
        pytest.param(["set", "candidates", "7"], "overseer", 4, id="not an administrator"),
        pytest.param(["run"], "searcher", 4, id="not an overseer"),
        pytest.param(["hold", "2031/1", "--reason", "A complaint."], "admin", 5, id="no such case"),
        pytest.param(["release", "h_aaaaaaaaaaaaaaaa"], "admin", 5, id="no such hold"),
    ],
)
def test_what_cannot_be_done_ends_with_its_own_code(
    bare: Deployment, arguments: list[str], member: str, exit_code: int
) -> None:
    assert act(bare, *arguments, member=member).exit_code == exit_code
