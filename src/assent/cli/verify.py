"""`verify`: what a ledger published, one proof, or one disclosed field, checked with files and a key alone."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.inputs import read_bounded
from assent.cli.rendering import make_facts
from assent.errors import InvalidInput

if TYPE_CHECKING:
    from assent.services.verify_published import Trust

topic = typer.Typer()

MOST_BYTES = 2_000_000
_HEX = "hex:"


@command(topic, "verify", example="assent verify ./public --key ledger.vkey")
def verify(  # noqa: PLR0917 - Typer gives each option by its name
    invocation: Invocation,  # noqa: ARG001 - needs no deployment, but has the options of every command
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE|FOLDER]", help="A .tlog-proof, or a published folder.")
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="VKEY", help="The ledger's key, or a file that holds it.")] = None,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="A policy: the log, witnesses, quorum.")] = None,
    entry: Annotated[Path | None, typer.Option(metavar="FILE", help="The entry, if it is not in the proof.")] = None,
    since: Annotated[Path | None, typer.Option(metavar="FILE", help="A checkpoint kept from an earlier time.")] = None,
    opening: Annotated[Path | None, typer.Option(metavar="FILE", help="A disclosed field, from 'ledger open'.")] = None,
    commitment: Annotated[str | None, typer.Option(help="A commitment, with --salt and --value.")] = None,
    salt: Annotated[str | None, typer.Option(metavar="HEX", help="The salt, in hex.")] = None,
    value: Annotated[str | None, typer.Option(metavar="TEXT", help="The value; hex:… for bytes.")] = None,
) -> Answer:
    """Check a published ledger, a proof or a disclosed field: no deployment, no connection, no secret."""
    if opening is not None:
        return _verify_opening(_read(opening, "The opening"), None if entry is None else _read(entry, "The entry"))
    if commitment is not None or salt is not None or value is not None:
        return _verify_commitment(commitment, salt, value)
    if path is None:
        raise InvalidInput("Say what to verify: a .tlog-proof, a published folder, --opening or --commitment.")
    trust = read_trust_options(key, policy)
    if path.is_dir():
        return _verify_folder(path, trust, None if since is None else _read(since, "The older checkpoint"))
    return _verify_proof(_read(path, "The proof"), trust, None if entry is None else _read(entry, "The entry"))


def read_trust_options(key: str | None, policy: Path | None) -> Trust:
    """Read whom to trust from a key, or the file that holds it, and a policy file. Raises InvalidInput for neither."""
    from assent.services.verify_published import read_trust

    if key is not None and ("+" not in key or Path(key).is_file()):
        key = _decode(_read(Path(key), "The key"), "The key").strip()
    return read_trust(key, None if policy is None else _read(policy, "The policy"))


def _verify_folder(folder: Path, trust: Trust, since: bytes | None) -> Answer:
    from assent.services.verify_published import verify_folder

    report = verify_folder(folder, trust, since=since)
    account, checkpoint = report.account, report.account.checkpoint
    searches = account.searches
    counts = {
        "started": searches.started,
        "finished": searches.finished,
        "failed": searches.failed,
        "unfinished": searches.unfinished,
        "refused": searches.refused,
    }
    document = {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "witnesses": list(report.witnesses),
        "files": account.files,
        "kinds": dict(account.kinds),
        "searches": counts,
        "licences": dict(account.numbers),
        "continues_size": report.continues_size,
    }
    facts = make_facts(
        [
            ("Ledger", checkpoint.origin),
            ("Entries", checkpoint.size),
            *_show_witnesses(report.witnesses),
            ("Files", f"{account.files}, and the checkpoint"),
            ("Searches", ", ".join(f"{number} {word}" for word, number in counts.items())),
            ("Licences", f"{len(account.numbers)}, each numbered without a gap"),
            *([] if report.continues_size is None else [("Continues", f"the older one of {report.continues_size}")]),
        ]
    )
    return Answer(document, [facts, "Signed, complete and unchanged: every file follows from the entries."])


def _verify_proof(proof: bytes, trust: Trust, entry: bytes | None) -> Answer:
    from assent.cli.entry_words import list_entry_facts, tell_entry
    from assent.services.verify_published import verify_proof

    report = verify_proof(proof, trust, entry=entry)
    checkpoint = report.checkpoint
    document = {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "witnesses": list(report.witnesses),
        "index": report.index,
        "says": tell_entry(report.entry),
        "entry": json.loads(report.entry.to_bytes()),
    }
    facts = [*list_entry_facts(report.index, report.entry), *_show_witnesses(report.witnesses)]
    proved = f"Proved: this is entry {report.index} of the {checkpoint.size} that {checkpoint.origin} signed."
    return Answer(document, [tell_entry(report.entry), make_facts(facts), proved])


def _show_witnesses(names: tuple[str, ...]) -> list[tuple[str, object]]:
    return [("Cosigned by", ", ".join(names))] if names else []


def _verify_opening(opening: bytes, entry: bytes | None) -> Answer:
    from assent.ledger import Entry, check_commitment

    try:
        document = json.loads(opening)
        claimed = document["entry"].encode("ascii") if entry is None else entry
        fields = [
            (part["field"], bytes.fromhex(part["salt"]), bytes.fromhex(part["value"])) for part in document["openings"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput("The opening is not a file that 'assent ledger open --out' writes.") from None
    held = Entry.from_bytes(claimed).fields
    for field, salt, value in fields:
        if field not in held:
            raise InvalidInput(f"The entry has no field {field}.")
        check_commitment(str(held[field]), salt, value)
    names = ", ".join(field for field, _, _ in fields)
    sentence = f"The entry holds exactly the disclosed value of: {names}."
    if entry is None:
        sentence += " That the entry itself is in a ledger is shown by its proof, not by this file."
    return Answer({"opened": [field for field, _, _ in fields]}, sentence)


def _verify_commitment(commitment: str | None, salt: str | None, value: str | None) -> Answer:
    from assent.ledger import check_commitment

    if commitment is None or salt is None or value is None:
        raise InvalidInput("--commitment, --salt and --value belong together.")
    try:
        plain = bytes.fromhex(value.removeprefix(_HEX)) if value.startswith(_HEX) else value.encode()
        check_commitment(commitment, bytes.fromhex(salt), plain)
    except ValueError:
        raise InvalidInput("A salt, and a value after hex:, is written in hexadecimal digits.") from None
    return Answer({"commitment": commitment}, "The commitment is to exactly this value.")


def _read(path: Path, what: str) -> bytes:
    data = read_bounded(path, MOST_BYTES, what)
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"{what} has more than {MOST_BYTES} bytes, which none has.")
    return data


def _decode(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{what} is not text in UTF-8.") from None
