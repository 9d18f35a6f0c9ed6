"""The two gates that ship, calibrated on the demonstration's 60 composites and on spoiled copies of them.

Brightness must not judge the colour of a skin: its bounds lie far outside what the composites, of many skin colours,
show in ordinary light (59 to 178), and the embedder hardly minds the dark (at gamma 3 at most 1 % more are missed).
Sharpness of pictures in order is 0.53 to 0.78; after a Gaussian blur of 4, 7 and 9 % of the distance between the eyes
it is about 0.43, 0.30 and 0.21.
"""

from __future__ import annotations

from typing import Final

from assent.faces.quality import QualityGate

ENROLMENT_GATE: Final = QualityGate(
    least_eye_distance_px=30,
    least_sharpness=0.45,
    least_brightness=35,
    most_brightness=225,
    least_contrast=10,
    most_turn=0.40,
    least_score=0.92,
    allows_overlap=False,
)
"""For a reference: a picture that later searches rest on, and that can usually be taken again."""

PROBE_GATE: Final = QualityGate(
    least_eye_distance_px=8,
    least_sharpness=0.27,
    least_brightness=10,
    most_brightness=245,
    least_contrast=4,
    most_turn=1.0,
    least_score=0.85,
    allows_overlap=True,
)
"""For a probe, which often cannot be had any better: refused is only what makes the result worthless."""

PROBE_WARNING: Final = QualityGate(
    least_eye_distance_px=13,
    least_sharpness=0.27,
    least_brightness=35,
    most_brightness=225,
    least_contrast=10,
    most_turn=0.15,
    least_score=0.985,
    allows_overlap=True,
)
"""For a probe that is searched with and may miss its person; docs/accuracy.md shows the error below and above it.

Blur, compression, light and size hardly matter down to where they were measured; half-covered faces do, and show in
a nose that lies off the middle and in an unsure detector.
"""
