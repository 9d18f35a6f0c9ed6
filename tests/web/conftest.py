"""Sites for tests of the web application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assent.services.open_deployment import open_runtime
from demo_deployments import Deployment
from web.sites import Site, open_site


@pytest.fixture
def site(enrolled: Deployment) -> Iterator[Site]:
    """A site on which all composite people are enrolled, for this test alone."""
    with open_runtime(enrolled.settings) as runtime:
        yield open_site(enrolled, runtime)


@pytest.fixture
def bare_site(bare: Deployment) -> Iterator[Site]:
    """A site on which nobody is enrolled, for this test alone: faster where no gallery is needed."""
    with open_runtime(bare.settings) as runtime:
        yield open_site(bare, runtime)
