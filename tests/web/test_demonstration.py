"""The demonstration as a site: furnished by real use, its accounts work, and only it gives anything away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assent.errors import DeploymentExists
from assent.services.demo_samples import list_samples
from assent.services.demo_site import PAST, REFUSED_DAYS, FurnishedSite, furnish_site
from assent.services.follow_ledger import follow_ledger
from assent.services.open_deployment import open_runtime
from assent.services.verify_ledger import verify_ledger
from assent.settings import Settings
from assent.web.app import create_app
from demo_deployments import Deployment
from web.sites import PUBLIC_URL, Site


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.from_environment({"ASSENT_DATA": str(tmp_path_factory.mktemp("demonstration") / "data")})


@pytest.fixture(scope="module")
def furnished(place: Settings) -> FurnishedSite:
    return furnish_site(place, say=lambda _text: None)


@pytest.fixture
def shown(place: Settings, furnished: FurnishedSite) -> Iterator[Site]:
    with open_runtime(place) as runtime:
        app = create_app(runtime, public_url=PUBLIC_URL, furnished=furnished)
        yield Site(Deployment(place, "", {}), runtime, app)


def test_past_stands_in_the_ledger_and_verifies(shown: Site) -> None:
    total = follow_ledger(shown.runtime).sum_up().total

    assert (total.started, total.refused) == (len(PAST), len(REFUSED_DAYS))
    assert verify_ledger(shown.runtime).size > total.started


def test_every_account_signs_in_with_its_password(shown: Site, furnished: FurnishedSite) -> None:
    page = shown.visit().get("/").text

    for account in furnished.accounts:
        assert account.password in page
        browser = shown.visit()
        answer = browser.post_form("/sign-in", {"handle": account.handle, "password": account.password, "next": "/"})
        assert answer.status_code == 303
        assert 'action="/sign-out"' in browser.get("/").text


def test_links_of_the_walk_round_open(shown: Site, furnished: FurnishedSite) -> None:
    for link in furnished.links:
        assert shown.visit().get(link.path, follow_redirects=True).status_code == 200


def test_sample_pictures_are_shown_there_and_nowhere_else(shown: Site, bare_site: Site) -> None:
    for sample in list_samples():
        path = f"/demonstration/pictures/{sample.name}"
        assert shown.visit().get(path).headers["content-type"] == "image/jpeg"
        assert bare_site.visit().get(path).status_code == 404
    assert shown.visit().get("/demonstration/pictures/people.json").status_code == 404


@pytest.mark.usefixtures("furnished")
def test_another_deployment_is_never_furnished(place: Settings) -> None:
    with pytest.raises(DeploymentExists):
        furnish_site(place, say=lambda _text: None)
