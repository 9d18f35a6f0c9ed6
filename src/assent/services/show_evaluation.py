"""Show an evaluation that was made before, from the folder of its report."""

from __future__ import annotations

from pathlib import Path

from assent.errors import NotFound
from assent.evaluation.results import Evaluation
from assent.services.evaluate import REPORT_DOCUMENT


def show_evaluation(report_folder: Path) -> Evaluation:
    """Read the figures. Raises NotFound where there is no finished report, InvalidInput where it cannot be read."""
    try:
        text = (report_folder / REPORT_DOCUMENT).read_bytes()
    except OSError:
        raise NotFound("There is no finished evaluation in that folder; 'assent evaluate' makes one.") from None
    return Evaluation.from_json(text)
