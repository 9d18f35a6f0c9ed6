"""Real server processes for tests: `assent serve` on Unix sockets, and browsers that talk to them."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from assent.mandates import Role
from assent.services.open_deployment import open_runtime
from assent.services.sessions import open_session
from assent.web import cookies
from demo_deployments import Deployment, act_as
from postgres_server import environment_for

SECONDS = 180
VISITOR = "v" * 43


@dataclass
class Server:
    """One running server; all its processes are one group."""

    process: subprocess.Popen[str]
    socket: Path

    def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS)

    def stop(self) -> int:
        """Ask it to stop and wait until it did; gives the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(SECONDS)

    def visit(self, session: str = "") -> RemoteVisit:
        """A browser in which the session, if any, is signed in."""
        return RemoteVisit(self.socket, session)


class RemoteVisit(httpx.Client):
    """A browser that talks to a server process, with the cookies it would have."""

    def __init__(self, socket: Path, session: str) -> None:
        bound = f"{session} "
        self.form_token = hmac.new(VISITOR.encode(), bound.encode(), hashlib.sha256).hexdigest()
        held = f"{cookies.VISITOR}={VISITOR}" + (f"; {cookies.SESSION}={session}" if session else "")
        super().__init__(
            transport=httpx.HTTPTransport(uds=str(socket)),
            base_url="http://localhost",
            headers={"Cookie": held},
            timeout=SECONDS,
        )

    def post_form(self, path: str, data: Mapping[str, Any], **more: Any) -> httpx.Response:
        """Send a form with its token."""
        return self.post(path, data={"csrf": self.form_token, **data}, **more)


@contextmanager
def serve(deployment: Deployment, *, workers: int = 1) -> Iterator[Server]:
    """Start a server and wait until it answers; it is stopped when the block ends, if it still runs."""
    # Short: the path of a Unix socket has room for 107 characters.
    with tempfile.TemporaryDirectory(prefix="as-", dir="/tmp") as place:
        socket = Path(place) / "web"
        command = [sys.executable, "-m", "assent", "serve", "--unix-socket", str(socket), "--workers", str(workers)]
        with (Path(place) / "log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment_for(deployment.settings),
                start_new_session=True,
            )
        server = Server(process, socket)
        try:
            assert process.stdout is not None
            process.stdout.readline()  # said once the socket listens
            with server.visit() as browser:
                assert browser.get("/healthz").status_code == 200
            yield server
        finally:
            if process.poll() is None:
                server.stop()
            if process.stdout is not None:
                process.stdout.close()


def sign_in(deployment: Deployment, *roles: Role) -> list[str]:
    """Sign the deployment's member of each role in; any server of the deployment knows the sessions."""
    with open_runtime(deployment.settings) as runtime:
        return [open_session(runtime, act_as(runtime, role).member.id) for role in roles]
