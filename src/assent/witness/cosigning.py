"""One witness at work: judge a submission, remember it durably, then cosign it, in this order and no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus

from assent.ledger import CosignerKey
from assent.witness.memory import WitnessMemory
from assent.witness.protocol import Answer, Continuation, Seen, judge_submission, read_submission

Clock = Callable[[], datetime]


class Witness:
    """A witness's keys and memory; threads may share it."""

    def __init__(self, keys: Sequence[CosignerKey], memory: WitnessMemory, clock: Clock) -> None:
        self._keys = tuple(keys)
        self._memory = memory
        self._clock = clock

    def answer(self, body: bytes) -> Answer:
        """Answer a request's body. Raises Unavailable, having signed nothing, if it cannot be remembered."""
        # 1. Read the request.
        read = read_submission(body)
        if isinstance(read, Answer):
            return read
        submission, checkpoint = read
        origin = checkpoint.origin
        log_keys = self._memory.load_log_keys(origin)
        while True:
            # 2. Judge it against what was seen last. The time is read in between, so it grows with the size.
            verdict = judge_submission(submission, checkpoint, log_keys, self._memory.load_seen(origin))
            at = self._clock()
            if isinstance(verdict, Answer):
                if verdict.is_contradiction:
                    new = Seen(checkpoint.size, checkpoint.root)
                    self._memory.record_contradiction(origin, new, submission.note, at)
                return verdict
            # 3. Remember it, if nothing else was remembered meanwhile; otherwise judge anew.
            if self._memory.replace_seen(origin, verdict.seen, verdict.new, submission.note, at):
                return self._cosign(verdict, at)

    def _cosign(self, continuation: Continuation, at: datetime) -> Answer:
        # 4. Only now sign.
        lines = "".join(key.cosign(continuation.text, at) for key in self._keys)
        return Answer(HTTPStatus.OK, lines.encode())
