"""Which passwords are taken, and how long somebody waits after failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assent.errors import InvalidInput
from assent.mandates import Attempts, check_password, count_failure, find_wait
from factories import DAY, NOW


@pytest.mark.parametrize(
    "text", ["seven purple boats", "ik fiets elke dag naar zee", "x9$kQ2!mZp7&", "é" * 3 + "abcdefghi1"]
)
def test_long_password_that_nobody_tries_first_is_taken(text: str) -> None:
    assert check_password(text, handle="ines")


@pytest.mark.parametrize(
    "text", ["", "short", "Password1234", "welcome2026!", "ines-ines-ines", "abababababab", "x" * 129, "012345678901"]
)
def test_short_endless_or_common_password_is_not_taken(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(text, handle="ines")


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (14, 900), (10_000, 900)])
def test_wait_doubles_and_has_an_end(failures: int, seconds: int) -> None:
    assert find_wait(Attempts(failures, NOW), free=5, at=NOW) == timedelta(seconds=seconds)


def test_wait_passes_and_failures_are_forgotten_after_a_day() -> None:
    attempts = Attempts(50, NOW)

    assert find_wait(attempts, free=5, at=NOW + timedelta(minutes=15)) == timedelta(0)
    assert count_failure(attempts, NOW).failures == 51
    assert count_failure(attempts, NOW + DAY).failures == 1
    assert find_wait(None, free=5, at=NOW) == timedelta(0)
