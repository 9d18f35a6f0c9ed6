"""`oversight`: how often, by whom, for what; unusual use, samples, reports, and everything about one search."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs; from published files it answers without a database)
from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.oversight_desk import Desk, FromOption, KeyOption, PolicyOption, open_desk, read_zone, say_source
from assent.cli.rendering import make_table
from assent.cli.verify import read_trust_options
from assent.errors import InvalidInput

if TYPE_CHECKING:
    from assent.ledger import Account, Finding, Tally

topic = typer.Typer()
group = typer.Typer(help="How often, by whom, what for; also from published files alone.", no_args_is_help=True)
topic.add_typer(group, name="oversight")

COLUMNS = ["All", "Started", "Finished", "Failed", "Unknown", "Refused", "Sealed"]
PeriodOption = Annotated[
    str | None, typer.Option("--period", help="2026, 2026-Q3, 2026-07 or 2026-07-01/2026-07-15, the last day excluded.")
]


class Grouping(StrEnum):
    """What searches can be counted by."""

    HOLDER = "holder"
    UNIT = "unit"
    LICENCE = "licence"
    PURPOSE = "purpose"
    CASE = "case"
    DAY = "day"


NOT_NAMED = "not named"
USUAL_GROUPINGS = [Grouping.HOLDER, Grouping.UNIT, Grouping.LICENCE, Grouping.PURPOSE]


@command(group, "count", example="assent oversight count --from ./public --key ledger.vkey")
def count(
    invocation: Invocation,
    folder: FromOption = None,
    key: KeyOption = None,
    policy: PolicyOption = None,
    by: Annotated[list[Grouping] | None, typer.Option(help="Count by this only; may be given again.")] = None,
    is_compared: Annotated[
        bool, typer.Option("--compare", help="Also count in the database, and fail if the two differ.")
    ] = False,
) -> Answer:
    """Count all searches exactly: from published files alone, or from the database."""
    from assent.ledger import count_searches

    if is_compared:
        return _compare(invocation, folder, key, policy)
    with open_desk(invocation, folder, key, policy) as desk:
        account = count_searches(desk.copy.entries)
    groupings = by or USUAL_GROUPINGS
    document = _describe_account(account, by or list(Grouping)) | {
        "origin": desk.copy.origin,
        "entries": len(desk.copy.entries),
        "root": desk.copy.root,
        "names": desk.names,
    }
    tables = [_make_count_table(desk, grouping, account) for grouping in groupings]
    return Answer(document, [_say_total(account.total), *tables, say_source(desk)])


@command(group, "refusals", example="assent oversight refusals --as overseer")
def refusals(
    invocation: Invocation, folder: FromOption = None, key: KeyOption = None, policy: PolicyOption = None
) -> Answer:
    """List every search that was refused, with its cause."""
    from assent.ledger import EntryKind

    with open_desk(invocation, folder, key, policy) as desk:
        found = [
            (index, entry) for index, entry in enumerate(desk.copy.entries) if entry.kind is EntryKind.SEARCH_REFUSED
        ]
    fields = ("cause", "holder", "unit", "licence", "number", "purpose", "case", "search")
    listed = [
        {"entry": index, "at": entry.at, **{name: entry.fields.get(name) for name in fields}} for index, entry in found
    ]
    shown = ("licence", "purpose", "case")
    rows = [
        [
            index,
            entry.at,
            entry.fields["cause"],
            desk.resolve(str(entry.fields["holder"])),
            entry.fields["unit"],
            *(entry.fields.get(name) for name in shown),
        ]
        for index, entry in found
    ]
    columns = ["Entry", "When", "Cause", "Holder", "Unit", "Licence", "Purpose", "Case"]
    table = make_table(columns, rows, nothing="No search was refused.")
    return Answer({"refusals": listed, "names": desk.names}, [f"{len(rows)} refused.", table, say_source(desk)])


@command(group, "unusual", example="assent oversight unusual --zone Europe/Brussels --as overseer")
def unusual(
    invocation: Invocation,
    folder: FromOption = None,
    key: KeyOption = None,
    policy: PolicyOption = None,
    period: PeriodOption = None,
    zone: Annotated[str, typer.Option(help="The time zone that tells what a night is.")] = "UTC",
) -> Answer:
    """List unusual use, with reasons; for an overseer at the database, also what the probes show."""
    from assent.ledger import parse_period

    span, where = None if period is None else parse_period(period), read_zone(zone)
    with open_desk(invocation, folder, key, policy) as desk:
        if desk.runtime is None or desk.overseer is None:
            from assent.services.find_unusual_in_copy import find_unusual_in_copy

            use = find_unusual_in_copy(desk.copy, zone=where, period=span)
        else:
            from assent.services.find_unusual_use import find_unusual_use

            use = find_unusual_use(desk.runtime, desk.overseer, zone=where, period=span)
    if use.compared is None:
        compared = "No probe was opened: that takes an overseer at the database."
    else:
        compared = f"{use.compared} of {use.searches} probes were compared, in memory; the ledger says so."
    table = make_table(
        ["Rule", "Of", "Why", "Searches"],
        [_finding_row(desk, finding) for finding in use.findings],
        nothing="Nothing unusual was found.",
    )
    document = {"findings": list(use.findings), "compared": use.compared, "searches": use.searches, "names": desk.names}
    found = f"{len(use.findings)} findings. A finding is a question, not an accusation."
    return Answer(document, [table, found, compared, say_source(desk)])


@command(group, "report", example="assent oversight report --year 2026 --out ./report-2026 --public")
def report(
    invocation: Invocation,
    year: Annotated[int, typer.Option(min=2000, max=9998, help="The year (UTC).")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the page and the tables go.")],
    folder: FromOption = None,
    key: KeyOption = None,
    policy: PolicyOption = None,
    is_public: Annotated[bool, typer.Option("--public", help="Name no holder and no licence.")] = False,
) -> Answer:
    """Write the annual report: one HTML page with charts, and CSV files."""
    from assent.services.write_annual_report import write_annual_report

    with open_desk(invocation, folder, key, policy) as desk:
        names = desk.names if desk.overseer is not None else None
        files = write_annual_report(desk.copy, year, out, is_public=is_public, names=names)
    document = {"year": year, "is_public": is_public, "files": [str(file) for file in files]}
    return Answer(document, [f"Written: {', '.join(str(file) for file in files)}.", say_source(desk)])


def _compare(invocation: Invocation, folder: Path | None, key: str | None, policy: Path | None) -> Answer:
    from assent.services.compare_counts import compare_counts

    if folder is None:
        raise InvalidInput("--compare takes the published files too; say where they lie with --from.")
    with invocation.open() as runtime:
        compared = compare_counts(runtime, folder, read_trust_options(key, policy))
    published, database = compared.published.total, compared.database.total
    table = make_table(
        ["Counted in", *COLUMNS],
        [["published files", *_list_tally(published)], ["database", *_list_tally(database)]],
        nothing="",
    )
    later = f"{compared.unpublished} entries of the database are not published yet."
    agreed = f"Equal: the first {compared.published_size} entries, and every count."
    document = {
        "published": _describe_tally(published),
        "database": _describe_tally(database),
        "entries": compared.published_size,
        "unpublished": compared.unpublished,
    }
    return Answer(document, [table, agreed, later])


def _describe_account(account: Account, groupings: list[Grouping]) -> dict[str, object]:
    tables = {
        f"by_{grouping}": {
            str(key or NOT_NAMED): _describe_tally(tally) for key, tally in _tally_by(account, grouping).items()
        }
        for grouping in groupings
    }
    return {"total": _describe_tally(account.total), **tables}


def _tally_by(account: Account, grouping: Grouping) -> Mapping[object, Tally]:
    tallies: Mapping[object, Tally] = getattr(account, f"by_{grouping}")()
    return tallies


def _make_count_table(desk: Desk, grouping: Grouping, account: Account) -> object:
    tallies = _tally_by(account, grouping).items()
    rows = [[desk.resolve(str(key or NOT_NAMED)), *_list_tally(tally)] for key, tally in tallies]
    return make_table([grouping.capitalize(), *COLUMNS], rows, nothing=f"By {grouping}: no searches yet.")


def _say_total(total: Tally) -> str:
    return (
        f"{total.asked} searches: {total.started} started ({total.finished} finished, {total.failed} failed, "
        f"{total.unfinished} with unknown result), {total.refused} refused; {total.sealed} sealed."
    )


def _list_tally(tally: Tally) -> list[int]:
    return list(_describe_tally(tally).values())


def _describe_tally(tally: Tally) -> dict[str, int]:
    return {
        "searches": tally.asked,
        "started": tally.started,
        "finished": tally.finished,
        "failed": tally.failed,
        "unfinished": tally.unfinished,
        "refused": tally.refused,
        "sealed": tally.sealed,
    }


def _finding_row(desk: Desk, finding: Finding) -> list[object]:
    return [finding.rule, desk.resolve(finding.subject), desk.resolve(finding.reason), " ".join(finding.searches)]
