"""`assent verify`, `ledger prove` and `ledger open`, as a lawyer and an inspector would use them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assent.cli.entry_words import SENTENCES, list_entry_facts, tell_entry
from assent.ledger import KINDS, Entry, EntryKind
from cli.command_line import Outcome, run, search_arguments
from demo_deployments import Deployment
from ledger.ledger_builders import a_finished_search, a_refused_search, a_started_search
from ledger.ledger_example import example_entries

HEAVY = ("sqlalchemy", "onnxruntime", "cv2", "numpy", "faiss")


@pytest.fixture(scope="module")
def disclosed(enrolled_original: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that a deployment with one search handed out; the deployment itself is somewhere else."""
    folder = tmp_path_factory.mktemp("disclosed")
    deployment = enrolled_original.copy_to(folder / "deployment")
    run(*search_arguments(deployment), on=deployment)
    published = run("ledger", "publish", folder / "public", "--json", on=deployment).document
    (folder / "ledger.vkey").write_text(published["vkey"] + "\n")
    (folder / "older").write_bytes((folder / "public" / "checkpoint").read_bytes())
    (folder / "policy").write_text(f"log {published['vkey']}\nquorum none\n")
    started = run("ledger", "entries", "--kind", "search.started", "--json", on=deployment).document[0]["index"]
    run("ledger", "open", started, "--as", "searcher", "--out", folder / "opening.json", on=deployment)
    run("ledger", "prove", started, "--out", folder / "search.tlog-proof", on=deployment)
    run("ledger", "prove", 0, "--out", folder / "first.tlog-proof", on=deployment)
    run("member", "add", "mia", "--role", "searcher", "--as", "admin", on=deployment)
    run("ledger", "publish", folder / "public", on=deployment)
    return folder


def verify(folder: Path, *arguments: str) -> Outcome:
    """Verify with files of the folder, `@name` standing for one of them."""
    return run("verify", *(str(folder / part[1:]) if part.startswith("@") else part for part in arguments))


@pytest.mark.parametrize("whom", [("--key", "@ledger.vkey"), ("--policy", "@policy")], ids=["key", "policy"])
def test_a_folder_is_verified_without_a_deployment(disclosed: Path, whom: tuple[str, str]) -> None:
    done = verify(disclosed, "@public", *whom, "--since", "@older")

    assert done.exit_code == 0, done.stderr
    assert "Signed, complete and unchanged" in done.stdout
    assert "1 started, 1 finished" in done.stdout


def test_verifying_loads_neither_database_nor_faces(disclosed: Path) -> None:
    script = (
        "import sys\nfrom assent.cli import main\n"
        f"sys.argv[1:] = ['verify', {str(disclosed / 'public')!r}, '--key', {str(disclosed / 'ledger.vkey')!r}]\n"
        "try:\n    main()\nexcept SystemExit as done:\n    print('exit', done.code)\n"
        f"print('heavy:', [name for name in {HEAVY} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "exit 0" in done.stdout
    assert done.stdout.rstrip().endswith("heavy: []")


def test_the_page_for_people_who_install_nothing_lies_in_the_folder(disclosed: Path) -> None:
    assert "Verify a ledger" in (disclosed / "public" / "verify.html").read_text("utf-8")


def test_a_proof_says_what_the_entry_says(disclosed: Path) -> None:
    key = (disclosed / "ledger.vkey").read_text().strip()

    done = verify(disclosed, "@search.tlog-proof", "--key", key, "--entry", "@search.tlog-proof.entry")
    document = json.loads(verify(disclosed, "@search.tlog-proof", "--key", key, "--json").stdout)

    assert done.exit_code == 0, done.stderr
    assert "started search s_" in done.stdout
    assert "Proved: this is entry" in done.stdout
    assert document["entry"]["kind"] == "search.started"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        pytest.param(("@first.tlog-proof", "--entry", "@search.tlog-proof.entry"), 6, "leads to root", id="entry"),
        pytest.param(("@public", "--since", "@policy"), 3, "no empty line", id="older checkpoint"),
        pytest.param(("@nothing",), 3, "cannot be read", id="no file"),
        pytest.param(("@deployment",), 5, "no file named checkpoint", id="no published folder"),
        pytest.param((), 3, "Say what to verify", id="nothing"),
    ],
)
def test_what_does_not_hold_is_refused(disclosed: Path, arguments: tuple[str, ...], exit_code: int, said: str) -> None:
    done = verify(disclosed, *arguments, "--key", "@ledger.vkey")

    assert done.exit_code == exit_code
    assert said in done.stderr


