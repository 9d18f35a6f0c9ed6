"""Trust policies (c2sp.org/tlog-policy): which logs and witnesses count, and which quorum makes a checkpoint valid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger.ml_dsa import require_ml_dsa
from assent.ledger.notes import (
    ED25519_TYPE,
    ML_DSA_44_TYPE,
    Checkpoint,
    SignedNote,
    VerificationKey,
    verify_note,
)
from assent.ledger.witnesses import COSIGNER_TYPES, Cosignature, verify_cosignatures

MAX_POLICY_BYTES = 1_000_000
NO_QUORUM = "none"

# Octets 0x00-0x1F but tab and newline, and 0x7F; everything from 0x80 on is opaque.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_WHITESPACE = re.compile(r"[ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}")
_GROUP_WORDS = 4
_LOG_WORDS, _WITNESS_WORDS = 2, 3


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that the policy accepts; its key is named like its origin."""

    key: VerificationKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness, and the name by which the policy file refers to it."""

    name: str
    key: VerificationKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """A group has witnessed a checkpoint when at least `threshold` of its members, witnesses or groups, have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a checkpoint needs to be valid; groups stand in the order of the file, members before what names them."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str

    def verify(
        self, note_bytes: bytes, log_keys: Sequence[VerificationKey] = ()
    ) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
        """Verify a checkpoint's note; return the checkpoint and the cosignatures by witnesses of this policy.

        `log_keys` are the keys of logs known from elsewhere, for a policy that names none.

        1. A log's key named like the origin signed it.
        2. Every signature by a witness of the policy verifies.
        3. The witnesses make the quorum.

        Raises InvalidInput if the bytes are no checkpoint or no log is known, SignatureInvalid with what is missing.
        """
        keys = [*(log.key for log in self.logs), *log_keys]
        if not keys:
            raise InvalidInput("the policy names no log, and none is known from elsewhere")
        text, signers = verify_note(note_bytes, keys)
        checkpoint = Checkpoint.from_text(text)
        if all(signer.name != checkpoint.origin for signer in signers):
            raise SignatureInvalid(f"the checkpoint carries no valid signature by its log {checkpoint.origin}")
        cosignatures = self.verify_cosignatures(SignedNote.from_bytes(note_bytes))
        self.require_quorum(cosignatures)
        return checkpoint, cosignatures

    def verify_cosignatures(self, note: SignedNote) -> tuple[Cosignature, ...]:
        """Verify the cosignatures by witnesses of this policy, whether or not they make the quorum.

        Raises SignatureInvalid if one does not verify.
        """
        return verify_cosignatures(note, [witness.key for witness in self.witnesses])

    def require_quorum(self, cosignatures: Iterable[Cosignature]) -> None:
        """Raise SignatureInvalid, saying what is missing, unless these verified cosignatures make the quorum."""
        if self.quorum == NO_QUORUM:
            return
        signed = {cosignature.key for cosignature in cosignatures}
        have = {witness.name for witness in self.witnesses if witness.key in signed}
        lacking = []
        # Members stand before the groups that name them, so one pass settles all.
        for group in self.groups:
            present = [member for member in group.members if member in have]
            if len(present) >= group.threshold:
                have.add(group.name)
            else:
                absent = ", ".join(member for member in group.members if member not in have)
                lacking.append(
                    f"group {group.name} has {len(present)} of the {group.threshold} it needs, without {absent}"
                )
        if self.quorum not in have:
            missing = "; ".join(lacking) if any(group.name == self.quorum for group in self.groups) else ""
            raise SignatureInvalid(
                f"the quorum {self.quorum} is missing: {missing or f'witness {self.quorum} has not cosigned'}"
            )


