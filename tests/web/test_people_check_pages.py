"""Duplicates, consents about to end, registrations by next of kin and what kin are told, in the browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import PersonId
from assent.services.add_member import add_member
from assent.services.show_ledger import list_entries
from assent.services.show_person import show_person
from assent.services.verify_ledger import verify_ledger
from demo_deployments import act_as, read_picture, search
from services.test_run_search import BLANK_PNG
from web.sites import Site, Visit
from web.test_people_pages import OTHERS, enrol

SCRIPT = "<script>alert(1)</script>"
LOOK = {"purpose": "reunite", "form_reference": "F-12"}
REGISTRATION = {"basis": "next-of-kin", "registered_by": f"a sister {SCRIPT}"}


def in_days(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def look(steward: Visit, photo: bytes, **changes: str) -> Any:
    return steward.post_form(
        "/people/duplicates", {**LOOK, **changes}, files=[("photo", ("a.jpg", photo, "image/jpeg"))]
    )


def register(steward: Visit, days: int = 20) -> str:
    """Register somebody by next of kin, with a link for the kin; gives the address of their page."""
    made = enrol(steward, **{**REGISTRATION, "valid_from": in_days(0), "valid_until": in_days(days)})
    path: str = made.headers["location"]
    steward.post_form(f"{path}/link")
    return path


def test_somebody_enrolled_already_is_named_beside_a_picture_and_the_look_stands_on_their_page(site: Site) -> None:
    steward, person = site.as_role("steward"), site.deployment.people["001"]

    done = look(steward, read_picture("001", 2))

    page = steward.get(done.headers["location"]).text
    assert f'href="/people/{person}"' in page
    assert re.search(rf'src="/people/{person}/photos/r_[a-z2-7]{{16}}\.jpg"', page)
    assert "match" not in page.lower()
    assert "%" not in re.sub(r"<[^>]+>", "", page)
    assert "Check for duplicates" in steward.get(f"/people/{person}").text
    kinds = [line.entry.kind for line in list_entries(site.runtime)[-2:]]
    assert kinds == [EntryKind.DUPLICATES_CHECKED, EntryKind.DUPLICATES_LISTED]


def test_nobody_is_the_usual_answer(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")

    page = steward.get(look(steward, read_picture("001", 1)).headers["location"]).text

    assert "Nobody is named among 0 people" in page


@pytest.mark.parametrize(
    ("photo", "changes", "message"),
    [
        pytest.param(b"", {}, "No file was chosen", id="no photo"),
        pytest.param(SCRIPT.encode(), {}, "image", id="a script"),
        pytest.param(BLANK_PNG, {}, "Photo 1", id="no face"),
        pytest.param(
            read_picture("001", 1), {"purpose": "sell"}, "not defined|needs a purpose", id="undefined purpose"
        ),
        pytest.param(read_picture("001", 1), {"purpose": ""}, "needs a purpose", id="no purpose"),
        pytest.param(read_picture("001", 1), {"form_reference": " "}, "number of the form", id="no form at hand"),
        pytest.param(
            read_picture("001", 1), {"form_reference": SCRIPT * 9}, "number of the form", id="too long a form"
        ),
    ],
)
def test_a_look_that_cannot_be_taken_is_said(
    bare_site: Site, photo: bytes, changes: dict[str, str], message: str
) -> None:
    refused = look(bare_site.as_role("steward"), photo, **changes)

    assert refused.status_code == 422
    assert re.search(message, refused.text)
    assert SCRIPT not in refused.text


def test_a_check_is_seen_by_the_steward_who_made_it_only(bare_site: Site) -> None:
    path = look(bare_site.as_role("steward"), read_picture("001", 1)).headers["location"]
    admin = act_as(bare_site.runtime, Role.ADMINISTRATOR)
    add_member(bare_site.runtime, admin, handle="other", roles=[Role.STEWARD], unit="desk")

    assert bare_site.as_member("other").get(path).status_code == 404
    assert bare_site.as_role("steward").get("/people/duplicates/x_aaaaaaaaaaaaaaaa").status_code == 404


@pytest.mark.parametrize("role", OTHERS)
def test_only_a_steward_looks(bare_site: Site, role: str) -> None:
    browser = bare_site.as_role(role)

    assert look(browser, read_picture("001", 1)).status_code == 403
    assert browser.get("/people/duplicates/x_aaaaaaaaaaaaaaaa").status_code == 403
    assert browser.post_form("/people/p_aaaaaaaaaaaaaaaa/kin", {"told": "alive"}).status_code == 403


def test_what_ends_soon_is_listed_with_the_next_step(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    path = register(steward, days=50)

    assert "Nothing ends in that time." in steward.get("/people/expiring").text
    listed = steward.get("/people/expiring?days=60").text
    assert f'href="{path}"' in listed
    assert "Review the registration" in listed
    for days in ("0", "400", "x"):
        assert steward.get(f"/people/expiring?days={days}").status_code == 422


def test_a_registration_is_reviewed_and_holds_longer(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    path = register(steward)

    done = steward.post_form(f"{path}/renew", {"until": in_days(200)})

    assert done.headers["location"] == path
    assert "Nothing ends in that time." in steward.get("/people/expiring?days=90").text
    for until in ("", "soon", "2020-01-01", in_days(600)):
        assert steward.post_form(f"{path}/renew", {"until": until}).status_code == 422, until
    verify_ledger(bare_site.runtime)


def test_consent_of_the_person_is_not_renewed_for_them(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    path = enrol(steward).headers["location"]

    assert steward.post_form(f"{path}/renew", {"until": in_days(200)}).status_code == 422
    assert steward.post_form(f"{path}/confirm").status_code == 422
    assert steward.post_form(f"{path}/kin", {"told": "alive"}).status_code == 422


def test_kin_are_told_what_the_found_person_agreed_to_and_no_more(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    path = register(steward)
    assert "Nothing is recorded." in steward.get(path).text

    told = steward.post_form(f"{path}/kin", {"told": "message", "text": f"I am well. {SCRIPT}"})

    assert told.status_code == 303
    page = steward.get(path).text
    assert "I am well. &lt;script&gt;" in page
    assert SCRIPT not in page
    for wrong in ({"told": "alive", "text": "words"}, {"told": "message"}, {"told": "everything"}, {"told": ""}, {}):
        assert steward.post_form(f"{path}/kin", wrong).status_code == 422, wrong
    person = PersonId(path.rsplit("/", 1)[1])
    assert show_person(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), person)
    verify_ledger(bare_site.runtime)


def test_telling_of_a_search_is_put_off_with_a_reason_and_an_end(site: Site) -> None:
    steward, person = site.as_role("steward"), site.deployment.people["001"]
    result = search(site.runtime, site.deployment, read_picture("001", 3))
    path = f"/people/{person}/searches/{result.permit.search}/delay"
    assert "at once" in steward.get(f"/people/{person}").text
    assert steward.get(path).status_code == 200

    done = steward.post_form(path, {"until": in_days(30), "reason": "It would warn whoever they fled from."})

    assert done.headers["location"] == f"/people/{person}"
    assert "at once" not in steward.get(f"/people/{person}").text
    for wrong in (
        {"until": in_days(30)},
        {"until": "", "reason": "why"},
        {"until": "2020-01-01", "reason": "why"},
        {"until": in_days(400), "reason": SCRIPT},
    ):
        refused = steward.post_form(path, wrong)
        assert refused.status_code == 422, wrong
        assert SCRIPT not in refused.text
    verify_ledger(site.runtime)


def test_nothing_is_put_off_for_somebody_whom_the_search_did_not_return(site: Site) -> None:
    steward, other = site.as_role("steward"), site.deployment.people["002"]
    result = search(site.runtime, site.deployment, read_picture("001", 3))
    terms = {"until": in_days(30), "reason": "It would warn whoever they fled from."}

    for path in (
        f"/people/{other}/searches/{result.permit.search}/delay",
        f"/people/{other}/searches/s_aaaaaaaaaaaaaaaa/delay",
    ):
        assert steward.get(path).status_code == 404
        assert steward.post_form(path, terms).status_code == 404
    for role in OTHERS:
        path = f"/people/{site.deployment.people['001']}/searches/{result.permit.search}/delay"
        assert site.as_role(role).get(path).status_code == 403
        assert site.as_role(role).post_form(path, terms).status_code == 403
