"""Members, licences and cases; handles and case numbers are sealed and found again by a keyed tag."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from assent.errors import InvalidInput, NotFound
from assent.mandates import Case, CaseId, Licence, LicenceId, Member, MemberId, Role
from assent.people import PurposeSlug
from assent.storage.tables import cases, licences, members
from assent.storage.vault import Vault

_HANDLE = "handle"
_CASE_NUMBER = "case-number"


# --- members -----------------------------------------------------------------------------------------------------


def record_member(connection: Connection, vault: Vault, member: Member) -> None:
    """Store a member whose key was made before. Raises InvalidInput if the handle is taken."""
    tag = vault.tag(_HANDLE, member.handle)
    if connection.execute(select(members.c.id).where(members.c.handle_tag == tag)).first():
        raise InvalidInput("A member with this handle exists already.")
    connection.execute(
        insert(members).values(
            id=member.id,
            handle_tag=tag,
            handle_sealed=vault.seal(member.id, _HANDLE, member.handle.encode()),
            roles=" ".join(sorted(member.roles)),
            unit=member.unit,
            created_at=member.created_at,
        )
    )


# Built once: writing a statement anew for every search would take longer than carrying it out.
_LOOK_FOR_MEMBER = select(members).where(
    (members.c.handle_tag == bindparam("handle_tag")) | (members.c.id == bindparam("member"))
)
_LOAD_LICENCE = select(licences).where(licences.c.id == bindparam("licence"))
_FIND_CASE = select(cases).where(cases.c.number_tag == bindparam("number_tag"))
_COUNT_STARTED, _COUNT_REFUSED = (
    update(licences).where(licences.c.id == bindparam("licence")).values({column: column + 1})
    for column in (licences.c.searches_started, licences.c.searches_refused)
)


def look_for_member(connection: Connection, vault: Vault, handle_or_id: str) -> Member | None:
    """Look for a member by handle or identifier; None where there is none."""
    tag = vault.tag(_HANDLE, handle_or_id)
    row = connection.execute(_LOOK_FOR_MEMBER, {"handle_tag": tag, "member": handle_or_id}).one_or_none()
    return None if row is None else _read_member(row, vault)


def find_member(connection: Connection, vault: Vault, handle_or_id: str) -> Member:
    """Find a member by handle or identifier. Raises NotFound."""
    found = look_for_member(connection, vault, handle_or_id)
    if found is None:
        raise NotFound("There is no member with this handle or identifier.")
    return found


def load_members(connection: Connection, vault: Vault) -> list[Member]:
    """Read all members, oldest first."""
    return [_read_member(row, vault) for row in connection.execute(select(members).order_by(members.c.created_at))]


def _read_member(row: Row[tuple[object, ...]], vault: Vault) -> Member:
    return Member(
        id=MemberId(row.id),
        handle=vault.unseal(row.id, _HANDLE, row.handle_sealed).decode(),
        roles=frozenset(Role(role) for role in row.roles.split()),
        unit=row.unit,
        created_at=row.created_at,
        suspended_at=row.suspended_at,
    )


# --- licences ----------------------------------------------------------------------------------------------------


def record_licence(connection: Connection, licence: Licence) -> None:
    """Store a new licence."""
    connection.execute(
        insert(licences).values(
            id=licence.id,
            holder_id=licence.holder,
            purposes=json.dumps(sorted(licence.purposes)),
            ground=licence.ground,
            citation=licence.citation,
            valid_from=licence.valid_from,
            valid_until=licence.valid_until,
            quota=licence.quota,
            is_trial=licence.is_trial,
            needs_approval=licence.needs_approval,
            issued_by=licence.issued_by,
            issued_at=licence.issued_at,
            allows_urgent=licence.allows_urgent,
            searches_started=0,
            searches_refused=0,
        )
    )


def load_licence(connection: Connection, licence: str) -> Licence | None:
    """Read a licence, or None where nothing has this identifier."""
    row = connection.execute(_LOAD_LICENCE, {"licence": licence}).one_or_none()
    return None if row is None else _read_licence(row)


def load_licences(connection: Connection) -> list[Licence]:
    """Read all licences, oldest first."""
    return [_read_licence(row) for row in connection.execute(select(licences).order_by(licences.c.issued_at))]


def count_search(connection: Connection, licence: LicenceId, *, refused: bool) -> None:
    """Take one running number of a licence, for a search that starts or one that is refused."""
    connection.execute(_COUNT_REFUSED if refused else _COUNT_STARTED, {"licence": licence})


def record_licence_change(connection: Connection, licence: Licence) -> None:
    """Store what an issuer may change of a licence: its end, its quota, whether it is suspended or revoked."""
    changed = {
        "valid_until": licence.valid_until,
        "quota": licence.quota,
        "suspended_at": licence.suspended_at,
        "revoked_at": licence.revoked_at,
    }
    connection.execute(update(licences).where(licences.c.id == licence.id).values(**changed))


def _read_licence(row: Row[tuple[object, ...]]) -> Licence:
    return Licence(
        id=LicenceId(row.id),
        holder=MemberId(row.holder_id),
        purposes=frozenset(PurposeSlug(slug) for slug in json.loads(row.purposes)),
        ground=row.ground,
        citation=row.citation,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        quota=row.quota,
        is_trial=row.is_trial,
        needs_approval=row.needs_approval,
        issued_by=MemberId(row.issued_by),
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        suspended_at=row.suspended_at,
        searches_started=row.searches_started,
        searches_refused=row.searches_refused,
        allows_urgent=row.allows_urgent,
    )


# --- cases -------------------------------------------------------------------------------------------------------


def record_case(connection: Connection, vault: Vault, case: Case) -> None:
    """Store a case whose key was made before. Raises InvalidInput if the number is taken."""
    tag = vault.tag(_CASE_NUMBER, case.number)
    if connection.execute(select(cases.c.id).where(cases.c.number_tag == tag)).first():
        raise InvalidInput("A case with this number is open already.")
    connection.execute(
        insert(cases).values(
            id=case.id,
            number_tag=tag,
            number_sealed=vault.seal(case.id, _CASE_NUMBER, case.number.encode()),
            purpose=case.purpose,
            opened_by=case.opened_by,
            opened_at=case.opened_at,
        )
    )


def record_case_closed(connection: Connection, case: CaseId, at: datetime) -> None:
    """Mark a case as closed."""
    connection.execute(update(cases).where(cases.c.id == case).values(closed_at=at))


def find_case(connection: Connection, vault: Vault, number: str) -> Case | None:
    """Find a case by the organisation's own number, or None."""
    tag = vault.tag(_CASE_NUMBER, number)
    row = connection.execute(_FIND_CASE, {"number_tag": tag}).one_or_none()
    return None if row is None else _describe_case(row, number)


