"""Templates fall into groups by chains of neighbours, in the order in which faces first appear."""

from __future__ import annotations

import numpy as np
import pytest

from assent.errors import TemplatesNotComparable
from assent.faces import PackId, Template
from assent.faces.grouping import group_faces

RADIUS = 0.5


def some_templates(places: list[float], pack: str = "a-pack-1") -> list[Template]:
    """Templates along one line, so that their distances can be read off."""
    return [Template(np.array([place, 0, 0], np.float32), PackId(pack)) for place in places]


@pytest.mark.parametrize(
    ("places", "groups"),
    [
        ([], []),
        ([1], [[0]]),
        ([0, 5, 0.25, 9, 5.25], [[0, 2], [1, 4], [3]]),
        ([0, 0.9, 0.45], [[0, 1, 2]]),
        ([0, 0.5, 1.25], [[0, 1], [2]]),
    ],
    ids=["none", "one", "apart", "chain", "at-the-radius"],
)
def test_templates_are_grouped(places: list[float], groups: list[list[int]]) -> None:
    assert group_faces(some_templates(places), RADIUS) == groups


def test_more_templates_than_are_compared_at_once_give_the_same_groups() -> None:
    faces = np.random.default_rng(3).permutation(np.arange(2_500) % 50)

    groups = group_faces(some_templates([float(face) for face in faces]), RADIUS)

    assert [faces[group[0]] for group in groups] == list(dict.fromkeys(faces))
    assert all(set(faces[group]) == {faces[group[0]]} for group in groups)
    assert sum(map(len, groups)) == len(faces)


def test_templates_of_two_packs_are_not_grouped() -> None:
    with pytest.raises(TemplatesNotComparable):
        group_faces([*some_templates([0]), *some_templates([0], "another-pack")], RADIUS)
