"""A tlog-witness: it remembers each log's last checkpoint, and countersigns only what continues it."""

from assent.witness.client import WitnessAddress, WitnessAnswer, submit_checkpoint
from assent.witness.cosigning import Witness
from assent.witness.keys import create_keys, load_keys
from assent.witness.memory import WatchedLog, WitnessMemory, create_memory, open_memory
from assent.witness.protocol import (
    MAX_SUBMISSION_BYTES,
    NOTHING_SEEN,
    SIZE_CONTENT_TYPE,
    Answer,
    Continuation,
    Seen,
    Submission,
    judge_submission,
    read_submission,
)
from assent.witness.server import WitnessServer

__all__ = [
    "MAX_SUBMISSION_BYTES",
    "NOTHING_SEEN",
    "SIZE_CONTENT_TYPE",
    "Answer",
    "Continuation",
    "Seen",
    "Submission",
    "WatchedLog",
    "Witness",
    "WitnessAddress",
    "WitnessAnswer",
    "WitnessMemory",
    "WitnessServer",
    "create_keys",
    "create_memory",
    "judge_submission",
    "load_keys",
    "open_memory",
    "read_submission",
    "submit_checkpoint",
]
