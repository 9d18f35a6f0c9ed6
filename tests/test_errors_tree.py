"""The tree of errors is the one drawn, and each reason can stand in the ledger."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from assent import errors
from assent.errors import AssentError, ImageTooLarge, LedgerBroken, NoFaceFound
from assent.ledger import Entry, EntryKind
from assent.storage.tables import searches
from factories import every_error

INDENT = 4


def drawn_tree() -> dict[str, str]:
    """Each error of the docstring's drawing with the one above it."""
    parents: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([ │├└─]*)([A-Z]\w+)(?= {2}|$)", line)
        if found and line.startswith(" " * INDENT):
            depth = len(found[1]) // INDENT - 1
            above[depth:] = [found[2]]
            parents[found[2]] = above[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_is_the_one_drawn() -> None:
    assert drawn_tree() == {error.__name__: error.__mro__[1].__name__ for error in every_error()}


def test_every_reason_is_a_slug_of_its_own() -> None:
    reasons = [error.reason for error in every_error()]

    assert len(set(reasons)) == len(reasons)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", reason) for reason in reasons)
    assert (NoFaceFound.reason, ImageTooLarge.reason) == ("no-face-found", "image-too-large")


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_reason_can_stand_in_the_ledger_and_in_the_table_of_searches(error: type[AssentError]) -> None:
    who = {"actor": "system", "channel": "system", "holder": "m_" + "a" * 16, "unit": "desk"}

    entry = Entry(EntryKind.SEARCH_REFUSED, datetime(2026, 1, 1, tzinfo=UTC), {**who, "cause": error.reason})

    assert error.reason.encode() in entry.to_bytes()
    assert len(error.reason) <= (searches.c.cause.type.length or 0)


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_says_in_one_line_what_it_means(error: type[AssentError]) -> None:
    assert (error.__doc__ or "").splitlines()[0].endswith(".")


def test_a_broken_ledger_says_where() -> None:
    assert LedgerBroken("entry 7 was changed", first_bad_index=7).first_bad_index == 7
