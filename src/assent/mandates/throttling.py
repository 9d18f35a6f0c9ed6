"""How long somebody waits before the next attempt to sign in: longer after each failure, and never for good.

OWASP ASVS 5.0, V6.3.1: guessing is slowed down, yet a stranger cannot lock a member out. Failures are counted for the
account, for the address and, apart from both, for each browser in which the member signed in before; so whoever
hammers an account from elsewhere makes only strangers wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(hours=24)
LONGEST_WAIT = timedelta(minutes=15)
FREE_ACCOUNT_ATTEMPTS = 5
FREE_ADDRESS_ATTEMPTS = 20
_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Attempts:
    """The failures counted under one account, address or browser."""

    failures: int
    last_at: datetime


def find_wait(attempts: Attempts | None, *, free: int, at: datetime) -> timedelta:
    """Compute how long from now the next attempt must wait: 2, 4, 8 ... seconds once the free ones are used up."""
    if attempts is None or attempts.failures < free or at - attempts.last_at >= FORGOTTEN_AFTER:
        return timedelta(0)
    delay = min(LONGEST_WAIT, timedelta(seconds=2 ** min(attempts.failures - free + 1, _DOUBLINGS)))
    return max(timedelta(0), attempts.last_at + delay - at)


def count_failure(attempts: Attempts | None, at: datetime) -> Attempts:
    """Count one more failure; those of yesterday are forgotten."""
    is_fresh = attempts is not None and at - attempts.last_at < FORGOTTEN_AFTER
    return Attempts(attempts.failures + 1 if attempts is not None and is_fresh else 1, at)
