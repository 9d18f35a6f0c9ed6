"""Licences in the browser: issued and changed by a confirmed issuer, read by those concerned, refused to all others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assent.mandates import ChangeKind, LicenceChange, Role
from assent.services.add_member import add_member
from assent.services.change_licence import change_licence
from assent.services.issue_licence import list_licences
from demo_deployments import QUOTA, act_as
from web.sites import Site

TERMS = {
    "purpose": "reunite",
    "ground": "Tracing mandate 12",
    "valid_until": "2099-12-31",
    "quota": "20",
}
WHY = {"reason": "The mandate was looked at again."}
SCRIPT = "<script>alert(1)</script>"
UNKNOWN = "/licences/l_aaaaaaaaaaaaaaaa"


def holder_of(site: Site) -> str:
    return site.runtime.find_actor("searcher", "web").member.id


def path_of(site: Site, act: str = "") -> str:
    return f"/licences/{site.deployment.licence}{act}"


def test_an_issuer_issues_a_trial_and_it_says_so_everywhere(bare_site: Site) -> None:
    issuer = bare_site.as_role("issuer")

    made = issuer.post_form("/licences", {**TERMS, "holder": holder_of(bare_site), "trial": "yes", "approval": "yes"})

    assert made.status_code == 303
    assert "This is a trial." in issuer.get(made.headers["location"]).text
    for role in ("issuer", "searcher", "overseer", "administrator"):
        listed = bare_site.as_role(role).get("/licences").text
        assert listed.count('<span class="badge warn">trial</span>') == 1
    licence = list_licences(bare_site.runtime, act_as(bare_site.runtime, Role.ISSUER))[-1]
    assert (licence.quota, licence.is_trial, licence.needs_approval) == (20, True, True)
    assert licence.valid_until == datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"holder": "nobody"}, "no member", id="unknown holder"),
        pytest.param({"holder": "steward"}, "not a searcher", id="a holder who is no searcher"),
        pytest.param({"purpose": "sell"}, "not defined", id="undefined purpose"),
        pytest.param({"purpose": ""}, "not defined", id="no purpose"),
        pytest.param({"ground": " "}, "needs the ground", id="no ground"),
        pytest.param({"valid_until": ""}, "cannot be read", id="no end"),
        pytest.param({"valid_until": "31/12/2099"}, "cannot be read", id="a date in other words"),
        pytest.param({"valid_until": "2001-01-01"}, "end after it starts", id="an end in the past"),
        pytest.param({"valid_from": "9999-99-99"}, "cannot be read", id="no day of the calendar"),
        pytest.param({"valid_until": "9999-12-31"}, "No date comes after", id="the last day there is"),
        pytest.param({"quota": "0"}, "quota is 1 to", id="no search"),
        pytest.param({"quota": "-5"}, "whole number", id="fewer than none"),
        pytest.param({"quota": "ten"}, "whole number", id="no number"),
        pytest.param({"quota": "9" * 40}, "whole number", id="a number without an end"),
        pytest.param({"quota": "²"}, "whole number", id="a digit that is none"),
        pytest.param({"urgent": "yes"}, "demands approval", id="urgent without approval"),
    ],
)
def test_terms_that_cannot_stand_are_said_beside_what_was_typed(
    bare_site: Site, changes: dict[str, str], message: str
) -> None:
    issuer = bare_site.as_role("issuer")
    terms = {**TERMS, "holder": holder_of(bare_site), "citation": SCRIPT, **changes}

    refused = issuer.post_form("/licences", terms)

    assert refused.status_code == 422
    assert message in refused.text
    assert SCRIPT not in refused.text
    assert "&lt;script&gt;" in refused.text
    assert len(list_licences(bare_site.runtime, act_as(bare_site.runtime, Role.ISSUER))) == 1


def test_a_licence_goes_through_its_life_and_its_history_is_shown(bare_site: Site) -> None:
    issuer = bare_site.as_role("issuer")
    end = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%d}"
    steps = [
        ("/suspend", {}, "Lift the suspension"),
        ("/lift", {}, "Suspend"),
        ("/extend", {"valid_until": end, "quota": str(QUOTA + 7)}, "1,007"),
        ("/revoke", {}, "revoked"),
    ]

    for act, terms, shown in steps:
        assert issuer.get(path_of(bare_site, act)).status_code == 200
        done = issuer.post_form(path_of(bare_site, act), {**terms, "reason": f"{SCRIPT} as agreed"})
        assert (done.status_code, done.headers["location"]) == (303, path_of(bare_site))
        assert shown in issuer.get(path_of(bare_site)).text

    page = issuer.get(path_of(bare_site)).text
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; as agreed") == 4
    assert SCRIPT not in page
    assert 'href="' + path_of(bare_site, "/extend") not in page


@pytest.mark.parametrize(
    ("act", "terms", "message"),
    [
        pytest.param("/revoke", {"reason": ""}, "needs a reason", id="no reason"),
        pytest.param("/suspend", {"reason": "x" * 2001}, "needs a reason", id="a reason without an end"),
        pytest.param("/lift", WHY, "not suspended", id="nothing to lift"),
        pytest.param("/extend", WHY, "a new end, a new quota", id="an extension of nothing"),
        pytest.param("/extend", {**WHY, "quota": "1"}, "takes nothing away", id="a smaller quota"),
        pytest.param("/extend", {**WHY, "valid_until": "2020-01-01"}, "takes nothing away", id="an earlier end"),
        pytest.param("/extend", {**WHY, "valid_until": "soon"}, "cannot be read", id="no date"),
        pytest.param("/extend", {**WHY, "quota": "1e3"}, "whole number", id="no number"),
    ],
)
def test_a_change_that_cannot_be_made_is_said_and_changes_nothing(
    bare_site: Site, act: str, terms: dict[str, str], message: str
) -> None:
    before = list_licences(bare_site.runtime, act_as(bare_site.runtime, Role.ISSUER))

    refused = bare_site.as_role("issuer").post_form(path_of(bare_site, act), terms)

    assert refused.status_code == 422
    assert message in refused.text
    assert list_licences(bare_site.runtime, act_as(bare_site.runtime, Role.ISSUER)) == before


@pytest.mark.parametrize("role", ["steward", "searcher", "approver", "overseer", "administrator"])
def test_only_an_issuer_issues_and_changes(bare_site: Site, role: str) -> None:
    browser = bare_site.as_role(role)

    assert browser.get("/licences/new").status_code == 403
    assert browser.post_form("/licences", {**TERMS, "holder": holder_of(bare_site)}).status_code == 403
    for act in ("/extend", "/suspend", "/lift", "/revoke"):
        assert browser.get(path_of(bare_site, act)).status_code == 403
        assert browser.post_form(path_of(bare_site, act), WHY).status_code == 403


@pytest.mark.parametrize("role", ["steward", "approver"])
def test_who_has_nothing_to_do_with_licences_sees_none(bare_site: Site, role: str) -> None:
    browser = bare_site.as_role(role)

    assert browser.get("/licences").status_code == 403
    assert browser.get(path_of(bare_site)).status_code == 403


def test_a_searcher_sees_only_their_own(bare_site: Site) -> None:
    admin = bare_site.as_role("administrator")
    assert admin.get(path_of(bare_site)).status_code == 200
    bare_site.as_role("searcher")
    add_member(
        bare_site.runtime,
        act_as(bare_site.runtime, Role.ADMINISTRATOR),
        handle="other",
        roles=[Role.SEARCHER],
        unit="desk",
    )
    other = bare_site.as_member("other")

    assert bare_site.deployment.licence not in other.get("/licences").text
    assert other.get(path_of(bare_site)).status_code == other.get(UNKNOWN).status_code == 404


def test_a_stranger_is_asked_to_sign_in(bare_site: Site) -> None:
    answer = bare_site.visit().get("/licences", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/licences")


@pytest.mark.parametrize("path", [UNKNOWN, f"{UNKNOWN}/revoke"])
def test_a_licence_that_is_not_there_is_not_found(bare_site: Site, path: str) -> None:
    assert bare_site.as_role("issuer").get(path).status_code == 404


@pytest.mark.parametrize("path", ["/licences/x", "/licences/l_..%2f..%2fetc", f"{UNKNOWN}/delete"])
def test_what_is_no_licence_is_no_page(bare_site: Site, path: str) -> None:
    assert bare_site.as_role("issuer").get(path).status_code in {404, 422}


def test_an_issuer_who_signed_in_long_ago_confirms_first(bare_site: Site) -> None:
    issuer = bare_site.as_role("issuer")
    clock = bare_site.runtime.clock
    bare_site.runtime.clock = lambda: clock() + timedelta(minutes=11)

    for path in ("/licences/new", path_of(bare_site, "/revoke")):
        answer = issuer.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/confirm?next={path}")
    assert issuer.post_form(path_of(bare_site, "/revoke"), WHY).headers["location"] == "/confirm?next=/"
    assert issuer.get("/licences").status_code == 200


def test_a_revoked_licence_says_so_to_its_holder(bare_site: Site) -> None:
    change_licence(
        bare_site.runtime,
        act_as(bare_site.runtime, Role.ISSUER),
        bare_site.deployment.licence,
        LicenceChange(ChangeKind.REVOKED, "The mandate has ended."),
    )

    page = bare_site.as_role("searcher").get(path_of(bare_site)).text

    assert "The mandate has ended." in page
    assert '<span class="badge bad">revoked</span>' in page
