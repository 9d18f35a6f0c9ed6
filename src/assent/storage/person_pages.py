"""What stands behind a person's own page: link, sessions, receipts, and what is told to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from assent.people import (
    Bearer,
    ConsentRecord,
    Controller,
    InvitationId,
    KinWish,
    PersonId,
    Purpose,
    PurposeSlug,
    RecordId,
    Told,
)
from assent.storage.person_page_tables import (
    consent_records,
    controllers,
    invitations,
    kin_wishes,
    person_sessions,
    personal_links,
    purpose_texts,
    search_delays,
)
from assent.storage.vault import Vault

_RECORD = "consent-record"
_WISH = "kin-wish"


@dataclass(frozen=True, slots=True)
class PersonSession:
    """One browser in which an invitation or a person's page is open; `tag` is the SHA-256 of its token."""

    tag: bytes
    invitation: InvitationId | None
    person: PersonId | None
    opened_at: datetime
    seen_at: datetime


# --- links and sessions --------------------------------------------------------------------------------------------


def record_link(connection: Connection, person: PersonId, bearer: Bearer, token_tag: bytes, at: datetime) -> None:
    """Keep a person's link in place of the one before; what that one opened ends with it."""
    connection.execute(delete(personal_links).where(personal_links.c.person_id == person))
    connection.execute(delete(person_sessions).where(person_sessions.c.person_id == person))
    values = {"person_id": person, "token_tag": token_tag, "bearer": bearer, "made_at": at}
    connection.execute(insert(personal_links).values(**values))


def find_linked_person(connection: Connection, token_tag: bytes) -> PersonId | None:
    """Find whose page a link's token opens."""
    query = select(personal_links.c.person_id).where(personal_links.c.token_tag == token_tag)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else PersonId(found)


def load_bearer(connection: Connection, person: str) -> Bearer | None:
    """Read who holds the link to a person's page; None where none was made."""
    query = select(personal_links.c.bearer).where(personal_links.c.person_id == person)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else Bearer(found)


def record_session(connection: Connection, session: PersonSession) -> None:
    """Store a new session."""
    connection.execute(
        insert(person_sessions).values(
            tag=session.tag,
            invitation_id=session.invitation,
            person_id=session.person,
            opened_at=session.opened_at,
            seen_at=session.seen_at,
        )
    )


def find_session(connection: Connection, tag: bytes) -> PersonSession | None:
    """Read a session by the SHA-256 of its token."""
    row = connection.execute(select(person_sessions).where(person_sessions.c.tag == tag)).one_or_none()
    if row is None:
        return None
    return PersonSession(bytes(row.tag), row.invitation_id, row.person_id, row.opened_at, row.seen_at)


def record_seen(connection: Connection, tag: bytes, at: datetime) -> None:
    """Note that a session was used."""
    connection.execute(update(person_sessions).where(person_sessions.c.tag == tag).values(seen_at=at))


def delete_session(connection: Connection, tag: bytes) -> None:
    """End a session."""
    connection.execute(delete(person_sessions).where(person_sessions.c.tag == tag))


def delete_invitation_sessions(connection: Connection, invitation: str) -> None:
    """End all sessions in which an invitation is open."""
    connection.execute(delete(person_sessions).where(person_sessions.c.invitation_id == invitation))


def delete_sessions_before(connection: Connection, *, opened: datetime, seen: datetime) -> None:
    """Forget sessions that were opened, or last used, before these moments."""
    ended = (person_sessions.c.opened_at < opened) | (person_sessions.c.seen_at < seen)
    connection.execute(delete(person_sessions).where(ended))


# --- receipts ------------------------------------------------------------------------------------------------------


def record_consent_record(connection: Connection, vault: Vault, person: PersonId, record: ConsentRecord) -> None:
    """Keep a consent record under the person's key."""
    sealed = vault.seal(person, f"{_RECORD}:{record.id}", record.data)
    values = {"id": record.id, "person_id": person, "record_sealed": sealed, "made_at": record.at}
    connection.execute(insert(consent_records).values(**values))


