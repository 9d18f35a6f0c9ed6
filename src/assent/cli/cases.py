"""`case`: the matters in whose course somebody is looked for."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import make_table
from assent.mandates import Case
from assent.people import parse_purpose_slug

topic = typer.Typer()
_group = typer.Typer(help="Cases, under your own file numbers.", no_args_is_help=True)
topic.add_typer(_group, name="case")


@command(_group, "open", example="assent case open 2026/17 --purpose reunite --as searcher")
def open_new(
    invocation: Invocation,
    number: Annotated[str, typer.Argument(help="The number that your own files give it.")],
    purpose: Annotated[str, typer.Option(help="What its searches are for.")],
) -> Answer:
    """Open a case; takes a searcher or steward."""
    from assent.services.open_case import open_case

    with invocation.act() as (runtime, actor):
        case = open_case(runtime, actor, number=number, purpose=parse_purpose_slug(purpose))
    return Answer(case, f"Opened case {case.number} ({case.id}) for {case.purpose}.")


@command(_group, "close", example="assent case close 2026/17 --as sam")
def close(
    invocation: Invocation,
    number: Annotated[str, typer.Argument(help="The number that your own files give it.")],
) -> Answer:
    """Close a case: nobody searches in its course any more; takes a steward, or the searcher who opened it."""
    from assent.services.close_case import close_case

    with invocation.act() as (runtime, actor):
        case = close_case(runtime, actor, number)
    return Answer(case, f"Closed case {case.number} ({case.id}).")


@command(_group, "list", example="assent case list --as searcher")
def list_all(invocation: Invocation) -> Answer:
    """List cases: searchers see those they opened; stewards and overseers see all."""
    from assent.services.open_case import list_cases

    with invocation.act() as (runtime, actor):
        cases = list_cases(runtime, actor)
    columns = ["Number", "Id", "Purpose", "Opened", "Closed"]
    return Answer(cases, make_table(columns, map(_row, cases), nothing="No cases."))


def _row(case: Case) -> list[object]:
    return [case.number or "(deleted)", case.id, case.purpose, case.opened_at, case.closed_at]
