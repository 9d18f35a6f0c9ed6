"""Many stored templates of one pack read at once, for filling a gallery quickly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assent.errors import TemplatesNotComparable
from assent.faces.embedding import Template
from assent.faces.manifest import PackId


def read_template_vectors(stored: Sequence[bytes], pack_id: PackId, dimensions: int) -> NDArray[np.float32]:
    """Return the vectors, shape (N, dimensions), float32, of templates as `Template.to_bytes` wrote them.

    Raises TemplatesNotComparable if one of them is of another pack or size.
    """
    if not stored:
        return np.empty((0, dimensions), np.float32)
    # All templates of one pack share their header, so one written now shows what each must start with.
    whole = Template(np.zeros(dimensions, np.float32), pack_id).to_bytes()
    header = whole[: -4 * dimensions]
    if any(len(data) != len(whole) or not data.startswith(header) for data in stored):
        raise TemplatesNotComparable(f"A stored template is not of pack {pack_id} with {dimensions} dimensions.")
    rows = np.frombuffer(b"".join(stored), np.uint8).reshape(len(stored), len(whole))
    return np.ascontiguousarray(rows[:, len(header) :]).view("<f4").astype(np.float32, copy=False)
