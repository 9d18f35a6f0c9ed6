"""Whoever a check for duplicates named sees it on their own page; next of kin of somebody missing do not."""

from __future__ import annotations

import pytest

from assent.mandates import Role
from assent.people import Bearer
from assent.services.check_duplicates import check_duplicates
from assent.services.check_registration import confirm_registration
from demo_deployments import REUNITE, act_as, read_picture
from web.person_visits import enrol, person_of
from web.sites import Site

HEADING = "Checks for somebody enrolled twice"


@pytest.mark.parametrize(
    ("bearer", "is_told"), [(Bearer.SELF, True), (Bearer.GUARDIAN, True), (Bearer.NEXT_OF_KIN, False)]
)
def test_a_check_that_named_somebody_is_told_on_their_page_but_not_to_next_of_kin(
    bare_site: Site, bearer: Bearer, is_told: bool
) -> None:
    browser, _ = enrol(bare_site, bearer)
    steward = act_as(bare_site.runtime, Role.STEWARD)
    if bearer is Bearer.NEXT_OF_KIN:
        confirm_registration(bare_site.runtime, steward, person_of(bare_site, browser))
    assert HEADING not in browser.get("/me").text

    checked = check_duplicates(
        bare_site.runtime, steward, read_picture("001", 2), purpose=REUNITE, form_reference="F-7"
    )

    assert len(checked.named) == 1
    assert (HEADING in browser.get("/me").text) is is_told
