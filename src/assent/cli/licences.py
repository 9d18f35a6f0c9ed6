"""`licence`: who may search, for what, until when, how often."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import make_facts, make_table, show_end
from assent.errors import InvalidInput
from assent.mandates import ChangeKind, Licence, LicenceChange
from assent.people import parse_day, parse_end, parse_purpose_slug

topic = typer.Typer()
_group = typer.Typer(help="Licences to search.", no_args_is_help=True)
topic.add_typer(_group, name="licence")

MOST_DAYS = 36_500
LicenceArgument = Annotated[str, typer.Argument(help="The licence's id.")]
ReasonOption = Annotated[str, typer.Option(help="Why; the ledger keeps a commitment to it.")]

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


@command(_group, "show", example="assent licence show l_q3rjbx2kfzfdvsmu --as issuer")
def show_one(invocation: Invocation, licence: LicenceArgument) -> Answer:
    """Show a licence and its history: the holder's own; issuers, overseers and administrators see all."""
    from assent.services.show_licence import show_licence

    with invocation.act() as (runtime, actor):
        page = show_licence(runtime, actor, licence)
    found = page.licence
    facts = [
        ("Licence", found.id),
        ("Holder", found.holder),
        ("State", page.state),
        ("Trial", found.is_trial),
        ("Purposes", sorted(found.purposes)),
        ("Ground", found.ground),
        ("Citation", found.citation),
        ("From", found.valid_from),
        ("Until", show_end(found.valid_until)),
        ("Searches left", f"{found.searches_left} of {found.quota}"),
        ("Refused", found.searches_refused),
    ]
    history = [[event.index, event.at, event.actor, event.change, event.reason or "-"] for event in page.history]
    table = make_table(["Entry", "When", "By", "What", "Why"], history, nothing="No history.")
    return Answer(page, [make_facts(facts), table])


@command(
    _group,
    "extend",
    example='assent licence extend l_q3rjbx2kfzfdvsmu --days 30 --reason "The tracing goes on." --as issuer',
)
def extend(
    invocation: Invocation,
    licence: LicenceArgument,
    *,
    reason: ReasonOption,
    valid_until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="New last day covered, in UTC.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=MOST_DAYS, help="So many days more.")] = None,
    quota: Annotated[int | None, typer.Option(help="The new quota in all, not what is added.")] = None,
) -> Answer:
    """Give a licence more time, a larger quota, or both; takes an issuer."""
    from assent.services.change_licence import change_licence
    from assent.services.issue_licence import list_licences

    if valid_until is not None and days is not None:
        raise typer.BadParameter("Give one of --until and --days.", param_hint="--until")
    end = parse_end(valid_until) if valid_until else None
    with invocation.act() as (runtime, actor):
        if days is not None:
            old_end = [known.valid_until for known in list_licences(runtime, actor) if known.id == licence]
            end = _add_days(max(old_end[0], runtime.clock()), days) if old_end else None
        change = LicenceChange(ChangeKind.EXTENDED, reason, valid_until=end, quota=quota)
        extended = change_licence(runtime, actor, licence, change)
    left = f"{extended.searches_left} of {extended.quota} searches left"
    return Answer(extended, f"Extended {extended.id}: {left}, {show_end(extended.valid_until)}.")


@command(
    _group,
    "suspend",
    example='assent licence suspend l_q3rjbx2kfzfdvsmu --reason "Use is being looked into." --as issuer',
)
def suspend(invocation: Invocation, licence: LicenceArgument, *, reason: ReasonOption) -> Answer:
    """Put a licence on hold at once, until it is lifted; takes an issuer."""
    changed = _change(invocation, licence, LicenceChange(ChangeKind.SUSPENDED, reason))
    return Answer(changed, f"Suspended {changed.id}; no search runs under it until that is lifted.")


@command(_group, "lift", example='assent licence lift l_q3rjbx2kfzfdvsmu --reason "Looked into, in order." --as issuer')
def lift(invocation: Invocation, licence: LicenceArgument, *, reason: ReasonOption) -> Answer:
    """Lift the suspension of a licence; takes an issuer."""
    changed = _change(invocation, licence, LicenceChange(ChangeKind.LIFTED, reason))
    return Answer(changed, f"Lifted the suspension of {changed.id}.")


@command(
    _group,
    "revoke",
    example='assent licence revoke l_q3rjbx2kfzfdvsmu --reason "The mandate has ended." --as issuer',
)
def revoke(invocation: Invocation, licence: LicenceArgument, *, reason: ReasonOption) -> Answer:
    """Revoke a licence at once and for good; takes an issuer."""
    revoked = _change(invocation, licence, LicenceChange(ChangeKind.REVOKED, reason))
    return Answer(revoked, f"Revoked {revoked.id}; no further search runs under it.")


def _change(invocation: Invocation, licence: str, change: LicenceChange) -> Licence:
    from assent.services.change_licence import change_licence

    with invocation.act() as (runtime, actor):
        return change_licence(runtime, actor, licence, change)


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
        "suspended": licence.suspended_at is not None,
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
