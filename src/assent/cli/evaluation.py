"""`evaluate`: how often a search is wrong, measured on one's own labelled photos."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.inputs import read_bounded
from assent.cli.rendering import make_console, make_table

if TYPE_CHECKING:
    from assent.evaluation.groups import Gap
    from assent.evaluation.intervals import Rate
    from assent.evaluation.rates import OperatingPoint
    from assent.evaluation.results import Evaluation
    from assent.services.evaluate import Progress

topic = typer.Typer()
_COLUMNS = ["FPIR at most", "Threshold", "FPIR", "95 % interval", "FNIR", "95 % interval "]
_MOST_TABLE_BYTES = 16 * 1024 * 1024


@command(topic, "evaluate", example="assent evaluate ./photos --out ./accuracy --groups groups.csv")
def evaluate_folder(
    invocation: Invocation,
    photos: Annotated[Path, typer.Argument(metavar="FOLDER", help="One folder a person, photos in it.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the report goes.")],
    groups: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Groups that people volunteered: person, group.")
    ] = None,
    pack: Annotated[str | None, typer.Option(metavar="PACK", help="A pack's id or folder; else the default.")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="How often people are divided anew.")] = 3,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Parts in each; every one is left out once.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The same seed divides people in the same way.")] = 0,
) -> Answer:
    """Measure how often a search is wrong. Run again with the same folders, it goes on where it stopped."""
    from assent.evaluation.searches import Division
    from assent.services.evaluate import Order, evaluate

    table = None if groups is None else read_bounded(groups, _MOST_TABLE_BYTES, "The table of groups")
    order = Order(photos, out, table, pack, Division(folds, rounds, seed))
    with _show_progress(invocation) as progress:
        done = evaluate(invocation.settings, order, progress)
    passed_over = (
        f"Passed over, since they are no photo of a person: {done.passed_over} files." if done.passed_over else ""
    )
    written = f"Wrote {', '.join(path.name for path in done.files)}."
    document = {"files": [path.name for path in done.files], "passed_over": done.passed_over}
    view = [*_describe(done.evaluation), *([passed_over] if passed_over else []), written]
    return Answer({**document, "evaluation": json.loads(done.evaluation.to_json())}, view)


def _describe(evaluation: Evaluation) -> list[object]:
    extent, acquisition = evaluation.extent, evaluation.acquisition
    failures, photos = acquisition.failure_to_enrol, acquisition.failure_to_acquire
    table = make_table(_COLUMNS, map(_row, evaluation.points), nothing="No searches.")
    ranks = ", ".join(
        f"rank {found.rank} {_percent(found.rate.value)} ({_interval(found.rate)})" for found in evaluation.ranks
    )
    counted = (
        f"{extent.people} people, {extent.photos} photos, galleries of up to {extent.gallery_sizes[1]} people; "
        f"{extent.mated_searches} mated and {extent.non_mated_searches} non-mated searches."
    )
    failed = (
        f"Failure to enrol: {failures.count} of {failures.trials} people. "
        f"Failure to acquire: {photos.count} of {photos.trials} photos."
    )
    sentences: list[object] = [counted, failed, table]
    if ranks:
        sentences.append(f"Found: {ranks}.")
    sentences += [_describe_gap(gap) for gap in evaluation.groups.gaps] if evaluation.groups else []
    return sentences


def _describe_gap(gap: Gap) -> str:
    low, high = f"{100 * gap.low:.1f}", f"{100 * gap.high:.1f}"
    if not gap.difference:
        return f"{gap.rate}: no difference between groups was counted ({low} to {high} percentage points)."
    return (
        f"Widest gap of {gap.rate}: {gap.worse} over {gap.better}, "
        f"{100 * gap.difference:.1f} percentage points ({low} to {high})."
    )


def _row(point: OperatingPoint) -> list[object]:
    target = _percent(point.target)
    if point.fpir is None:
        return [target, None, f"{point.photos_needed} more photos needed", None, None, None]
    missed = [None, None] if point.fnir is None else [_percent(point.fnir.value), _interval(point.fnir)]
    return [target, point.threshold, _percent(point.fpir.value), _interval(point.fpir), *missed]


def _percent(share: float) -> str:
    from assent.services.evaluation_report import format_percent

    return format_percent(share)


def _interval(rate: Rate) -> str:
    from assent.services.evaluation_report import format_interval

    return format_interval(rate)


@contextmanager
def _show_progress(invocation: Invocation) -> Iterator[Progress | None]:
    """Draw a bar a step on standard error where somebody looks at it."""
    console = make_console(stderr=True)
    if invocation.is_json or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        tasks = {step: bar.add_task(step, total=None) for step in ("photos", "searches")}
        yield lambda step, done, total: bar.update(tasks[step], completed=done, total=total)
