"""Members' addresses, sealed under each member's key, and the mails that wait to be sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from assent.errors import NotFound
from assent.mandates import MemberId, Role
from assent.storage.request_tables import mail_addresses, mail_outbox
from assent.storage.tables import members
from assent.storage.vault import Vault

_ADDRESS = "mail-address"


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail to be sent: to whom and of which kind; its words and the address are looked up when it is sent."""

    id: int
    member: MemberId
    kind: str
    tries: int


def record_address(connection: Connection, vault: Vault, member: MemberId, address: str, at: datetime) -> None:
    """Keep a member's address in place of the one before."""
    delete_address(connection, member)
    sealed = vault.seal(member, _ADDRESS, address.encode())
    connection.execute(insert(mail_addresses).values(member_id=member, address_sealed=sealed, set_at=at))


def delete_address(connection: Connection, member: MemberId) -> None:
    """Forget a member's address."""
    connection.execute(delete(mail_addresses).where(mail_addresses.c.member_id == member))


def find_address(connection: Connection, vault: Vault, member: MemberId) -> str | None:
    """Open a member's address, if there is one."""
    query = select(mail_addresses.c.address_sealed).where(mail_addresses.c.member_id == member)
    sealed = connection.execute(query).scalar_one_or_none()
    if sealed is None:
        return None
    try:
        return vault.unseal(member, _ADDRESS, sealed).decode()
    except NotFound:
        return None


def list_reachable(connection: Connection, roles: Collection[Role]) -> list[MemberId]:
    """List the members who left an address, are not suspended and have one of the roles."""
    query = (
        select(members.c.id, members.c.roles)
        .join(mail_addresses, mail_addresses.c.member_id == members.c.id)
        .where(members.c.suspended_at.is_(None))
        .order_by(members.c.id)
    )
    wanted = {role.value for role in roles}
    return [MemberId(row.id) for row in connection.execute(query) if wanted & set(row.roles.split())]


def has_address(connection: Connection, member: str) -> bool:
    """Tell whether a member left an address."""
    query = select(mail_addresses.c.member_id).where(mail_addresses.c.member_id == member)
    return connection.execute(query).first() is not None


def queue_mail(
    connection: Connection, member: MemberId, kind: str, *, at: datetime, due_at: datetime, about: str | None
) -> None:
    """Add a mail to those that wait."""
    connection.execute(
        insert(mail_outbox).values(member_id=member, kind=kind, about=about, queued_at=at, due_at=due_at, tries=0)
    )


def is_waiting(connection: Connection, member: MemberId, kind: str) -> bool:
    """Tell whether such a mail waits already: one that says that something waits is enough."""
    waits = (mail_outbox.c.member_id == member) & (mail_outbox.c.kind == kind) & mail_outbox.c.sent_at.is_(None)
    return connection.execute(select(mail_outbox.c.id).where(waits)).first() is not None


def is_told(connection: Connection, member: MemberId, kind: str, about: str) -> bool:
    """Tell whether a mail about this very thing waits or was sent."""
    same = (mail_outbox.c.member_id == member) & (mail_outbox.c.kind == kind) & (mail_outbox.c.about == about)
    return connection.execute(select(mail_outbox.c.id).where(same)).first() is not None


def find_last_sent(connection: Connection, member: MemberId, kind: str) -> datetime | None:
    """Read when such a mail was sent last."""
    same = (mail_outbox.c.member_id == member) & (mail_outbox.c.kind == kind)
    sent: datetime | None = connection.execute(select(func.max(mail_outbox.c.sent_at)).where(same)).scalar_one()
    return sent


def load_due(connection: Connection, at: datetime, limit: int) -> list[WaitingMail]:
    """Read the mails whose time has come, the oldest first."""
    query = (
        select(mail_outbox)
        .where(mail_outbox.c.sent_at.is_(None), mail_outbox.c.due_at <= at)
        .order_by(mail_outbox.c.due_at, mail_outbox.c.id)
        .limit(limit)
    )
    return [WaitingMail(row.id, MemberId(row.member_id), row.kind, row.tries) for row in connection.execute(query)]


def count_waiting(connection: Connection) -> int:
    """Count the mails that nobody has taken yet."""
    query = select(func.count()).select_from(mail_outbox).where(mail_outbox.c.sent_at.is_(None))
    waiting: int = connection.execute(query).scalar_one()
    return waiting


def claim_mail(connection: Connection, mail: WaitingMail, due_again_at: datetime) -> bool:
    """Take a mail for one try; False where another process was faster. If the try fails, it is due again by itself."""
    same = (mail_outbox.c.id == mail.id) & (mail_outbox.c.tries == mail.tries) & mail_outbox.c.sent_at.is_(None)
    values = {"tries": mail.tries + 1, "due_at": due_again_at}
    return connection.execute(update(mail_outbox).where(same).values(**values)).rowcount == 1


def record_sent(connection: Connection, mail: WaitingMail, at: datetime) -> None:
    """Note that a mail was handed over."""
    connection.execute(update(mail_outbox).where(mail_outbox.c.id == mail.id).values(sent_at=at))


def delete_mail(connection: Connection, mail: WaitingMail) -> None:
    """Give a mail up."""
    connection.execute(delete(mail_outbox).where(mail_outbox.c.id == mail.id))


def delete_sent_before(connection: Connection, at: datetime) -> None:
    """Forget mails that were sent before this moment."""
    connection.execute(delete(mail_outbox).where(mail_outbox.c.sent_at < at))
