"""People whose templates are drawn from known distributions, so that the true error rates can be computed exactly.

A person's centre is normal with variance 1 in each of 32 dimensions, and each picture lies about it with standard
deviation 0.5. The squared distance of two pictures of a person over twice the variance is then chi-squared, and that of
a probe to a stranger's reference, given the probe, non-central chi-squared.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, ncx2

from assent.evaluation.searches import Labelled, LabelledProbe, LabelledReference

DIMENSIONS = 32
SPREAD = 0.5
STEPS = 400


def simulate_people(people: int, pictures: int, seed: int) -> Labelled:
    """Draw people; the first picture of each is the reference."""
    generator = np.random.default_rng(seed)
    centres = np.repeat(generator.normal(size=(people, DIMENSIONS)), pictures, axis=0)
    vectors = (centres + SPREAD * generator.normal(size=centres.shape)).astype(np.float32)
    probes = [LabelledProbe(f"{row // pictures:04}", row) for row in range(len(vectors))]
    references = [LabelledReference(f"{person:04}", person * pictures) for person in range(people)]
    return Labelled(probes, vectors, references, vectors[::pictures])


def true_fpir(threshold: float, gallery_size: int) -> float:
    """Return the chance that a probe finds a stranger among so many within the threshold."""
    variance = 1 + SPREAD**2
    probes: NDArray[np.float64] = chi2.ppf((np.arange(STEPS) + 0.5) / STEPS, DIMENSIONS)
    near = ncx2.cdf(threshold**2 / variance, DIMENSIONS, probes)
    return float(np.mean(1 - (1 - near) ** gallery_size))


def true_fnir(threshold: float) -> float:
    """Return the chance that two pictures of a person lie farther apart than the threshold."""
    return float(chi2.sf(threshold**2 / (2 * SPREAD**2), DIMENSIONS))


def true_threshold(target: float, gallery_size: int) -> float:
    """Return the threshold at which the chance of a stranger is the target."""
    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if true_fpir(middle, gallery_size) < target else (low, middle)
    return low
