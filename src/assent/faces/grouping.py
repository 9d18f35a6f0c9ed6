"""Sorts templates into groups that show the same face: within the radius of some member, or of a chain of members."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assent.errors import TemplatesNotComparable
from assent.faces.embedding import Template

_ROWS_AT_ONCE = 1024


def group_faces(templates: Sequence[Template], radius: float) -> list[list[int]]:
    """Return the groups as positions in `templates`, each ascending, in the order of their first members.

    Two templates at most `radius` apart (Euclidean) share a group: single linkage, since pictures of one face under
    different light lie in a chain. Raises TemplatesNotComparable when the templates belong to different packs.
    """
    if len({(template.pack_id, template.vector.size) for template in templates}) > 1:
        raise TemplatesNotComparable("Templates of different packs cannot be sorted into groups.")
    if not templates:
        return []
    parents = list(range(len(templates)))
    vectors = np.stack([template.vector for template in templates])
    squares = np.einsum("ij,ij->i", vectors, vectors)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        distances = squares[rows, None] + squares[None, :] - 2 * vectors[rows] @ vectors.T
        for row, column in np.argwhere(distances <= radius * radius):
            first, second = _find_root(parents, start + int(row)), _find_root(parents, int(column))
            # The lower position leads, so that groups come in the order of their first members.
            parents[max(first, second)] = min(first, second)
    groups: dict[int, list[int]] = {}
    for position in range(len(parents)):
        groups.setdefault(_find_root(parents, position), []).append(position)
    return list(groups.values())


def _find_root(parents: list[int], position: int) -> int:
    while parents[position] != position:
        parents[position] = parents[parents[position]]
        position = parents[position]
    return position
