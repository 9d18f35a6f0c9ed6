"""Exchange the token of an invitation or a personal link for a session, and find who acts in one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from assent.errors import LinkEnded, NotFound
from assent.mandates import Visitor
from assent.people import Bearer, Invitation, InvitationId, PersonId
from assent.services.runtime import Runtime
from assent.services.sessions import tag_of
from assent.storage import Connection
from assent.storage import invitations as stored_invitations
from assent.storage import person_pages as stored_pages
from assent.storage.person_pages import PersonSession

IDLE_LIMIT = timedelta(minutes=30)
"""After how long without use a page closes; the personal link opens it again."""

ABSOLUTE_LIMIT = timedelta(hours=4)
"""After how long a page closes in any case: photos and consent take minutes."""

_SEEN_STEP = timedelta(seconds=60)
_UNKNOWN = "This link opens nothing. Perhaps it was replaced by a newer one, or not copied whole."


@dataclass(frozen=True, slots=True)
class OpenedInvitation:
    """An invitation that is open in one browser."""

    invitation: Invitation
    session: bytes


def open_invitation(runtime: Runtime, token: str) -> tuple[str, str]:
    """Exchange an invitation's token for a session's; only enrolling uses the invitation up.

    A mail program that looks at the link first, or a browser that was closed, spoils nothing. With the token comes the
    language in which the steward invited. Raises LinkEnded with the reason in plain words.
    """
    with runtime.database.transaction() as transaction:
        found = stored_invitations.find_invitation(transaction, tag_of(token))
        if found is None:
            raise LinkEnded(_UNKNOWN)
        found.require_open(runtime.clock())
        return start_session(runtime, transaction, invitation=found.id), found.language


def open_personal_link(runtime: Runtime, token: str) -> str:
    """Exchange a personal link's token for a session's. Raises LinkEnded."""
    with runtime.database.transaction() as transaction:
        person = stored_pages.find_linked_person(transaction, tag_of(token))
        if person is None:
            raise LinkEnded(_UNKNOWN)
        return start_session(runtime, transaction, person=person)


def start_session(
    runtime: Runtime,
    transaction: Connection,
    *,
    invitation: InvitationId | None = None,
    person: PersonId | None = None,
) -> str:
    """Open a session for an invitation or a person; its token comes back and is kept nowhere."""
    token, at = secrets.token_urlsafe(32), runtime.clock()
    stored_pages.delete_sessions_before(transaction, opened=at - ABSOLUTE_LIMIT, seen=at - IDLE_LIMIT)
    stored_pages.record_session(transaction, PersonSession(tag_of(token), invitation, person, at, at))
    return token


def find_invited(runtime: Runtime, token: str) -> OpenedInvitation:
    """Find the invitation that is open in a browser. Raises LinkEnded where none is, or it ended meanwhile."""
    session = _find_session(runtime, token)
    if session is None or session.invitation is None:
        raise LinkEnded("This page has closed. Open your invitation's link again.")
    with runtime.database.snapshot() as view:
        invitation = stored_invitations.load_invitation(view, session.invitation)
    invitation.require_open(runtime.clock())
    return OpenedInvitation(invitation, session.tag)


def find_visitor(runtime: Runtime, token: str, channel: str) -> Visitor:
    """Find who acts in a browser in which a person's page is open. Raises LinkEnded where none is."""
    session = _find_session(runtime, token)
    if session is None or session.person is None:
        raise LinkEnded("This page has closed. Open your personal link again.")
    with runtime.database.snapshot() as view:
        bearer = stored_pages.load_bearer(view, session.person)
    return Visitor(session.person, bearer or Bearer.SELF, channel)


def end_person_session(runtime: Runtime, token: str) -> None:
    """Close the page in one browser; a token that is unknown is no error."""
    with runtime.database.transaction() as transaction:
        stored_pages.delete_session(transaction, tag_of(token))


def _find_session(runtime: Runtime, token: str) -> PersonSession | None:
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        session = stored_pages.find_session(view, tag_of(token))
    if session is None or at - session.opened_at >= ABSOLUTE_LIMIT or at - session.seen_at >= IDLE_LIMIT:
        return None
    if at - session.seen_at >= _SEEN_STEP:
        with runtime.database.transaction() as transaction:
            stored_pages.record_seen(transaction, session.tag, at)
    return session


def require_person(visitor: Visitor) -> PersonId:
    """Read whose page a visitor has open. Raises NotFound before there is one."""
    if visitor.person is None:
        raise NotFound("Nobody is enrolled here yet.")
    return visitor.person
