"""What an administrator does to accounts: roles, suspension, links; each on record, and shown to the member."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from assent.errors import InvalidInput
from assent.mandates import Actor, Member, Role, check_roles
from assent.services.runtime import Runtime
from assent.services.sign_in.links import LinkKind, end_everything, make_link, note_change
from assent.storage import Connection
from assent.storage import accounts as stored_accounts
from assent.storage import mandates as stored_mandates
from assent.storage import sign_in as stored_sign_in

_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True, slots=True)
class AccountState:
    """How a member signs in, as far as an administrator needs to know; nothing that would open the account."""

    member: Member
    has_password: bool
    has_authenticator: bool
    passkeys: int
    is_at_provider: bool


def show_accounts(runtime: Runtime, actor: Actor) -> list[AccountState]:
    """List all accounts, oldest first; takes an administrator. Raises RoleMissing."""
    actor.require_role(Role.ADMINISTRATOR)
    with runtime.database.snapshot() as view:
        return [_describe(runtime, view, member) for member in stored_mandates.load_members(view, runtime.vault)]


def show_account(runtime: Runtime, actor: Actor, member: str) -> AccountState:
    """Show one account; takes an administrator. Raises RoleMissing or NotFound."""
    actor.require_role(Role.ADMINISTRATOR)
    with runtime.database.snapshot() as view:
        return _describe(runtime, view, stored_mandates.find_member(view, runtime.vault, member))


def invite_member(runtime: Runtime, actor: Actor, member: str) -> str:
    """Make the link by which a member sets their first password; its path comes back.

    Raises RoleMissing, NotFound, or InvalidInput for a member who has a password: that is a reset.
    """

    def invite(transaction: Connection, found: Member) -> str:
        if stored_accounts.load_password(transaction, runtime.vault, found.id) is not None:
            raise InvalidInput("This member has a password; make a link to reset it instead.")
        return make_link(runtime, transaction, found, LinkKind.SET_UP, actor=actor)

    return _change(runtime, actor, member, invite)


def reset_member(runtime: Runtime, actor: Actor, member: str, *, loses_factors: bool) -> str:
    """Make a link by which a member sets a new password; with `loses_factors` their second factor goes as well.

    The member sees at the next signing in who made it. Raises RoleMissing, NotFound, InvalidInput for oneself.
    """
    kind = LinkKind.FACTORS if loses_factors else LinkKind.PASSWORD

    def reset(transaction: Connection, found: Member) -> str:
        _require_other(actor, found)
        end_everything(transaction, found)
        return make_link(runtime, transaction, found, kind, actor=actor)

    return _change(runtime, actor, member, reset)


def change_roles(runtime: Runtime, actor: Actor, member: str, roles: Collection[Role]) -> Member:
    """Give a member other roles; all their sessions end.

    Raises RoleMissing, NotFound, RolesIncompatible, InvalidInput for oneself or roles that stay as they are.
    """
    new = check_roles(roles)

    def change(transaction: Connection, found: Member) -> Member:
        _require_other(actor, found)
        if found.roles == new:
            raise InvalidInput("These are the roles that the member has already.")
        changed = replace(found, roles=new)
        stored_accounts.record_roles(transaction, found.id, new)
        end_everything(transaction, found)
        note_change(runtime, transaction, changed, "roles-changed", actor=actor)
        return changed

    return _change(runtime, actor, member, change)


def suspend_member(runtime: Runtime, actor: Actor, member: str) -> Member:
    """Suspend a member: sessions end, links die, and neither password nor token opens anything.

    Raises RoleMissing, NotFound, InvalidInput for oneself or somebody suspended already.
    """

    def suspend(transaction: Connection, found: Member) -> Member:
        _require_other(actor, found)
        if found.suspended_at is not None:
            raise InvalidInput("This member is suspended already.")
        suspended = replace(found, suspended_at=runtime.clock())
        stored_accounts.record_suspension(transaction, found.id, suspended.suspended_at)
        stored_sign_in.delete_links(transaction, found.id)
        end_everything(transaction, found)
        note_change(runtime, transaction, suspended, "suspended", actor=actor)
        return suspended

    return _change(runtime, actor, member, suspend)


def reactivate_member(runtime: Runtime, actor: Actor, member: str) -> Member:
    """Let a suspended member in again. Raises RoleMissing, NotFound, InvalidInput for somebody who is not suspended."""

    def reactivate(transaction: Connection, found: Member) -> Member:
        if found.suspended_at is None:
            raise InvalidInput("This member is not suspended.")
        active = replace(found, suspended_at=None)
        stored_accounts.record_suspension(transaction, found.id, None)
        note_change(runtime, transaction, active, "reactivated", actor=actor)
        return active

    return _change(runtime, actor, member, reactivate)


def end_member_sessions(runtime: Runtime, actor: Actor, member: str) -> None:
    """End all sessions of a member. Raises RoleMissing or NotFound."""

    def end(transaction: Connection, found: Member) -> None:
        end_everything(transaction, found)
        note_change(runtime, transaction, found, "sessions-ended", actor=actor)

    _change(runtime, actor, member, end)


def _change(runtime: Runtime, actor: Actor, member: str, change: Callable[[Connection, Member], _Outcome]) -> _Outcome:
    actor.require_role(Role.ADMINISTRATOR)
    with runtime.database.transaction() as transaction:
        return change(transaction, stored_mandates.find_member(transaction, runtime.vault, member))


def _require_other(actor: Actor, member: Member) -> None:
    if member.id == actor.member.id:
        raise InvalidInput("Nobody changes their own account here; another administrator does.")


def _describe(runtime: Runtime, view: Connection, member: Member) -> AccountState:
    totp = stored_accounts.load_totp(view, runtime.vault, member.id)
    return AccountState(
        member=member,
        has_password=stored_accounts.load_password(view, runtime.vault, member.id) is not None,
        has_authenticator=totp is not None and totp.confirmed_at is not None,
        passkeys=len(stored_accounts.load_passkeys(view, runtime.vault, member.id)),
        is_at_provider=stored_accounts.has_identity(view, member.id),
    )
