"""`serve` and `demo-site`: the web application, of one's own deployment or of the demonstration."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation

topic = typer.Typer()

PortOption = Annotated[int, typer.Option("--port", help="The port to listen at.", min=0, max=65535)]
DEFAULT_PORT = 8000


@command(topic, "serve", example="assent serve --data ./tracing --public-url https://assent.example.org --behind-proxy")
def serve(
    invocation: Invocation,
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: PortOption = DEFAULT_PORT,
    unix_socket: Annotated[
        Path | None, typer.Option("--unix-socket", metavar="PATH", help="Listen at a Unix socket instead.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", help="How many processes; one a processor, up to 4.")
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option("--public-url", metavar="URL", help="The address people use, or ASSENT_PUBLIC_URL; for links."),
    ] = None,
    is_behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="Believe the proxy in front about who asks; only if there is one.")
    ] = False,
) -> Answer:
    """Serve the web application until stopped; the first start prints a one-time link for the administrator."""
    from assent.web.serving import Address, choose_workers
    from assent.web.serving import serve as serve_deployment

    settings = invocation.settings
    if public_url is not None:
        settings = replace(settings, public_url=public_url)
    elif "ASSENT_PUBLIC_URL" not in os.environ and unix_socket is None:
        settings = replace(settings, public_url=f"http://localhost:{port}")
    address = Address(host, port, unix_socket, is_behind_proxy)
    serve_deployment(settings, address, choose_workers(workers), typer.echo)
    return Answer({"served": True}, ["Stopped."])


@command(topic, "demo-site", example="assent demo-site --port 8000")
def demo_site(invocation: Invocation, *, port: PortOption = DEFAULT_PORT) -> Answer:
    """Open the web application with 60 composite people and one ready account a role, in a deployment of its own.

    Your own deployment is not touched; all of it is gone when the command ends, unless --data names a new folder.
    """
    from assent.services.demo_site import furnish_site
    from assent.settings import Settings
    from assent.web.serving import Address, serve_demonstration

    with tempfile.TemporaryDirectory(prefix="assent-demo-") as temporary:
        data = (invocation.data_folder or Path(temporary) / "data").absolute()
        own = replace(
            Settings.from_environment(),
            database_url="",
            data_folder=data,
            keys_folder=data.with_name(data.name + ".keys"),
        )
        furnished = furnish_site(own, say=lambda text: typer.echo(f"{text} ..."))
        rows = [f"  {account.handle:<15}{account.password}" for account in furnished.accounts]

        def announce(url: str) -> None:
            typer.echo("\nAccounts (password):")
            typer.echo("\n".join(rows))
            typer.echo(f"\nOpen {url} in a browser on this machine. Ctrl+C ends it.")

        serve_demonstration(own, furnished, Address(port=port), announce)
    return Answer({"served": True}, [])
