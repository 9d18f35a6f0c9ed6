"""The searcher's pages: photo, face, mandate, result, history; without scripts."""

from __future__ import annotations

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.services.withdraw_person import withdraw_person
from demo_deployments import CASE, act_as, read_picture
from web.search_forms import GROUP, add_named, bring, entries_of, mandate, path_of, search_at_once
from web.sites import Site

JPEG_START = b"\xff\xd8\xff"


def test_photo_is_brought_a_face_chosen_and_candidates_are_shown(site: Site) -> None:
    browser = site.as_role("searcher")

    brought = bring(browser, read_picture("042", 3))
    faces = browser.get(brought.headers["location"])
    answer = browser.post_form("/searches", mandate(site, face="1", case="", new_case="2026/0900"))
    page = browser.get(path_of(answer))

    assert faces.status_code == 200
    assert "One face was found." in faces.text
    assert 'name="face" value="1" required checked' in faces.text
    assert page.status_code == 200
    assert "Person of form 042" in page.text
    assert "A candidate is a lead" in page.text
    assert "2026/0900" in page.text
    assert browser.get(f"{path_of(answer)}/probe.jpg").content.startswith(JPEG_START)
    assert browser.get(f"{path_of(answer)}/candidates/1.jpg").content.startswith(JPEG_START)
    eyes = browser.get(f"{path_of(answer)}/eyes/1").json()
    assert all(0 < eyes[which][0][0] < eyes[which][1][0] < 1 for which in ("probe", "candidate"))


def test_photo_that_was_used_is_held_no_longer(site: Site) -> None:
    browser = site.as_role("searcher")
    bring(browser, read_picture("042", 3))
    assert browser.get("/searches/new/faces/1.jpg").content.startswith(JPEG_START)

    browser.post_form("/searches", mandate(site, face="1"))

    assert browser.get("/searches/new/faces", follow_redirects=False).headers["location"] == "/searches/new"
    assert b"Exif" not in site.deployment.database.read_bytes()


def test_one_request_does_it_all_and_the_search_is_in_the_ledger(site: Site) -> None:
    browser = site.as_role("searcher")

    path = path_of(search_at_once(site, browser))

    started = entries_of(site, EntryKind.SEARCH_STARTED)
    assert [entry.fields["search"] for entry in started] == [path.removeprefix("/searches/")]
    assert started[0].fields["channel"] == "web"
    assert len(entries_of(site, EntryKind.SEARCH_FINISHED)) == 1