def load_consent_records(connection: Connection, vault: Vault, person: PersonId) -> list[ConsentRecord]:
    """Read all consent records of a person, the newest first."""
    query = select(consent_records).where(consent_records.c.person_id == person)
    rows = connection.execute(query.order_by(consent_records.c.made_at.desc(), consent_records.c.id))
    return [
        ConsentRecord(
            RecordId(row.id), row.made_at, vault.unseal(person, f"{_RECORD}:{row.id}", bytes(row.record_sealed))
        )
        for row in rows
    ]


# --- what is told to whom ------------------------------------------------------------------------------------------


def record_wish(connection: Connection, vault: Vault, wish: KinWish, decided_by: str) -> None:
    """Keep what a found person agreed that the family learns, in place of what was agreed before."""
    connection.execute(delete(kin_wishes).where(kin_wishes.c.person_id == wish.person))
    connection.execute(
        insert(kin_wishes).values(
            person_id=wish.person,
            told=wish.told,
            text_sealed=vault.seal(wish.person, _WISH, wish.text.encode()),
            decided_by=decided_by,
            decided_at=wish.decided_at,
        )
    )


def load_wish(connection: Connection, vault: Vault, person: PersonId) -> KinWish | None:
    """Read what a found person agreed that the family learns; None while nothing was agreed."""
    row = connection.execute(select(kin_wishes).where(kin_wishes.c.person_id == person)).one_or_none()
    if row is None:
        return None
    text = vault.unseal(person, _WISH, bytes(row.text_sealed)).decode()
    return KinWish(person, Told(row.told), text, row.decided_at)


def record_delay(connection: Connection, search: str, until: datetime, placed_by: str, at: datetime) -> None:
    """Keep until when people are not told of a search, in place of what was kept before."""
    connection.execute(delete(search_delays).where(search_delays.c.search_id == search))
    values = {"search_id": search, "until": until, "placed_by": placed_by, "placed_at": at}
    connection.execute(insert(search_delays).values(**values))


def list_delayed_searches(connection: Connection, at: datetime) -> dict[str, datetime]:
    """Read of which searches people are not told at the moment `at`, and until when."""
    rows = connection.execute(select(search_delays).where(search_delays.c.until > at))
    return {row.search_id: row.until for row in rows}


# --- texts ---------------------------------------------------------------------------------------------------------


def record_purpose_text(connection: Connection, purpose: Purpose) -> None:
    """Keep a purpose's text in one more language, or its new text."""
    same = (purpose_texts.c.slug == purpose.slug) & (purpose_texts.c.language == purpose.language)
    connection.execute(delete(purpose_texts).where(same))
    connection.execute(
        insert(purpose_texts).values(
            slug=purpose.slug,
            language=purpose.language,
            text=purpose.text,
            text_version=purpose.text_version,
            defined_at=purpose.defined_at,
        )
    )


def load_purpose_texts(connection: Connection) -> list[Purpose]:
    """Read the purposes' texts in all further languages."""
    rows = connection.execute(select(purpose_texts).order_by(purpose_texts.c.slug, purpose_texts.c.language))
    return [Purpose(PurposeSlug(row.slug), row.text, row.text_version, row.language, row.defined_at) for row in rows]


def record_controller(connection: Connection, controller: Controller, at: datetime) -> None:
    """Keep who answers for what is held."""
    connection.execute(delete(controllers))
    connection.execute(insert(controllers).values(id=1, description=controller.to_bytes(), set_at=at))


def load_controller(connection: Connection) -> Controller | None:
    """Read who answers for what is held; None where nobody described it yet."""
    found = connection.execute(select(controllers.c.description)).scalar_one_or_none()
    return None if found is None else Controller.from_bytes(bytes(found))


# --- erasure -------------------------------------------------------------------------------------------------------


def delete_person_pages(connection: Connection, person: str) -> None:
    """Delete all rows behind the page of a person who is being erased."""
    for table in (personal_links, person_sessions, consent_records, kin_wishes):
        connection.execute(delete(table).where(table.c.person_id == person))
    connection.execute(update(invitations).where(invitations.c.person_id == person).values(person_id=None))


def count_records(connection: Connection, person: str) -> int:
    """Count a person's receipts."""
    query = select(func.count()).select_from(consent_records).where(consent_records.c.person_id == person)
    return int(connection.execute(query).scalar_one())
