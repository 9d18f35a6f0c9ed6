"""Persons, consents and references: what goes in comes out, and what is personal lies sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from assent.errors import NotFound
from assent.people import Basis, Consent, PersonId, PersonState, must_erase
from assent.storage import Connection, Database, Vault
from assent.storage import people as stored_people
from assent.storage.tables import metadata
from factories import (
    DAY,
    NOW,
    PACK,
    PHOTOS,
    TICK,
    a_consent,
    a_database,
    a_purpose,
    a_registration,
    a_stored_person,
    a_vault,
    evidence,
    read_all_files,
)

Place = tuple[Database, Vault]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with closing(a_database(tmp_path)) as database, closing(a_vault(tmp_path)) as vault:
        yield database, vault


MOMENTS = st.sampled_from([-40 * DAY, -DAY, -TICK, timedelta(0), TICK, DAY]).map(lambda distance: NOW + distance)
CONSENTS = st.builds(
    a_consent,
    valid_from=MOMENTS,
    valid_until=st.none() | MOMENTS,
    withdrawn_at=st.none() | MOMENTS,
    purpose=st.sampled_from(["reunite", "photos"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(st.lists(CONSENTS, max_size=4), max_size=5))
def test_who_must_go_is_the_same_in_the_rules_and_in_the_database(place: Place, people: list[list[Consent]]) -> None:
    database, vault = place
    with database.transaction() as transaction:
        for table in reversed(metadata.sorted_tables):
            transaction.execute(table.delete())
    stored = {a_stored_person(database, vault, consents): consents for consents in people}

    with database.snapshot() as view:
        expired = stored_people.list_expired_people(view, NOW)
        terms = stored_people.load_consent_terms(view)

    assert expired == {person for person, consents in stored.items() if must_erase(consents, NOW)}
    assert expired == {person for person in stored if must_erase(terms.get(person, []), NOW)}


def test_a_person_comes_back_as_stored(place: Place) -> None:
    database, vault = place
    consents = [a_registration(), a_registration(purpose=PHOTOS, evidence_digest=evidence("another form"))]
    person = a_stored_person(
        database,
        vault,
        consents,
        templates=[b"one", b"two"],
        name="  Somebody Invented ",
        basis=Basis.NEXT_OF_KIN,
        registered_by="A sister",
        file_reference="F1",
    )

    with database.snapshot() as view:
        found = stored_people.load_person(view, vault, person)
        opened = sorted(stored_people.load_templates(view, vault, PACK))
        by_reference = stored_people.find_person_by_file_reference(view, vault, "F1")
        by_other = stored_people.find_person_by_file_reference(view, vault, "F2")

    assert (found.name, found.registered_by, found.file_reference) == ("Somebody Invented", "A sister", "F1")
    assert (found.basis, found.state, found.enrolled_at) == (Basis.NEXT_OF_KIN, PersonState.ENROLLED, NOW)
    assert {consent.evidence_digest for consent in found.consents} == {evidence(), evidence("another form")}
    assert {(consent.valid_from, consent.valid_until) for consent in found.consents} == {(NOW - DAY, NOW + 30 * DAY)}
    assert {(row[0], row[1]) for row in opened} == {(reference, person) for reference in found.references}
    assert {row[2] for row in opened} == {b"one", b"two"}
    assert (by_reference, by_other) == (person, None)


def test_nothing_personal_lies_in_the_files_in_plain(place: Place, tmp_path: Path) -> None:
    database, vault = place
    a_stored_person(
        database, vault, templates=[b"the template"], name="Somebody", registered_by="A sister", file_reference="F-4711"
    )

    content = read_all_files(tmp_path)

    for personal in (b"Somebody", b"A sister", b"F-4711", b"the template", evidence().encode()):
        assert personal not in content


def test_two_people_never_share_a_reference_of_the_files(place: Place) -> None:
    a_stored_person(*place, file_reference="F1")

    with pytest.raises(IntegrityError) as refused:
        a_stored_person(*place, file_reference="F1")

    assert "F1" not in str(refused.value)


def test_withdrawal_is_marked_and_its_evidence_is_spent_for_everyone(place: Place) -> None:
    database, vault = place
    person = a_stored_person(database, vault)
    with database.transaction() as transaction:
        (consent,) = stored_people.load_consents(transaction, vault, person)
        assert not stored_people.is_evidence_spent(transaction, vault, evidence())
        stored_people.record_withdrawal(transaction, [consent, consent], NOW)

    with database.snapshot() as view:
        (withdrawn,) = stored_people.load_consents(view, vault, person)
        assert withdrawn.withdrawn_at == NOW
        assert stored_people.is_evidence_spent(view, vault, evidence())
        assert not stored_people.is_evidence_spent(view, vault, evidence("another form"))


def test_evidence_stays_spent_after_the_person_is_gone(place: Place) -> None:
    database, vault = place
    person = a_stored_person(database, vault, [a_consent(withdrawn_at=NOW)], file_reference="F1")
    with database.transaction() as transaction:
        stored_people.delete_person(transaction, person)

    with database.snapshot() as view:
        assert stored_people.is_evidence_spent(view, vault, evidence())
        assert stored_people.count_people(view) == (0, 0)
        assert stored_people.find_person_by_file_reference(view, vault, "F1") is None
        assert stored_people.load_consent_terms(view) == {}
        with pytest.raises(NotFound, match=person):
            stored_people.load_person(view, vault, person)


def test_deleting_one_leaves_the_others(place: Place) -> None:
    database, vault = place
    gone, stays = a_stored_person(database, vault), a_stored_person(database, vault)

    with database.transaction() as transaction:
        stored_people.delete_person(transaction, gone)

    with database.snapshot() as view:
        assert stored_people.list_person_ids(view) == {stays}
        assert stored_people.load_person(view, vault, stays).references


def test_templates_of_who_is_leaving_or_lost_the_key_or_has_another_pack_are_passed_over(place: Place) -> None:
    database, vault = place
    stays, leaving, keyless = (a_stored_person(database, vault) for _ in range(3))
    with database.transaction() as transaction:
        stored_people.mark_withdrawing(transaction, leaving)
    vault.destroy_keys([keyless], NOW)

    with database.snapshot() as view:
        assert [row[1] for row in stored_people.load_templates(view, vault, PACK)] == [stays]
        assert list(stored_people.load_templates(view, vault, PACK, [leaving, keyless])) == []
        assert list(stored_people.load_templates(view, vault, "another-pack")) == []
        assert stored_people.count_other_packs(view, "another-pack") == 3
        assert stored_people.list_person_ids(view, PersonState.WITHDRAWING) == {leaving}
        assert stored_people.list_expired_people(view, NOW) == set()


def test_asking_for_more_people_than_a_statement_has_variables_finds_each_once(place: Place) -> None:
    database, vault = place
    first, last = a_stored_person(database, vault), a_stored_person(database, vault)
    named = [first, *(f"p_{number:016d}" for number in range(260_000)), last, first]

    with database.snapshot() as view:
        assert {row[1] for row in stored_people.load_templates(view, vault, PACK, named)} == {first, last}
        assert len(list(stored_people.load_templates(view, vault, PACK, named))) == 2
        terms = stored_people.load_consent_terms(view, named)
        assert set(stored_people.load_consent_spans(view, named)) == {first, last}

    assert {person: len(consents) for person, consents in terms.items()} == {first: 1, last: 1}


def test_asking_for_nobody_finds_nobody(place: Place) -> None:
    database, vault = place
    a_stored_person(database, vault)

    with database.snapshot() as view:
        assert stored_people.load_consent_terms(view, []) == {}
        assert list(stored_people.load_templates(view, vault, PACK, [])) == []


def change_nothing(_: Connection, __: Vault, ___: PersonId) -> None:
    return


def mark(transaction: Connection, _: Vault, person: PersonId) -> None:
    stored_people.mark_withdrawing(transaction, person)


def delete(transaction: Connection, _: Vault, person: PersonId) -> None:
    stored_people.delete_person(transaction, person)


def withdraw(transaction: Connection, vault: Vault, person: PersonId) -> None:
    stored_people.record_withdrawal(transaction, stored_people.load_consents(transaction, vault, person), NOW)


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        pytest.param(change_nothing, False, id="nothing"),
        pytest.param(mark, True, id="on the way out"),
        pytest.param(delete, True, id="deleted"),
        pytest.param(withdraw, True, id="consent withdrawn"),
    ],
)
def test_every_change_to_a_person_is_told_to_other_galleries(
    place: Place, change: Callable[[Connection, Vault, PersonId], None], is_told: bool
) -> None:
    database, vault = place
    people = [a_stored_person(database, vault) for _ in range(2)]
    with database.snapshot() as view:
        seen, enrolled = stored_people.read_gallery_changes(view, 0)

    with database.transaction() as transaction:
        change(transaction, vault, people[0])

    with database.snapshot() as view:
        newest, changed = stored_people.read_gallery_changes(view, seen)
        assert stored_people.read_gallery_changes(view, newest) == (newest, [])
    assert sorted(enrolled) == sorted(people)
    assert changed == people[:1] * is_told


def test_an_empty_gallery_has_seen_no_change(place: Place) -> None:
    with place[0].snapshot() as view:
        assert stored_people.read_newest_gallery_change(view) == 0
        assert stored_people.read_gallery_changes(view, 0) == (0, [])


def test_the_span_of_a_purpose_is_wide_enough_for_every_consent_to_it_that_is_not_withdrawn(place: Place) -> None:
    database, vault = place
    ends = [
        a_consent(valid_until=NOW + DAY),
        a_consent(valid_from=NOW, valid_until=NOW + 5 * DAY),
        a_consent(valid_from=NOW - 90 * DAY, withdrawn_at=NOW),
    ]
    bounded = a_stored_person(database, vault, ends)
    endless = a_stored_person(database, vault, [a_consent(valid_until=NOW), a_consent(), a_consent(purpose=PHOTOS)])
    gone = a_stored_person(database, vault, [a_consent(withdrawn_at=NOW)])

    with database.snapshot() as view:
        spans = stored_people.load_consent_spans(view)

    assert spans[bounded] == {"reunite": (NOW - 30 * DAY, NOW + 5 * DAY)}
    assert spans[endless] == {"reunite": (NOW - 30 * DAY, None), "photos": (NOW - 30 * DAY, None)}
    assert gone not in spans


def test_consent_terms_are_read_without_opening_the_evidence(place: Place) -> None:
    database, vault = place
    person = a_stored_person(database, vault, [a_consent(valid_until=NOW + DAY)])
    vault.destroy_keys([person], NOW)

    with database.snapshot() as view:
        (consent,) = stored_people.load_consent_terms(view, [person])[person]

    assert (consent.person, consent.valid_until, consent.evidence_digest) == (person, NOW + DAY, "")


def test_a_purpose_takes_a_new_text_and_keeps_its_name(place: Place) -> None:
    database, _ = place
    changed = a_purpose(text="In other words.", text_version="v2", defined_at=NOW)

    with database.transaction() as transaction:
        stored_people.record_purpose(transaction, a_purpose())
        stored_people.record_purpose(transaction, a_purpose("photos"))
        stored_people.record_purpose(transaction, changed)

    with database.snapshot() as view:
        assert stored_people.load_purposes(view) == {"photos": a_purpose("photos"), "reunite": changed}


def test_nobody_is_found_under_an_unknown_identifier(place: Place) -> None:
    database, vault = place

    with database.snapshot() as view, pytest.raises(NotFound):
        stored_people.load_person(view, vault, PersonId("p_" + "z" * 16))
