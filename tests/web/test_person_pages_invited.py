"""Whoever is invited reads, decides and enrols on one page, without scripts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import Bearer, PersonState
from assent.services.invite_person import list_invitations, redraw_invitation, revoke_invitation
from assent.services.show_ledger import list_entries
from assent.services.show_person import show_person
from assent.services.verify_ledger import verify_ledger
from assent.web import cookies
from demo_deployments import REUNITE, act_as, read_picture
from web.person_visits import PHOTOS, enrol, follow, hand_over, invite, person_of, visitor_of
from web.sites import Site


def test_the_link_is_exchanged_for_a_cookie_and_stands_in_no_address(bare_site: Site) -> None:
    browser = bare_site.visit()

    answer = browser.get(f"/i/{invite(bare_site).token}", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/i")
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith(cookies.PERSON)]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_nothing_is_ticked_for_anybody(bare_site: Site) -> None:
    page = follow(bare_site, f"/i/{invite(bare_site).token}").get("/i").text

    assert page.count('type="checkbox"') == 2
    assert " checked" not in page
    assert "So that my family finds me." in page


def test_the_page_opens_in_the_language_of_the_invitation(bare_site: Site) -> None:
    browser = follow(bare_site, f"/i/{invite(bare_site, language='nl').token}")

    assert '<html lang="nl">' in browser.get("/i").text


def test_whoever_agrees_is_enrolled_with_a_receipt_and_a_link(bare_site: Site) -> None:
    browser, link = enrol(bare_site, purposes=[REUNITE])

    person = person_of(bare_site, browser)
    page = show_person(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), person)
    assert (page.person.name, len(page.portraits)) == ("Noor of the Tests", 2)
    assert [consent.purpose for consent in page.person.consents] == [REUNITE]
    assert person_of(bare_site, follow(bare_site, link)) == person
    kinds = {entry.entry.kind: entry.entry.fields for entry in list_entries(bare_site.runtime)}
    for kind in (EntryKind.CONSENT_GIVEN, EntryKind.PERSON_ENROLLED, EntryKind.INVITATION_CHANGED):
        assert (kinds[kind]["actor"], kinds[kind]["channel"]) == ("self", "web")
    verify_ledger(bare_site.runtime)


def test_an_invitation_is_good_once(bare_site: Site) -> None:
    invited = invite(bare_site)
    first, second = (follow(bare_site, f"/i/{invited.token}") for _ in range(2))
    hand_over(first, photos=[read_picture("001", 1)])

    replayed = bare_site.visit().get(f"/i/{invited.token}", follow_redirects=False)
    still_open = second.get("/i", follow_redirects=False)

    assert (replayed.status_code, still_open.status_code) == (404, 404)
    assert "has been used" in replayed.text


def test_an_invitation_that_ran_out_says_so(bare_site: Site) -> None:
    invited = invite(bare_site, days=1)
    browser = follow(bare_site, f"/i/{invited.token}")
    bare_site.runtime.clock = lambda: invited.invitation.expires_at + timedelta(seconds=1)

    answer = bare_site.visit().get(f"/i/{invited.token}", follow_redirects=False)

    assert answer.status_code == 404
    assert "run out" in answer.text
    assert browser.get("/i").status_code == 404


@pytest.mark.parametrize("act", [revoke_invitation, redraw_invitation])
def test_a_link_taken_back_or_replaced_opens_nothing(bare_site: Site, act: object) -> None:
    invited = invite(bare_site)
    browser = follow(bare_site, f"/i/{invited.token}")

    act(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), invited.invitation.id)  # type: ignore[operator]

    assert bare_site.visit().get(f"/i/{invited.token}", follow_redirects=False).status_code == 404
    assert browser.get("/i").status_code == 404


def test_for_whom_an_invitation_was_is_forgotten_once_it_is_used(bare_site: Site) -> None:
    steward = act_as(bare_site.runtime, Role.STEWARD)
    invited = invite(bare_site)
    before = list_invitations(bare_site.runtime, steward)
    hand_over(follow(bare_site, f"/i/{invited.token}"), photos=[read_picture("001", 1)])

    (after,) = list_invitations(bare_site.runtime, steward)

    assert (before[0].note, after.note, after.state.value) == ("the visitor with the red umbrella", None, "used")
    assert invited.invitation.id not in bare_site.runtime.vault.list_subjects()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"purposes": []}, "tick at least one purpose", id="nothing ticked"),
        pytest.param({"name": " "}, "needs a name", id="no name"),
        pytest.param({"name": "x" * 5_000}, "needs a name", id="endless name"),
        pytest.param({"photos": []}, "add 1 to 20 photos", id="no photo"),
        pytest.param({"photos": [b"x"] * 9}, "fewer photos", id="too many photos"),
        pytest.param({"photos": [b"not a picture"]}, "Photo 1: ", id="no picture"),
        pytest.param({"purposes": ["reunite", "secret"]}, "does not offer", id="a purpose not offered"),
    ],
)
def test_what_lacks_is_told_and_nothing_typed_is_lost(bare_site: Site, changes: dict[str, object], told: str) -> None:
    browser = follow(bare_site, f"/i/{invite(bare_site).token}")
    form = {"photos": [read_picture("001", 1)], "purposes": [PHOTOS], "name": "Noor <b>"} | changes

    answer = hand_over(browser, **form)  # type: ignore[arg-type]

    assert answer.status_code == 422
    assert told in answer.text
    if "name" not in changes:
        assert 'value="Noor &lt;b&gt;"' in answer.text
    if "purposes" not in changes:
        assert re.search(r'value="photos" checked', answer.text)
    assert bare_site.runtime.photos.list_subjects() == set()
    assert hand_over(browser, photos=[read_picture("001", 1)]).status_code == 200


def test_a_group_photo_is_refused_in_words(bare_site: Site) -> None:
    from demo_deployments import PICTURES  # noqa: PLC0415 (only here)

    browser = follow(bare_site, f"/i/{invite(bare_site).token}")

    answer = hand_over(browser, photos=[read_picture("001", 1), (PICTURES / "groups" / "g1.jpg").read_bytes()])

    assert answer.status_code == 422
    assert "Photo 2: " in answer.text


def test_a_guardian_agrees_for_a_child_and_stands_in_the_receipt(bare_site: Site) -> None:
    browser, _ = enrol(bare_site, Bearer.GUARDIAN)

    page = show_person(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), person_of(bare_site, browser)).person
    assert (page.basis.value, page.registered_by) == ("guardian-consent", "Kim of the Tests")
    assert visitor_of(bare_site, browser).bearer is Bearer.GUARDIAN


def test_a_guardian_has_to_give_their_own_name(bare_site: Site) -> None:
    browser = follow(bare_site, f"/i/{invite(bare_site, Bearer.GUARDIAN).token}")

    answer = hand_over(browser, photos=[read_picture("001", 1)])

    assert answer.status_code == 422
    assert "your own name" in answer.text


def test_somebody_registered_by_kin_waits_for_a_caseworker(bare_site: Site) -> None:
    browser, _ = enrol(bare_site, Bearer.NEXT_OF_KIN)

    steward = act_as(bare_site.runtime, Role.STEWARD)
    person = show_person(bare_site.runtime, steward, person_of(bare_site, browser)).person
    assert person.state is PersonState.PENDING
    assert "has yet to check" in browser.get("/me").text


def test_a_frame_is_judged_and_kept_nowhere(bare_site: Site) -> None:
    browser = follow(bare_site, f"/i/{invite(bare_site).token}")
    headers = {"X-CSRF-Token": browser.read_token("/i")}

    good = browser.post("/i/check", files={"photo": ("f.jpg", read_picture("001", 1))}, headers=headers)
    bad = browser.post("/i/check", files={"photo": ("f.jpg", b"nothing")}, headers=headers)

    assert good.json() == {"is_fit": True, "reasons": ["This will do."]}
    assert bad.json()["is_fit"] is False
    assert bare_site.runtime.photos.list_subjects() == set()


def test_frames_are_judged_only_so_often(bare_site: Site) -> None:
    browser = follow(bare_site, f"/i/{invite(bare_site).token}")
    headers = {"X-CSRF-Token": browser.read_token("/i")}
    now = bare_site.runtime.clock()
    bare_site.runtime.clock = lambda: now

    answers = [browser.post("/i/check", files={"photo": ("f.jpg", b"x")}, headers=headers) for _ in range(41)]

    assert [answer.status_code for answer in answers] == [200] * 40 + [429]


@pytest.mark.parametrize("path", ["/i", "/me", "/me/download"])
def test_without_a_link_there_is_no_page(bare_site: Site, path: str) -> None:
    assert bare_site.visit().get(path).status_code == 404


def test_a_form_without_its_token_does_nothing(bare_site: Site) -> None:
    browser = follow(bare_site, f"/i/{invite(bare_site).token}")
    browser.get("/i")

    answer = browser.post("/i", data={"purpose": REUNITE, "name": "Noor"})

    assert answer.status_code == 403
