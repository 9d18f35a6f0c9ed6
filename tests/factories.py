"""Plain factories: one thing in order each, but for what the test names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assent.errors import AssentError
from assent.mandates import (
    Actor,
    Case,
    CaseId,
    Licence,
    LicenceId,
    Member,
    MemberId,
    ProbeSource,
    Role,
    SearchPermit,
    SearchRequest,
    authorise_search,
)
from assent.people import (
    Basis,
    Consent,
    ConsentId,
    Enrolment,
    FormRow,
    PersonId,
    Purpose,
    PurposeSlug,
    ReferenceId,
    make_identifier,
)
from assent.storage import Database, Vault, open_database
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage.people import NewReference

NOW = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
REUNITE = PurposeSlug("reunite")
PHOTOS = PurposeSlug("photos")
PACK = "a-pack-1"
DEPLOYMENT = "d_" + "a" * 16


def evidence(text: str = "a signed form") -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def a_consent(**changes: Any) -> Consent:
    """A consent to `reunite`, given a month ago and without an end."""
    consent = Consent(
        id=ConsentId(make_identifier("k")),
        person=PersonId("p_" + "a" * 16),
        purpose=REUNITE,
        basis=Basis.CONSENT,
        text_version="v1",
        evidence_digest=evidence(),
        valid_from=NOW - 30 * DAY,
        valid_until=None,
    )
    return replace(consent, **changes)


def a_registration(**changes: Any) -> Consent:
    """A registration by next of kin that started yesterday and ends in a month."""
    terms = {"basis": Basis.NEXT_OF_KIN, "valid_from": NOW - DAY, "valid_until": NOW + 30 * DAY}
    return a_consent(**terms | changes)


def an_enrolment(**changes: Any) -> Enrolment:
    """An enrolment of one photo for one purpose, in force since yesterday."""
    enrolment = Enrolment(
        name="Somebody Invented",
        photos=(b"a photo",),
        purposes=(REUNITE,),
        text_version="v1",
        evidence_digest=evidence(),
        valid_from=NOW - DAY,
    )
    return replace(enrolment, **changes)


def a_purpose(slug: str = REUNITE, **changes: Any) -> Purpose:
    return replace(Purpose(PurposeSlug(slug), "So that my family finds me.", "v1", "en", NOW - 60 * DAY), **changes)


def a_form_row(**cells: str) -> FormRow:
    """The row of a form with everything on it."""
    whole = {
        "reference": "F1",
        "name": "Somebody Invented",
        "photos": "1/a.jpg|1/b.jpg",
        "purposes": "reunite",
        "text_version": "v1",
        "consent_from": "2026-01-01",
        "consent_until": "",
        "evidence": evidence(),
        "basis": "",
        "registered_by": "",
    }
    return FormRow(2, whole | cells)


def a_member(*roles: Role, **changes: Any) -> Member:
    member = Member(
        id=MemberId(make_identifier("m")),
        handle="somebody",
        roles=frozenset(roles or [Role.SEARCHER]),
        unit="desk",
        created_at=NOW - 60 * DAY,
    )
    return replace(member, **changes)


def an_actor(*roles: Role, **changes: Any) -> Actor:
    return Actor(a_member(*roles, **changes), "cli")


def a_licence(holder: Member, **changes: Any) -> Licence:
    """A licence for `reunite` with a quota of ten, in force since yesterday and for a month."""
    licence = Licence(
        id=LicenceId(make_identifier("l")),
        holder=holder.id,
        purposes=frozenset({REUNITE}),
        ground="Tracing of separated families",
        citation="Statute, article 4",
        valid_from=NOW - DAY,
        valid_until=NOW + 30 * DAY,
        quota=10,
        is_trial=False,
        needs_approval=False,
        issued_by=holder.id,
        issued_at=NOW - DAY,
    )
    return replace(licence, **changes)


def a_case(opened_by: Member, **changes: Any) -> Case:
    case = Case(CaseId(make_identifier("c")), "2026/0117", REUNITE, opened_by.id, NOW - DAY)
    return replace(case, **changes)


def a_search_request(licence: Licence, case: Case, **changes: Any) -> SearchRequest:
    request = SearchRequest(licence.id, case.number, REUNITE, ProbeSource.FAMILY, "The family asked for them.")
    return replace(request, **changes)


def a_permit(*, at: datetime = NOW) -> SearchPermit:
    """A permit for `reunite`, made as every permit is."""
    actor = an_actor(Role.SEARCHER)
    licence, case = a_licence(actor.member), a_case(actor.member)
    return authorise_search(a_search_request(licence, case), actor=actor, licence=licence, case=case, at=at)


# --- storage -----------------------------------------------------------------------------------------------------


def a_database(folder: Path) -> Database:
    return open_database(folder / "data" / "assent.db", create=True)


def a_vault(folder: Path, deployment: str = DEPLOYMENT) -> Vault:
    return Vault.create(folder / "keys", deployment)


def a_stored_person(
    database: Database,
    vault: Vault,
    consents: Sequence[Consent] | None = None,
    *,
    templates: Sequence[bytes] = (b"a template",),
    **changes: Any,
) -> PersonId:
    """Store a person with the consents (one to `reunite` by default), withdrawn ones marked as such."""
    person = PersonId(make_identifier("p"))
    granted = [replace(consent, person=person) for consent in ([a_consent()] if consents is None else consents)]
    references = [NewReference(ReferenceId(make_identifier("r")), PACK, template) for template in templates]
    vault.make_key(person)
    with database.transaction() as transaction:
        enrolment = an_enrolment(**changes)
        stored_people.record_person(transaction, vault, person, enrolment, granted, references, NOW)
        for consent in granted:
            if consent.withdrawn_at is not None:
                stored_people.record_withdrawal(transaction, [consent], consent.withdrawn_at)
    return person


def a_stored_member(database: Database, vault: Vault, *roles: Role, **changes: Any) -> Member:
    member = a_member(*roles, **changes)
    vault.make_key(member.id)
    with database.transaction() as transaction:
        stored_mandates.record_member(transaction, vault, member)
    return member


def a_stored_case(database: Database, vault: Vault, opened_by: Member, **changes: Any) -> Case:
    case = a_case(opened_by, **changes)
    vault.make_key(case.id)
    with database.transaction() as transaction:
        stored_mandates.record_case(transaction, vault, case)
    return case


def read_all_files(folder: Path) -> bytes:
    """Everything that lies in a folder, one file after another, to search it for what must not be there."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def every_error() -> list[type[AssentError]]:
    """Every class of the tree of errors, the root first."""
    found: list[type[AssentError]] = [AssentError]
    for error in found:
        found.extend(error.__subclasses__())
    return found
