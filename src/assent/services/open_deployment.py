"""Open a deployment for work: finish what a crash left half done before, sign what was written after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assent.services.apply_retention import finish_deletions
from assent.services.finish_interrupted import finish_interrupted
from assent.services.runtime import Clock, Runtime, open_unchecked, read_clock
from assent.services.seal_overdue import seal_overdue
from assent.services.sign_checkpoint import sign_checkpoint
from assent.settings import Settings


@contextmanager
def open_runtime(settings: Settings, clock: Clock = read_clock, *, applies_retention: bool = True) -> Iterator[Runtime]:
    """Open a deployment; on leaving, also after an error, a checkpoint over what was written is signed.

    What has run out is deleted first, unless the caller is about to look at the rules, change them or place a hold.
    Raises DeploymentMissing, KeysUnavailable, DatabaseTooNew or LedgerRolledBack.
    """
    runtime = open_unchecked(settings, clock)
    try:
        finish_interrupted(runtime)
        seal_overdue(runtime)
        sign_checkpoint(runtime)  # covers what was committed right before a crash; refuses a database rolled back
        try:
            # After that check: a database from a backup knows nothing of the holds placed since.
            if applies_retention:
                finish_deletions(runtime)
            yield runtime
        finally:
            sign_checkpoint(runtime)
    finally:
        runtime.close()