def test_nobody_found_is_a_calm_page(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")

    page = browser.get(path_of(search_at_once(bare_site, browser)))

    assert page.status_code == 200
    assert "Nobody found" in page.text
    assert "That is the normal outcome of a search" in page.text
    assert "What next" in page.text
    assert "nobody found" in browser.get("/searches").text


def test_of_several_faces_one_is_chosen(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")
    bring(browser, GROUP.read_bytes())

    faces = browser.get("/searches/new/faces").text
    number = faces.count('class="face')
    answer = browser.post_form("/searches", mandate(bare_site, face="2"))

    assert number >= 3
    assert "faces were found." in faces
    assert path_of(answer)


def test_several_faces_in_one_request_lead_to_the_choice_and_count_as_failed(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")

    answer = search_at_once(bare_site, browser, GROUP.read_bytes(), justification="Typed <b>once</b> only.")

    assert answer.status_code == 422
    assert "counts as a failed one" in answer.text
    assert "Typed &lt;b&gt;once&lt;/b&gt; only." in answer.text
    assert len(entries_of(bare_site, EntryKind.SEARCH_FAILED)) == 1
    assert path_of(browser.post_form("/searches", mandate(bare_site, face="1")))


def test_poor_face_says_why_and_nothing_is_counted(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")
    bring(browser, _blur(read_picture("042", 1)))

    page = browser.get("/searches/new/faces").text

    assert "None of the faces is good enough" in page
    assert "use a sharper picture" in page
    assert entries_of(bare_site, EntryKind.SEARCH_STARTED) == []


def test_what_is_no_picture_is_said_on_the_form(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")

    assert bring(browser, b"no picture").status_code == 422
    assert bring(browser, b"").status_code == 422
    assert search_at_once(bare_site, browser, b"no picture").status_code == 422
    assert entries_of(bare_site, EntryKind.SEARCH_STARTED) == []


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        pytest.param({"licence": "l_aaaaaaaaaaaaaaaa"}, "licence-unknown", id="licence"),
        pytest.param({"purpose": "photos"}, "purpose-not-licensed", id="purpose"),
        pytest.param({"case": "2026/none"}, "case-unknown", id="case"),
        pytest.param({"case": "c_aaaaaaaaaaaaaaaa"}, "case-unknown", id="case of another"),
        pytest.param({"justification": "why"}, "justification-missing", id="justification"),
        pytest.param({"urgent": "yes"}, "urgent-not-allowed", id="urgent"),
    ],
)
def test_each_refusal_is_a_page_and_counted(bare_site: Site, changes: dict[str, str], cause: str) -> None:
    browser = bare_site.as_role("searcher")

    answer = search_at_once(bare_site, browser, **changes)

    assert answer.status_code == 403
    assert "The search was refused" in answer.text
    assert "Nothing was compared." in answer.text
    assert [entry.fields["cause"] for entry in entries_of(bare_site, EntryKind.SEARCH_REFUSED)] == [cause]
    assert "refused" in browser.get("/searches").text


def test_photo_is_still_held_after_a_refusal(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")
    bring(browser, read_picture("042", 1))

    refused = browser.post_form("/searches", mandate(bare_site, justification="", face="1"))

    assert refused.status_code == 403
    assert "/searches/new/faces" in refused.text
    assert path_of(browser.post_form("/searches", mandate(bare_site, face="1")))


def test_source_has_to_be_chosen_and_what_was_typed_is_kept(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")
    bring(browser, read_picture("042", 1))

    answer = browser.post_form("/searches", mandate(bare_site, source="", justification="Kept all the same."))

    assert answer.status_code == 422
    assert "Say where the photo comes from." in answer.text
    assert "Kept all the same." in answer.text
    assert entries_of(bare_site, EntryKind.SEARCH_STARTED) == []


def test_search_of_another_does_not_exist(site: Site) -> None:
    path = path_of(search_at_once(site, site.as_role("searcher")))
    add_named(site, "second", Role.SEARCHER)
    other = site.as_member("second")

    answers = [other.get(f"{path}{part}") for part in ("", "/probe.jpg", "/candidates/1.jpg", "/eyes/1")]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert other.post_form(f"{path}/run").status_code == 404
    assert path not in other.get("/searches").text


def test_held_photo_is_opened_by_nobody_else(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")
    bring(browser, read_picture("042", 1))
    add_named(bare_site, "second", Role.SEARCHER)
    other = bare_site.as_member("second")
    other.cookies.set("__Host-assent-photo", browser.cookies["__Host-assent-photo"])

    assert other.get("/searches/new/faces/1.jpg").status_code == 404


def test_who_withdrew_since_is_gone_and_the_page_says_so(site: Site) -> None:
    browser = site.as_role("searcher")
    path = path_of(search_at_once(site, browser))

    withdraw_person(site.runtime, act_as(site.runtime, Role.STEWARD), site.deployment.people["042"])
    page = browser.get(path).text

    assert "Person of form 042" not in page
    assert "withdrawn since" in page
    assert browser.get(f"{path}/candidates/1.jpg").status_code == 404


def test_what_is_typed_never_becomes_markup(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")
    evil = '"><script>alert(1)</script>'

    path = path_of(search_at_once(bare_site, browser, case="", new_case=evil, justification=f"Because of {evil}"))
    pages = [browser.get(where).text for where in (path, "/searches", "/cases")]

    assert all("<script>alert" not in page for page in pages)
    assert "&lt;script&gt;alert(1)" in pages[0]


def test_cases_are_opened_and_closed(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")

    opened = browser.post_form("/cases", {"number": "2026/0444", "purpose": "reunite"})
    again = browser.post_form("/cases", {"number": "2026/0444", "purpose": "reunite"})
    page = browser.get("/cases").text
    case = page.split("/cases/")[1].split("/close")[0]
    closed = browser.post_form(f"/cases/{case}/close")

    assert opened.status_code == 303
    assert again.status_code == 422
    assert CASE in page
    assert closed.status_code == 303
    assert "closed on" in browser.get("/cases").text
    assert search_at_once(bare_site, browser, case="2026/0444").status_code == 403


def test_searching_takes_the_role(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")

    assert [steward.get(path).status_code for path in ("/searches", "/searches/new", "/searches/new/faces")] == [
        403
    ] * 3
    assert search_at_once(bare_site, steward).status_code == 403
    assert bring(steward, read_picture("042", 1)).status_code == 403


def _blur(photo: bytes) -> bytes:
    import cv2  # noqa: PLC0415 (only this test needs it)
    import numpy as np  # noqa: PLC0415

    image = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    done, encoded = cv2.imencode(".jpg", cv2.GaussianBlur(image, (0, 0), 9))
    assert done
    return encoded.tobytes()
