"""Deployments for tests; what is expensive is made once a run and copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo_deployments import Deployment, enrol_composites, make_deployment


@pytest.fixture(scope="session")
def bare_original(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return make_deployment(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="session")
def enrolled_original(tmp_path_factory: pytest.TempPathFactory, bare_original: Deployment) -> Deployment:
    return enrol_composites(bare_original.copy_to(tmp_path_factory.mktemp("enrolled")))


@pytest.fixture
def bare(bare_original: Deployment, tmp_path: Path) -> Deployment:
    """A deployment in which nobody is enrolled, for this test alone."""
    return bare_original.copy_to(tmp_path / "bare")


@pytest.fixture
def enrolled(enrolled_original: Deployment, tmp_path: Path) -> Deployment:
    """A deployment with all composite people enrolled, for this test alone."""
    return enrolled_original.copy_to(tmp_path / "enrolled")
