"""The limits of sessions and links as they are now: the settings, with what an administrator changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from assent.errors import InvalidInput
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, Role
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import sign_in as stored_sign_in

CHANGEABLE: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "idle_minutes": (5, 120),
        "session_hours": (1, 24),
        "confirmed_minutes": (1, 60),
        "link_hours": (1, 168),
        "needs_second_factor": (0, 1),
    }
)
"""What is changed while the deployment runs, with the smallest and largest value."""


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How long sessions, confirmations and links last, and whether a password alone is enough."""

    idle: timedelta
    absolute: timedelta
    confirmed: timedelta
    link: timedelta
    needs_second_factor: bool


def read_limits(runtime: Runtime, view: Connection) -> SignInLimits:
    """Read the limits that hold now."""
    values = read_changeable(runtime, view)
    return SignInLimits(
        idle=timedelta(minutes=values["idle_minutes"]),
        absolute=timedelta(hours=values["session_hours"]),
        confirmed=timedelta(minutes=values["confirmed_minutes"]),
        link=timedelta(hours=values["link_hours"]),
        needs_second_factor=bool(values["needs_second_factor"]),
    )


def read_changeable(runtime: Runtime, view: Connection) -> dict[str, int]:
    """Read the settings that can be changed, each with the value that holds now."""
    defaults = {name: int(getattr(runtime.settings, name)) for name in CHANGEABLE}
    chosen = stored_sign_in.load_chosen(view)
    return defaults | {name: value for name, value in chosen.items() if name in CHANGEABLE}


def show_changeable(runtime: Runtime, actor: Actor) -> dict[str, int]:
    """Show the settings that can be changed; takes an administrator. Raises RoleMissing."""
    actor.require_role(Role.ADMINISTRATOR)
    with runtime.database.snapshot() as view:
        return read_changeable(runtime, view)


def change_setting(runtime: Runtime, actor: Actor, *, name: str, value: int) -> None:
    """Change a setting while the deployment runs; takes an administrator. Raises RoleMissing or InvalidInput."""
    actor.require_role(Role.ADMINISTRATOR)
    if name not in CHANGEABLE:
        raise InvalidInput("This setting is read when the program starts and cannot be changed here.")
    smallest, largest = CHANGEABLE[name]
    if not smallest <= value <= largest:
        raise InvalidInput(f"This setting takes a whole number from {smallest} to {largest}.")
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_sign_in.record_chosen(transaction, name, value, at)
        fields: dict[str, JsonValue] = {"setting": name.replace("_", "-"), "value": value}
        record_entry(runtime, transaction, EntryKind.SETTINGS_CHANGED, actor=actor, at=at, fields=fields)
