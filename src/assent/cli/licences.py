"""`licence`: who may search, for what, until when, how often."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import make_table, show_end
from assent.errors import InvalidInput
from assent.mandates import Licence
from assent.people import parse_day, parse_end, parse_purpose_slug

topic = typer.Typer()
_group = typer.Typer(help="Licences to search.", no_args_is_help=True)
topic.add_typer(_group, name="licence")

MOST_DAYS = 36_500

_ISSUE = (
    'assent licence issue --holder searcher --purpose reunite --ground "Tracing mandate 12" '
    "--days 30 --quota 100 --as issuer"
)


@command(_group, "issue", example=_ISSUE)
def issue(
    invocation: Invocation,
    *,
    holder: Annotated[str, typer.Option(metavar="MEMBER", help="The searcher who gets it.")],
    purpose: Annotated[list[str], typer.Option(help="What it covers; may be given again.")],
    ground: Annotated[str, typer.Option(help="Why it is given.")],
    quota: Annotated[int, typer.Option(help="How many searches it allows.")],
    citation: Annotated[str, typer.Option(help="The law or order behind it.")] = "",
    valid_from: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day; now, if left out.")
    ] = None,
    valid_until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day covered, in UTC.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=MOST_DAYS, help="Length in days, in place of --until.")] = None,
    is_trial: Annotated[bool, typer.Option("--trial", help="Say that it is a trial.")] = False,
    needs_approval: Annotated[bool, typer.Option("--approval", help="Demand a second person for each search.")] = False,
    allows_urgent: Annotated[
        bool, typer.Option("--urgent-allowed", help="With --approval: let urgent ones run before they are approved.")
    ] = False,
) -> Answer:
    """Issue a licence; takes an issuer."""
    from assent.services.issue_licence import issue_licence

    if (valid_until is None) == (days is None):
        raise typer.BadParameter("Give one of --until and --days.", param_hint="--until")
    start = parse_day(valid_from) if valid_from else None
    with invocation.act() as (runtime, actor):
        licence = issue_licence(
            runtime,
            actor,
            holder=holder,
            purposes=[parse_purpose_slug(slug) for slug in purpose],
            ground=ground,
            citation=citation,
            valid_from=start,
            valid_until=parse_end(valid_until) if valid_until else _add_days(start or runtime.clock(), days),
            quota=quota,
            is_trial=is_trial,
            needs_approval=needs_approval,
            allows_urgent=allows_urgent,
        )
    covered = ", ".join(sorted(licence.purposes))
    sentence = f"Issued {licence.id}: {licence.quota} searches for {covered}, {show_end(licence.valid_until)}."
    return Answer(licence, sentence)


@command(_group, "list", example="assent licence list --as searcher")
def list_all(invocation: Invocation) -> Answer:
    """List licences: searchers see their own; issuers, overseers and administrators see all."""
    from assent.services.issue_licence import list_licences

    with invocation.act() as (runtime, actor):
        licences = list_licences(runtime, actor)
    columns = ["Licence", "Holder", "Purposes", "From", "Until", "Used", "Refused", "Remarks"]
    return Answer(licences, make_table(columns, map(_row, licences), nothing="No licences."))


@command(_group, "revoke", example="assent licence revoke l_q3rjbx2kfzfdvsmu --as issuer")
def revoke(invocation: Invocation, licence: Annotated[str, typer.Argument(help="The licence's id.")]) -> Answer:
    """Revoke a licence at once; takes an issuer."""
    from assent.services.issue_licence import revoke_licence

    with invocation.act() as (runtime, actor):
        revoked = revoke_licence(runtime, actor, licence)
    return Answer(revoked, f"Revoked {revoked.id}; no further search runs under it.")


def _add_days(start: datetime, days: int | None) -> datetime:
    try:
        return start + timedelta(days=days or 0)
    except OverflowError:
        raise InvalidInput("That many days end after the last date there is.") from None


def _row(licence: Licence) -> list[object]:
    remarks = {
        "trial": licence.is_trial,
        "needs approval": licence.needs_approval,
        "urgent allowed": licence.allows_urgent,
        "revoked": licence.revoked_at is not None,
    }
    return [
        licence.id,
        licence.holder,
        licence.purposes,
        licence.valid_from,
        show_end(licence.valid_until),
        f"{licence.searches_started} of {licence.quota}",
        licence.searches_refused,
        [remark for remark, is_so in remarks.items() if is_so],
    ]
