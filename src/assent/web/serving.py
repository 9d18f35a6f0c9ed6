"""Serves a deployment: one socket, several processes that each keep a gallery, and one that watches over them.

A process that dies is replaced; on SIGTERM each finishes what it has begun and closes the deployment.
"""

from __future__ import annotations

import gc
import os
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from assent.errors import InvalidInput, Unavailable
from assent.services.demo_site import FurnishedSite
from assent.services.follow_ledger import follow_ledger
from assent.services.keep_house import keep_house
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.set_up_link import make_set_up_link
from assent.settings import Settings

MOST_WORKERS = 64
USUAL_MOST_WORKERS = 4
STOP_SECONDS = 30
"""How long a request that has begun may take after the server was told to stop."""
HEALTH_SECONDS = 60
"""How long a process may be too busy to answer before it is replaced: loading the weights takes a while."""
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: a host and a port (0 for any that is free), or the path of a Unix socket."""

    host: str = "127.0.0.1"
    port: int = 8000
    unix_socket: Path | None = None
    is_behind_proxy: bool = False


def choose_workers(workers: int | None) -> int:
    """Choose how many processes serve: one a processor, up to four. Raises InvalidInput."""
    if workers is None:
        return min(os.cpu_count() or 1, USUAL_MOST_WORKERS)
    if not 1 <= workers <= MOST_WORKERS:
        raise InvalidInput(f"A deployment is served by 1 to {MOST_WORKERS} processes.")
    return workers


@contextmanager
def bind(address: Address) -> Iterator[socket.socket]:
    """Listen at an address. Raises Unavailable if something else does, or it cannot be used."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(socket.AF_UNIX if address.unix_socket else family) as bound:
        try:
            if address.unix_socket is not None:
                address.unix_socket.unlink(missing_ok=True)
                bound.bind(str(address.unix_socket))
                # The proxy in front belongs to the same group; nobody else talks to us.
                address.unix_socket.chmod(0o660)
            else:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                bound.bind((address.host, address.port))
        except OSError as error:
            raise Unavailable(f"Cannot listen there: {error.strerror or error}.") from None
        bound.listen(BACKLOG)
        bound.set_inheritable(True)
        yield bound


def serve(settings: Settings, address: Address, workers: int, say: Callable[[str], None]) -> None:
    """Serve until told to stop. Raises what `open_runtime` raises, and Unavailable where nobody can listen."""
    with open_runtime(settings) as runtime, bind(address) as bound, tempfile.TemporaryDirectory() as metrics:
        public_url = settings.public_url
        if public_url.endswith(":0"):
            # Any free port was asked for; which one it is, is known only now.
            public_url = f"{public_url[:-1]}{bound.getsockname()[1]}"
        _announce(runtime, public_url, say)
        os.environ |= {
            "ASSENT_DATA": str(settings.data_folder),
            "ASSENT_KEYS": str(settings.keys_folder),
            "ASSENT_CACHE": str(settings.cache_folder),
            "ASSENT_DATABASE": settings.database_url,
            "ASSENT_PUBLIC_URL": public_url,
            "ASSENT_WORKER_THREADS": str(max(1, settings.worker_threads // workers)),
            "PROMETHEUS_MULTIPROC_DIR": metrics,
            # Requests run side by side; threads within one product of matrices would wait for each other.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        stop = threading.Event()
        housekeeping = threading.Thread(target=keep_house, args=(runtime, public_url, stop), daemon=True)
        config = _configure("assent.web.serving:make_worker_app", address, factory=True, workers=workers)
        supervisor = Multiprocess(config, sockets=[bound])
        housekeeping.start()
        try:
            supervisor.run()
        finally:
            stop.set()
            housekeeping.join()


def make_worker_app() -> FastAPI:
    """Open the deployment that the environment names, for one of the processes that serve."""
    # The logs of a process start with it; imports that read the environment come late for the same reason.
    from assent.web.app import create_app  # noqa: PLC0415
    from assent.web.records import write_json_logs  # noqa: PLC0415

    write_json_logs()
    settings = Settings.from_environment()
    stack = ExitStack()
    runtime = stack.enter_context(open_runtime(settings, applies_retention=False))
    _warm_up(runtime)

    @asynccontextmanager
    async def close_after(_app: FastAPI) -> AsyncIterator[None]:
        with stack:
            yield

    return create_app(runtime, public_url=settings.public_url, lifespan=close_after)


def serve_demonstration(
    settings: Settings, furnished: FurnishedSite, address: Address, say: Callable[[str], None]
) -> None:
    """Serve a furnished deployment from this process until told to stop; takes any free port if the usual is taken."""
    from assent.web.app import create_app  # noqa: PLC0415

    with ExitStack() as stack:
        try:
            bound = stack.enter_context(bind(address))
        except Unavailable:
            bound = stack.enter_context(bind(replace(address, port=0)))
        public_url = f"http://localhost:{bound.getsockname()[1]}"
        runtime = stack.enter_context(open_runtime(settings))
        app = create_app(runtime, public_url=public_url, furnished=furnished)
        threading.Thread(target=_warm_up, args=(runtime,), daemon=True).start()
        say(public_url)
        uvicorn.Server(_configure(app, address, log_level="critical")).run(sockets=[bound])


def _configure(app: Any, address: Address, **more: Any) -> uvicorn.Config:
    terms: dict[str, Any] = {
        "loop": "uvloop",
        "http": "httptools",
        "access_log": False,  # paths may hold one-time links; our own log names routes
        "log_config": None,
        "server_header": False,
        "proxy_headers": address.is_behind_proxy,
        "forwarded_allow_ips": "*" if address.is_behind_proxy else None,
        "timeout_graceful_shutdown": STOP_SECONDS,
        "timeout_worker_healthcheck": HEALTH_SECONDS,
        "timeout_keep_alive": 10,
        "h11_max_incomplete_event_size": 64 * 1024,
    }
    return uvicorn.Config(app, **terms | more)


def _announce(runtime: Runtime, public_url: str, say: Callable[[str], None]) -> None:
    say(f"Assent is served at {public_url}")
    link = make_set_up_link(runtime)
    if link is not None:
        say("Nobody can sign in yet. Set the administrator's password by this link; it works once:")
        say(f"{public_url.rstrip('/')}{link}")


def _warm_up(runtime: Runtime) -> None:
    """Load the weights and fill the gallery, and read the ledger, so that the first to ask need not wait."""
    _ = runtime.faces, runtime.gallery
    follow_ledger(runtime)
    # What is there now stays: looking through all of it again and again for garbage would take time from searches.
    gc.collect()
    gc.freeze()
