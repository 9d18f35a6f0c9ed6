"""Write the annual report: one HTML page that carries its charts and asks for nothing from outside, and CSV files."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

from assent.errors import InvalidInput
from assent.ledger import Account, AnnualFigures, SearchGroup, Tally, add_up_year
from assent.services.read_ledger_copy import LedgerCopy

TEMPLATES = Path(__file__).parent / "reports"
TEMPLATE = "annual.html.jinja"
PAGE = "report.html"
PUBLIC_MODE, PRIVATE_MODE = 0o644, 0o600

FIRST_YEAR, LAST_YEAR = 2000, 9998
_OUTCOMES = ("asked", "started", "finished", "failed", "unfinished", "refused", "sealed")

# The calendar's shades, from none to the busiest day.
SHADES = 4


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One square of the calendar: its column (week) and row (Monday is 0), and its shade, from 0 to `SHADES`."""

    day: date
    column: int
    row: int
    searches: int
    shade: int


@dataclass(frozen=True, slots=True)
class AnnualReport:
    """A year's figures with what surrounds them; `names` resolve members, and are None in the public version."""

    figures: AnnualFigures
    origin: str
    root: bytes
    size: int
    until: datetime
    is_public: bool
    names: Mapping[str, str] | None


def write_annual_report(
    copy: LedgerCopy, year: int, folder: Path, *, is_public: bool, names: Mapping[str, str] | None = None
) -> list[Path]:
    """Write the report of one year (UTC) into a folder; the files written come back.

    The public version names no holder and no licence, not even by pseudonym. Raises InvalidInput where nothing can be
    written.
    """
    report = compose_report(copy, year, is_public=is_public, names=names)
    files = {PAGE: render_report(report)} | {name: write_table(rows) for name, rows in list_tables(report).items()}
    mode = PUBLIC_MODE if is_public else PRIVATE_MODE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.unlink(missing_ok=True)  # so that an old file's mode does not stay
            with open(path, "w", encoding="utf-8", newline="", opener=partial(os.open, mode=mode)) as file:
                file.write(text)
    except OSError as error:
        raise InvalidInput(f"The report cannot be written there: {error.strerror}.") from None
    return [folder / name for name in files]


def compose_report(
    copy: LedgerCopy, year: int, *, is_public: bool, names: Mapping[str, str] | None = None
) -> AnnualReport:
    """Add up one year (UTC); the public version has no names. Raises InvalidInput for a year out of reach."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(f"A report is of a year between {FIRST_YEAR} and {LAST_YEAR}.")
    return AnnualReport(
        figures=add_up_year(copy.entries, year),
        origin=copy.origin,
        root=copy.root,
        size=len(copy.entries),
        until=copy.until,
        is_public=is_public,
        names=None if is_public else names,
    )


def render_report(report: AnnualReport) -> str:
    """Write the report as one HTML page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only reports need it

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    account = Account(report.figures.groups)
    return environment.get_template(TEMPLATE).render(
        report=report,
        figures=report.figures,
        holders=list_holders(report),
        units=sort_tallies(account.by_unit()),
        purposes=sort_tallies(account.by_purpose()),
        quarters=lay_out_calendar(report.figures),
        months=[date(report.figures.year, month, 1).strftime("%b") for month in range(1, 13)],
        busiest=max(report.figures.days.values(), default=0),
    )


def list_holders(report: AnnualReport) -> list[tuple[str, Tally]]:
    """List holders by how often they searched, with handles where those are known; nobody in the public version."""
    if report.is_public:
        return []
    names = report.names or {}
    tallies = sort_tallies(Account(report.figures.groups).by_holder())
    return [(f"{names[holder]} ({holder})" if holder in names else holder, tally) for holder, tally in tallies]


def sort_tallies(tallies: Mapping[str, Tally] | Mapping[str | None, Tally]) -> list[tuple[str, Tally]]:
    """Sort tallies, the most searches first; what was not named is called so."""
    named = [(key or "not named", tally) for key, tally in tallies.items()]
    return sorted(named, key=lambda item: (-item[1].asked, item[0]))


