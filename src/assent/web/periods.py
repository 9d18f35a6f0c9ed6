"""Which stretch of days a page is about: the last month unless something else was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from assent.errors import InvalidInput
from assent.ledger import Period
from assent.web.navigation import N_

SPANS = {
    "30": N_("Last 30 days"),
    "90": N_("Last 90 days"),
    "365": N_("Last 365 days"),
    "all": N_("Everything"),
    "own": N_("From one day to another"),
}
USUAL = "30"
FIRST_YEAR, LAST_YEAR = 2000, 9998


@dataclass(frozen=True, slots=True)
class ChosenPeriod:
    """What was chosen, with the first and the last day of it; `period` is None for everything."""

    span: str
    first: date
    last: date
    period: Period | None

    @property
    def query(self) -> str:
        """What an address carries on to the next page."""
        own = f"&from={self.first}&until={self.last}" if self.span == "own" else ""
        return f"span={self.span}{own}"


def choose_period(span: str, first: str, last: str, *, at: datetime, earliest: date) -> ChosenPeriod:
    """Read what was chosen; both days belong to it. Raises InvalidInput for what is no stretch of days."""
    today = at.astimezone(UTC).date()
    if span == "all":
        return ChosenPeriod(span, min(earliest, today), today, None)
    if span == "own":
        begin, end = read_days(first, last)
    elif span in SPANS:
        begin, end = today - timedelta(days=int(span) - 1), today
    else:
        raise InvalidInput("Choose one of the stretches of time that the page offers.")
    return ChosenPeriod(span, begin, end, between(begin, end))


def read_days(first: str, last: str) -> tuple[date, date]:
    """Read a first and a last day. Raises InvalidInput for what is none, or the wrong way round."""
    begin, end = _read_day(first), _read_day(last)
    if end < begin:
        raise InvalidInput("A period ends after it begins.")
    return begin, end


def between(first: date, last: date) -> Period:
    """Make a period of days (UTC), both included."""
    return Period(_midnight(first), _midnight(last + timedelta(days=1)))


def _read_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("Write a day as 2026-07-31.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInput("Write a day as 2026-07-31.")
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
