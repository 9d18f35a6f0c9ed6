"""Collect witnesses' cosignatures of a signed checkpoint (c2sp.org/tlog-witness) until a policy's quorum is there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus

from assent.errors import InvalidInput, SignatureInvalid, Unavailable
from assent.ledger import (
    Checkpoint,
    Cosignature,
    NoteSignature,
    Policy,
    PolicyWitness,
    SignedNote,
    VerificationKey,
    add_cosignatures,
    open_checkpoint,
    prove_consistency,
    verify_cosignature,
)
from assent.ledger.notes import parse_decimal
from assent.services.runtime import Runtime
from assent.storage import ledger as stored_ledger
from assent.witness import SIZE_CONTENT_TYPE, Submission, WitnessAnswer, submit_checkpoint

Submit = Callable[[str, bytes], WitnessAnswer]
"""Posts a body to the witness at a submission prefix. Raises Unavailable."""

# Each time a witness answers 409, somebody else submitted in between; a witness that does so without end is broken.
MAX_ATTEMPTS = 4
MAX_WITNESSES_AT_ONCE = 16
# How many of the last checkpoints are searched for what a witness saw last; beyond, its answer 409 tells it.
CHECKPOINTS_SEARCHED = 100


@dataclass(frozen=True, slots=True)
class WitnessFailure:
    """A witness that did not cosign, and why.

    `is_contradiction` says that it cosigned a history which this ledger does not continue.
    """

    name: str
    reason: str
    is_contradiction: bool = False


@dataclass(frozen=True, slots=True)
class CosignedCheckpoint:
    """A checkpoint's note with the cosignatures that it has by now; they make the policy's quorum."""

    note: bytes
    cosignatures: tuple[Cosignature, ...]
    failures: tuple[WitnessFailure, ...]


def collect_cosignatures(
    runtime: Runtime, policy: Policy, note: bytes, submit: Submit = submit_checkpoint
) -> CosignedCheckpoint:
    """Ask each witness of the policy that has not cosigned this checkpoint yet, all at once, and keep what verifies.

    1. Cosignatures collected before are taken from where they are kept.
    2. Each other witness with an address is sent the checkpoint and a proof from the size that it saw last.
    3. What comes back is verified, and kept with the checkpoint even if the quorum is not reached now.
    4. The quorum is demanded.

    Raises InvalidInput if the policy is not about this ledger, SignatureInvalid if the quorum is missing, naming each
    witness that failed.
    """
    key = runtime.signing_key.verification_key
    if policy.logs and key not in {log.key for log in policy.logs}:
        raise InvalidInput(f"The policy names other logs than this one; its line would be: log {key.vkey}")
    checkpoint = open_checkpoint(note, [key], runtime.deployment.origin)
    kept, hints = _load_kept(runtime, policy, note, checkpoint)
    cosigned = {cosignature.key for cosignature in policy.verify_cosignatures(SignedNote.from_bytes(kept))}
    asked = [witness for witness in policy.witnesses if witness.key not in cosigned]

    def ask(witness: PolicyWitness) -> NoteSignature | WitnessFailure:
        return _Exchange(runtime, checkpoint, note, witness, submit).run(hints.get(witness.name, 0))

    with ThreadPoolExecutor(max_workers=MAX_WITNESSES_AT_ONCE) as threads:
        outcomes = list(threads.map(ask, asked))
    new = [outcome for outcome in outcomes if isinstance(outcome, NoteSignature)]
    failures = tuple(outcome for outcome in outcomes if isinstance(outcome, WitnessFailure))
    if new:
        kept = _keep(runtime, checkpoint.size, note, new)
    cosignatures = policy.verify_cosignatures(SignedNote.from_bytes(kept))
    try:
        policy.require_quorum(cosignatures)
    except SignatureInvalid as error:
        reasons = "".join(f"; {failure.name}: {failure.reason}" for failure in failures)
        raise SignatureInvalid(f"{error}{reasons}") from error
    return CosignedCheckpoint(kept, cosignatures, failures)


def _load_kept(runtime: Runtime, policy: Policy, note: bytes, checkpoint: Checkpoint) -> tuple[bytes, dict[str, int]]:
    """Load this checkpoint with its cosignatures, and by witness the newest size that it is known to have cosigned."""
    text = SignedNote.from_bytes(note).text
    with runtime.database.snapshot() as view:
        rows = stored_ledger.load_last_checkpoints(view, CHECKPOINTS_SEARCHED)
    kept = note
    hints: dict[str, int] = {}
    for size, stored in rows:
        if size == checkpoint.size and SignedNote.from_bytes(stored).text == text:
            kept = stored
        signers = {(line.name, line.key_id) for line in SignedNote.from_bytes(stored).signatures}
        for witness in policy.witnesses:
            if size <= checkpoint.size and (witness.key.name, witness.key.key_id) in signers:
                hints.setdefault(witness.name, size)
    return kept, hints


def _keep(runtime: Runtime, size: int, note: bytes, new: list[NoteSignature]) -> bytes:
    """Add cosignatures to the stored checkpoint as it is now: another process may have added some meanwhile."""
    with runtime.database.transaction() as transaction:
        stored = stored_ledger.load_checkpoint(transaction, size)
        if stored is None or SignedNote.from_bytes(stored).text != SignedNote.from_bytes(note).text:
            return add_cosignatures(note, new)
        cosigned = add_cosignatures(stored, new)
        stored_ledger.replace_checkpoint(transaction, size, cosigned)
    return cosigned


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What is said to one witness about one checkpoint."""

    runtime: Runtime
    checkpoint: Checkpoint
    note: bytes
    witness: PolicyWitness
    submit: Submit

    def run(self, old_size: int) -> NoteSignature | WitnessFailure:
        """Submit, and again with the size that the witness tells, until it cosigns or will not."""
        if self.witness.url is None:
            return self._fail("the policy gives no address for it")
        for _ in range(MAX_ATTEMPTS):
            try:
                answer = self.submit(self.witness.url, self._write_submission(old_size))
                if answer.status != HTTPStatus.CONFLICT:
                    return self._read_answer(answer, old_size)
                told = _read_size(answer)
            except (Unavailable, InvalidInput) as error:
                return self._fail(str(error))
            if told > self.checkpoint.size:
                return self._contradict(f"it has seen {told} entries, this ledger has {self.checkpoint.size}")
            if told == old_size:
                return self._contradict(f"it has cosigned another root for {told} entries")
            old_size = told
        return self._fail(f"it named another size {MAX_ATTEMPTS} times")

    def _write_submission(self, old_size: int) -> bytes:
        with self.runtime.database.snapshot() as view:
            proof = prove_consistency(old_size, self.checkpoint.size, stored_ledger.read_nodes(view))
        return Submission(old_size, tuple(proof), self.note).to_bytes()

    def _read_answer(self, answer: WitnessAnswer, old_size: int) -> NoteSignature | WitnessFailure:
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return self._contradict(f"the {old_size} entries that it cosigned are not the first ones of this ledger")
        if answer.status != HTTPStatus.OK:
            return self._fail(f"it answered {answer.status}: {_first_line(answer.body)}")
        lines = answer.body.decode("utf-8", "replace").split("\n")
        if lines.pop():
            return self._fail("its answer does not end in a newline")
        text = self.checkpoint.to_text()
        try:
            for signature in map(NoteSignature.from_line, lines):
                if _is_by(signature, self.witness.key):
                    verify_cosignature(self.witness.key, text, signature.signature)
                    return signature
        except (InvalidInput, SignatureInvalid) as error:
            return self._fail(str(error))
        return self._fail(f"its answer holds no signature by {self.witness.key.name}+{self.witness.key.key_id.hex()}")

    def _fail(self, reason: str) -> WitnessFailure:
        return WitnessFailure(self.witness.name, reason)

    def _contradict(self, reason: str) -> WitnessFailure:
        return WitnessFailure(self.witness.name, reason, is_contradiction=True)


def _is_by(signature: NoteSignature, key: VerificationKey) -> bool:
    return (signature.name, signature.key_id) == (key.name, key.key_id)


def _read_size(answer: WitnessAnswer) -> int:
    text = answer.body.decode("ascii", "replace")
    if answer.content_type.partition(";")[0].strip() != SIZE_CONTENT_TYPE or not text.endswith("\n"):
        raise InvalidInput("it answered 409 without saying what it has seen")
    return parse_decimal(text.removesuffix("\n"), "the size that it says it has seen")


def _first_line(body: bytes) -> str:
    line = body.decode("utf-8", "replace").split("\n")[0][:200]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
