"""What a served deployment does by itself: sign checkpoints, seal and delete what is due, send mails."""

from __future__ import annotations

import logging
from threading import Event

from assent.errors import AssentError
from assent.services.apply_retention import finish_deletions
from assent.services.deliver_mail import deliver_mail
from assent.services.finish_interrupted import finish_interrupted
from assent.services.hold_photo import drop_expired
from assent.services.notify import notify_of_ending_licences
from assent.services.runtime import Runtime
from assent.services.seal_overdue import seal_overdue
from assent.services.sign_checkpoint import sign_checkpoint

ROUND_SECONDS = 30
ROUNDS_UNTIL_DELETION = 20

_log = logging.getLogger(__name__)


def keep_house(runtime: Runtime, public_url: str, stop: Event) -> None:
    """Work in rounds until told to stop; for a thread of the one process that watches over the others.

    An error ends a round, never the thread.
    """
    rounds = 0
    while not stop.wait(ROUND_SECONDS if rounds else 0):
        try:
            _work_one_round(runtime, public_url, deletes=rounds % ROUNDS_UNTIL_DELETION == 0)
        except AssentError as error:
            _log.warning("a round of housekeeping ended early: %s", error.reason)
        rounds += 1


def _work_one_round(runtime: Runtime, public_url: str, *, deletes: bool) -> None:
    seal_overdue(runtime)
    drop_expired(runtime)
    if deletes:
        finish_interrupted(runtime)
        finish_deletions(runtime)
    sign_checkpoint(runtime)
    notify_of_ending_licences(runtime)
    deliver_mail(runtime, public_url)
