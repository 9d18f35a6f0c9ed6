"""All commands under one roof; mounts, nothing else."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from assent import __version__
from assent.cli import (
    approval,
    cases,
    demo,
    deployments,
    enrolments,
    evaluation,
    invitations,
    ledger,
    licences,
    members,
    oversight,
    oversight_searches,
    packs,
    people,
    people_lists,
    proofs,
    purposes,
    retention,
    review,
    searches,
    serve,
    tokens,
    verify,
    witness,
)
from assent.cli.commands import EntryGroup
from assent.cli.context import DataOption, Invocation, JsonOption, MemberOption

app = typer.Typer(
    name="assent",
    cls=EntryGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Start with: assent init, or see it all at work: assent demo",
)
# In the order of a first day's work, as the help shows them.
for topic in (
    deployments,
    members,
    tokens,
    purposes,
    enrolments,
    people,
    people_lists,
    invitations,
    licences,
    cases,
    searches,
    approval,
    review,
    retention,
    ledger,
    proofs,
    verify,
    witness,
    oversight,
    oversight_searches,
    packs,
    evaluation,
    demo,
    serve,
):
    app.add_typer(topic.topic)


def _say_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"assent {__version__}")
        raise typer.Exit


@app.callback()
def read_shared_options(
    ctx: typer.Context,
    data_folder: DataOption = None,
    member: MemberOption = None,
    is_json: JsonOption = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, help="Say which version this is.", is_eager=True)
    ] = False,
) -> None:
    """Face search limited to people who agreed to be found, with a record of every look."""
    ctx.obj = Invocation(data_folder, member, is_json)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter gets a question mark, not a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
