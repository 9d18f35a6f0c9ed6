"""`ledger prove` and `ledger open`: one entry, or one field of it, for somebody who checks it alone."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.ledger import MOST_ENTRIES, group
from assent.cli.rendering import make_facts, to_json
from assent.errors import InvalidInput

if TYPE_CHECKING:
    from assent.services.open_commitment import OpenedEntry, Opening

topic = typer.Typer()

IndexArgument = Annotated[
    int, typer.Argument(min=0, max=MOST_ENTRIES, metavar="INDEX", help="Which entry; they count from 0.")
]


@command(group, "prove", example="assent ledger prove 42 --out search.tlog-proof")
def prove(
    invocation: Invocation,
    index: IndexArgument,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where the proof goes.")] = None,
) -> Answer:
    """Write a proof for one entry, to be checked offline with 'assent verify' (c2sp.org/tlog-proof)."""
    from assent.cli.entry_words import tell_entry
    from assent.ledger import PROOF_FILE_SUFFIX
    from assent.services.prove_entry import prove_entry

    with invocation.open() as runtime:
        proved = prove_entry(runtime, index)
    path = out or Path(f"entry-{index}{PROOF_FILE_SUFFIX}")
    beside = path.with_name(path.name + ".entry")
    _write(path, proved.proof.to_bytes())
    _write(beside, proved.entry.to_bytes())
    document = {
        "index": index,
        "proof": str(path),
        "entry": str(beside),
        "says": tell_entry(proved.entry),
        "vkey": proved.vkey,
    }
    facts = make_facts(
        [
            ("Entry", index),
            ("Says", tell_entry(proved.entry)),
            ("Proof", f"{path}, which encloses the entry"),
            ("Entry alone", beside),
            ("Ledger's key", proved.vkey),
        ]
    )
    return Answer(document, [facts, f"To check it: assent verify {path} --key VKEY"])


@command(group, "open", example='assent ledger open 42 --field justification --ground "Court order 7" --as overseer')
def open_entry(
    invocation: Invocation,
    index: IndexArgument,
    field: Annotated[str | None, typer.Option(help="Only this hidden field, such as justification.")] = None,
    ground: Annotated[str | None, typer.Option(help="Why, where it is somebody else's; kept with the record.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write it for 'assent verify'.")
    ] = None,
) -> Answer:
    """Give salt and value of what an entry hides, to those entitled to it; the ledger records it."""
    from assent.services.open_commitment import open_commitment

    with invocation.act() as (runtime, actor):
        opened = open_commitment(runtime, actor, index, field=field, ground=ground)
    document = _describe(opened)
    if out is not None:
        _write(out, to_json(document).encode() + b"\n")
    parts: list[object] = [_show(opening) for opening in opened.openings]
    if opened.disclosures:
        parts.append(f"Recorded as entry {', '.join(map(str, opened.disclosures))}.")
    return Answer(document, parts)


def _describe(opened: OpenedEntry) -> dict[str, object]:
    return {
        "index": opened.index,
        "entry": opened.entry.to_bytes().decode(),
        "openings": [
            {
                "field": opening.field,
                "commitment": opening.commitment,
                "salt": opening.salt.hex(),
                "value": opening.value.hex(),
                "text": _read_text(opening.value),
            }
            for opening in opened.openings
        ],
        "disclosures": list(opened.disclosures),
    }


def _show(opening: Opening) -> object:
    text = _read_text(opening.value)
    return make_facts(
        [
            ("Field", opening.field),
            ("Commitment", opening.commitment),
            ("Salt", opening.salt.hex()),
            ("Value", f"hex:{opening.value.hex()}" if text is None else text),
        ]
    )


def _read_text(value: bytes) -> str | None:
    """Read a value as text, or None: pictures are committed to as 32 bytes of digest."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or not text.isascii() else None


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"The file {path.name} cannot be written: {error.strerror}.") from None
