"""`approval`: what a second person decides on, and running what was approved."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.pictures import PictureRow
from assent.cli.rendering import make_facts, make_table, show
from assent.mandates import PendingSearch, RequestState

if TYPE_CHECKING:
    from assent.services.decide_request import ShownRequest

topic = typer.Typer()
_group = typer.Typer(help="Searches that a second person approves.", no_args_is_help=True)
topic.add_typer(_group, name="approval")

SearchArgument = Annotated[str, typer.Argument(metavar="SEARCH", help="The search's id, from assent approval list.")]
_ID = "s_q3rjbx2kfzfdvsmu"


@command(_group, "list", example="assent approval list --as approver")
def list_all(invocation: Invocation) -> Answer:
    """List requests as they stand: approvers and overseers see all, searchers their own."""
    from assent.services.decide_request import list_requests

    with invocation.act() as (runtime, actor):
        requests = list_requests(runtime, actor)
    columns = ["Search", "State", "Until", "Purpose", "Source", "Asked by", "Asked", "Remarks"]
    return Answer(requests, make_table(columns, map(_row, requests), nothing="No requests."))


@command(_group, "show", example=f"assent approval show {_ID} --as approver")
def show_one(invocation: Invocation, search: SearchArgument) -> Answer:
    """Show a request with its photo, case and justification; takes an approver, or whoever asked."""
    from assent.services.decide_request import show_request

    with invocation.act() as (runtime, actor):
        shown = show_request(runtime, actor, search)
    return Answer(_describe(shown), _show(shown))


@command(_group, "approve", example=f"assent approval approve {_ID} --as approver")
def approve(invocation: Invocation, search: SearchArgument) -> Answer:
    """Approve a request; takes an approver who neither asked nor holds the licence."""
    from assent.services.decide_request import approve_request

    with invocation.act() as (runtime, actor):
        decided = approve_request(runtime, actor, search)
    if decided.is_urgent:
        return Answer(decided, f"Approved {decided.search}; it has run already, and its result stays.")
    limit = show(decided.expires_at)
    return Answer(decided, f"Approved {decided.search}; whoever asked may run it once, until {limit}.")


@command(_group, "refuse", example=f'assent approval refuse {_ID} --reason "Not about this case." --as approver')
def refuse(
    invocation: Invocation,
    search: SearchArgument,
    reason: Annotated[str, typer.Option(help="Why; kept sealed, and committed to in the ledger.")],
) -> Answer:
    """Refuse a request; destroys at once what an urgent search brought. Takes an approver."""
    from assent.services.decide_request import refuse_request

    with invocation.act() as (runtime, actor):
        decided = refuse_request(runtime, actor, search, reason)
    end = "; what it brought was destroyed." if decided.is_urgent else "; it will not run."
    return Answer(decided, f"Refused {decided.search}{end}")


@command(_group, "run", example=f"assent approval run {_ID} --as searcher")
def run(invocation: Invocation, search: SearchArgument) -> Answer:
    """Run what was approved, once, on the photo that the approver saw; takes whoever asked."""
    from assent.cli.searches import describe_result, show_result
    from assent.services.run_search import run_approved_search

    with invocation.act() as (runtime, actor):
        result = run_approved_search(runtime, actor, search)
    return Answer(describe_result(result), show_result(result))


@command(_group, "seal-overdue", example="assent approval seal-overdue")
def seal(invocation: Invocation) -> Answer:
    """Destroy what urgent searches brought that nobody approved within 48 hours; every opening does it too."""
    from assent.services.seal_overdue import list_sealed

    with invocation.open() as runtime:
        # Opening has sealed what was overdue; what is left to say is how it stands.
        sealed = list_sealed(runtime)
    sentence = f"Sealed so far: {', '.join(sealed)}." if sealed else "Nothing was ever sealed."
    return Answer({"sealed": sealed}, f"Nothing is overdue any more. {sentence}")


def describe_waiting(pending: PendingSearch) -> dict[str, object]:
    """Describe, for machines, a search that was asked for instead of run."""
    return {"state": "waiting-for-approval", "search": pending.search, "licence": pending.licence}


def show_waiting(pending: PendingSearch) -> str:
    """Tell whoever searched that somebody else has to approve first."""
    return (
        f"Waiting for approval: {pending.search}, until {show(pending.expires_at)}. Nothing was searched. "
        f"Once it is approved: assent approval run {pending.search}"
    )


def _row(pending: PendingSearch) -> list[object]:
    remarks = ["urgent, has run"] if pending.is_urgent else []
    is_open = pending.state in {RequestState.PENDING, RequestState.APPROVED}
    return [
        pending.search,
        pending.state,
        pending.expires_at if is_open else None,
        pending.purpose,
        pending.probe_source,
        pending.holder,
        pending.requested_at,
        remarks,
    ]


def _show(shown: ShownRequest) -> list[object]:
    pending, licence = shown.pending, shown.licence
    facts: list[tuple[str, object]] = [
        ("Search", pending.search),
        ("State", f"{pending.state}{', urgent: it has run' if pending.is_urgent else ''}"),
        ("Until", pending.expires_at),
        ("Case", shown.case_number),
        ("Purpose", pending.purpose),
        ("Source", pending.probe_source),
        ("Justification", shown.justification),
        ("Asked by", pending.holder),
        ("Licence", f"{licence.id}, {licence.searches_started} of {licence.quota} searches used"),
        ("Ground", licence.ground),
        ("Face", "the only one" if pending.face_number is None else f"number {pending.face_number} from the left"),
    ]
    pictures = [("probe", shown.photo)] if shown.photo is not None else []
    return [PictureRow(pictures), make_facts(facts)]


def _describe(shown: ShownRequest) -> dict[str, object]:
    return {
        "request": shown.pending,
        "licence": shown.licence,
        "case_number": shown.case_number,
        "justification": shown.justification,
        "has_photo": shown.photo is not None,
    }
