"""Next of kin learn of somebody who was found only what that person agreed to; pages never tell by what they omit."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import Bearer, PersonId, Told
from assent.search import Conclusion
from assent.services.add_member import add_member
from assent.services.check_registration import confirm_registration, list_pending, renew_registration
from assent.services.inform_kin import inform_kin, show_wish
from assent.services.review_candidates import record_conclusion
from assent.services.run_search import SearchResult
from assent.services.show_ledger import list_entries
from assent.services.show_own_page import show_own_page
from assent.services.verify_ledger import verify_ledger
from demo_deployments import REUNITE, act_as, find_first, read_picture, search
from services.review_builders import act_as_reviewer, find_label, observe_all
from web.person_visits import PHOTOS, enrol, person_of, post_on_page, visitor_of
from web.sites import Site, Visit

REVIEWERS = ("rob", "rita")
CSRF = re.compile(r'name="csrf" value="\w+"')


@pytest.fixture
def kin(bare_site: Site) -> Iterator[Visit]:
    """Next of kin whose registration of composite person 001 a caseworker has checked."""
    browser, _ = enrol(bare_site, Bearer.NEXT_OF_KIN)
    confirm_registration(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), person_of(bare_site, browser))
    admin = act_as(bare_site.runtime, Role.ADMINISTRATOR)
    for handle in REVIEWERS:
        add_member(bare_site.runtime, admin, handle=handle, roles=[Role.APPROVER], unit="review-desk")
    return browser


def search_for(site: Site) -> SearchResult:
    found = search(site.runtime, site.deployment, read_picture("001", 3))
    assert find_first(found) is not None
    return found


def review(site: Site, found: SearchResult, conclusion: Conclusion) -> None:
    """Let two reviewers conclude the same."""
    for handle in REVIEWERS:
        reviewer = act_as_reviewer(site.runtime, handle)
        observe_all(site.runtime, reviewer, found.permit.search)
        label = (
            find_label(site.runtime, reviewer, found.permit.search, 1) if conclusion is Conclusion.SAME_PERSON else None
        )
        record_conclusion(site.runtime, reviewer, found.permit.search, conclusion, label=label)


def read_page(browser: Visit) -> str:
    return CSRF.sub("", browser.get("/me").text)


def count_searches(site: Site, browser: Visit) -> int:
    return len(show_own_page(site.runtime, visitor_of(site, browser), language="en").searches)


def test_nobody_is_found_through_a_registration_before_it_is_checked(bare_site: Site) -> None:
    browser, _ = enrol(bare_site, Bearer.NEXT_OF_KIN)
    steward, person = act_as(bare_site.runtime, Role.STEWARD), person_of(bare_site, browser)
    before = search(bare_site.runtime, bare_site.deployment, read_picture("001", 3))
    (waiting,) = list_pending(bare_site.runtime, steward)
    verify_ledger(bare_site.runtime)

    confirm_registration(bare_site.runtime, steward, person)

    assert find_first(before) is None
    assert (waiting.person, waiting.registered_by) == (person, "Kim of the Tests")
    assert find_first(search(bare_site.runtime, bare_site.deployment, read_picture("001", 3))) == person
    assert list_pending(bare_site.runtime, steward) == []
    verify_ledger(bare_site.runtime)
    with pytest.raises(InvalidInput):
        confirm_registration(bare_site.runtime, steward, person)


def test_a_pending_registration_is_declined_by_withdrawing_it(bare_site: Site) -> None:
    browser, _ = enrol(bare_site, Bearer.NEXT_OF_KIN)

    assert post_on_page(browser, "/me/withdraw").status_code == 200
    verify_ledger(bare_site.runtime)


def test_the_page_is_the_same_whether_or_not_somebody_was_found(bare_site: Site, kin: Visit) -> None:
    before = read_page(kin)

    found = search_for(bare_site)
    returned = read_page(kin)
    review(bare_site, found, Conclusion.SAME_PERSON)

    assert returned == before
    assert read_page(kin) == before
    with zipfile.ZipFile(io.BytesIO(kin.get("/me/download").content)) as packed:
        assert json.loads(packed.read("assent.json"))["searches"] == []


def test_kin_see_searches_that_turned_out_not_to_be_the_person_and_none_disappears(bare_site: Site, kin: Visit) -> None:
    review(bare_site, search_for(bare_site), Conclusion.NOBODY)
    assert count_searches(bare_site, kin) == 1

    review(bare_site, search_for(bare_site), Conclusion.SAME_PERSON)
    review(bare_site, search_for(bare_site), Conclusion.NOBODY)

    assert count_searches(bare_site, kin) == 1


def test_the_person_themselves_sees_all_of_them(bare_site: Site) -> None:
    browser, _ = enrol(bare_site)
    admin = act_as(bare_site.runtime, Role.ADMINISTRATOR)
    for handle in REVIEWERS:
        add_member(bare_site.runtime, admin, handle=handle, roles=[Role.APPROVER], unit="review-desk")
    review(bare_site, search_for(bare_site), Conclusion.SAME_PERSON)

    assert count_searches(bare_site, browser) == 1
    assert "it was this person" in browser.get("/me").text


@pytest.mark.parametrize(
    ("told", "text", "shown"),
    [
        (Told.ALIVE, "", "lets you know only this"),
        (Told.MESSAGE, "I am well. <3", "I am well. &lt;3"),
        (Told.CONTACT, "Write to the desk", "Write to the desk"),
    ],
)
def test_kin_are_told_what_was_agreed_and_no_more(
    bare_site: Site, kin: Visit, told: Told, text: str, shown: str
) -> None:
    steward, person = act_as(bare_site.runtime, Role.STEWARD), person_of(bare_site, kin)
    review(bare_site, search_for(bare_site), Conclusion.SAME_PERSON)

    inform_kin(bare_site.runtime, steward, person, told, text)

    page = kin.get("/me").text
    assert shown in page
    assert "tracing-desk" not in page
    wish = show_wish(bare_site.runtime, steward, person)
    assert wish is not None
    assert (wish.told, wish.text) == (told, text)
    verify_ledger(bare_site.runtime)


def test_where_nothing_was_agreed_the_page_says_what_it_always_said(bare_site: Site, kin: Visit) -> None:
    before = read_page(kin)
    person = person_of(bare_site, kin)
    review(bare_site, search_for(bare_site), Conclusion.SAME_PERSON)

    inform_kin(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), person, Told.NOTHING)

    assert read_page(kin) == before
    (entry,) = [e.entry for e in list_entries(bare_site.runtime) if e.entry.kind is EntryKind.KIN_INFORMED]
    assert entry.fields["told"] == "nothing"


def test_kin_cannot_go_beyond_the_registrations_end_but_the_caseworker_can(bare_site: Site, kin: Visit) -> None:
    runtime, steward = bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD)
    person, visitor = person_of(bare_site, kin), visitor_of(bare_site, kin)
    (first,) = show_own_page(runtime, visitor, language="en").consents_in_force

    refused = post_on_page(kin, "/me/purposes", {"purpose": REUNITE})
    more = post_on_page(kin, "/me/purposes", {"purpose": PHOTOS})

    assert (refused.status_code, more.status_code) == (422, 303)
    ends = {c.valid_until for c in show_own_page(runtime, visitor, language="en").consents_in_force}
    assert ends == {first.valid_until}
    until = runtime.clock() + timedelta(days=365)
    renew_registration(runtime, steward, person, until)
    assert {c.valid_until for c in show_own_page(runtime, visitor, language="en").consents_in_force} == {until}
    with pytest.raises(InvalidInput):
        renew_registration(runtime, steward, person, until + timedelta(days=60))
    verify_ledger(runtime)


def test_only_a_steward_decides_about_registrations_and_kin(bare_site: Site, kin: Visit) -> None:
    person, runtime = person_of(bare_site, kin), bare_site.runtime
    for role in (Role.SEARCHER, Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR):
        actor = act_as(runtime, role)
        with pytest.raises(RoleMissing):
            inform_kin(runtime, actor, person, Told.ALIVE)
        with pytest.raises(RoleMissing):
            confirm_registration(runtime, actor, person)
        with pytest.raises(RoleMissing):
            list_pending(runtime, actor)


def test_there_is_nobody_to_tell_about_somebody_who_came_in_alone(bare_site: Site) -> None:
    browser, _ = enrol(bare_site)
    steward = act_as(bare_site.runtime, Role.STEWARD)

    with pytest.raises(InvalidInput):
        inform_kin(bare_site.runtime, steward, person_of(bare_site, browser), Told.ALIVE)
    with pytest.raises(NotFound):
        inform_kin(bare_site.runtime, steward, PersonId("p_aaaaaaaaaaaaaaaa"), Told.ALIVE)
