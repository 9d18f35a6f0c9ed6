"""The steward's pages about people: listed, enrolled, shown and withdrawn, by stewards only."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assent.mandates import Role
from assent.people import PersonId
from assent.services.list_people import PAGE_SIZE
from assent.services.show_person import show_person
from demo_deployments import act_as, read_picture, search
from factories import evidence
from services.test_run_search import BLANK_PNG
from web.sites import Site, Visit

SCRIPT = "<script>alert(1)</script>"
UNKNOWN = "/people/p_aaaaaaaaaaaaaaaa"
OTHERS = ["searcher", "approver", "issuer", "overseer", "administrator"]
FORM = {
    "name": "Invented Person",
    "purpose": "reunite",
    "evidence": evidence("signed"),
    "valid_from": "2026-01-01",
    "reference": "F-900",
}


def a_photo(person: str = "001", picture: int = 1) -> tuple[str, tuple[str, bytes, str]]:
    return ("photos", ("front.jpg", read_picture(person, picture), "image/jpeg"))


def enrol(steward: Visit, *files: Any, **changes: str) -> Any:
    return steward.post_form("/people", {**FORM, **changes}, files=list(files or [a_photo()]))


def test_somebody_is_enrolled_here_and_now_and_their_page_shows_everything_held(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")

    done = enrol(steward, a_photo(), a_photo(picture=2), name=f"{SCRIPT} Person")

    assert done.status_code == 303
    page = steward.get(done.headers["location"])
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Person" in page.text
    assert SCRIPT not in page.text
    assert "F-900" in page.text
    photos = re.findall(r'src="(/people/p_[a-z2-7]{16}/photos/r_[a-z2-7]{16}\.jpg)"', page.text)
    assert len(photos) == 2
    for path in photos:
        photo = steward.get(path)
        assert photo.headers["content-type"] == "image/jpeg"
        assert photo.content[:2] == b"\xff\xd8"
        assert photo.headers["cache-control"] == "no-store"
    assert "Person" not in re.findall(r"<title>(.*?)</title>", page.text)[0].replace("Person p_", "")


def test_the_signed_form_is_kept_as_its_digest_only(bare_site: Site) -> None:
    scan = b"%PDF-1.7 the signed form"
    steward = bare_site.as_role("steward")

    done = enrol(steward, a_photo(), ("evidence_file", ("form.pdf", scan, "application/pdf")), evidence="")

    person = PersonId(done.headers["location"].rsplit("/", 1)[1])
    consents = show_person(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), person).person.consents
    assert [consent.evidence_digest for consent in consents] == [evidence(scan.decode())]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"name": " "}, "needs a name", id="no name"),
        pytest.param({"name": "x" * 201}, "needs a name", id="a name without an end"),
        pytest.param({"name": "a\x1b[2Jb"}, "control characters", id="a name that moves a cursor"),
        pytest.param({"purpose": ""}, "not defined", id="no purpose"),
        pytest.param({"purpose": "sell"}, "not defined", id="undefined purpose"),
        pytest.param({"evidence": ""}, "No evidence", id="no evidence"),
        pytest.param({"evidence": "abc"}, "No evidence", id="no digest"),
        pytest.param({"valid_from": ""}, "cannot be read", id="no start"),
        pytest.param({"valid_from": "31.1.2026"}, "cannot be read", id="no date"),
        pytest.param({"valid_from": "2999-01-01"}, "not in force", id="starts later"),
        pytest.param({"valid_until": "2026-01-02"}, "not in force", id="over already"),
        pytest.param({"basis": "because"}, "basis must be", id="no basis"),
        pytest.param(
            {"basis": "next-of-kin", "registered_by": "a sister"}, "needs an end", id="registered without end"
        ),
        pytest.param({"text_version": "V 1"}, "version of the consent text", id="no version"),
    ],
)
def test_an_enrolment_that_lacks_something_says_what_and_keeps_what_was_typed(
    bare_site: Site, changes: dict[str, str], message: str
) -> None:
    steward = bare_site.as_role("steward")

    refused = enrol(steward, **{"registered_by": SCRIPT, **changes})

    assert refused.status_code == 422
    assert message in refused.text
    assert SCRIPT not in refused.text
    assert "Nobody is here." in steward.get("/people").text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "No file was chosen", id="nothing"),
        pytest.param(b"<svg/onload=alert(1)>", "photo", id="a drawing"),
        pytest.param(read_picture("001", 1)[:900], "photo", id="torn off"),
        pytest.param(BLANK_PNG, "Photo 1", id="no face"),
    ],
)
def test_a_photo_that_cannot_be_used_is_refused_with_its_number(bare_site: Site, content: bytes, message: str) -> None:
    steward = bare_site.as_role("steward")

    refused = enrol(steward, ("photos", ("../../etc/passwd", content, "image/jpeg")))

    assert refused.status_code == 422
    assert message.lower() in refused.text.lower()
    assert "passwd" not in refused.text


def test_files_that_a_browser_sends_empty_are_taken_for_none(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    empty = 'Content-Disposition: form-data; name="{}"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n'
    fields = {**FORM, "csrf": steward.read_token()}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts += [empty.format("photos"), empty.format("evidence_file")]
    body = "".join(f"--edge\r\n{part}\r\n" for part in parts) + "--edge--\r\n"

    refused = steward.post("/people", content=body, headers={"content-type": "multipart/form-data; boundary=edge"})

    assert refused.status_code == 422
    assert "1 to 20 photos" in refused.text


def test_people_are_listed_a_page_at_a_time_and_found_by_the_number_of_their_form(site: Site) -> None:
    steward = site.as_role("steward")

    pages = [steward.get(f"/people?page={number}").text for number in (1, 2, 3, 4)]

    assert [page.count("Person of form") for page in pages] == [PAGE_SIZE, PAGE_SIZE, 10, 0]
    assert "60 people" in pages[0]
    found = steward.post_form("/people/find", {"reference": " 007 "})
    assert found.headers["location"] == f"/people/{site.deployment.people['007']}"
    nobody = steward.post_form("/people/find", {"reference": SCRIPT})
    assert nobody.status_code == 422
    assert "Nobody is enrolled under this reference." in nobody.text
    assert SCRIPT not in nobody.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30])
def test_a_page_that_is_no_number_is_refused(bare_site: Site, page: str) -> None:
    assert bare_site.as_role("steward").get(f"/people?page={page}").status_code == 422


def test_a_persons_page_shows_who_looked_and_nothing_else_of_the_search(site: Site) -> None:
    person = site.deployment.people["001"]
    result = search(site.runtime, site.deployment, read_picture("001", 3))

    page = site.as_role("steward").get(f"/people/{person}").text

    assert result.permit.search in page
    for hidden in (result.permit.case, result.permit.licence, result.permit.holder, "The family asked"):
        assert hidden not in page


def test_withdrawing_takes_one_page_and_destroys_what_nothing_covers(site: Site) -> None:
    person = site.deployment.people["001"]
    steward = site.as_role("steward")
    assert "Withdraw everything" in steward.get(f"/people/{person}/withdraw").text

    nothing = steward.post_form(f"/people/{person}/withdraw", {})
    unknown = steward.post_form(f"/people/{person}/withdraw", {"purpose": "photos"})
    done = steward.post_form(f"/people/{person}/withdraw", {"purpose": "reunite"})

    assert (nothing.status_code, unknown.status_code) == (422, 404)
    assert done.headers["location"] == "/people"
    assert steward.get(f"/people/{person}").status_code == 404
    assert search(site.runtime, site.deployment, read_picture("001", 3)).candidates == ()


def test_a_personal_link_is_shown_once_and_a_new_one_kills_it(site: Site) -> None:
    person = site.deployment.people["001"]
    steward = site.as_role("steward")

    first = steward.post_form(f"/people/{person}/link")
    second = steward.post_form(f"/people/{person}/link")

    links = [re.findall(r"<code>https://testserver(/p/[\w-]{43})</code>", answer.text) for answer in (first, second)]
    assert [len(found) for found in links] == [1, 1]
    assert links[0] != links[1]
    assert "<svg" in first.text
    assert links[1][0] not in steward.get(f"/people/{person}").text


@pytest.mark.parametrize("role", OTHERS)
def test_only_a_steward_sees_and_changes_people(site: Site, role: str) -> None:
    browser = site.as_role(role)
    person = site.deployment.people["001"]
    steward = act_as(site.runtime, Role.STEWARD)
    reference = show_person(site.runtime, steward, person).person.references[0]

    for path in ("", "/new", "/expiring", "/duplicates", f"/{person}", f"/{person}/withdraw"):
        assert browser.get(f"/people{path}").status_code == 403, path
    assert browser.get(f"/people/{person}/photos/{reference}.jpg").status_code == 403
    for path in ("/find", f"/{person}/withdraw", f"/{person}/link", f"/{person}/confirm", f"/{person}/renew"):
        assert browser.post_form(f"/people{path}", {"everything": "yes"}).status_code == 403, path
    assert enrol(browser).status_code == 403
    assert show_person(site.runtime, steward, person)


def test_a_photo_is_shown_with_its_own_person_only(site: Site) -> None:
    people, steward = site.deployment.people, site.as_role("steward")
    actor = act_as(site.runtime, Role.STEWARD)
    reference = show_person(site.runtime, actor, people["001"]).person.references[0]

    assert steward.get(f"/people/{people['001']}/photos/{reference}.jpg").status_code == 200
    assert steward.get(f"/people/{people['002']}/photos/{reference}.jpg").status_code == 404
    assert steward.get(f"/people/{people['001']}/photos/r_aaaaaaaaaaaaaaaa.jpg").status_code == 404
    assert steward.get(f"/people/{people['001']}/photos/..%2f..%2fkeys.jpg").status_code in {404, 422}


@pytest.mark.parametrize("path", [UNKNOWN, f"{UNKNOWN}/withdraw"])
def test_nobody_is_not_found(bare_site: Site, path: str) -> None:
    assert bare_site.as_role("steward").get(path).status_code == 404


@pytest.mark.parametrize("act", ["link", "withdraw", "confirm", "renew", "kin"])
def test_nothing_is_done_to_nobody(bare_site: Site, act: str) -> None:
    terms = {"everything": "yes", "until": "2026-12-31", "told": "alive"}

    assert bare_site.as_role("steward").post_form(f"{UNKNOWN}/{act}", terms).status_code == 404


def test_a_stranger_is_asked_to_sign_in(site: Site) -> None:
    person = site.deployment.people["001"]

    for path in ("/people", f"/people/{person}", "/imports", "/invitations"):
        answer = site.visit().get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
