"""Part of `make check`: accuracy on a fixed small set has not dropped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from platformdirs import user_cache_dir

from accuracy.gate import FIGURES, find_drops, measure
from assent.faces import FacePipeline, Pack, open_default_pack
from assent.faces.embedding import Embedder


class DisturbedEmbedder(Embedder):
    """Embeds the crops upside down, as a slip in the order of axes would."""

    def __init__(self, sound: Embedder) -> None:
        self._sound = sound

    def embed(self, crops: np.ndarray) -> np.ndarray:
        return self._sound.embed(np.ascontiguousarray(crops[:, ::-1]))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return open_default_pack(Path(user_cache_dir("assent")))


@pytest.fixture(scope="module")
def stored() -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = json.loads(FIGURES.read_text("utf-8"))
    return figures


def test_accuracy_has_not_dropped(pack: Pack, stored: dict[str, dict[str, float]]) -> None:
    assert find_drops(stored, measure(FacePipeline(pack))) == []


def test_the_gate_fails_when_the_embedder_is_disturbed(pack: Pack, stored: dict[str, dict[str, float]]) -> None:
    disturbed = FacePipeline(replace(pack, embedder=DisturbedEmbedder(pack.embedder)))

    assert find_drops(stored, measure(disturbed, ["blurred"]))


def test_the_gate_fails_when_references_are_no_longer_averaged(pack: Pack, stored: dict[str, dict[str, float]]) -> None:
    plain = replace(pack.manifest, embedder=replace(pack.manifest.embedder, reference_blur=None))

    assert find_drops(stored, measure(FacePipeline(replace(pack, manifest=plain)), ["blurred"]))
