"""Show one licence with what was done to it since it was issued, read from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assent.errors import NotFound
from assent.ledger import SALT_BYTES, Entry, EntryKind
from assent.mandates import Actor, Licence, LicenceState, Member, Role
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import ledger as stored_ledger
from assent.storage import mandates as stored_mandates

_REASON = "change_reason"
_SEES_ALL = frozenset({Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class LicenceEvent:
    """Something that was done to a licence; `reason` is empty for its issue, whose ground the licence itself has."""

    index: int
    at: datetime
    actor: str
    change: str
    reason: str
    valid_until: datetime | None
    quota: int | None


@dataclass(frozen=True, slots=True)
class LicencePage:
    """A licence, who holds it, what it is good for now, and its history, oldest first."""

    licence: Licence
    holder: Member
    state: LicenceState
    history: tuple[LicenceEvent, ...]


def show_licence(runtime: Runtime, actor: Actor, licence: str) -> LicencePage:
    """Show a licence to its holder, to issuers, overseers and administrators.

    Raises NotFound for an unknown licence, and for somebody else's: whoever may not see it learns nothing of it.
    """
    with runtime.database.snapshot() as view:
        found = stored_mandates.require_licence(view, licence)
        if not (actor.member.roles & _SEES_ALL or found.holder == actor.member.id):
            raise NotFound("No licence has this identifier; 'assent licence list' shows them.")
        holder = stored_mandates.find_member(view, runtime.vault, found.holder)
        indexes = stored_ledger.list_entries_about(view, found.id)
        history = tuple(_read_event(runtime, view, index) for index in indexes)
    return LicencePage(found, holder, found.state_at(runtime.clock()), history)


def _read_event(runtime: Runtime, view: Connection, index: int) -> LicenceEvent:
    ((_, data),) = stored_ledger.read_entries(view, index, index + 1)
    entry = Entry.from_bytes(data)
    fields = entry.fields
    until, quota = fields.get("until"), fields.get("quota")
    return LicenceEvent(
        index=index,
        at=entry.at,
        actor=str(fields["actor"]),
        change="issued" if entry.kind is EntryKind.LICENCE_ISSUED else str(fields["change"]),
        reason=_open_reason(runtime, view, index) if _REASON in fields else "",
        valid_until=datetime.fromisoformat(str(until)) if until else None,
        quota=quota if isinstance(quota, int) else None,
    )


def _open_reason(runtime: Runtime, view: Connection, index: int) -> str:
    subject, sealed = stored_ledger.load_openings(view, index)[_REASON]
    return runtime.vault.unseal(subject, f"opening:{index}:{_REASON}", sealed)[SALT_BYTES:].decode()
