"""The pages of an evaluation: the whole report, and one page for a data-protection impact assessment."""

from __future__ import annotations

from math import floor, log10
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assent.evaluation.intervals import Rate
from assent.evaluation.results import Evaluation
from assent.faces import QualityReason

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).parent / "reports"
REPORT_TEMPLATE: Final = "evaluation.html.jinja"
SUMMARY_TEMPLATE: Final = "evaluation-summary.html.jinja"
_FEW: Final = 0.01

_OTHER_REASONS: Final = {
    "unreadable-image": "The file is no picture that can be read.",
    "image-too-large": "The picture is larger than the limits allow.",
    "no-face-found": "No face was found.",
    "several-faces-found": "Several faces were found; which one is meant cannot be known.",
    "invalid-input": "The file cannot be read.",
}


def render_report(evaluation: Evaluation) -> str:
    """Write the report as one HTML page that carries its plots and asks for nothing from outside."""
    from assent.evaluation.plots import plot_det, plot_histogram  # noqa: PLC0415 - Matplotlib, needed only here

    usual = evaluation.usual_point
    plots = {
        "det": plot_det(evaluation.det, evaluation.points, label="FNIR over FPIR; the table holds the figures")
        if evaluation.det
        else "",
        "histogram": plot_histogram(
            evaluation.histogram,
            None if usual is None else usual.threshold,
            label="Distribution of distances to the person and to the nearest stranger; the table holds the figures",
        ),
    }
    page = _open_environment().get_template(REPORT_TEMPLATE)
    return page.render(evaluation=evaluation, usual=usual, plots=plots)


def render_summary(evaluation: Evaluation) -> str:
    """Write the one page for a data-protection impact assessment."""
    page = _open_environment().get_template(SUMMARY_TEMPLATE)
    return page.render(evaluation=evaluation, usual=evaluation.usual_point)


def format_percent(share: float) -> str:
    """Write a share as a percentage with two digits that say something."""
    percent = 100 * share
    if percent in {0, 100}:
        return f"{percent:.0f} %"
    # A share of nearly none or nearly all keeps the digits that tell it from none or all.
    digits = 1 if _FEW <= share <= 1 - _FEW else min(4, 1 - floor(log10(min(percent, 100 - percent))))
    return f"{percent:.{digits}f} %"


def format_points(share: float) -> str:
    """Write a difference of shares in percentage points."""
    return f"{100 * share:.1f}"


def format_interval(rate: Rate) -> str:
    """Write a rate's interval."""
    return f"{format_percent(rate.low)} to {format_percent(rate.high)}"


def describe_reason(slug: str) -> str:
    """Say in a sentence why a photo was not used."""
    if slug in set(QualityReason):
        return QualityReason(slug).text.split(";")[0] + "."
    return _OTHER_REASONS.get(slug, slug)


def _keep_together(text: str) -> str:
    """Keep a number and its sign on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _open_environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only reports need it

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: _keep_together(format_percent(share))
    environment.filters["points"] = format_points
    environment.filters["interval"] = lambda rate: _keep_together(format_interval(rate))
    environment.filters["reason"] = describe_reason
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment
