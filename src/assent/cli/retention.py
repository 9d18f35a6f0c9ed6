"""`retention`: how long each kind of record is kept, and what is held back from that."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import make_table
from assent.mandates import KeptRecord, LegalHold, RecordKind, RetentionRule

# None of these commands applies the rules by opening: else a dry run would find nothing left, and a hold or a longer
# rule would come too late for what ran out since the last opening.
topic = typer.Typer()
_group = typer.Typer(help="How long records are kept, and legal holds.", no_args_is_help=True)
topic.add_typer(_group, name="retention")


@command(_group, "list", example="assent retention list")
def list_all(invocation: Invocation) -> Answer:
    """List the rules in force, with the reason of those that nobody has set."""
    from assent.services.apply_retention import list_retention_rules

    with invocation.open(applies_retention=False) as runtime:
        rules = list_retention_rules(runtime)
    return Answer(rules, make_table(["Record", "Days", "Default", "Why"], map(_rule_row, rules), nothing=""))


def _rule_row(rule: RetentionRule) -> list[object]:
    return [rule.kind, rule.days, rule.is_default, rule.reason or "set by an administrator"]


@command(_group, "set", example="assent retention set probe-without-candidates 14 --as ada")
def set_one(
    invocation: Invocation,
    kind: Annotated[RecordKind, typer.Argument(help="Which kind of record.")],
    days: Annotated[int, typer.Argument(help="How many days it is kept.")],
) -> Answer:
    """Set how long one kind of record is kept; takes an administrator. It is applied from the next opening on."""
    from assent.services.apply_retention import set_retention_rule

    with invocation.act(applies_retention=False) as (runtime, actor):
        rule = set_retention_rule(runtime, actor, kind, days)
    return Answer(rule, f"Records of kind {rule.kind} are kept for {rule.days} days.")


@command(_group, "run", example="assent retention run --dry-run --as ada")
def run(
    invocation: Invocation,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
) -> Answer:
    """Delete what has run out, as every opening does; takes an administrator or overseer."""
    from assent.services.apply_retention import apply_retention

    with invocation.act(applies_retention=False) as (runtime, actor):
        report = apply_retention(runtime, actor, is_dry_run=dry_run)
    word = "Would be deleted" if dry_run else "Deleted"
    view = [
        f"{word}: {len(report.deleted)}. Held though they have run out: {len(report.held)}.",
        *_show_records(report.deleted),
    ]
    return Answer({"is_dry_run": dry_run, "deleted": report.deleted, "held": report.held}, view)


def _show_records(records: Sequence[KeptRecord]) -> list[object]:
    rows = [[record.kind, record.subject, record.since] for record in records]
    return [make_table(["Record", "Of", "Since"], rows, nothing="")] if rows else []


@command(_group, "holds", example="assent retention holds --as olga")
def list_held(invocation: Invocation) -> Answer:
    """List legal holds, lifted ones too; takes an administrator or overseer."""
    from assent.services.hold_record import list_holds

    with invocation.act(applies_retention=False) as (runtime, actor):
        holds = list_holds(runtime, actor)
    columns = ["Hold", "On", "Placed by", "Placed", "Lifted", "Reason"]
    return Answer(holds, make_table(columns, map(_hold_row, holds), nothing="No holds."))


def _hold_row(hold: LegalHold) -> list[object]:
    return [hold.id, hold.subject, hold.placed_by, hold.placed_at, hold.lifted_at, hold.reason]


@command(_group, "hold", example='assent retention hold 2026/17 --reason "Complaint 4 is pending." --as olga')
def hold(
    invocation: Invocation,
    subject: Annotated[str, typer.Argument(metavar="SEARCH_OR_CASE", help="A search, or a case by number or id.")],
    reason: Annotated[str, typer.Option(help="Why, in your own words.")],
) -> Answer:
    """Keep a search, or a case with all its searches, from every rule; takes an administrator or overseer."""
    from assent.services.hold_record import hold_record

    with invocation.act(applies_retention=False) as (runtime, actor):
        placed = hold_record(runtime, actor, subject, reason=reason)
    return Answer(placed, f"Hold {placed.id} keeps {placed.subject} until it is lifted.")


@command(_group, "release", example="assent retention release h_q3rjbx2kfzfdvsmu --as olga")
def release(
    invocation: Invocation, hold: Annotated[str, typer.Argument(help="The hold, as 'assent retention holds' shows it.")]
) -> Answer:
    """Lift a hold: what has run out meanwhile goes at the next opening; takes an administrator or overseer."""
    from assent.services.hold_record import release_hold

    with invocation.act(applies_retention=False) as (runtime, actor):
        lifted = release_hold(runtime, actor, hold)
    return Answer(lifted, f"Hold {lifted.id} on {lifted.subject} is lifted.")
