"""Invitations given out, and registrations by next of kin confirmed or refused, in the browser."""

from __future__ import annotations

import re

import pytest

from assent.people import PersonId
from assent.services.accept_invitation import Acceptance, accept_invitation
from assent.services.person_sessions import find_invited, open_invitation
from assent.services.verify_ledger import verify_ledger
from demo_deployments import REUNITE, read_picture, search
from web.sites import Site, Visit
from web.test_people_pages import OTHERS

SCRIPT = "<script>alert(1)</script>"
OFFER = {"bearer": "next-of-kin", "purpose": "reunite", "language": "nl", "days": "10", "consent_days": "100"}
UNKNOWN = "/invitations/v_aaaaaaaaaaaaaaaa"


def read_link(page: str) -> str:
    found = re.findall(r"<code>https://testserver/i/([\w-]{43})</code>", page)
    assert len(found) == 1
    return str(found[0])


def register(site: Site, steward: Visit, person: str = "001") -> PersonId:
    """Let next of kin register somebody through an invitation."""
    shown = steward.post_form("/invitations", OFFER)
    session, *_ = open_invitation(site.runtime, read_link(shown.text))
    acceptance = Acceptance("Missing Person", (read_picture(person, 1),), (REUNITE,), "en", f"a brother {SCRIPT}")
    return accept_invitation(site.runtime, find_invited(site.runtime, session), acceptance).person


def test_nobody_finds_whom_kin_registered_before_a_steward_confirmed_it(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    person = register(bare_site, steward)
    probe = read_picture("001", 3)

    assert search(bare_site.runtime, bare_site.deployment, probe).candidates == ()
    assert "1 registration by next of kin waits to be checked." in steward.get("/people").text
    assert f'href="/people/{person}"' in steward.get("/people?waiting=yes").text
    page = steward.get(f"/people/{person}").text
    assert "a brother &lt;script&gt;" in page
    assert SCRIPT not in page

    assert steward.post_form(f"/people/{person}/confirm").status_code == 303

    assert [one.candidate.person for one in search(bare_site.runtime, bare_site.deployment, probe).candidates] == [
        person
    ]
    assert steward.post_form(f"/people/{person}/confirm").status_code == 422
    assert "Nobody is here." in steward.get("/people?waiting=yes").text
    verify_ledger(bare_site.runtime)


def test_a_registration_that_is_refused_is_destroyed(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    person = register(bare_site, steward)

    refused = steward.post_form(f"/people/{person}/withdraw", {"everything": "yes"})

    assert refused.status_code == 303
    assert steward.get(f"/people/{person}").status_code == 404
    verify_ledger(bare_site.runtime)


def test_an_invitation_shows_its_link_once_with_a_code_to_print(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")

    shown = steward.post_form("/invitations", {**OFFER, "note": f"for {SCRIPT}"})

    token = read_link(shown.text)
    assert "<svg" in shown.text
    listed = steward.get("/invitations").text
    assert token not in listed
    assert "for &lt;script&gt;" in listed
    path = re.findall(r'action="(/invitations/v_[a-z2-7]{16})/renew"', listed)[0]
    assert read_link(steward.post_form(f"{path}/renew").text) != token
    assert steward.post_form(f"{path}/revoke").headers["location"] == "/invitations"
    for act in ("renew", "revoke"):
        assert steward.post_form(f"{path}/{act}").status_code == 422
        assert steward.post_form(f"{UNKNOWN}/{act}").status_code == 404
    assert "taken back" in steward.get("/invitations").text


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"bearer": "anybody"}, id="for nobody known"),
        pytest.param({"purpose": ""}, id="no purpose"),
        pytest.param({"purpose": "sell"}, id="undefined purpose"),
        pytest.param({"days": "1000"}, id="a link that works too long"),
        pytest.param({"days": "soon"}, id="no number of days"),
        pytest.param({"consent_days": ""}, id="a registration without an end"),
        pytest.param({"consent_days": "400"}, id="a registration longer than a year"),
        pytest.param({"consent_days": "-3"}, id="an end in the past"),
        pytest.param({"note": "x" * 201}, id="a note without an end"),
    ],
)
def test_an_invitation_that_cannot_stand_is_said_beside_what_was_typed(
    bare_site: Site, changes: dict[str, str]
) -> None:
    steward = bare_site.as_role("steward")

    refused = steward.post_form("/invitations", {**OFFER, **changes})

    assert refused.status_code == 422
    assert "/i/" not in refused.text
    assert "Nobody was invited yet." in steward.get("/invitations").text


@pytest.mark.parametrize("role", OTHERS)
def test_only_a_steward_invites(bare_site: Site, role: str) -> None:
    browser = bare_site.as_role(role)

    for path in ("/invitations", "/invitations/new"):
        assert browser.get(path).status_code == 403
    for path in ("/invitations", f"{UNKNOWN}/renew", f"{UNKNOWN}/revoke"):
        assert browser.post_form(path, OFFER).status_code == 403
