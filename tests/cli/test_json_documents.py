"""With --json, every command writes exactly one document, whether it succeeds or not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from assent.cli.app import app
from assent.faces.default_pack import CALIBRATION_PATH
from assent.ledger import commit
from cli.command_line import PROBE, enrol_arguments, run, search_arguments
from demo_deployments import CASE, PICTURES, Deployment, write_table

Arguments = Callable[[Deployment, Path], list[object]]


def a_table(folder: Path) -> Path:
    table = folder / "forms.csv"
    table.write_bytes(write_table([("F-61", ["001/1.jpg"])]))
    return table


TERMS = "--holder searcher --purpose reunite --ground g --quota 3 --until 2099-12-31 --as issuer"
WHY = ("--reason", "As the issuers agreed.", "--as", "issuer")
NOT_ASKED = "s_aaaaaaaaaaaaaaaa"
COMMANDS: dict[str, Arguments] = {
    "init": lambda _, folder: ["--data", folder / "new"],
    "status": lambda *_: [],
    "member add": lambda *_: ["mia", "--role", "searcher", "--role", "approver", "--as", "admin"],
    "member list": lambda *_: [],
    "purpose add": lambda *_: ["learn", "--text", "To learn.", "--text-version", "v1", "--as", "admin"],
    "purpose list": lambda *_: [],
    "enrol": lambda *_: enrol_arguments(PICTURES / "001" / "1.jpg")[1:],
    "import": lambda _, folder: [a_table(folder), "--photos", PICTURES, "--as", "steward"],
    "faces": lambda *_: [PROBE],
    "person show": lambda deployment, _: [deployment.people["001"], "--as", "steward"],
    "person withdraw": lambda deployment, _: [deployment.people["001"], "--yes", "--as", "steward"],
    "people expiring": lambda *_: ["--days", "60", "--as", "steward"],
    "people duplicates": lambda *_: [
        PICTURES / "001" / "1.jpg",
        *["--purpose", "reunite", "--form", "F-1", "--as", "steward"],
    ],
    "people invite": lambda *_: ["--purpose", "reunite", "--as", "steward"],
    "people invitations": lambda *_: ["--as", "steward"],
    "people uninvite": lambda *_: ["v_aaaaaaaaaaaaaaaa", "--as", "steward"],
    "people link": lambda deployment, _: [deployment.people["001"], "--as", "steward"],
    "people waiting": lambda *_: ["--as", "steward"],
    "people confirm": lambda deployment, _: [deployment.people["001"], "--as", "steward"],
    "people renew": lambda deployment, _: [deployment.people["001"], *["--until", "2099-01-01", "--as", "steward"]],
    "people inform-kin": lambda deployment, _: [deployment.people["001"], *["--told", "alive", "--as", "steward"]],
    "people delay": lambda *_: [NOT_ASKED, *["--until", "2099-01-01", "--reason", "why", "--as", "steward"]],
    "licence issue": lambda *_: TERMS.split(),
    "licence list": lambda *_: ["--as", "searcher"],
    "licence show": lambda deployment, _: [deployment.licence, "--as", "searcher"],
    "licence extend": lambda deployment, _: [deployment.licence, "--quota", "2000", *WHY],
    "licence suspend": lambda deployment, _: [deployment.licence, *WHY],
    "licence lift": lambda deployment, _: [deployment.licence, *WHY],
    "licence revoke": lambda deployment, _: [deployment.licence, *WHY],
    "case open": lambda *_: ["2026/99", "--purpose", "reunite", "--as", "searcher"],
    "case list": lambda *_: ["--as", "searcher"],
    "search": lambda deployment, _: search_arguments(deployment)[1:],
    "approval list": lambda *_: ["--as", "searcher"],
    "approval show": lambda *_: [NOT_ASKED, "--as", "searcher"],
    "approval approve": lambda *_: [NOT_ASKED, "--as", "searcher"],
    "approval refuse": lambda *_: [NOT_ASKED, "--reason", "Not about this case.", "--as", "searcher"],
    "approval run": lambda *_: [NOT_ASKED, "--as", "searcher"],
    "approval seal-overdue": lambda *_: [],
    "case close": lambda *_: [CASE, "--as", "searcher"],
    "review list": lambda *_: ["--as", "searcher"],
    "review open": lambda *_: [NOT_ASKED, "--as", "searcher"],
    "review observe": lambda *_: [NOT_ASKED, "--candidate", "A", "--feature", "nose=similar", "--as", "searcher"],
    "review reveal": lambda *_: [NOT_ASKED, "--as", "searcher"],
    "review conclude": lambda *_: [NOT_ASKED, "--nobody", "--as", "searcher"],
    "review show": lambda *_: [NOT_ASKED, "--as", "searcher"],
    "retention list": lambda *_: [],
    "retention set": lambda *_: ["candidates", "90", "--as", "admin"],
    "retention run": lambda *_: ["--dry-run", "--as", "overseer"],
    "retention holds": lambda *_: ["--as", "overseer"],
    "retention hold": lambda *_: [CASE, "--reason", "A complaint is pending.", "--as", "admin"],
    "retention release": lambda *_: ["h_aaaaaaaaaaaaaaaa", "--as", "admin"],
    "ledger entries": lambda *_: ["--from", "1", "--to", "3"],
    "ledger checkpoint": lambda *_: [],
    "ledger verify": lambda *_: [],
    "ledger publish": lambda _, folder: [folder / "public"],
    "ledger count": lambda *_: [],
    "ledger prove": lambda _, folder: ["0", "--out", folder / "first.tlog-proof"],
    "ledger open": lambda *_: ["7", "--ground", "Inspection", "--as", "overseer"],
    "verify": lambda *_: ["--commitment", commit(b"2026/0017", bytes(32)), "--salt", "00" * 32, "--value", "2026/0017"],
    "oversight count": lambda *_: [],
    "oversight refusals": lambda *_: [],
    "oversight unusual": lambda *_: ["--as", "overseer"],
    "oversight sample": lambda *_: ["--period", "2020", "--as", "overseer"],
    "oversight report": lambda _, folder: ["--year", "2026", "--out", folder / "report", "--as", "overseer"],
    "oversight search": lambda *_: [NOT_ASKED, "--as", "overseer"],
    "oversight person": lambda deployment, _: [deployment.people["001"], "--as", "overseer"],
    "member link": lambda deployment, _: ["searcher", deployment.people["001"], "--as", "admin"],
    "member invite": lambda *_: ["searcher", "--as", "admin"],
    "member suspend": lambda *_: ["searcher", "--as", "admin"],
    "member reactivate": lambda *_: ["searcher", "--as", "admin"],
    "token create": lambda *_: ["--label", "export", "--scope", "oversight", "--as", "overseer"],
    "token list": lambda *_: ["--as", "searcher"],
    "token revoke": lambda *_: ["t_aaaaaaaaaaaaaaaa", "--as", "searcher"],
    "packs list": lambda *_: [],
    "packs show": lambda *_: [],
    "packs calibrate": lambda *_: [CALIBRATION_PATH, "--as", "admin"],
    "packs promise": lambda *_: ["reunite", "--fpir", "0.03", "--as", "admin"],
    "witness init": lambda _, folder: [folder / "witness", "--name", "witness.example/board"],
    "witness vkey": lambda _, folder: [folder],
    "witness logs": lambda _, folder: [folder],
    "witness add-log": lambda _, folder: [folder, "no key"],
    "packs add": lambda _, folder: [folder, "--as", "admin"],
}
FAILING = {
    "packs add": 3,
    "licence lift": 3,
    "member reactivate": 3,
    **dict.fromkeys(("approval show", "approval approve", "approval refuse", "approval run"), 5),
}
FAILING |= dict.fromkeys(("review open", "review observe", "review reveal", "review conclude", "review show"), 5)
FAILING |= {"people uninvite": 5, "people confirm": 3, "people renew": 3, "people inform-kin": 3, "people delay": 3}
FAILING |= {"token revoke": 5, "retention release": 5, "oversight search": 5}
FAILING |= {"witness vkey": 7, "witness logs": 7, "witness add-log": 7}
# Its documents are tested where the demonstration is.
# So are those of whatever serves until it is interrupted, and of an evaluation.
ELSEWHERE = {"demo", "demo-site", "evaluate", "serve", "witness serve"}


def list_commands(group: object, path: str = "") -> set[str]:
    children: dict[str, object] | None = getattr(group, "commands", None)
    if children is None:
        return {path.strip()}
    return {leaf for name, child in children.items() for leaf in list_commands(child, f"{path} {name}")}


def test_every_command_is_tried_here() -> None:
    assert list_commands(typer.main.get_command(app)) - ELSEWHERE == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_writes_one_document_and_nothing_else(command: str, enrolled: Deployment, tmp_path: Path) -> None:
    arguments = COMMANDS[command](enrolled, tmp_path)

    done = run(*command.split(), *arguments, "--json", on=enrolled)

    assert done.exit_code == FAILING.get(command, 0), done.stdout
    assert isinstance(done.document, dict | list)
    assert done.stdout.isascii()
    assert ("error" in done.document) == (command in FAILING)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_is_wrong_in_one_document(command: str, tmp_path: Path) -> None:
    done = run(*command.split(), "--no-such-option", "--json", "--data", tmp_path)

    assert done.exit_code == 2
    assert done.document["error"]["reason"] == "usage"
    assert done.document["error"]["exit_code"] == 2


def test_a_search_document_tells_everything_but_pictures(enrolled: Deployment) -> None:
    document = run(*search_arguments(enrolled), "--json", on=enrolled).document

    first = document["candidates"][0]
    assert first["person"] == enrolled.people["001"]
    assert first["name"] == "Person of form 001"
    assert first["distance"] == round(first["distance"], 6)
    assert document["gallery_size"] == 60
    assert document["threshold_basis"]
    assert document["searches_left"] == 999
    assert set(first) == {"rank", "name", "person", "reference", "distance", "rarity"}
    assert first["rarity"]["kind"] == "beyond"
    assert first["rarity"]["searches"] > 50


def test_entries_carry_their_index_and_their_published_fields(enrolled: Deployment) -> None:
    document = run("ledger", "entries", "--from", "2", "--to", "3", "--json", on=enrolled).document
    refused = run("ledger", "entries", "--kind", "search.refused", "--json", on=enrolled).document

    assert [entry["index"] for entry in document] == [2, 3]
    assert {"v", "kind", "at", "actor", "channel"} <= set(document[0])
    assert refused == []
