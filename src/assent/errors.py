"""Every error that Assent raises on purpose.

The tree (exit codes live in `cli/exit_codes.py`, nowhere else)::

    AssentError
    ├── InvalidInput            what was handed over cannot be used
    │   ├── UnreadableImage         not an image, truncated, animated, unsupported format
    │   │   └── ImageTooLarge       over the byte or pixel limit
    │   ├── NoFaceFound             nothing that looks like a face
    │   ├── SeveralFacesFound       more than one face where one is needed
    │   ├── FaceUnfit               a face, but too poor for the use asked for
    │   ├── InvalidPack             a pack's manifest or files do not hold together
    │   ├── InvalidEntry            a ledger entry outside the vocabulary
    │   └── InvalidTable            a CSV file that cannot be read as asked
    ├── Refused                 understood, and not allowed; counted in the ledger
    │   ├── RoleMissing             the member does not have the role this takes
    │   ├── ScopeMissing            the token that a program brings was not made for this
    │   ├── RolesIncompatible       two roles that one member may not hold together
    │   ├── MemberSuspended         an administrator suspended the account
    │   ├── SignInFailed            handle, password, code or passkey do not belong together
    │   ├── TooManyAttempts         the next attempt to sign in is allowed later; carries how many seconds
    │   ├── LinkSpent               a one-time link was used, has run out, or never existed
    │   ├── LicenceUnknown          no such licence
    │   ├── LicenceNotHeld          the licence belongs to somebody else
    │   ├── LicenceNotYetValid
    │   ├── LicenceExpired
    │   ├── LicenceRevoked
    │   ├── LicenceSuspended        on hold until an issuer lifts it
    │   ├── PurposeNotLicensed      the licence does not cover the purpose
    │   ├── QuotaExhausted
    │   ├── CaseUnknown             no such case
    │   ├── CaseClosed
    │   ├── CasePurposeMismatch     the case was opened for another purpose
    │   ├── JustificationMissing
    │   ├── ApprovalMissing         the licence demands a second person's approval
    │   ├── ApprovalPending         asked for, and not decided
    │   ├── ApprovalRefused         a second person said no
    │   ├── ApprovalExpired         not decided, or not used, in time
    │   ├── ApprovalUsed            the search that was approved has run
    │   ├── OwnRequest              nobody decides on their own request
    │   ├── UrgentNotAllowed        the licence allows no search before its approval
    │   ├── ConsentMissing          no consent or registration in force
    │   └── EvidenceSpent           the consent's evidence belongs to a consent withdrawn before
    ├── NotFound                a thing named by its identifier does not exist
    │   └── LinkEnded               an invitation or personal link that opens nothing any more
    ├── VerificationError       something that must hold does not
    │   ├── DigestMismatch          a file's bytes are not the expected ones
    │   ├── SignatureInvalid        a known key's signature does not verify, or none is known
    │   ├── ProofInvalid            an inclusion or consistency proof does not lead to the root
    │   ├── TemplatesNotComparable  templates of different packs met
    │   └── LedgerBroken            the ledger does not hold together; carries the first bad index
    └── Unavailable             the place itself cannot work now
        ├── DeploymentMissing       nothing was set up at the folder named
        ├── DeploymentExists        something was already set up there
        ├── KeysUnavailable         a key folder, the master key or the keyring cannot be used
        ├── DatabaseTooNew          written by a newer version of Assent
        ├── PackNotCalibrated       nothing tells how often the pack in use returns strangers
        ├── StorageFull             the disk takes no more
        └── LedgerRolledBack        the database is older than the last signed checkpoint
"""

from __future__ import annotations

import re
from typing import ClassVar


class AssentError(Exception):
    """The root of all errors raised on purpose; `reason` is a stable slug for machines and the ledger."""

    reason: ClassVar[str] = "assent-error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.reason = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class InvalidInput(AssentError):
    """What was handed over cannot be used as it is."""


class UnreadableImage(InvalidInput):
    """The bytes are not a still image in a format that is read."""


class ImageTooLarge(UnreadableImage):
    """The image is over the limit of bytes or pixels."""


class NoFaceFound(InvalidInput):
    """The picture shows nothing that looks like a face."""


class SeveralFacesFound(InvalidInput):
    """The picture shows more faces than the one that is needed; the message says how to choose."""


