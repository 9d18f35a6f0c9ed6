"""Deployments for tests; what is expensive is made once a run and copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assent.storage import PostgresAddress
from demo_deployments import Deployment, enrol_composites, make_deployment
from postgres_server import PostgresServer, find_programs, move_to, start_server


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, one for each process of pytest that needs it."""
    programs = find_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's initdb and pg_ctl (Debian's package postgresql)")
    with start_server(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | PostgresAddress:
    """Where an empty database may be made: once a file, once a server."""
    if request.param == "sqlite":
        return tmp_path / "data" / "assent.db"
    return PostgresAddress(request.getfixturevalue("postgres").make_database())


@pytest.fixture(params=["sqlite", "postgresql"])
def enrolled_on_either(request: pytest.FixtureRequest, enrolled: Deployment) -> Deployment:
    """A deployment with all composite people enrolled, once in a file, once on a server."""
    return enrolled if request.param == "sqlite" else move_to(request.getfixturevalue("postgres"), enrolled)
