"""What a witness answers to `add-checkpoint` (c2sp.org/tlog-witness), decided from request and memory alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from assent.errors import InvalidInput, ProofInvalid, SignatureInvalid
from assent.ledger import (
    EMPTY_ROOT,
    HASH_BYTES,
    Checkpoint,
    Hash,
    SignedNote,
    VerificationKey,
    find_split,
    verify_consistency,
    verify_note,
)
from assent.ledger.notes import decode_base64, encode_base64, parse_decimal

ADD_CHECKPOINT = "/add-checkpoint"
SIZE_CONTENT_TYPE = "text/x.tlog.size"
TEXT_CONTENT_TYPE = "text/plain; charset=utf-8"
# The specification's limit: a tree of 2^63 entries is 63 levels high.
MAX_PROOF_LINES = 63
# Room for 63 hashes and 100 signatures of the largest type, ML-DSA-44 with about 3,300 characters each.
MAX_SUBMISSION_BYTES = 512 * 1024

_OLD = "old "


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint handed to a witness, with the proof that it continues the one of `old_size` entries."""

    old_size: int
    proof: tuple[Hash, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        """Write the body of the request."""
        lines = [f"{_OLD}{self.old_size}", *map(encode_base64, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.note

    @classmethod
    def from_bytes(cls, body: bytes) -> Submission:
        """Read the body of a request. Raises InvalidInput for anything that the protocol does not allow."""
        head, separator, note = body.partition(b"\n\n")
        if not separator:
            raise InvalidInput("the request has no empty line before its checkpoint")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"the request is not ASCII at byte {error.start}") from error
        if not first.startswith(_OLD):
            raise InvalidInput("the request's first line must be 'old <size>'")
        old_size = parse_decimal(first.removeprefix(_OLD), "the old size")
        if len(lines) > MAX_PROOF_LINES:
            raise InvalidInput(f"the request has {len(lines)} hashes, at most {MAX_PROOF_LINES} can be needed")
        proof = tuple(decode_base64(line, f"hash {row} of the request") for row, line in enumerate(lines))
        if any(len(node) != HASH_BYTES for node in proof):
            raise InvalidInput(f"a hash of the request does not have {HASH_BYTES} bytes")
        return cls(old_size, proof, note)


@dataclass(frozen=True, slots=True)
class Seen:
    """Size and root of the last checkpoint of a log that was cosigned."""

    size: int
    root: Hash


NOTHING_SEEN = Seen(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer by HTTP. `is_contradiction` says that the log has signed another root for a size seen before."""

    status: HTTPStatus
    body: bytes
    content_type: str = TEXT_CONTENT_TYPE
    is_contradiction: bool = False


@dataclass(frozen=True, slots=True)
class Continuation:
    """A checkpoint that continues what was seen: to be remembered durably in its place, and only then cosigned."""

    text: str
    seen: Seen
    new: Seen


def read_submission(body: bytes) -> tuple[Submission, Checkpoint] | Answer:
    """Take a request apart without judging it: submission and checkpoint, or the answer 400."""
    try:
        submission = Submission.from_bytes(body)
        return submission, Checkpoint.from_extended_text(SignedNote.from_bytes(submission.note).text)
    except InvalidInput as error:
        return refuse(HTTPStatus.BAD_REQUEST, error)


def judge_submission(
    submission: Submission, checkpoint: Checkpoint, log_keys: Sequence[VerificationKey], seen: Seen
) -> Continuation | Answer:
    """Decide about a submission, given the keys known for its origin and what was seen last of this log.

    The order is the specification's: origin, signature, sizes, what was seen, proof.
    """
    if not log_keys:
        return refuse(HTTPStatus.NOT_FOUND, "the origin of this checkpoint is not known here")
    try:
        text, _signers = verify_note(submission.note, log_keys)
    except SignatureInvalid as error:
        return refuse(HTTPStatus.FORBIDDEN, error)
    if submission.old_size > checkpoint.size:
        return refuse(HTTPStatus.BAD_REQUEST, "the old size is larger than the size of the checkpoint")
    known = Checkpoint(checkpoint.origin, seen.size, seen.root)
    is_contradiction = seen.size == checkpoint.size and find_split(known, checkpoint) is not None
    if submission.old_size != seen.size or is_contradiction:
        size = f"{seen.size}\n".encode()
        return Answer(HTTPStatus.CONFLICT, size, SIZE_CONTENT_TYPE, is_contradiction=is_contradiction)
    try:
        verify_consistency(seen.size, seen.root, checkpoint.size, checkpoint.root, submission.proof)
    except ProofInvalid as error:
        return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, error)
    return Continuation(text, seen, Seen(checkpoint.size, checkpoint.root))


def refuse(status: HTTPStatus, reason: object) -> Answer:
    """Answer with a status and one line of reason."""
    return Answer(status, f"{reason}\n".encode("utf-8", "replace"))
