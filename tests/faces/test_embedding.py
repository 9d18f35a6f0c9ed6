from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assent.errors import InvalidInput, TemplatesNotComparable
from assent.faces import PackId, Template, distance

PACK = PackId("pack-0123456789ab")
VECTORS = arrays(np.float32, st.integers(1, 300), elements=st.floats(-10, 10, width=32))


def a_template(*values: float, pack_id: PackId = PACK) -> Template:
    return Template(np.array(values, np.float32), pack_id)


@settings(deadline=None)
@given(VECTORS, st.text(min_size=1, max_size=30))
def test_a_template_survives_its_stored_form(vector: np.ndarray, pack_id: str) -> None:
    again = Template.from_bytes(Template(vector, PackId(pack_id)).to_bytes())

    assert again.pack_id == pack_id
    assert again.vector.dtype == np.float32
    assert (again.vector == vector).all()


def test_the_stored_form_is_the_documented_one() -> None:
    stored = a_template(1.0, -2.0, pack_id=PackId("p")).to_bytes()

    assert stored.hex() == "4154504c" + "01" + "01" + "70" + "0200" + "0000803f" + "000000c0"


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda stored: stored[:5],
        lambda stored: stored[:-1],
        lambda stored: stored + b"\0",
        lambda stored: b"XTPL" + stored[4:],
        lambda stored: stored[:4] + b"\x02" + stored[5:],
        lambda stored: stored[:6] + b"\xff" + stored[7:],
        lambda stored: stored[:-4] + b"\x00\x00\xc0\x7f",
    ],
    ids=["empty", "cut", "a byte less", "a byte more", "other magic", "other version", "not UTF-8", "not a number"],
)
def test_anything_else_is_no_template(change: object) -> None:
    stored = a_template(1.0, 2.0).to_bytes()

    with pytest.raises(InvalidInput):
        Template.from_bytes(change(stored))  # type: ignore[operator]


def test_distance_is_euclidean() -> None:
    assert distance(a_template(0.0, 0.0), a_template(3.0, 4.0)) == pytest.approx(5.0)
    assert distance(a_template(0.5, 0.5), a_template(0.5, 0.5)) == 0


def test_templates_of_different_packs_are_never_compared() -> None:
    with pytest.raises(TemplatesNotComparable, match="same pack"):
        distance(a_template(1.0), a_template(1.0, pack_id=PackId("other-0123456789ab")))


def test_templates_of_different_size_are_never_compared() -> None:
    with pytest.raises(TemplatesNotComparable):
        distance(a_template(1.0), a_template(1.0, 2.0))


def test_a_template_cannot_be_changed_by_the_array_it_came_from() -> None:
    values = np.ones(3, np.float32)
    template = Template(values, PACK)

    values[:] = 7

    assert (template.vector == 1).all()
    with pytest.raises(ValueError, match="read-only"):
        template.vector[0] = 7


@pytest.mark.parametrize(
    "vector",
    [np.zeros(0), np.zeros((2, 2)), np.array([1.0, np.nan]), np.array([np.inf])],
    ids=["empty", "not flat", "not a number", "infinite"],
)
def test_a_template_holds_a_flat_finite_vector(vector: np.ndarray) -> None:
    with pytest.raises(InvalidInput):
        Template(vector, PACK)


def test_a_templates_numbers_do_not_reach_a_log() -> None:
    assert "0.123" not in repr(a_template(0.123, 0.456))
