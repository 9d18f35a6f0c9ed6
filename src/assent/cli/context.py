"""The options that every command has: where the deployment lies, who acts, and how the answer is written."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.settings import Settings

if TYPE_CHECKING:
    from assent.mandates import Actor
    from assent.services.runtime import Runtime

CHANNEL = "cli"
MEMBER_VARIABLE = "ASSENT_MEMBER"

PANEL = "Options of every command"
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FOLDER", help="The deployment's data folder, or ASSENT_DATA.", rich_help_panel=PANEL
    ),
]
MemberOption = Annotated[
    str | None,
    typer.Option("--as", metavar="MEMBER", help="Who acts: handle or id, or ASSENT_MEMBER.", rich_help_panel=PANEL),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output.", rich_help_panel=PANEL)
]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the command line, as far as all commands share it."""

    data_folder: Path | None = None
    member: str | None = None
    is_json: bool = False

    def within(self, outer: Invocation) -> Invocation:
        """Fill what stands after the command with what stands before it."""
        return Invocation(
            self.data_folder or outer.data_folder, self.member or outer.member, self.is_json or outer.is_json
        )

    @property
    def settings(self) -> Settings:
        """The settings of the deployment that is meant."""
        return Settings.from_environment(data_folder=self.data_folder)

    @property
    def handle(self) -> str | None:
        """Who acts, if it was said."""
        return self.member or os.environ.get(MEMBER_VARIABLE) or None

    @contextmanager
    def open(self, *, applies_retention: bool = True) -> Iterator[Runtime]:
        """Open the deployment; `applies_retention` as in `open_runtime`."""
        from assent.services.open_deployment import open_runtime

        with open_runtime(self.settings, applies_retention=applies_retention) as runtime:
            yield runtime

    @contextmanager
    def act(self, *, applies_retention: bool = True) -> Iterator[tuple[Runtime, Actor]]:
        """Open the deployment for the member who acts. Raises a usage error if none was named."""
        if self.handle is None:
            raise typer.BadParameter(f"Say who acts: --as MEMBER, or {MEMBER_VARIABLE}.", param_hint="--as")
        with self.open(applies_retention=applies_retention) as runtime:
            yield runtime, runtime.find_actor(self.handle, CHANNEL)
