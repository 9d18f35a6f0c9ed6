"""Invite somebody to enrol themselves, a child or ward, or a relative they miss; the token is kept as a hash only."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from assent.errors import InvalidInput
from assent.ledger import INVITATION_MADE, INVITATION_REDRAWN, EntryKind, JsonValue, format_time
from assent.mandates import Actor, Role
from assent.people import (
    INVITATION_PREFIX,
    USUAL_DAYS,
    Bearer,
    Invitation,
    InvitationId,
    InvitationState,
    PurposeSlug,
    check_invitation,
    make_identifier,
)
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.services.sessions import tag_of
from assent.storage import Connection
from assent.storage import invitations as stored_invitations
from assent.storage import people as stored_people
from assent.storage import person_pages as stored_pages


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation with its token, which is told this once: `/i/` and the token is the link."""

    invitation: Invitation
    token: str


@dataclass(frozen=True, slots=True)
class ShownInvitation:
    """An invitation as a steward sees it; the note is None once the invitation ended."""

    invitation: Invitation
    state: InvitationState
    note: str | None


def invite_person(
    runtime: Runtime,
    actor: Actor,
    *,
    bearer: Bearer,
    purposes: Collection[PurposeSlug],
    language: str = "en",
    note: str = "",
    days: int = USUAL_DAYS,
    consent_days: int | None = None,
) -> Invited:
    """Invite somebody; takes a steward. The link works for `days`, once; consent holds `consent_days`, or without end.

    Raises RoleMissing or InvalidInput.
    """
    actor.require_role(Role.STEWARD)
    at, token = runtime.clock(), secrets.token_urlsafe(32)
    invitation = Invitation(
        id=InvitationId(make_identifier(INVITATION_PREFIX)),
        bearer=bearer,
        purposes=tuple(sorted(set(purposes))),
        language=language,
        invited_by=actor.member.id,
        invited_at=at,
        expires_at=at + timedelta(days=min(days, 10_000)),
        consent_days=consent_days,
    )
    note = note.strip()
    check_invitation(invitation, note)
    with runtime.database.transaction() as transaction:
        unknown = sorted(set(purposes) - set(stored_people.load_purposes(transaction)))
        if unknown:
            raise InvalidInput("An invitation offers only purposes that are defined here.")
        runtime.vault.make_key(invitation.id)
        stored_invitations.record_invitation(transaction, runtime.vault, invitation, tag_of(token), note)
        more: dict[str, JsonValue] = {"bearer": bearer.value, "until": format_time(invitation.expires_at)}
        _record(runtime, transaction, actor, invitation, INVITATION_MADE, more)
    return Invited(invitation, token)


def list_invitations(runtime: Runtime, actor: Actor) -> list[ShownInvitation]:
    """List all invitations, the newest first; takes a steward. Raises RoleMissing."""
    actor.require_role(Role.STEWARD)
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        return [
            ShownInvitation(
                invitation,
                state := invitation.state_at(at),
                stored_invitations.read_note(view, runtime.vault, invitation.id)
                if state is InvitationState.OPEN
                else None,
            )
            for invitation in stored_invitations.load_invitations(view)
        ]


def redraw_invitation(runtime: Runtime, actor: Actor, invitation: str) -> Invited:
    """Give an open invitation a new link, for printing it or after it got lost; the one before opens nothing any more.

    Takes a steward. Raises RoleMissing, NotFound or LinkEnded.
    """
    actor.require_role(Role.STEWARD)
    token = secrets.token_urlsafe(32)
    with runtime.database.transaction() as transaction:
        found = stored_invitations.load_invitation(transaction, invitation)
        found.require_open(runtime.clock())
        stored_invitations.record_token(transaction, found.id, tag_of(token))
        stored_pages.delete_invitation_sessions(transaction, found.id)
        _record(runtime, transaction, actor, found, INVITATION_REDRAWN)
    return Invited(found, token)


def revoke_invitation(runtime: Runtime, actor: Actor, invitation: str) -> None:
    """Take an invitation back; takes a steward. Raises RoleMissing, NotFound or LinkEnded."""
    actor.require_role(Role.STEWARD)
    with runtime.database.transaction() as transaction:
        found = stored_invitations.load_invitation(transaction, invitation)
        at = runtime.clock()
        found.require_open(at)
        stored_invitations.record_revocation(transaction, found.id, at)
        stored_pages.delete_invitation_sessions(transaction, found.id)
        runtime.vault.destroy_keys([found.id], at)
        _record(runtime, transaction, actor, found, InvitationState.REVOKED.value)


def _record(
    runtime: Runtime,
    transaction: Connection,
    actor: Actor,
    invitation: Invitation,
    change: str,
    more: dict[str, JsonValue] | None = None,
) -> None:
    fields: dict[str, JsonValue] = {"invitation": invitation.id, "change": change, **(more or {})}
    record_entry(runtime, transaction, EntryKind.INVITATION_CHANGED, actor=actor, at=runtime.clock(), fields=fields)
