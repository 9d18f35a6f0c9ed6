"""Counts for whoever operates the deployment: from the ledger and the tables, with no identifier in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assent.errors import Unavailable
from assent.services.follow_ledger import follow_ledger
from assent.services.runtime import Runtime
from assent.storage import ledger as stored_ledger
from assent.storage import mail as stored_mail
from assent.storage import people as stored_people


@dataclass(frozen=True, slots=True)
class Work:
    """How much was done and is there."""

    searches: Mapping[str, int]
    ledger_entries: int
    people: int
    mails_waiting: int


def count_work(runtime: Runtime) -> Work:
    """Count."""
    total = follow_ledger(runtime).sum_up().total
    with runtime.database.snapshot() as view:
        people, _templates = stored_people.count_people(view)
        return Work(
            searches={
                "started": total.started,
                "finished": total.finished,
                "failed": total.failed,
                "refused": total.refused,
            },
            ledger_entries=stored_ledger.read_size(view),
            people=people,
            mails_waiting=stored_mail.count_waiting(view),
        )


def read_metrics_token(runtime: Runtime) -> str | None:
    """Read what a reader of the metrics has to bring; None where the settings name no file. Raises Unavailable."""
    path = runtime.settings.metrics_token_file
    if path is None:
        return None
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token:
        raise Unavailable("The file with the token for the metrics cannot be read, or is empty.")
    return token
