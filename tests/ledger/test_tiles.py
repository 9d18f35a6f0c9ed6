"""Tiles and bundles: their paths, which of them a size needs, and their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import InvalidInput, NotFound
from assent.ledger import (
    TileAddress,
    compute_root,
    decode_bundle,
    decode_tile,
    encode_bundle,
    encode_tile,
    entries_path,
    parse_tile_path,
    partial_width,
    prove_consistency,
    prove_inclusion,
    read_nodes_from_tiles,
    tile_path,
    tiles_to_write,
    verify_consistency,
    verify_inclusion,
)
from ledger.ledger_builders import TreeInMemory, some_leaves

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (TileAddress(0, 1234067), "tile/0/x001/x234/067"),
        (TileAddress(0, 0), "tile/0/000"),
        (TileAddress(3, 999), "tile/3/999"),
        (TileAddress(1, 1000, 17), "tile/1/x001/000.p/17"),
        (TileAddress(63, 0, 255), "tile/63/000.p/255"),
        (TileAddress(None, 1234067), "tile/entries/x001/x234/067"),
        (TileAddress(None, 273, 112), "tile/entries/273.p/112"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_path_is_written_and_read_as_specified(address: TileAddress, path: str) -> None:
    assert address.path == path
    assert parse_tile_path(path) == address


def test_path_functions_write_the_same_paths() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert entries_path(273, 112) == "tile/entries/273.p/112"


@given(st.builds(TileAddress, st.none() | st.integers(0, 63), st.integers(0, 2**60), st.integers(1, 256)))
def test_every_path_is_read_back(address: TileAddress) -> None:
    assert parse_tile_path(address.path) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000/",
        "/tile/0/000",
        "tile/8/0/000",
        "tile/0/00\N{ARABIC-INDIC DIGIT ZERO}",
        "tile/0/000\n",
        "tile/data/000",
        "tile/entries/../000",
        "tile/0/" + "x000/" * 2000 + "000",
    ],
)
def test_path_spelt_otherwise_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        parse_tile_path(path)


@pytest.mark.parametrize(("level", "index", "width"), [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_address_that_cannot_exist_is_refused(level: int, index: int, width: int) -> None:
    with pytest.raises(InvalidInput):
        TileAddress(level, index, width)


def test_seventy_thousand_entries_need_the_tiles_of_the_specification() -> None:
    addresses = list(tiles_to_write(0, 70_000))

    assert sum(address.level == 0 and address.is_full for address in addresses) == 273
    assert [address.path for address in addresses if address.level is not None and not address.is_full] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert sum(address.level == 1 and address.is_full for address in addresses) == 1
    assert sum(address.level is None for address in addresses) == 274
    assert [partial_width(level, 70_000) for level in range(4)] == [112, 17, 1, 0]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (0, 0, []),
        (7, 7, []),
        (0, 1, ["tile/entries/000.p/1", "tile/0/000.p/1"]),
        (0, 256, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]),
        (255, 257, ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]),
        (256, 257, ["tile/entries/001.p/1", "tile/0/001.p/1"]),
    ],
)
def test_only_what_grew_is_written(old: int, new: int, paths: list[str]) -> None:
    assert [address.path for address in tiles_to_write(old, new)] == paths


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=5).map(sorted))
def test_publishing_in_steps_leaves_what_publishing_at_once_does(sizes: list[int]) -> None:
    steps = {address for old, new in zip([0, *sizes], sizes, strict=False) for address in tiles_to_write(old, new)}

    assert set(tiles_to_write(0, sizes[-1])) <= steps
    assert {address for address in steps if address.is_full} == {
        address for address in tiles_to_write(0, sizes[-1]) if address.is_full
    }


def test_published_log_does_not_shrink() -> None:
    with pytest.raises(InvalidInput, match="5 entries cannot become one of 4"):
        list(tiles_to_write(5, 4))


def test_tile_holds_the_roots_of_full_tiles_below() -> None:
    leaves = some_leaves(600)
    tree = TreeInMemory(leaves)

    bottom = encode_tile(TileAddress(0, 2, 88), tree.read_node)
    above = encode_tile(TileAddress(1, 0, 2), tree.read_node)

    assert decode_tile(bottom, 88) == leaves[512:]
    assert decode_tile(above, 2) == [TreeInMemory(leaves[:256]).root, TreeInMemory(leaves[256:512]).root]


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_tile_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput, match=f"32 bytes, got {length}"):
        decode_tile(bytes(length), 1)


def test_bundle_of_entries_has_no_hashes() -> None:
    with pytest.raises(InvalidInput, match="holds entries"):
        encode_tile(TileAddress(None, 0, 1), TreeInMemory().read_node)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundle_is_read_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


def test_bundle_writes_each_length_as_big_endian_uint16() -> None:
    assert encode_bundle([b"", b"ab", b"x" * 65_535]) == b"\x00\x00\x00\x02ab\xff\xff" + b"x" * 65_535


@pytest.mark.parametrize(
    ("change", "width", "reason"),
    [
        (lambda data: data, 3, "ends within entry 2"),
        (lambda data: data, 1, "4 bytes too many"),
        (lambda data: data[:-1], 2, "ends within entry 1"),
        (lambda data: data[:4], 2, "ends within entry 1"),
        (lambda data: data[:5], 2, "ends within entry 1"),
        (lambda data: data + b"\x00", 2, "1 bytes too many"),
    ],
)
def test_bundle_of_another_width_is_refused(change: Callable[[bytes], bytes], width: int, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        decode_bundle(change(encode_bundle([b"ab", b"cd"])), width)


@pytest.mark.parametrize("entries", [[], [b""] * 257, [b"x" * 65_536]], ids=["none", "too-many", "too-long"])
def test_bundle_that_cannot_be_published_is_refused(entries: list[bytes]) -> None:
    with pytest.raises(InvalidInput):
        encode_bundle(entries)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600, 66_000])
def test_roots_and_proofs_are_computed_from_published_tiles_alone(size: int) -> None:
    leaves = some_leaves(size)
    tree = TreeInMemory(leaves)
    published = {
        address: encode_tile(address, tree.read_node)
        for address in tiles_to_write(0, size)
        if address.level is not None
    }

    read_node = read_nodes_from_tiles(size, published.__getitem__)

    assert compute_root(size, read_node) == tree.root
    for index in {0, size // 2, size - 1}:
        verify_inclusion(leaves[index], index, size, prove_inclusion(index, size, read_node), tree.root)
    old = size // 3
    old_root = compute_root(old, tree.read_node)
    verify_consistency(old, old_root, size, tree.root, prove_consistency(old, size, read_node))
    with pytest.raises(NotFound):
        read_node(0, size)
