"""Invitations, found by the SHA-256 of their token; for whom one is stays sealed under a key of its own."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from assent.errors import NotFound
from assent.people import Bearer, Invitation, InvitationId, PersonId, PurposeSlug
from assent.storage.person_page_tables import invitations
from assent.storage.vault import Vault

_NOTE = "invitation-note"


def record_invitation(
    connection: Connection, vault: Vault, invitation: Invitation, token_tag: bytes, note: str
) -> None:
    """Store a new invitation; its key must have been made before."""
    connection.execute(
        insert(invitations).values(
            id=invitation.id,
            token_tag=token_tag,
            bearer=invitation.bearer,
            purposes=json.dumps(invitation.purposes),
            language=invitation.language,
            note_sealed=vault.seal(invitation.id, _NOTE, note.encode()),
            invited_by=invitation.invited_by,
            invited_at=invitation.invited_at,
            expires_at=invitation.expires_at,
            consent_days=invitation.consent_days,
        )
    )


def load_invitation(connection: Connection, invitation: str) -> Invitation:
    """Read an invitation. Raises NotFound."""
    row = connection.execute(select(invitations).where(invitations.c.id == invitation)).one_or_none()
    if row is None:
        raise NotFound(f"There is no invitation {invitation}.")
    return _read_invitation(row)


def find_invitation(connection: Connection, token_tag: bytes) -> Invitation | None:
    """Find the invitation that a token opens, used up or not."""
    row = connection.execute(select(invitations).where(invitations.c.token_tag == token_tag)).one_or_none()
    return None if row is None else _read_invitation(row)


def load_invitations(connection: Connection) -> list[Invitation]:
    """Read all invitations, the newest first."""
    rows = connection.execute(select(invitations).order_by(invitations.c.invited_at.desc(), invitations.c.id))
    return [_read_invitation(row) for row in rows]


def read_note(connection: Connection, vault: Vault, invitation: str) -> str | None:
    """Open for whom an invitation is; None once it ended and its key is gone."""
    sealed = connection.execute(
        select(invitations.c.note_sealed).where(invitations.c.id == invitation)
    ).scalar_one_or_none()
    try:
        return None if sealed is None else vault.unseal(invitation, _NOTE, bytes(sealed)).decode()
    except NotFound:
        return None


def list_open_invitations(connection: Connection, at: datetime) -> set[str]:
    """List the invitations that can be used at the moment `at`; only these keep a key."""
    query = select(invitations.c.id).where(
        invitations.c.used_at.is_(None), invitations.c.revoked_at.is_(None), invitations.c.expires_at > at
    )
    return set(connection.execute(query).scalars())


def record_token(connection: Connection, invitation: str, token_tag: bytes) -> None:
    """Give an invitation another token; the one before opens nothing any more."""
    connection.execute(update(invitations).where(invitations.c.id == invitation).values(token_tag=token_tag))


def record_use(connection: Connection, invitation: str, person: PersonId, at: datetime) -> None:
    """Use an invitation up."""
    connection.execute(update(invitations).where(invitations.c.id == invitation).values(used_at=at, person_id=person))


def record_revocation(connection: Connection, invitation: str, at: datetime) -> None:
    """Take an invitation back."""
    connection.execute(update(invitations).where(invitations.c.id == invitation).values(revoked_at=at))


def _read_invitation(row: Row[tuple[object, ...]]) -> Invitation:
    return Invitation(
        id=InvitationId(row.id),
        bearer=Bearer(row.bearer),
        purposes=tuple(PurposeSlug(slug) for slug in json.loads(row.purposes)),
        language=row.language,
        invited_by=row.invited_by,
        invited_at=row.invited_at,
        expires_at=row.expires_at,
        consent_days=row.consent_days,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
        person=None if row.person_id is None else PersonId(row.person_id),
    )
