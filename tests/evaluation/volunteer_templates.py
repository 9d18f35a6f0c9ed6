"""The volunteers' templates for tests of the calibration, computed once a run and kept in memory only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assent.evaluation.fit_calibration import LabelledTemplates, measure_distances
from assent.faces import FacePipeline

VOLUNTEERS = Path(__file__).parents[3] / "shared/data/faces"


@dataclass(frozen=True, eq=False)
class Volunteers:
    """One probe and one reference each: people 0 to 79 of the London set, then 40 of the Canadian one."""

    probes: np.ndarray
    references: np.ndarray
    london: np.ndarray
    canada: np.ndarray

    @property
    def distances(self) -> np.ndarray:
        """Distances of everybody's probe to everybody's reference."""
        return measure_distances(self.probes, self.references)

    def label(self, people: np.ndarray) -> LabelledTemplates:
        """Lay some of them out for fitting."""
        return LabelledTemplates(
            self.probes[people],
            people,
            2 * people + 1,
            [None] * len(people),
            self.references[people],
            people,
            2 * people,
        )


def compute_templates(pipeline: FacePipeline) -> Volunteers:
    """Compute neutral references and smiling probes; of the Canadian set both come from the only picture."""
    references, probes = [], []
    for folder in [*sorted((VOLUNTEERS / "london").glob("*/")), *sorted((VOLUNTEERS / "canada").glob("*/"))]:
        smiling = folder / "smiling.jpg"
        for file, embed, found in (
            (folder / "neutral.jpg", pipeline.embed_references, references),
            (smiling if smiling.exists() else folder / "neutral.jpg", pipeline.embed, probes),
        ):
            image = pipeline.decode(file.read_bytes())
            best = max(pipeline.detect(image, smallest_face_px=80), key=lambda face: face.score)
            found.append(embed(image, [best])[0].vector)
    people = np.arange(len(probes))
    return Volunteers(np.stack(probes), np.stack(references), people[:80], people[80:])
