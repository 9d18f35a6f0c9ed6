"""`ledger`: the record of every look, read, counted, signed, verified and published."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import base64
import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.inputs import read_bounded
from assent.cli.rendering import Verbatim, make_facts, make_table, show
from assent.errors import InvalidInput

if TYPE_CHECKING:
    from assent.ledger import SearchGroup, Tally
    from assent.services.show_ledger import IndexedEntry

topic = typer.Typer()

MOST_ENTRIES = 2**53 - 1
"""No ledger counts further: its numbers are exact in every reader of JSON."""

group = typer.Typer(help="The record of every look.", no_args_is_help=True)
topic.add_typer(group, name="ledger")


@command(group, "entries", example="assent ledger entries --from 10 --to 20 --kind search.started")
def entries(
    invocation: Invocation,
    first: Annotated[
        int, typer.Option("--from", min=0, max=MOST_ENTRIES, metavar="N", help="First entry; they count from 0.")
    ] = 0,
    last: Annotated[
        int | None, typer.Option("--to", min=0, max=MOST_ENTRIES, metavar="N", help="Last entry shown.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as search.refused.")] = None,
) -> Answer:
    """Show the ledger's entries as they are published."""
    from assent.ledger import EntryKind
    from assent.services.show_ledger import list_entries

    if kind is not None and kind not in set(EntryKind):
        raise InvalidInput(f"{kind!r} is no kind of entry; there are: {', '.join(EntryKind)}.")
    with invocation.open() as runtime:
        found = list_entries(runtime, start=first, end=None if last is None else last + 1)
    found = [item for item in found if kind in {None, item.entry.kind}]
    table = make_table(["Entry", "When", "Kind", "Fields"], map(_row, found), nothing="No entries.")
    return Answer([_describe(item) for item in found], table)


@command(group, "checkpoint", example="assent ledger checkpoint > checkpoint.txt")
def checkpoint(invocation: Invocation) -> Answer:
    """Sign the ledger as it is, and print the note (c2sp.org/tlog-checkpoint)."""
    from assent.ledger import open_checkpoint
    from assent.services.sign_checkpoint import sign_checkpoint

    with invocation.open() as runtime:
        note = sign_checkpoint(runtime)
        key = runtime.signing_key.verification_key
        signed = open_checkpoint(note, [key], runtime.deployment.origin)
    document = {
        "origin": signed.origin,
        "size": signed.size,
        "root": bytes(signed.root),
        "vkey": key.vkey,
        "note": note.decode(),
    }
    return Answer(document, Verbatim(note.decode()))


@command(group, "verify", example="assent ledger verify")
def verify(invocation: Invocation) -> Answer:
    """Hash everything again and compare it with the signatures and the database; changes nothing."""
    from assent.services.runtime import open_unchecked
    from assent.services.verify_ledger import verify_ledger

    # Unchecked, because a ledger that was tampered with does not open for work, and here is where to see why.
    with closing(open_unchecked(invocation.settings)) as runtime:
        report = verify_ledger(runtime)
    facts = make_facts(
        [
            ("Entries", f"{report.size}, of which {report.signed_size} are signed"),
            ("Root", _encode(report.root)),
            ("Checkpoints", report.checkpoints),
            ("Commitments", f"{report.openings} opened, {report.openings_erased} of erased people"),
        ]
    )
    return Answer(report, [facts, "The ledger holds together, and the database agrees with it."])


@command(group, "publish", example="assent ledger publish ./public --policy policy.txt")
def publish(
    invocation: Invocation,
    folder: Annotated[Path, typer.Argument(help="Where the static files go.")],
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Have its witnesses cosign, and demand its quorum.")
    ] = None,
) -> Answer:
    """Write the ledger as static files that outsiders can verify (c2sp.org/tlog-tiles)."""
    from assent.ledger import MAX_POLICY_BYTES, parse_policy
    from assent.services.publish_ledger import publish_ledger

    rules = None if policy is None else parse_policy(read_bounded(policy, MAX_POLICY_BYTES, "The policy"))
    with invocation.open() as runtime:
        published = publish_ledger(runtime, folder, rules)
    checkpoint_of = published.checkpoint
    document = {
        "origin": checkpoint_of.origin,
        "size": checkpoint_of.size,
        "root": bytes(checkpoint_of.root),
        "vkey": published.vkey,
        "files_written": published.files_written,
        "cosigned": [{"name": signed.key.name, "at": signed.at} for signed in published.cosignatures],
        "not_cosigned": published.failures,
    }
    facts = make_facts(
        [
            ("Entries", checkpoint_of.size),
            ("Root", _encode(checkpoint_of.root)),
            ("Ledger's key", published.vkey),
            ("Files written", published.files_written),
            *(("Cosigned by", f"{signed.key.name}, {show(signed.at)}") for signed in published.cosignatures),
            *(("Not cosigned by", f"{failure.name}: {failure.reason}") for failure in published.failures),
        ]
    )
    return Answer(document, facts)


@command(group, "count", example="assent ledger count")
def count(invocation: Invocation) -> Answer:
    """Count all searches from the entries alone, by licence, holder, purpose, day, unit and case."""
    from assent.services.show_ledger import count_all_searches

    with invocation.open() as runtime:
        account = count_all_searches(runtime)
    groups = [group._asdict() | _describe_tally(tally) for group, tally in account.groups.items()]
    columns = ["Licence", "Holder", "Purpose", "Day", "Unit", "Case", "Started", "Finished", "Failed", "Unknown"]
    columns += ["Refused", "Sealed"]
    rows = [_count_row(group, tally) for group, tally in account.groups.items()]
    if rows:
        rows.append(["Total", "", "", "", "", "", *_describe_tally(account.total).values()])
    table = make_table(columns, rows, nothing="No searches yet.")
    return Answer({"groups": groups, "total": _describe_tally(account.total)}, table)


def _describe(item: IndexedEntry) -> dict[str, object]:
    return {"index": item.index, **json.loads(item.entry.to_bytes())}


def _row(item: IndexedEntry) -> list[object]:
    fields = (f"{name}={_shorten(show(value))}" for name, value in item.entry.fields.items())
    return [item.index, item.entry.at, item.entry.kind, " ".join(fields)]


def _shorten(text: str) -> str:
    prefix, found, digest = text.partition("sha256:")
    return f"{found}{digest[:8]}…" if found and not prefix else text


def _count_row(group: SearchGroup, tally: Tally) -> list[object]:
    return [*group, *_describe_tally(tally).values()]


def _describe_tally(tally: Tally) -> dict[str, int]:
    return {
        "started": tally.started,
        "finished": tally.finished,
        "failed": tally.failed,
        "unfinished": tally.unfinished,
        "refused": tally.refused,
        "sealed": tally.sealed,
    }


def _encode(root: bytes) -> str:
    return base64.b64encode(root).decode()
