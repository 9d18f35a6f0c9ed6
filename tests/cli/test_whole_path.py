"""From an empty folder to a published ledger, with nothing but the command line."""

from pathlib import Path

import pytest

from cli.command_line import EVIDENCE, Outcome, run
from demo_deployments import PICTURES


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(tmp_path / "data")


def test_everything_can_be_done_from_set_up_to_publishing(data: str, tmp_path: Path) -> None:
    def act(*arguments: object) -> Outcome:
        done = run(*arguments, "--data", data)
        assert done.exit_code == 0, done.stderr + done.stdout
        return done

    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    act("init", "--administrator", "admin")
    for handle, role in (("steward", "steward"), ("searcher", "searcher"), ("issuer", "issuer")):
        act("member", "add", handle, "--role", role, "--unit", "tracing", "--as", "admin")
    act("purpose", "add", "reunite", "--text", "So that I am found.", "--text-version", "v1", "--as", "admin")
    consent = ("--purpose", "reunite", "--evidence", form, "--from", "2026-01-01", "--as", "steward")
    photos = [PICTURES / "001" / f"{picture}.jpg" for picture in (1, 2)]
    person = act("enrol", *photos, "--name", "Ada Example", *consent, "--json").document["person"]
    terms = ("--ground", "Mandate 12", "--days", "30", "--quota", "5", "--trial", "--as", "issuer")
    licence = act("licence", "issue", "--holder", "searcher", "--purpose", "reunite", *terms, "--json").document["id"]
    act("case", "open", "2026/17", "--purpose", "reunite", "--as", "searcher")

    why = ("--licence", licence, "--case", "2026/17", "--purpose", "reunite", "--source", "case-file")
    asked = (*why, "--justification", "Her brother looks for her.", "--as", "searcher")
    found = act("search", PICTURES / "001" / "3.jpg", *asked)
    stranger = act("search", PICTURES / "002" / "3.jpg", *asked)
    page = act("person", "show", person, "--as", "steward")
    gone = act("person", "withdraw", person, "--yes", "--as", "steward")
    after = act("search", PICTURES / "001" / "3.jpg", *asked)
    verified = act("ledger", "verify")
    published = act("ledger", "publish", tmp_path / "public")

    assert "Ada Example" in found.stdout
    assert "A candidate is a lead, not an identification." in found.stdout
    assert "Nobody found among 1 person who agreed to be found for reunite." in stranger.stdout
    assert "Ada Example" in page.stdout
    assert "searcher" not in page.stdout, "a person's page names members by identifier only"
    assert "destroyed" in gone.stdout
    assert "Nobody found among 0 people" in after.stdout
    assert "holds together" in verified.stdout
    assert (tmp_path / "public" / "checkpoint").read_text().startswith("assent/d_")
    assert "Files written" in published.stdout


def test_a_form_counts_by_its_digest(data: str, tmp_path: Path) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    run("init", "--data", data)
    run("member", "add", "steward", "--role", "steward", "--as", "admin", "--data", data)
    run("purpose", "add", "reunite", "--text", "Found.", "--text-version", "v1", "--as", "admin", "--data", data)
    photo, rest = PICTURES / "001" / "1.jpg", ("--name", "Ada", "--purpose", "reunite", "--from", "2026-01-01")

    by_file = run("enrol", photo, *rest, "--evidence", form, "--as", "steward", "--data", data, "--json").document
    by_digest = run("enrol", photo, *rest, "--evidence", EVIDENCE, "--as", "steward", "--data", data, "--json").document

    digests = [
        run("person", "show", enrolled["person"], "--as", "steward", "--data", data, "--json").document["person"][
            "consents"
        ][0]["evidence_digest"]
        for enrolled in (by_file, by_digest)
    ]
    assert digests == ["4a3cdfae6f291c8f544daea5b72905cf9e74c1ed427d831ad0d7ca00c73c794d", EVIDENCE]


def test_a_second_set_up_of_the_same_folder_is_unavailable(data: str) -> None:
    run("init", "--data", data)

    again = run("init", "--data", data)

    assert (again.exit_code, again.stderr.count("\n")) == (7, 1)
    assert again.stderr.startswith("Unavailable: ")


def test_a_checkpoint_is_printed_exactly_as_it_is_signed(data: str) -> None:
    run("init", "--data", data)

    shown = run("ledger", "checkpoint", "--data", data)
    document = run("ledger", "checkpoint", "--data", data, "--json").document

    assert shown.stdout == document["note"]
    assert shown.stdout.split("\n")[1] == str(document["size"]) == "1"
