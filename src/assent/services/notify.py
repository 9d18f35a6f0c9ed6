"""Tell members by mail that something waits for them: queued in the caller's transaction, sent later by `deliver_mail`.

A mail never holds a face, a name, a case or a reason; it says that something waits and where to sign in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from assent.errors import InvalidInput
from assent.mandates import Actor, LicenceState, MemberId, Role
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import mail as stored_mail
from assent.storage import mandates as stored_mandates

SPACING = timedelta(hours=1)
"""How long after one mail the next of its kind goes out: a busy day must not make a full mailbox."""

ENDING_WITHIN = timedelta(days=7)
"""How long before its end a holder is told of a licence: long enough to ask for another."""

LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[^@\s<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)


class NoticeKind(StrEnum):
    """What waits, and so where the mail leads; the mail itself does not say."""

    APPROVAL_WANTED = "approval-wanted"
    REQUEST_DECIDED = "request-decided"
    REVIEW_WANTED = "review-wanted"
    LICENCE_ENDING = "licence-ending"
    ACCOUNT_RESET = "account-reset"


def notify(
    runtime: Runtime,
    transaction: Connection,
    kind: NoticeKind,
    members: Iterable[MemberId],
    *,
    about: str | None = None,
) -> None:
    """Queue a mail for each of the members who left an address; nothing where no mail server is configured.

    With `about`, there is one mail for each such thing, ever; without, none while another of its kind waits.
    """
    if not runtime.settings.mail_host:
        return
    at = runtime.clock()
    for member in members:
        if not stored_mail.has_address(transaction, member):
            continue
        if about is None:
            is_known = stored_mail.is_waiting(transaction, member, kind)
        else:
            is_known = stored_mail.is_told(transaction, member, kind, about)
        if not is_known:
            last = stored_mail.find_last_sent(transaction, member, kind)
            due_at = at if last is None or about is not None else max(at, last + SPACING)
            stored_mail.queue_mail(transaction, member, kind, at=at, due_at=due_at, about=about)


def notify_role(runtime: Runtime, transaction: Connection, kind: NoticeKind, *roles: Role, apart_from: str) -> None:
    """Queue a mail for all who have one of the roles, apart from the one whose doing it is."""
    if runtime.settings.mail_host:
        reachable = stored_mail.list_reachable(transaction, roles)
        notify(runtime, transaction, kind, [member for member in reachable if member != apart_from])


def notify_of_ending_licences(runtime: Runtime) -> None:
    """Queue a mail to each holder whose licence ends soon, once for each licence and end."""
    if not runtime.settings.mail_host:
        return
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        ending = [
            licence
            for licence in stored_mandates.load_licences(view)
            if licence.state_at(at) is LicenceState.IN_FORCE
            and licence.valid_until - at <= ENDING_WITHIN
            and not stored_mail.is_told(
                view, licence.holder, NoticeKind.LICENCE_ENDING, _name_end(licence.id, licence.valid_until.isoformat())
            )
        ]
    if ending:
        with runtime.database.transaction() as transaction:
            for licence in ending:
                about = _name_end(licence.id, licence.valid_until.isoformat())
                notify(runtime, transaction, NoticeKind.LICENCE_ENDING, [licence.holder], about=about)


def set_mail_address(runtime: Runtime, actor: Actor, address: str, *, member: str | None = None) -> None:
    """Keep the address that a member left, sealed under the member's key; an empty one is forgotten.

    Members set their own, administrators anybody's. Raises RoleMissing, NotFound, InvalidInput.
    """
    actor.member.require_active()
    wanted = address.strip()
    if wanted and (len(wanted) > LONGEST_ADDRESS or _ADDRESS.fullmatch(wanted) is None):
        raise InvalidInput("That is no mail address; one looks like name@example.org.")
    with runtime.database.transaction() as transaction:
        whose = actor.member.id
        if member is not None and member != whose:
            actor.require_role(Role.ADMINISTRATOR)
            whose = stored_mandates.find_member(transaction, runtime.vault, member).id
        if wanted:
            stored_mail.record_address(transaction, runtime.vault, whose, wanted, runtime.clock())
        else:
            stored_mail.delete_address(transaction, whose)


def read_mail_address(runtime: Runtime, actor: Actor) -> str:
    """Read one's own address; empty where there is none."""
    with runtime.database.snapshot() as view:
        return stored_mail.find_address(view, runtime.vault, actor.member.id) or ""


def _name_end(licence: str, until: str) -> str:
    return f"{licence} {until}"
