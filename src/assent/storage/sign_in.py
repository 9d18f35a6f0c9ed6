"""Signing in, while it happens: one-time links, steps, attempts and known browsers; all found by hashes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from assent.mandates import Attempts, MemberId, Role
from assent.storage.account_tables import (
    chosen_settings,
    known_browsers,
    one_time_links,
    provider_roles,
    sign_in_attempts,
    sign_in_steps,
)


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link by which a member sets a password; `tag` is the SHA-256 of its token."""

    tag: bytes
    member: MemberId
    kind: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A step between proving one thing and the next; `tag` is the SHA-256 of the browser's token."""

    tag: bytes
    kind: str
    member: MemberId | None
    roles: frozenset[Role] | None
    expires_at: datetime


# --- links -------------------------------------------------------------------------------------------------------


def record_link(connection: Connection, link: OneTimeLink) -> None:
    """Store a new link; a member's former links are dead."""
    connection.execute(delete(one_time_links).where(one_time_links.c.member_id == link.member))
    values = {"tag": link.tag, "member_id": link.member, "kind": link.kind, "expires_at": link.expires_at}
    connection.execute(insert(one_time_links).values(**values))


def find_link(connection: Connection, tag: bytes) -> OneTimeLink | None:
    """Find a link that was not used."""
    row = connection.execute(select(one_time_links).where(one_time_links.c.tag == tag)).one_or_none()
    return None if row is None else OneTimeLink(row.tag, MemberId(row.member_id), row.kind, row.expires_at)


def use_link(connection: Connection, tag: bytes) -> bool:
    """Use a link up; False if another request was faster."""
    return connection.execute(delete(one_time_links).where(one_time_links.c.tag == tag)).rowcount == 1


def delete_links(connection: Connection, member: MemberId) -> None:
    """End a member's links."""
    connection.execute(delete(one_time_links).where(one_time_links.c.member_id == member))


# --- steps -------------------------------------------------------------------------------------------------------


def record_step(connection: Connection, step: Step) -> None:
    """Store a step."""
    roles = None if step.roles is None else " ".join(sorted(step.roles))
    values = {"tag": step.tag, "kind": step.kind, "member_id": step.member, "roles": roles}
    connection.execute(insert(sign_in_steps).values(**values, expires_at=step.expires_at))


def find_step(connection: Connection, tag: bytes) -> Step | None:
    """Find a step."""
    row = connection.execute(select(sign_in_steps).where(sign_in_steps.c.tag == tag)).one_or_none()
    if row is None:
        return None
    roles = None if row.roles is None else frozenset(Role(role) for role in row.roles.split())
    return Step(row.tag, row.kind, row.member_id, roles, row.expires_at)


def use_step(connection: Connection, tag: bytes) -> bool:
    """Use a step up; False if another request was faster."""
    return connection.execute(delete(sign_in_steps).where(sign_in_steps.c.tag == tag)).rowcount == 1


def delete_steps(connection: Connection, member: MemberId) -> None:
    """End all that a member has begun."""
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.member_id == member))


def delete_steps_before(connection: Connection, at: datetime) -> None:
    """Forget the steps that ran out."""
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.expires_at < at))


# --- attempts ----------------------------------------------------------------------------------------------------


def load_attempts(connection: Connection, tag: bytes) -> Attempts | None:
    """Read the failures counted under a tag."""
    row = connection.execute(select(sign_in_attempts).where(sign_in_attempts.c.tag == tag)).one_or_none()
    return None if row is None else Attempts(row.failures, row.last_at)


def record_attempts(connection: Connection, tag: bytes, attempts: Attempts) -> None:
    """Store the failures counted under a tag."""
    values = {"failures": attempts.failures, "last_at": attempts.last_at}
    changed = connection.execute(update(sign_in_attempts).where(sign_in_attempts.c.tag == tag).values(**values))
    if not changed.rowcount:
        connection.execute(insert(sign_in_attempts).values(tag=tag, **values))


def forget_attempts(connection: Connection, tag: bytes) -> None:
    """Forget the failures counted under a tag."""
    connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.tag == tag))


def forgive_attempt(connection: Connection, tag: bytes) -> None:
    """Take one failure back."""
    counted = update(sign_in_attempts).where(sign_in_attempts.c.tag == tag, sign_in_attempts.c.failures > 0)
    connection.execute(counted.values(failures=sign_in_attempts.c.failures - 1))


def forget_attempts_before(connection: Connection, at: datetime) -> None:
    """Forget old failures."""
    connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.last_at < at))


# --- known browsers ----------------------------------------------------------------------------------------------


def record_browser(connection: Connection, tag: bytes, member: MemberId, at: datetime) -> None:
    """Note that a member signed in with this browser."""
    connection.execute(delete(known_browsers).where(known_browsers.c.tag == tag))
    connection.execute(insert(known_browsers).values(tag=tag, member_id=member, seen_at=at))


def find_browser(connection: Connection, tag: bytes) -> MemberId | None:
    """Find who signed in with this browser before."""
    return connection.execute(select(known_browsers.c.member_id).where(known_browsers.c.tag == tag)).scalar()


def delete_browsers(connection: Connection, member: MemberId) -> None:
    """Forget a member's browsers."""
    connection.execute(delete(known_browsers).where(known_browsers.c.member_id == member))


# --- what an administrator chose ---------------------------------------------------------------------------------


def load_chosen(connection: Connection) -> dict[str, int]:
    """Read the settings that were changed while the deployment ran."""
    rows = connection.execute(select(chosen_settings.c.name, chosen_settings.c.value))
    return {row.name: row.value for row in rows}


def record_chosen(connection: Connection, name: str, value: int, at: datetime) -> None:
    """Store a setting's new value."""
    connection.execute(delete(chosen_settings).where(chosen_settings.c.name == name))
    connection.execute(insert(chosen_settings).values(name=name, value=value, set_at=at))


def load_provider_roles(connection: Connection) -> dict[str, frozenset[Role]]:
    """Read which values of the provider's claim vouch for which roles."""
    rows = connection.execute(select(provider_roles).order_by(provider_roles.c.value))
    return {row.value: frozenset(Role(role) for role in row.roles.split()) for row in rows}


def record_provider_roles(connection: Connection, value: str, roles: frozenset[Role]) -> None:
    """Store for which roles a value vouches; for none, the value is forgotten."""
    connection.execute(delete(provider_roles).where(provider_roles.c.value == value))
    if roles:
        connection.execute(insert(provider_roles).values(value=value, roles=" ".join(sorted(roles))))