def test_whom_to_trust_must_be_said(disclosed: Path) -> None:
    done = verify(disclosed, "@public")

    assert done.exit_code == 3
    assert "--policy" in done.stderr


def test_a_changed_file_is_named_with_its_entry(disclosed: Path, tmp_path: Path) -> None:
    broken = tmp_path / "public"
    for path in (disclosed / "public").rglob("*"):
        if path.is_file():
            (broken / path.relative_to(disclosed / "public")).parent.mkdir(parents=True, exist_ok=True)
            (broken / path.relative_to(disclosed / "public")).write_bytes(path.read_bytes().replace(b"cli", b"web"))

    done = verify(disclosed, str(broken), "--key", "@ledger.vkey", "--json")

    assert done.exit_code == 6
    assert done.document["error"]["reason"] == "ledger-broken"
    assert done.document["error"]["first_bad_index"] == 0


def test_a_disclosed_field_is_checked_against_the_entry(disclosed: Path) -> None:
    right = verify(disclosed, "--opening", "@opening.json", "--entry", "@search.tlog-proof.entry")
    other = verify(disclosed, "--opening", "@opening.json", "--entry", "@first.tlog-proof.entry")
    no_opening = verify(disclosed, "--opening", "@policy")

    assert right.exit_code == 0, right.stderr
    assert "justification" in right.stdout
    assert (other.exit_code, no_opening.exit_code) == (3, 3)


def test_a_disclosed_value_is_checked_by_hand(disclosed: Path) -> None:
    opening = json.loads((disclosed / "opening.json").read_text())["openings"][0]
    known = ("--commitment", opening["commitment"], "--salt", opening["salt"])

    right = verify(disclosed, *known, "--value", "The family asked where they are.")
    in_hex = verify(disclosed, *known, "--value", f"hex:{opening['value']}")
    wrong = verify(disclosed, *known, "--value", "Curiosity.")
    half = verify(disclosed, "--salt", opening["salt"])
    no_hex = verify(disclosed, "--commitment", opening["commitment"], "--salt", "zz", "--value", "x")

    assert (right.exit_code, in_hex.exit_code, wrong.exit_code) == (0, 0, 6)
    assert (half.exit_code, no_hex.exit_code) == (3, 3)


def test_an_opening_that_was_altered_is_refused(disclosed: Path, tmp_path: Path) -> None:
    document = json.loads((disclosed / "opening.json").read_text())
    document["openings"][0]["value"] = b"Her employer asked.".hex()
    (tmp_path / "opening.json").write_text(json.dumps(document))

    assert verify(tmp_path, "--opening", "@opening.json").exit_code == 6


@pytest.mark.parametrize(
    "entry",
    [*example_entries(), a_started_search(1), a_finished_search(1), a_refused_search(1)],
    ids=lambda entry: entry.kind,
)
def test_an_entry_is_told_in_a_sentence_and_in_facts(entry: Entry) -> None:
    facts = dict(list_entry_facts(7, entry))

    assert tell_entry(entry).endswith(".")
    assert "{" not in tell_entry(entry)
    assert facts["Entry"] == 7
    assert len(facts) == len(entry.fields) + 1
    assert all("hidden" in str(facts[name.capitalize()]) for name in ("probe",) if name in entry.fields)


def test_every_kind_has_a_sentence_made_of_fields_that_it_always_has() -> None:
    assert set(SENTENCES) == set(EntryKind)
    for kind in EntryKind:
        SENTENCES[kind].format_map(dict.fromkeys(KINDS[kind].required_fields, "x"))