class FaceUnfit(InvalidInput):
    """The face is too poor for the use asked for; the message gives the reasons in words."""


class InvalidPack(InvalidInput):
    """A pack's manifest or files do not hold together."""


class InvalidEntry(InvalidInput):
    """A ledger entry that lies outside the vocabulary."""


class InvalidTable(InvalidInput):
    """A CSV file that cannot be read as asked."""


class Refused(AssentError):
    """Understood, and not allowed; every refusal of a search is counted in the ledger."""


class RoleMissing(Refused):
    """The member does not have the role that this takes."""


class ScopeMissing(Refused):
    """The token that a program brings was not made for this."""


class RolesIncompatible(Refused):
    """Two roles that one member may not hold together."""


class MemberSuspended(Refused):
    """An administrator suspended the account."""


class SignInFailed(Refused):
    """Handle, password, code or passkey do not belong together; which of them is never said."""


class TooManyAttempts(Refused):
    """The next attempt to sign in is allowed in `seconds`; nobody is locked out for good."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class LinkSpent(Refused):
    """A one-time link was used, has run out, or never existed."""


class LicenceUnknown(Refused):
    """No licence has this identifier."""


class LicenceNotHeld(Refused):
    """The licence belongs to another holder."""


class LicenceNotYetValid(Refused):
    """The licence starts later."""


class LicenceExpired(Refused):
    """The licence has ended."""


class LicenceRevoked(Refused):
    """The licence was revoked by an issuer."""


class LicenceSuspended(Refused):
    """An issuer put the licence on hold and has not lifted that yet."""


class PurposeNotLicensed(Refused):
    """The licence does not cover the purpose."""


class QuotaExhausted(Refused):
    """All searches that the licence allows were used."""


class CaseUnknown(Refused):
    """No case has this number."""


class CaseClosed(Refused):
    """The case is closed."""


class CasePurposeMismatch(Refused):
    """The case was opened for another purpose."""


class JustificationMissing(Refused):
    """No reason was given for the search."""


class ApprovalMissing(Refused):
    """The licence demands a second person's approval."""


class ApprovalPending(Refused):
    """Approval was asked for, and nobody has decided yet."""


class ApprovalRefused(Refused):
    """A second person refused the search."""


class ApprovalExpired(Refused):
    """The request was not decided, or its approval not used, in time."""


class ApprovalUsed(Refused):
    """The search that was approved has run; an approval is good for one."""


class OwnRequest(Refused):
    """Whoever asked for a search, or holds its licence, does not decide on it."""


class UrgentNotAllowed(Refused):
    """The licence allows no search before it is approved."""


class ConsentMissing(Refused):
    """No consent or registration is in force."""


class EvidenceSpent(Refused):
    """The evidence belongs to a consent that was withdrawn; a new consent needs new evidence."""


class NotFound(AssentError):
    """A thing named by its identifier does not exist."""


class LinkEnded(NotFound):
    """An invitation or a personal link that was used, taken back, replaced or ran out; the message says which."""


class VerificationError(AssentError):
    """Something that must hold does not."""


class DigestMismatch(VerificationError):
    """A file's bytes are not the expected ones."""


class SignatureInvalid(VerificationError):
    """A known key's signature does not verify, or no signature is by a known key."""


class ProofInvalid(VerificationError):
    """An inclusion or consistency proof does not lead to the root."""


class TemplatesNotComparable(VerificationError):
    """Templates of different packs met."""


class LedgerBroken(VerificationError):
    """The ledger does not hold together; `first_bad_index` is the first entry that shows it."""

    def __init__(self, message: str, *, first_bad_index: int) -> None:
        super().__init__(message)
        self.first_bad_index = first_bad_index


class Unavailable(AssentError):
    """The place itself cannot work now."""


class DeploymentMissing(Unavailable):
    """Nothing was set up at the folder named."""


class DeploymentExists(Unavailable):
    """Something was already set up at the folder named."""


class KeysUnavailable(Unavailable):
    """The key folder, the master key or the keyring cannot be used."""


class DatabaseTooNew(Unavailable):
    """The database was written by a newer version of Assent."""


class PackNotCalibrated(Unavailable):
    """The pack in use has no calibration, so that no candidate's rarity could be said."""


class StorageFull(Unavailable):
    """The disk takes no more; nothing was changed."""


class LedgerRolledBack(Unavailable):
    """The database is older than the last checkpoint that was signed."""
