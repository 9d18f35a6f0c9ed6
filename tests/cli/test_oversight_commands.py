"""The desk's commands, at the database and at published files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assent.services.open_deployment import open_runtime
from assent.services.publish_ledger import publish_ledger
from assent.services.runtime import Runtime
from cli.command_line import run
from demo_deployments import PICTURES, Deployment, import_table, read_picture, search, write_table


@contextmanager
def opened(deployment: Deployment) -> Iterator[Runtime]:
    with open_runtime(deployment.settings) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def desk(bare_original: Deployment, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, Path, str]:
    """A deployment with one person and two searches, its published copy, and the key."""
    folder = tmp_path_factory.mktemp("desk")
    deployment = bare_original.copy_to(folder / "deployment")
    with opened(deployment) as runtime:
        import_table(runtime, write_table([("001", ["001/1.jpg"])]), PICTURES)
        search(runtime, deployment, read_picture("001", 2))
        search(runtime, deployment, read_picture("002", 1))
        vkey = publish_ledger(runtime, folder / "public").vkey
    return deployment, folder / "public", vkey


def ask_files(desk: tuple[Deployment, Path, str], *arguments: object) -> Any:
    _, folder, vkey = desk
    return run("oversight", *arguments, "--from", folder, "--key", vkey, "--json").document


def ask_database(desk: tuple[Deployment, Path, str], *arguments: object) -> Any:
    return run("oversight", *arguments, "--json", on=desk[0]).document


def test_both_sources_count_the_same_and_only_overseers_learn_names(desk: tuple[Deployment, Path, str]) -> None:
    files, database = ask_files(desk, "count"), ask_database(desk, "count")
    named = ask_database(desk, "count", "--as", "overseer")

    assert files["total"] == database["total"] == named["total"]
    assert files["total"]["searches"] == 2
    assert files["names"] == database["names"] == ask_database(desk, "count", "--as", "searcher")["names"] == {}
    (holder,) = files["by_holder"]
    assert named["names"][holder] == "searcher"


def test_tables_show_handles_to_overseers_and_pseudonyms_to_others(desk: tuple[Deployment, Path, str]) -> None:
    shown = run("oversight", "count", "--by", "holder", "--as", "overseer", on=desk[0]).stdout
    hidden = run("oversight", "count", "--by", "holder", on=desk[0]).stdout

    assert "searcher" in shown
    assert "searcher" not in hidden
    assert "m_" in hidden


def test_sample_is_the_same_from_both_sources(desk: tuple[Deployment, Path, str]) -> None:
    starts = sorted(
        entry["at"] for entry in run("ledger", "entries", "--kind", "search.started", "--json", on=desk[0]).document
    )
    end = datetime.fromisoformat(starts[1])
    period = f"{(end - timedelta(days=2)).isoformat()}/{end.isoformat()}"

    files = ask_files(desk, "sample", "--period", period, "--size", "5")
    database = ask_database(desk, "sample", "--period", period, "--size", "5", "--as", "overseer")

    assert files["seed"] == database["seed"]
    assert files["chosen"] == database["chosen"]
    assert (files["population"], len(files["chosen"]), files["opened"]) == (1, 1, [])
    assert database["opened"][0]["justification"] == "The family asked where they are."
    assert database["opened"][0]["has_probe"] is True


def test_sample_of_a_period_that_is_not_over_is_not_found(desk: tuple[Deployment, Path, str]) -> None:
    assert run("oversight", "sample", "--period", "9000", on=desk[0]).exit_code == 5


def test_search_shows_what_the_law_asks_for_with_the_index_of_each_entry(desk: tuple[Deployment, Path, str]) -> None:
    made = run("ledger", "entries", "--kind", "search.finished", "--json", on=desk[0]).document[0]

    shown = ask_files(desk, "search", made["search"])

    assert [entry["kind"] for entry in shown["entries"]] == ["search.started", "search.finished"]
    assert [entry["index"] for entry in shown["entries"]] == [made["index"] - 1, made["index"]]
    # EU AI Act, Art. 12(3), and Law Enforcement Directive, Art. 25.
    for field in ("started_at", "ended_at", "gallery", "gallery_size", "pack", "probe", "justification", "holder"):
        assert shown[field], field
    assert (shown["candidates"], shown["verified_by"], shown["opened"]) == (1, {}, None)


def test_person_lists_searches_for_overseers_only(desk: tuple[Deployment, Path, str]) -> None:
    (enrolled,) = run("ledger", "entries", "--kind", "person.enrolled", "--json", on=desk[0]).document

    found = ask_database(desk, "person", enrolled["person"], "--as", "overseer")

    assert len(found["searches"]) == 1
    assert run("oversight", "person", enrolled["person"], "--as", "searcher", on=desk[0]).exit_code == 4
    assert run("oversight", "person", enrolled["person"], on=desk[0]).exit_code == 2


def test_report_and_refusals_work_from_files(desk: tuple[Deployment, Path, str], tmp_path: Path) -> None:
    written = ask_files(desk, "report", "--year", "2026", "--out", tmp_path / "report", "--public")

    assert all(Path(file).is_file() for file in written["files"])
    assert ask_files(desk, "refusals")["refusals"] == []


def test_comparison_needs_both_and_agrees(desk: tuple[Deployment, Path, str]) -> None:
    deployment, folder, vkey = desk

    compared = run("oversight", "count", "--compare", "--from", folder, "--key", vkey, "--json", on=deployment)

    assert compared.document["published"] == compared.document["database"]
    assert run("oversight", "count", "--compare", on=deployment).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["count", "--key", "x"], 3),
        (["count", "--from", "."], 3),
        (["count", "--from", "nowhere", "--key", "x"], 3),
        (["unusual", "--zone", "Mars/Base"], 3),
        (["unusual", "--zone", "../../etc/passwd"], 3),
        (["unusual", "--period", "soon"], 3),
        (["search", "s_" + "a" * 16], 5),
        (["report", "--year", "1", "--out", "x"], 2),
    ],
    ids=["key-alone", "no-key", "no-such-key", "zone", "zone-path", "period", "no-such-search", "year"],
)
def test_bad_input_is_refused(desk: tuple[Deployment, Path, str], arguments: list[str], exit_code: int) -> None:
    assert run("oversight", *arguments, on=desk[0]).exit_code == exit_code


def test_linking_a_member_is_for_administrators(desk: tuple[Deployment, Path, str]) -> None:
    (enrolled,) = run("ledger", "entries", "--kind", "person.enrolled", "--json", on=desk[0]).document
    link = ["member", "link", "steward", enrolled["person"]]

    assert run(*link, "--as", "overseer", on=desk[0]).exit_code == 4
    assert run(*link, "--as", "admin", on=desk[0]).exit_code == 0
    found = ask_database(desk, "unusual", "--as", "overseer")
    assert "colleague-returned" in {finding["rule"] for finding in found["findings"]}
