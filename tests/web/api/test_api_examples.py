"""The examples of docs/api.md run as they stand there, against a server of its own on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from architecture.source_reading import REPOSITORY
from assent.mandates import Role
from assent.mandates.api_token import Scope
from assent.services.api_tokens import make_token
from assent.web.serving import Address, bind
from demo_deployments import act_as, read_picture
from web.sites import Site

PATIENCE_SECONDS = 120


def read_example(language: str) -> str:
    page = (REPOSITORY / "docs" / "api.md").read_text("utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@contextmanager
def a_server(site: Site) -> Iterator[str]:
    # Whoever connects before it answers waits in the queue of the socket that listens already.
    with bind(Address(port=0)) as bound:
        server = uvicorn.Server(uvicorn.Config(site.app, log_level="critical", lifespan="off"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        serving.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            serving.join(PATIENCE_SECONDS)


@pytest.fixture
def environment(site: Site, tmp_path: Path) -> Iterator[dict[str, str]]:
    (tmp_path / "photo.jpg").write_bytes(read_picture("001", 3))
    scopes = [Scope.SEARCHES_READ, Scope.SEARCHES_WRITE]
    searcher = act_as(site.runtime, Role.SEARCHER)
    with a_server(site) as url:
        yield os.environ | {
            "ASSENT_URL": url,
            "ASSENT_TOKEN": make_token(site.runtime, searcher, label="examples", scopes=scopes).text,
            "LICENCE": site.deployment.licence,
            "PERSON": site.deployment.people["001"],
            "no_proxy": "127.0.0.1",
        }


@pytest.mark.enable_socket
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are written for curl")
def test_examples_work_as_they_stand(environment: dict[str, str], tmp_path: Path) -> None:
    by_curl = subprocess.run(
        ["sh", "-e", "-c", read_example("sh")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    by_python = subprocess.run(
        [sys.executable, "-c", read_example("python")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert (by_curl.returncode, by_curl.stderr) == (0, ""), by_curl.stdout
    assert environment["PERSON"] in by_curl.stdout
    assert (by_python.returncode, by_python.stderr) == (0, "")
    assert environment["PERSON"] in by_python.stdout
    assert re.search(r"\d+ entries, root [0-9a-f]{64}", by_python.stdout)
