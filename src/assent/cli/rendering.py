"""Answers for people (tables and sentences without control characters) and for machines (one JSON document)."""

from __future__ import annotations

import base64
import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from functools import singledispatch

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

DECIMALS = 6
WIDTH_BESIDE_TERMINALS = 160
"""Columns of tables that go into a file or another program, where nothing says how wide they may be."""

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that names in Arabic and Indic scripts are written with."""


class Verbatim(str):
    """A text that is printed as it is, to the last byte: a signed note, a table to be saved."""

    __slots__ = ()


def clean(text: object) -> str:
    """Replace what could steer a terminal or reverse the direction of a line: stored text is not trusted."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(character) in _UNPRINTABLE and character not in _JOINERS
        else character
        for character in str(text)
    )


def to_json(value: object) -> str:
    """Write a value as one JSON document in ASCII, so that neither locale nor terminal can spoil it."""
    return json.dumps(to_document(value), indent=2, allow_nan=False)


@singledispatch
def to_document(value: object) -> object:
    """Turn a value into what JSON knows: dataclasses by their fields, times in UTC, bytes as base64, six decimals."""
    if not is_dataclass(value):
        raise TypeError(type(value).__name__)
    return {field.name: to_document(getattr(value, field.name)) for field in fields(value)}


@to_document.register(int | str | None)
def _(value: object) -> object:
    return value


@to_document.register(float)
def _(value: float) -> object:
    return round(value, DECIMALS)


@to_document.register(bytes)
def _(value: bytes) -> object:
    return base64.b64encode(value).decode()


@to_document.register(datetime)
def _(value: datetime) -> object:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@to_document.register(date)
def _(value: date) -> object:
    return value.isoformat()


@to_document.register(Mapping)
def _(value: Mapping[object, object]) -> object:
    return {str(key): to_document(part) for key, part in value.items()}


@to_document.register(list | tuple)
def _(value: Sequence[object]) -> object:
    return [to_document(part) for part in value]


@to_document.register(frozenset)
def _(value: frozenset[str]) -> object:
    return sorted(value)


def print_view(view: object) -> None:
    """Print a list part by part: sentences without control characters, anything else through Rich."""
    for part in view if isinstance(view, list) else [view]:
        if isinstance(part, Verbatim):
            typer.echo(part, nl=False)
        else:
            # Beside terminals a sentence stays on one line, for programs that read lines.
            soft_wrap = isinstance(part, str) and not sys.stdout.isatty()
            make_console().print(clean(part) if isinstance(part, str) else part, soft_wrap=soft_wrap)


def make_console(*, stderr: bool = False) -> Console:
    """Make a console that interprets no markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_BESIDE_TERMINALS
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def make_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, nothing: str) -> Table | str:
    """Lay rows out as a table in which nothing is cut off, or say `nothing` if there are none."""
    table = Table(*(_column(name) for name in columns))
    for row in rows:
        table.add_row(*(Text(show(cell)) for cell in row))
    return table if table.row_count else nothing


def _column(name: str) -> Column:
    return Column(name, overflow="fold")


def make_facts(facts: Iterable[tuple[str, object]]) -> Table:
    """Lay named facts out, one a line."""
    grid = Table.grid(_column(""), _column(""), padding=(0, 2, 0, 0))
    for name, value in facts:
        grid.add_row(Text(name, style="bold"), Text(show(value)))
    return grid


def count_people(number: int) -> str:
    """Write how many people."""
    return "1 person" if number == 1 else f"{number} people"


def show(value: object) -> str:
    """Write one value for people."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        case frozenset() | list() | tuple():
            return ", ".join(clean(part) for part in sorted(value)) or "-"
    return clean(value)


def show_end(moment: datetime | None) -> str:
    """Write an end for people: where it is the first moment of a day, the day before is the last one covered."""
    if moment is None:
        return "open"
    moment = moment.astimezone(UTC)
    if moment == moment.replace(hour=0, minute=0, second=0, microsecond=0):
        return f"through {moment - timedelta(days=1):%Y-%m-%d}"
    return show(moment)
