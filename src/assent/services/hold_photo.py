"""Hold an examined photo for a few minutes while its face is chosen; only the browser that brought it can open it.

Key and look-up tag are derived (HMAC-SHA-256) from a random token that is handed out and kept nowhere: without the
token neither the database nor a backup of it opens the photo.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from assent.errors import NotFound
from assent.faces import Quality, QualityReason
from assent.mandates import Actor, Role
from assent.services.examine_photo import ExaminedFace, examine_photo
from assent.services.runtime import Runtime
from assent.storage import held_photos as stored_photos
from assent.storage.vault import seal, unseal

HOLDING_TIME = timedelta(minutes=15)
"""How long a photo is held: long enough to look up a case, too short to be kept for anything else."""

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class HeldPhoto:
    """A photo as it was handed over, with the faces that were found in it."""

    photo: bytes
    faces: tuple[ExaminedFace, ...]


def hold_photo(runtime: Runtime, actor: Actor, photo: bytes) -> str:
    """Examine a photo and hold it in place of the one before; the token that opens it comes back.

    Raises RoleMissing, UnreadableImage.
    """
    actor.require_role(Role.SEARCHER)
    held = HeldPhoto(photo, tuple(examine_photo(runtime, photo)))
    token, at = secrets.token_bytes(TOKEN_BYTES), runtime.clock()
    sealed = seal(_derive(token, "key"), _to_bytes(held), what=_name(actor))
    with runtime.database.transaction() as transaction:
        stored_photos.delete_held_before(transaction, at)
        stored_photos.record_held(transaction, actor.member.id, _derive(token, "tag"), sealed, at + HOLDING_TIME)
    return base64.urlsafe_b64encode(token).decode()


def open_held(runtime: Runtime, actor: Actor, token: str) -> HeldPhoto:
    """Open what this member holds. Raises NotFound when its time is over, or the token is of another photo."""
    actor.require_role(Role.SEARCHER)
    with runtime.database.snapshot() as view:
        found = stored_photos.find_held(view, actor.member.id, runtime.clock())
    try:
        secret = base64.urlsafe_b64decode(token)
    except ValueError:
        secret = b""
    if found is None or not hmac.compare_digest(found[0], _derive(secret, "tag")):
        minutes = HOLDING_TIME // timedelta(minutes=1)
        raise NotFound(f"The photo is not held any more (it is for {minutes} minutes); bring it again.")
    return _from_bytes(unseal(_derive(secret, "key"), found[1], what=_name(actor)))


def drop_held(runtime: Runtime, actor: Actor) -> None:
    """Destroy what this member holds, because it was used or is not wanted; nothing is fine."""
    with runtime.database.transaction() as transaction:
        stored_photos.delete_held(transaction, actor.member.id)


def drop_expired(runtime: Runtime) -> int:
    """Delete the photos whose time is over; how many there were comes back."""
    with runtime.database.transaction() as transaction:
        return stored_photos.delete_held_before(transaction, runtime.clock())


def _derive(token: bytes, what: str) -> bytes:
    return hmac.digest(token, f"assent held photo {what} v1".encode(), "sha256")


def _name(actor: Actor) -> str:
    return f"held-photo:{actor.member.id}"


def _to_bytes(held: HeldPhoto) -> bytes:
    faces = [asdict(face.quality) | {"number": face.number, "size": len(face.portrait)} for face in held.faces]
    head = json.dumps({"v": 1, "size": len(held.photo), "faces": faces}).encode()
    return b"".join([len(head).to_bytes(4, "big"), head, held.photo, *(face.portrait for face in held.faces)])


def _from_bytes(data: bytes) -> HeldPhoto:
    start = 4 + int.from_bytes(data[:4], "big")
    head = json.loads(data[4:start])
    sizes = [head["size"], *(face["size"] for face in head["faces"])]
    parts = []
    for size in sizes:
        parts.append(data[start : start + size])
        start += size
    return HeldPhoto(parts[0], _read_faces(head["faces"], parts[1:]))


def _read_faces(faces: Sequence[dict[str, object]], portraits: Sequence[bytes]) -> tuple[ExaminedFace, ...]:
    read = []
    for face, portrait in zip(faces, portraits, strict=True):
        figures = {name: value for name, value in face.items() if name not in {"number", "size", "reasons"}}
        reasons = tuple(QualityReason(str(reason)) for reason in _as_list(face["reasons"]))
        quality = Quality(**{name: float(str(value)) for name, value in figures.items()}, reasons=reasons)
        read.append(ExaminedFace(int(str(face["number"])), quality, portrait))
    return tuple(read)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
