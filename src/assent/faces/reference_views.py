"""A reference's template from several views of its crop: as it is, blurred, and both mirrored.

Probes are often blurred and seldom framed as the reference is; the average lies nearer to them and not nearer to
strangers. Only references pay for it, once, at enrolment; docs/accuracy.md has the figures.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from assent.faces.embedding import Embedder
from assent.faces.manifest import EmbedderSpec


def embed_reference_views(embedder: Embedder, spec: EmbedderSpec, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return vectors, shape (N, D), averaged over views if the pack asks for it, for crops, shape (N, S, S, 3)."""
    if spec.reference_blur is None or not len(crops):
        return embedder.embed(crops)
    sigma_px = spec.reference_blur * crops.shape[1]
    blurred = np.stack([cv2.GaussianBlur(crop, (0, 0), sigma_px) for crop in crops])
    views = np.concatenate([crops, crops[:, :, ::-1], blurred, blurred[:, :, ::-1]])
    vectors: NDArray[np.float32] = embedder.embed(views).reshape(4, len(crops), -1).mean(axis=0, dtype=np.float32)
    if spec.unit_length:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
