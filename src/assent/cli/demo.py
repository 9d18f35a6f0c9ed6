"""`demo`: the whole story on composite people, told step by step, with a report in HTML at the end."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.exit_codes import OK, UNEXPECTED

if TYPE_CHECKING:
    from assent.services.demo_story import DemoResult

topic = typer.Typer()

DEFAULT_OUTPUT = Path("demo-output")


@command(topic, "demo", example="assent demo --output ./demo-output")
def demo(
    invocation: Invocation,
    output: Annotated[
        Path, typer.Option("--output", metavar="FOLDER", help="Where the report and the published ledger go.")
    ] = DEFAULT_OUTPUT,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the demonstration's deployment, in the output folder or under --data.")
    ] = False,
) -> Answer:
    """Play the whole story with 60 composite people in a deployment of its own, and check that it comes true.

    Your own deployment is not touched, and no connection is opened. Exit code 1 if anything turned out otherwise.
    """
    from assent.cli.demo_narrator import DemoNarrator, ignore_event
    from assent.services.demo import KEPT_DATA, run_demo
    from assent.settings import Settings

    kept = invocation.data_folder or (output / KEPT_DATA if keep else None)
    settings = Settings.from_environment()
    if invocation.is_json:
        result = run_demo(settings, output, ignore_event, keep_at=kept)
        view = []
    else:
        with DemoNarrator() as narrator:
            result = run_demo(settings, output, narrator.tell, keep_at=kept)
        view = _summarise(result)
    return Answer(_describe(result), view, OK if result.holds else UNEXPECTED)


def _describe(result: DemoResult) -> dict[str, object]:
    story, counted = result.story, result.story.account.counted
    return {
        "holds": result.holds,
        "seconds": result.seconds,
        "steps": result.steps,
        "counts": {
            "people_enrolled": len(story.faces),
            "people_withdrawn": 1,
            "searches_started": counted.started,
            "searches_finished": counted.finished,
            "searches_failed": counted.failed,
            "searches_refused": counted.refused,
            "ledger_entries": story.account.size,
            "tamperings": len(story.tamperings),
            "tamperings_found": sum(tampering.is_found for tampering in story.tamperings),
        },
        "claims": story.claims,
        "tamperings": story.tamperings,
        "report": str(result.report.absolute()),
        "ledger": str(result.ledger.absolute()),
        "deployment": str(result.deployment.absolute()) if result.deployment else None,
        "attribution": story.attribution,
    }


def _summarise(result: DemoResult) -> list[str]:
    broken = [claim.text for claim in result.story.claims if not claim.holds]
    count = len(result.story.claims)
    lines = ["", f"Pictures: {result.story.attribution}", ""]
    if broken:
        lines += [f"{len(broken)} of {count} claims did not come true:", *(f"  {text}" for text in broken)]
    else:
        lines.append(f"All {count} claims came true, in {result.seconds:.1f} seconds.")
    lines += [f"Report: {result.report.absolute()}", f"Published ledger: {result.ledger.absolute()}"]
    if result.deployment:
        lines.append(f"Deployment kept; look around with: assent --data {result.deployment} --as steward status")
    return lines
