"""Plain factories shared by the tests of the two gallery indexes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from assent.search.index import ExactIndex
from assent.search.reference_index import ReferenceIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
ALWAYS = {"reunite": (NOON - timedelta(days=30), None)}


@dataclass(frozen=True, slots=True)
class PermitStandIn:
    """The two attributes of a search permit that an index reads."""

    purpose: str = "reunite"
    authorised_at: datetime = NOON


def a_vector(*components: float, dims: int = 16) -> NDArray[np.float32]:
    vector = np.zeros(dims, dtype=np.float32)
    vector[: len(components)] = components
    return vector


def some_vectors(count: int, dims: int = 128, seed: int = 0) -> NDArray[np.float32]:
    """Vectors with a mean away from zero and unequal variances, as embedders give them."""
    rng = np.random.default_rng(seed)
    spread = np.geomspace(0.3, 0.01, dims)
    return (rng.standard_normal((count, dims)) * spread + 0.1).astype(np.float32)


def both_built(
    vectors: NDArray[np.float32], *, per_person: int = 1, consents: Callable[[int], dict[str, Any]] | None = None
) -> tuple[ExactIndex, ReferenceIndex]:
    """The same gallery in both indexes; person number n has the references n * per_person and following."""
    references = [f"r_{number:016d}" for number in range(len(vectors))]
    people = [f"p_{number // per_person:016d}" for number in range(len(vectors))]
    agreed = {person: (consents or (lambda _: ALWAYS))(number) for number, person in enumerate(dict.fromkeys(people))}
    exact = ExactIndex.build(
        vectors.shape[1], vectors=vectors, reference_ids=references, person_ids=people, consents=agreed
    )
    plain = ReferenceIndex(vectors.shape[1])
    plain.add(list(zip(references, people, vectors, strict=True)))
    for person, spans in agreed.items():
        plain.set_consents(person, spans)
    return exact, plain


def assert_same_answer(
    exact: ExactIndex,
    plain: ReferenceIndex,
    probe: NDArray[np.float32],
    *,
    radius: float,
    limit: int,
    permit: PermitStandIn | None = None,
) -> None:
    """The same people through the same references in the same order, and distances within 1e-6."""
    permit = permit or PermitStandIn()
    found = exact.nearest(permit, probe, radius=radius, limit=limit)
    expected = plain.nearest(permit, probe, radius=radius, limit=limit)
    assert [(near.person_id, near.reference_id) for near in found] == [
        (near.person_id, near.reference_id) for near in expected
    ]
    np.testing.assert_allclose(
        [near.distance for near in found], [near.distance for near in expected], rtol=0, atol=1e-6
    )
    assert exact.size(permit.purpose, permit.authorised_at) == plain.size(permit.purpose, permit.authorised_at)
