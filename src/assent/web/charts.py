"""Charts as numbers: where the bars of a drawing stand, so that a template only writes them down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720, 200
_TOP, _BASE = 12, 176
_GAP_SHARE = 0.2
_MOST_DAYS, _MOST_WEEKS = 62, 430
_MOST_LABELS, _LABEL_WIDTH = 8, 80
_MONTHS = 12

ROW_HEIGHT = 26
_NAME_WIDTH, _NUMBER_WIDTH = 265, 60
MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Column:
    """One stretch of time: from which day, how many of both kinds, and where its two bars stand."""

    begin: date
    first: int
    second: int
    x: float
    width: float
    first_y: float
    first_height: float
    second_y: float
    second_height: float
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Bars over time, of days, weeks or months; `most` is what the highest stands for."""

    columns: Sequence[Column]
    step: str
    most: int
    width: int = WIDTH
    height: int = HEIGHT
    base: int = _BASE


@dataclass(frozen=True, slots=True)
class Row:
    """One name with how many of both kinds, and the lengths of its two bars."""

    name: str
    first: int
    second: int
    y: int
    first_width: float
    second_width: float


@dataclass(frozen=True, slots=True)
class RowChart:
    """Bars beside names, the longest first; `left_out` names have no bar and stand in the table only."""

    rows: Sequence[Row]
    left_out: int
    height: int
    name_width: int = _NAME_WIDTH
    width: int = WIDTH


def lay_out_columns(counts: Mapping[date, tuple[int, int]], begin: date, end: date) -> ColumnChart:
    """Lay out two counts a day as stacked bars, from `begin` up to, not including, `end`; days without any stay empty.

    Where there are too many days to tell them apart, they are gathered into weeks or months.
    """
    step = "day" if (end - begin).days <= _MOST_DAYS else "week" if (end - begin).days <= _MOST_WEEKS else "month"
    gathered: dict[date, list[int]] = {first: [0, 0] for first in _list_steps(begin, end, step)}
    for day, (first, second) in counts.items():
        if begin <= day < end:
            found = gathered[_begin_of(day, step)]
            found[0] += first
            found[1] += second
    most = max([1, *(sum(both) for both in gathered.values())])
    slot = WIDTH / max(1, len(gathered))
    every = -(-len(gathered) // _MOST_LABELS)
    scale = (_BASE - _TOP) / most
    columns = [
        Column(
            begin=when,
            first=first,
            second=second,
            x=round(number * slot + slot * _GAP_SHARE / 2, 2),
            width=round(slot * (1 - _GAP_SHARE), 2),
            first_y=round(_BASE - first * scale, 2),
            first_height=round(first * scale, 2),
            second_y=round(_BASE - (first + second) * scale, 2),
            second_height=round(second * scale, 2),
            is_labelled=number % every == 0 and number * slot <= WIDTH - _LABEL_WIDTH,
        )
        for number, (when, (first, second)) in enumerate(gathered.items())
    ]
    return ColumnChart(columns, step, most)


def lay_out_rows(counts: Iterable[tuple[str, int, int]]) -> RowChart:
    """Lay out two counts a name as bars, the longest first; equal ones by name."""
    ordered = sorted(counts, key=lambda item: (-item[1] - item[2], item[0]))
    shown = ordered[:MOST_ROWS]
    most = max([1, *(first + second for _, first, second in shown)])
    scale = (WIDTH - _NAME_WIDTH - _NUMBER_WIDTH) / most
    rows = [
        Row(name, first, second, number * ROW_HEIGHT, round(first * scale, 2), round(second * scale, 2))
        for number, (name, first, second) in enumerate(shown)
    ]
    return RowChart(rows, len(ordered) - len(shown), max(1, len(shown)) * ROW_HEIGHT)


def _begin_of(day: date, step: str) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _list_steps(begin: date, end: date, step: str) -> list[date]:
    steps, at = [], _begin_of(begin, step)
    while at < end:
        steps.append(at)
        if step == "month":
            at = date(at.year + at.month // _MONTHS, at.month % _MONTHS + 1, 1)
        else:
            at += timedelta(days=1 if step == "day" else 7)
    return steps
