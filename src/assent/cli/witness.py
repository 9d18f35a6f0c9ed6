"""`witness`: an oversight body's own countersignature on ledgers that it watches, on a machine of its own."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import clean, make_facts, make_table

if TYPE_CHECKING:
    from assent.ledger import VerificationKey

topic = typer.Typer()

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8764
MOST_PORTS = 65_535

_group = typer.Typer(
    help="Countersign ledgers: a witness remembers them, and signs only what continues.", no_args_is_help=True
)
topic.add_typer(_group, name="witness")

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The witness's own folder: its keys and memory.")]
_TYPES = {0x04: "Ed25519", 0x06: "ML-DSA-44"}


@command(_group, "init", example="assent witness init ./witness --name witness.example/board")
def init(
    _invocation: Invocation,
    folder: FolderArgument,
    name: Annotated[str, typer.Option(help="Who countersigns: an address without scheme, such as board.example/w1.")],
) -> Answer:
    """Make a new witness with keys of its own; an existing one is never replaced."""
    from assent.services.serve_witness import create_witness

    keys = [key.verification_key for key in create_witness(folder, name)]
    return Answer({"name": name, "vkeys": _describe_keys(keys)}, _show_keys(keys))


@command(_group, "vkey", example="assent witness vkey ./witness")
def vkey(_invocation: Invocation, folder: FolderArgument) -> Answer:
    """Show the public keys; a policy names one of them in its witness line."""
    from assent.services.serve_witness import list_witness_keys

    keys = list_witness_keys(folder)
    return Answer({"name": keys[0].name, "vkeys": _describe_keys(keys)}, _show_keys(keys))


@command(_group, "add-log", example="assent witness add-log ./witness assent.example/ledger+1a2b3c4d+AT...")
def add_log(
    _invocation: Invocation,
    folder: FolderArgument,
    log: Annotated[str, typer.Argument(metavar="VKEY", help="The ledger's key, as 'assent ledger publish' shows it.")],
) -> Answer:
    """Watch a ledger from now on, also while the witness serves."""
    from assent.services.serve_witness import watch_log

    key = watch_log(folder, log)
    return Answer({"origin": key.name, "vkey": key.vkey}, f"Watching {key.name}.")


@command(_group, "logs", example="assent witness logs ./witness")
def logs(_invocation: Invocation, folder: FolderArgument) -> Answer:
    """List the ledgers watched, and what proves that one signed two histories."""
    from assent.services.serve_witness import list_watched_logs, read_contradictions

    watched = list_watched_logs(folder)
    rows = ([log.origin, log.size, log.at, log.contradictions] for log in watched)
    table = make_table(["Ledger", "Entries seen", "When", "Contradictions"], rows, nothing="No ledger is watched yet.")
    document = [
        {
            "origin": log.origin,
            "vkeys": log.vkeys,
            "size": log.size,
            "at": log.at,
            "contradictions": [[a.decode(), b.decode()] for a, b in read_contradictions(folder, log.origin)],
        }
        for log in watched
    ]
    return Answer(document, table)


@command(_group, "serve", example="assent witness serve ./witness --log assent.example/ledger+1a2b3c4d+AT...")
def serve(
    invocation: Invocation,
    folder: FolderArgument,
    log: Annotated[
        list[str] | None, typer.Option(metavar="VKEY", help="Watch this ledger too; may be given again.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = DEFAULT_HOST,
    port: Annotated[int, typer.Option(min=0, max=MOST_PORTS, help="The port to listen on; 0 takes a free one.")] = (
        DEFAULT_PORT
    ),
    prefix: Annotated[str, typer.Option(help="The path before /add-checkpoint, such as /witness.")] = "",
) -> Answer:
    """Answer publishers until interrupted (c2sp.org/tlog-witness); a TLS proxy before it makes it reachable."""
    from assent.services.serve_witness import serve_witness

    answered: dict[int, int] = {}

    def announce(host: str, port: int) -> None:
        if not invocation.is_json:
            typer.echo(clean(f"Listening on {host}, port {port}; {prefix}/add-checkpoint takes checkpoints."))

    def count(status: int) -> None:
        answered[status] = answered.get(status, 0) + 1

    serve_witness(folder, host=host, port=port, log_vkeys=log or (), prefix=prefix, announce=announce, report=count)
    return Answer({"answers": answered}, f"Stopped after {sum(answered.values())} answers.")


def _describe_keys(keys: list[VerificationKey]) -> list[dict[str, str]]:
    return [{"type": _TYPES[key.signature_type], "vkey": key.vkey} for key in keys]


def _show_keys(keys: list[VerificationKey]) -> object:
    return make_facts((_TYPES[key.signature_type], key.vkey) for key in keys)