def parse_policy(text: str | bytes) -> Policy:
    """Read a policy file. Raises InvalidInput with the number of the line that is wrong."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if len(data) > MAX_POLICY_BYTES:
        raise InvalidInput(f"the policy has {len(data)} bytes, at most {MAX_POLICY_BYTES} are read")
    # Octets beyond ASCII are opaque: what is not UTF-8 survives as surrogates, and different octets stay different.
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    draft = _Draft()
    for number, line in enumerate(lines, start=1):
        try:
            if number == len(lines):
                _require_end(line)
            else:
                draft.take(line)
        except InvalidInput as error:
            raise InvalidInput(f"line {number} of the policy: {_showable(str(error))}") from error
    if draft.quorum is None:
        raise InvalidInput(f"the policy has no quorum line; to ask for no cosignature, write 'quorum {NO_QUORUM}'")
    return Policy(tuple(draft.logs), tuple(draft.witnesses), tuple(draft.groups), draft.quorum)


def _require_end(rest: str) -> None:
    if rest:
        # A file that was cut off in a name could mean another quorum.
        raise InvalidInput("it does not end in a newline, so the file may have been cut off")


@dataclass(slots=True)
class _Draft:
    """What was read so far."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[PolicyGroup] = field(default_factory=list)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)

    def take(self, line: str) -> None:
        if _FORBIDDEN.search(line):
            raise InvalidInput("it holds a control character other than tab")
        words = _WHITESPACE.split(line.strip(" \t"))
        if not words[0] or words[0].startswith("#"):
            return
        match words[0]:
            case "log":
                self._take_log(words)
            case "witness":
                self._take_witness(words)
            case "group":
                self._take_group(words)
            case "quorum":
                self._take_quorum(words)
            case other:
                raise InvalidInput(f"{other!r} is none of log, witness, group, quorum")

    def _take_log(self, words: list[str]) -> None:
        if not 0 <= len(words) - _LOG_WORDS <= 1:
            raise InvalidInput("it must read: log <vkey> [<url>]")
        key = _read_key(words[1], frozenset({ED25519_TYPE}), "a log's")
        if any(log.key.public_key == key.public_key for log in self.logs):
            raise InvalidInput("this log's public key stands on an earlier line")
        self.logs.append(PolicyLog(key, *words[2:]))

    def _take_witness(self, words: list[str]) -> None:
        if not 0 <= len(words) - _WITNESS_WORDS <= 1:
            raise InvalidInput("it must read: witness <name> <vkey> [<url>]")
        self._define(words[1])
        key = _read_key(words[2], COSIGNER_TYPES, "a witness's")
        if any(witness.key.public_key == key.public_key for witness in self.witnesses):
            raise InvalidInput("this witness's public key stands on an earlier line")
        self.witnesses.append(PolicyWitness(words[1], key, *words[3:]))

    def _take_group(self, words: list[str]) -> None:
        if len(words) < _GROUP_WORDS:
            raise InvalidInput("it must read: group <name> <all|any|number> <member>...")
        _, name, threshold, *members = words
        for member in members:
            self._require_defined(member, "a member")
            if member in self.members:
                raise InvalidInput(f"{member!r} is a member already; each name may be one only once")
            self.members.add(member)
        self._define(name)
        self.groups.append(PolicyGroup(name, _read_threshold(threshold, len(members)), tuple(members)))

    def _take_quorum(self, words: list[str]) -> None:
        if len(words) != 1 + 1:
            raise InvalidInput("it must read: quorum <name>")
        if self.quorum is not None:
            raise InvalidInput("there is a second quorum line")
        if words[1] != NO_QUORUM:
            self._require_defined(words[1], "the quorum")
        self.quorum = words[1]

    def _define(self, name: str) -> None:
        if name == NO_QUORUM:
            raise InvalidInput(f"the name {NO_QUORUM!r} has a meaning of its own")
        if name in self.names:
            raise InvalidInput(f"the name {name!r} stands on an earlier line")
        self.names.add(name)

    def _require_defined(self, name: str, what: str) -> None:
        if name not in self.names:
            raise InvalidInput(f"{what} must be named on an earlier line, {name!r} is not")


def _read_key(vkey: str, types: frozenset[int], whose: str) -> VerificationKey:
    try:
        key = VerificationKey.from_vkey(vkey)
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{whose} key has a name that is not UTF-8") from error
    if key.signature_type not in types:
        expected = " or ".join(f"{kind:#04x}" for kind in sorted(types))
        raise InvalidInput(f"{whose} key must have type {expected}, {key.name} has {key.signature_type:#04x}")
    if key.signature_type == ML_DSA_44_TYPE:
        require_ml_dsa()
    return key


def _read_threshold(text: str, members: int) -> int:
    if text == "all":
        return members
    if text == "any":
        return 1
    if not _THRESHOLD.fullmatch(text) or int(text) > members:
        raise InvalidInput(f"the threshold must be all, any or a number from 1 to {members}, got {text!r}")
    return int(text)


def _showable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
