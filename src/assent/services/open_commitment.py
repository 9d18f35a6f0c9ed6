"""Open the commitments of one entry to those entitled, so that one field can be shown and proven without the rest."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.ledger import SALT_BYTES, Entry, EntryKind, JsonValue, check_commitment, list_commitments
from assent.mandates import Actor, Role
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import ledger as stored_ledger

_SUBJECTS = ("search", "person", "case")


@dataclass(frozen=True, slots=True)
class Opening:
    """Salt and value of one commitment; whoever has them and the entry sees that nothing else can have been meant."""

    field: str
    commitment: str
    salt: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry, what was opened of it, and the entries that recorded the openings; none for one's own."""

    index: int
    entry: Entry
    openings: tuple[Opening, ...]
    disclosures: tuple[int, ...]


def open_commitment(
    runtime: Runtime, actor: Actor, index: int, *, field: str | None = None, ground: str | None = None
) -> OpenedEntry:
    """Open one field of an entry, or all that the actor is entitled to.

    Entitled are the holder to the justification of their own searches, stewards to the evidence of consents, and
    overseers to everything. Opening what is somebody else's takes a `ground`, and is recorded in the ledger before it
    is shown. Raises NotFound for an unknown entry or an erased subject, InvalidInput, and RoleMissing.
    """
    with runtime.database.transaction() as transaction:
        entry = _load_entry(transaction, index)
        hidden = list_commitments(entry)
        if not hidden or (field is not None and field not in hidden):
            there = f"it hides {', '.join(hidden)}" if hidden else "it hides nothing"
            raise InvalidInput(f"Entry {index} has no hidden field {field or ''}: {there}.".replace(" :", ":"))
        wanted = [name for name in hidden if field in {None, name} and _is_entitled(actor, entry, name)]
        if not wanted:
            raise RoleMissing(
                f"Entry {index}: overseers may open what is hidden, stewards the evidence of consents, "
                f"holders the justification of their own searches; member {actor.member.id} is none of these here."
            )
        openings = tuple(_open(runtime, transaction, index, entry, name) for name in wanted)
        recorded = tuple(
            _record_disclosure(runtime, transaction, actor, index, entry, name, ground)
            for name in wanted
            if not _is_own(actor, entry, name)
        )
    return OpenedEntry(index, entry, openings, recorded)


def _load_entry(transaction: Connection, index: int) -> Entry:
    found = list(stored_ledger.read_entries(transaction, index, index + 1))
    if not found:
        raise NotFound(f"Entry {index} is not in the ledger; 'assent ledger entries' shows those that are.")
    return Entry.from_bytes(found[0][1])


def _is_own(actor: Actor, entry: Entry, field: str) -> bool:
    return field == "justification" and entry.fields.get("holder") == actor.member.id


def _is_entitled(actor: Actor, entry: Entry, field: str) -> bool:
    roles = actor.member.roles
    is_consent = entry.kind is EntryKind.CONSENT_GIVEN and field == "evidence"
    return Role.OVERSEER in roles or (is_consent and Role.STEWARD in roles) or _is_own(actor, entry, field)


def _open(runtime: Runtime, transaction: Connection, index: int, entry: Entry, field: str) -> Opening:
    try:
        subject, sealed = stored_ledger.load_openings(transaction, index)[field]
        opened = runtime.vault.unseal(subject, f"opening:{index}:{field}", sealed)
    except (KeyError, NotFound):
        raise NotFound(
            f"Entry {index}: {field} cannot be opened any more, by anybody; the key to it was destroyed by an erasure."
        ) from None
    salt, value = opened[:SALT_BYTES], opened[SALT_BYTES:]
    commitment = str(entry.fields[field])
    check_commitment(commitment, salt, value)
    return Opening(field, commitment, salt, value)


def _record_disclosure(
    runtime: Runtime, transaction: Connection, actor: Actor, index: int, entry: Entry, field: str, ground: str | None
) -> int:
    if ground is None or not ground.strip():
        raise InvalidInput("Opening what is somebody else's is recorded with its ground; say why with --ground.")
    kind = Role.OVERSEER if Role.OVERSEER in actor.member.roles else Role.STEWARD
    fields: dict[str, JsonValue] = {"subject": field.replace("_", "-"), "recipient_kind": kind.value, "entry": index}
    fields |= {name: entry.fields[name] for name in _SUBJECTS if name in entry.fields}
    return record_entry(
        runtime,
        transaction,
        EntryKind.DISCLOSURE,
        actor=actor,
        at=runtime.clock(),
        fields=fields,
        subject=actor.member.id,
        committed={"recipient": actor.member.id.encode(), "ground": ground.strip().encode()},
    )
