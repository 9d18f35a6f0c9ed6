"""The first start: a one-time link for an administrator, as long as nobody can sign in."""

from __future__ import annotations

from assent.mandates import Role
from assent.services.runtime import Runtime
from assent.services.sign_in.links import LinkKind, make_link
from assent.storage import accounts as stored_accounts
from assent.storage import mandates as stored_mandates


def make_set_up_link(runtime: Runtime) -> str | None:
    """Make a link for the first administrator and give its path, such as `/welcome/...`; None once a password exists.

    Each start makes a new one and ends the one before.
    """
    with runtime.database.transaction() as transaction:
        if stored_accounts.has_any_password(transaction):
            return None
        members = stored_mandates.load_members(transaction, runtime.vault)
        first = next(
            (member for member in members if Role.ADMINISTRATOR in member.roles and member.suspended_at is None), None
        )
        return None if first is None else make_link(runtime, transaction, first, LinkKind.SET_UP, actor=None)
