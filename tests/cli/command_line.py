"""Runs the command line within the test's process, and looks at what a command left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from assent.cli.app import app
from assent.services.open_deployment import open_runtime
from assent.services.show_ledger import list_entries
from assent.services.show_status import show_status
from demo_deployments import CASE, PICTURES, Deployment

ENVIRONMENT = dict.fromkeys(("ASSENT_DATA", "ASSENT_KEYS", "ASSENT_MEMBER", "ASSENT_TRACEBACK"))
PROBE = str(PICTURES / "001" / "3.jpg")
EVIDENCE = "5e" * 32


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; fails on anything besides."""
        assert self.stderr == ""
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Remains:
    """What is in a deployment, as far as a command may change it."""

    kinds: tuple[str, ...]
    people: int
    searches: dict[str, int]


def run(*arguments: object, on: Deployment | None = None, **variables: str) -> Outcome:
    """Run one command, on a deployment where one is given, with nothing but these variables of Assent's own."""
    place = ["--data", str(on.settings.data_folder)] if on else []
    result = CliRunner().invoke(app, [*place, *map(str, arguments)], env=ENVIRONMENT | variables)
    return Outcome(result.exit_code, result.stdout, result.stderr)


def search_arguments(deployment: Deployment, photo: object = PROBE, **changes: str) -> list[str]:
    """A search that is in order but for the changes."""
    options = {
        "licence": deployment.licence,
        "case": CASE,
        "purpose": "reunite",
        "source": "given-by-family",
        "justification": "The family asked where they are.",
        "as": "searcher",
    }
    named = [part for name, value in (options | changes).items() for part in (f"--{name}", value)]
    return ["search", str(photo), *named]


def enrol_arguments(*photos: object, **changes: str) -> list[str]:
    """An enrolment that is in order but for the changes."""
    options = {"name": "Ada Example", "purpose": "reunite", "evidence": EVIDENCE, "from": "2026-01-01", "as": "steward"}
    named = [part for name, value in (options | changes).items() for part in (f"--{name}", value)]
    return ["enrol", *map(str, photos), *named]


def look_at(deployment: Deployment) -> Remains:
    with open_runtime(deployment.settings) as runtime:
        status = show_status(runtime)
        kinds = tuple(item.entry.kind.value for item in list_entries(runtime))
    return Remains(kinds, status.people, status.searches_by_state)
