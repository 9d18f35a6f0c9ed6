from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assent.faces import FacePipeline, decode_image

VOLUNTEERS = Path(__file__).parents[3] / "shared/data/faces"

pytestmark = [
    pytest.mark.volunteers,
    pytest.mark.slow,
    pytest.mark.skipif(not VOLUNTEERS.is_dir(), reason="the volunteers' pictures are not beside the repository"),
]


def compute_templates(pipeline: FacePipeline, pattern: str) -> np.ndarray:
    """Return the vectors of the best face in each picture, in the order of the people's numbers."""
    pictures = []
    for file in sorted(VOLUNTEERS.glob(pattern)):
        image = decode_image(file.read_bytes())
        pictures.append((image, [max(pipeline.detect(image), key=lambda face: face.score)]))
    return np.stack([found[0].vector for found in pipeline.embed_many(pictures)])


def test_at_the_default_threshold_volunteers_are_found_and_strangers_are_not(pipeline: FacePipeline) -> None:
    gallery = compute_templates(pipeline, "london/*/neutral.jpg")
    probes = compute_templates(pipeline, "london/*/smiling.jpg")
    strangers = compute_templates(pipeline, "canada/*/neutral.jpg")
    threshold = pipeline.pack.manifest.default_threshold

    mated = np.linalg.norm(probes[:, None] - gallery, axis=2)
    non_mated = np.linalg.norm(strangers[:, None] - gallery, axis=2)

    assert len(gallery) == len(probes) == 80
    assert len(strangers) == 40
    assert (mated.argmin(axis=1) == np.arange(80)).all()
    assert np.diag(mated).max() <= threshold
    assert (non_mated.min(axis=1) > threshold).all()