def lay_out_calendar(figures: AnnualFigures) -> list[list[CalendarDay]]:
    """Lay the year's days out as four quarters, a column a week."""
    busiest = max(figures.days.values(), default=0)
    quarters: list[list[CalendarDay]] = []
    starts = [date(figures.year, month, 1) for month in (1, 4, 7, 10)] + [date(figures.year + 1, 1, 1)]
    for first, end in pairwise(starts):
        days = []
        for offset in range((end - first).days):
            day = first + timedelta(days=offset)
            searches = figures.days.get(day, 0)
            shade = -(-searches * SHADES // busiest) if searches else 0
            days.append(CalendarDay(day, (offset + first.weekday()) // 7, day.weekday(), searches, shade))
        quarters.append(days)
    return quarters


def list_tables(report: AnnualReport) -> dict[str, list[Sequence[object]]]:
    """List the CSV files, each with its heading first."""
    figures, reviews, approvals = report.figures, report.figures.reviews, report.figures.approvals
    account = Account(figures.groups)
    tables: dict[str, list[Sequence[object]]] = {
        "counts.csv": list(_list_counts(report)),
        "units.csv": [("unit", *_OUTCOMES), *_list_tallies(sort_tallies(account.by_unit()))],
        "purposes.csv": [("purpose", *_OUTCOMES), *_list_tallies(sort_tallies(account.by_purpose()))],
        "days.csv": [("day", *_OUTCOMES), *_list_tallies(sorted(account.by_day().items()))],
        "refusals.csv": [("cause", "searches"), *_sort_counts(figures.refusals)],
        "failures.csv": [("cause", "searches"), *_sort_counts(figures.failures)],
        "candidates.csv": [("candidates", "finished_searches"), *sorted(figures.candidates.items())],
        "reviews.csv": [
            ("searches", "number"),
            ("with candidates or reviews", reviews.with_candidates),
            ("reviewed by nobody", reviews.unreviewed),
            ("reviewed by one", reviews.by_one),
            ("two agreed", reviews.agreed),
            ("disagreed", reviews.disagreed),
            *((f"conclusion: {name}", number) for name, number in _sort_counts(reviews.conclusions)),
        ],
        "approvals.csv": [
            ("searches", "number"),
            ("approval requested", approvals.requested),
            ("approved", approvals.approved),
            ("approval refused", approvals.refused),
            ("urgent, before approval", approvals.urgent),
            ("urgent, approved within 48 hours", approvals.urgent_approved_in_time),
            ("sealed", approvals.sealed),
        ],
        "retention.csv": [
            ("record", "rule_days", "deleted"),
            *((record, days, number) for (record, days), number in sorted(figures.deletions.items())),
        ],
    }
    if not report.is_public:
        tables["holders.csv"] = [("holder", *_OUTCOMES), *_list_tallies(list_holders(report))]
    return tables


def _list_counts(report: AnnualReport) -> Iterator[Sequence[object]]:
    """Give every group its line; in the public version groups are merged by month, unit and purpose."""
    if not report.is_public:
        yield (*SearchGroup._fields, *_OUTCOMES)
        for group, tally in report.figures.groups.items():
            yield (*group, *_list_outcomes(tally))
        return
    yield ("month", "unit", "purpose", *_OUTCOMES)
    merged: dict[tuple[str, str, str], Tally] = {}
    for group, tally in report.figures.groups.items():
        key = (f"{group.day:%Y-%m}", group.unit, group.purpose or "")
        merged[key] = merged.get(key, Tally()) + tally
    for key, tally in sorted(merged.items()):
        yield (*key, *_list_outcomes(tally))


def _list_tallies(tallies: Iterable[tuple[object, Tally]]) -> list[Sequence[object]]:
    return [(key, *_list_outcomes(tally)) for key, tally in tallies]


def _list_outcomes(tally: Tally) -> list[int]:
    return [getattr(tally, outcome) for outcome in _OUTCOMES]


def _sort_counts(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def write_table(rows: Iterable[Sequence[object]]) -> str:
    """Write a table as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
