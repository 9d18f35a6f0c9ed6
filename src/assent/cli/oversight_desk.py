"""Where the oversight desk reads: published files that it verifies first, or the deployment's database."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs; from published files it answers without a database)
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from assent.cli.context import CHANNEL, Invocation
from assent.cli.verify import read_trust_options
from assent.errors import InvalidInput

if TYPE_CHECKING:
    from assent.ledger import SearchRecord
    from assent.mandates import Actor
    from assent.services.read_ledger_copy import LedgerCopy
    from assent.services.runtime import Runtime

FromOption = Annotated[
    Path | None, typer.Option("--from", metavar="FOLDER", help="Published files, instead of the database.")
]
KeyOption = Annotated[
    str | None, typer.Option("--key", metavar="VKEY", help="With --from: the ledger's key, or a file that holds it.")
]
PolicyOption = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="With --from: a policy with log, witnesses, quorum.")
]

_MEMBER = re.compile(r"\bm_[a-z2-7]{16}\b")


@dataclass(frozen=True, slots=True)
class Desk:
    """The ledger, and for an overseer at the database also who acts and the members' handles."""

    copy: LedgerCopy
    runtime: Runtime | None
    overseer: Actor | None
    names: Mapping[str, str]

    def resolve(self, text: str) -> str:
        """Put handles in the place of members' pseudonyms, where they are known."""
        return _MEMBER.sub(lambda found: self.names.get(found[0], found[0]), text)


@contextmanager
def open_desk(invocation: Invocation, folder: Path | None, key: str | None, policy: Path | None) -> Iterator[Desk]:
    """Open the desk; names resolve only where an overseer acts on the database."""
    from assent.services.read_ledger_copy import read_own_copy, read_published_copy

    if folder is not None:
        yield Desk(read_published_copy(folder, read_trust_options(key, policy)), None, None, {})
        return
    if key is not None or policy is not None:
        raise InvalidInput("--key and --policy are for published files; say where they lie with --from.")
    from assent.mandates import Role
    from assent.services.inspect_search import name_members

    with invocation.open() as runtime:
        actor = None if invocation.handle is None else runtime.find_actor(invocation.handle, CHANNEL)
        overseer = actor if actor is not None and Role.OVERSEER in actor.member.roles else None
        names = {} if overseer is None else name_members(runtime, overseer)
        yield Desk(read_own_copy(runtime), runtime, overseer, names)


def find_record(desk: Desk, search: str) -> SearchRecord:
    """Find a search by its identifier. Raises NotFound."""
    from assent.errors import NotFound
    from assent.ledger import collect_searches

    for record in collect_searches(enumerate(desk.copy.entries)):
        if record.search == search:
            return record
    raise NotFound(f"The ledger has no search {search}.")


def read_zone(name: str) -> tzinfo:
    """Read a time zone's name, such as Europe/Brussels. Raises InvalidInput."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"There is no time zone {name!r} here; write UTC or a name such as Europe/Brussels."
        ) from None


def say_source(desk: Desk) -> str:
    """Say what was read, for the line below an answer."""
    where = "published files, each entry hashed again up to the signed root" if desk.copy.is_published else "database"
    return f"From the {where}: {len(desk.copy.entries)} entries of {desk.copy.origin}."
