"""Write one entry into the ledger, with salted commitments for what must not be published."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from assent.ledger import SALT_BYTES, Entry, EntryKind, JsonValue, commit
from assent.mandates import Actor, Visitor
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import ledger as stored_ledger

SYSTEM = "system"
SELF = "self"


def record_entry(
    runtime: Runtime,
    transaction: Connection,
    kind: EntryKind,
    *,
    actor: Actor | Visitor | None,
    at: datetime,
    fields: Mapping[str, JsonValue],
    subject: str | None = None,
    committed: Mapping[str, bytes] | None = None,
) -> int:
    """Append an entry in the caller's transaction; its index comes back.

    `committed` fields go in as commitments, whose salts and values are kept under the key of `subject`. Without an
    actor the system itself acts; a visitor, who has no account, is written down as `self`.
    """
    salts = {field: secrets.token_bytes(SALT_BYTES) for field in committed or {}}
    written: dict[str, JsonValue] = {
        "actor": _name_actor(actor),
        "channel": actor.channel if actor else SYSTEM,
        **fields,
        **{field: commit(value, salts[field]) for field, value in (committed or {}).items()},
    }
    index = stored_ledger.append_entries(transaction, [Entry(kind, at, written)])
    for field, value in (committed or {}).items():
        if subject is None:
            raise ValueError(field)
        stored_ledger.record_opening(transaction, runtime.vault, index, field, subject, salts[field], value)
    return index


def _name_actor(actor: Actor | Visitor | None) -> str:
    match actor:
        case Actor():
            return actor.member.id
        case Visitor():
            return SELF
        case None:
            return SYSTEM
