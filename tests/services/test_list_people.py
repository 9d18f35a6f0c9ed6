"""Lists of people: a page at a time, by the number of a form, and those whose consent is about to end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.mandates import Actor, Role
from assent.people import Basis, Consent, PersonId, PersonState
from assent.services.list_people import list_expiring, list_people, show_portrait
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.show_person import show_person
from demo_deployments import Deployment, act_as
from factories import DAY, PHOTOS, REUNITE, a_consent, a_registration, a_stored_person

NOW = datetime.now(UTC)


@pytest.fixture
def runtime(bare: Deployment) -> Iterator[Runtime]:
    with open_runtime(bare.settings) as opened:
        yield opened


def steward_of(runtime: Runtime) -> Actor:
    return act_as(runtime, Role.STEWARD)


def test_what_ends_soon_is_listed_soonest_first_unless_something_follows_it(runtime: Runtime) -> None:
    def store(*consents: Consent, **changes: Any) -> PersonId:
        return a_stored_person(runtime.database, runtime.vault, consents, **changes)

    def ending(**changes: Any) -> Consent:
        return a_consent(**{"valid_until": NOW + 20 * DAY} | changes)

    registered = a_registration(valid_from=NOW - DAY, valid_until=NOW + 5 * DAY)
    soon = store(registered, basis=Basis.NEXT_OF_KIN)
    later = store(ending(), a_consent(purpose=PHOTOS))
    store(ending(), a_consent())
    store(ending(), a_consent(valid_until=NOW + 300 * DAY))
    store(ending(withdrawn_at=NOW), a_consent(purpose=PHOTOS))

    listed = list_expiring(runtime, steward_of(runtime), days=30)

    assert [(consent.person, consent.purpose) for consent, _ in listed.consents] == [(soon, REUNITE), (later, REUNITE)]
    assert [consent.basis for consent, _ in listed.consents] == [Basis.NEXT_OF_KIN, Basis.CONSENT]
    assert (listed.total, listed.pages) == (2, 1)
    assert list_expiring(runtime, steward_of(runtime), days=10).total == 1
    assert list_expiring(runtime, steward_of(runtime), days=366).total == 3


@pytest.mark.parametrize("days", [0, -1, 367, 10**9])
def test_nobody_looks_ahead_without_an_end(runtime: Runtime, days: int) -> None:
    with pytest.raises(InvalidInput, match="days ahead"):
        list_expiring(runtime, steward_of(runtime), days=days)


def test_an_empty_list_has_one_page_and_a_page_too_far_is_empty(runtime: Runtime) -> None:
    nobody = list_people(runtime, steward_of(runtime))
    a_stored_person(runtime.database, runtime.vault, file_reference="F-1")

    beyond = list_people(runtime, steward_of(runtime), page=9)

    assert (nobody.people, nobody.pages, nobody.total) == ((), 1, 0)
    assert (beyond.people, beyond.pages, beyond.total) == ((), 1, 1)
    assert list_people(runtime, steward_of(runtime), file_reference=" F-1 ").total == 1
    assert list_people(runtime, steward_of(runtime), file_reference="F-2").total == 0
    assert list_people(runtime, steward_of(runtime), state=PersonState.PENDING).total == 0


def test_only_the_keys_of_the_page_shown_are_needed(runtime: Runtime) -> None:
    person = a_stored_person(runtime.database, runtime.vault)
    a_stored_person(runtime.database, runtime.vault)

    runtime.vault.destroy_keys([person], NOW)

    assert len(list_people(runtime, steward_of(runtime)).people) == 1


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.STEWARD, Role.APPROVER}])
def test_only_a_steward_lists_people_and_sees_their_photos(enrolled: Deployment, role: Role) -> None:
    with open_runtime(enrolled.settings) as opened:
        person, other = enrolled.people["001"], enrolled.people["002"]
        (reference, *_) = show_person(opened, steward_of(opened), person).person.references
        assert show_portrait(opened, steward_of(opened), person, reference).startswith(b"\xff\xd8")
        with pytest.raises(NotFound):
            show_portrait(opened, steward_of(opened), other, reference)

        actor = act_as(opened, role)
        for look in (
            lambda: list_people(opened, actor),
            lambda: list_expiring(opened, actor, days=30),
            lambda: show_portrait(opened, actor, person, reference),
        ):
            with pytest.raises(RoleMissing):
                look()