def load_case(connection: Connection, vault: Vault, case: CaseId) -> Case:
    """Read a case by its identifier. Raises NotFound if there is none, or its number was erased."""
    row = connection.execute(select(cases).where(cases.c.id == case)).one_or_none()
    if row is None:
        raise NotFound(f"There is no case {case}.")
    return _read_case(row, vault)


def is_case(connection: Connection, case: str) -> bool:
    """Tell whether a case has this identifier."""
    return connection.execute(select(cases.c.id).where(cases.c.id == case)).first() is not None


def load_cases(connection: Connection, vault: Vault) -> list[Case]:
    """Read all cases, oldest first."""
    return [_read_case(row, vault) for row in connection.execute(select(cases).order_by(cases.c.opened_at))]


def _read_case(row: Row[tuple[object, ...]], vault: Vault) -> Case:
    return _describe_case(row, _open_number(row, vault))


def _describe_case(row: Row[tuple[object, ...]], number: str) -> Case:
    return Case(
        id=CaseId(row.id),
        number=number,
        purpose=PurposeSlug(row.purpose),
        opened_by=MemberId(row.opened_by),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )


def _open_number(row: Row[tuple[object, ...]], vault: Vault) -> str:
    try:
        return vault.unseal(row.id, _CASE_NUMBER, row.number_sealed).decode()
    except NotFound:
        return ""  # a rule ended it


def list_mandate_subjects(connection: Connection) -> set[str]:
    """List all members, cases and licences: everything here that has a key."""
    found: set[str] = set()
    for table in (members, cases, licences):
        found.update(connection.execute(select(table.c.id)).scalars())
    return found


def require_licence(connection: Connection, licence: str) -> Licence:
    """Read a licence. Raises NotFound where nothing has this identifier."""
    found = load_licence(connection, licence)
    if found is None:
        raise NotFound("No licence has this identifier; 'assent licence list' shows them.")
    return found
