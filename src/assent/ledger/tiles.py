"""Tiles and entry bundles of a published log (c2sp.org/tlog-tiles): their paths and their bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assent.errors import InvalidInput, NotFound
from assent.ledger.merkle import HASH_BYTES, Hash, ReadNode, fold_to_root

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
# The specification's bound on <L>; a log of 2^63 entries needs eight levels.
MAX_TILE_LEVEL = 63
# An entry's length is a uint16.
MAX_ENTRY_BYTES = 65_535

CHECKPOINT_PATH = "checkpoint"
CHECKPOINT_CONTENT_TYPE = "text/plain; charset=utf-8"
TILE_CONTENT_TYPE = "application/octet-stream"

_LENGTH_BYTES = 2
_GROUP = 1000
# Seven groups of three digits reach past the largest index of a log of 2^63 entries.
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TileAddress:
    """One tile, full or partial; level None is an entry bundle. Raises InvalidInput for what cannot exist."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= MAX_TILE_LEVEL:
            raise InvalidInput(f"a tile's level must lie between 0 and {MAX_TILE_LEVEL}, got {self.level}")
        if self.index < 0:
            raise InvalidInput(f"a tile's index must not be negative, got {self.index}")
        if not 1 <= self.width <= TILE_WIDTH:
            raise InvalidInput(f"a tile's width must lie between 1 and {TILE_WIDTH}, got {self.width}")

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        groups = [f"{self.index % _GROUP:03d}"]
        rest = self.index // _GROUP
        while rest:
            groups.insert(0, f"x{rest % _GROUP:03d}")
            rest //= _GROUP
        level = "entries" if self.level is None else str(self.level)
        suffix = "" if self.is_full else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{suffix}"

    @property
    def is_full(self) -> bool:
        """Whether the tile will never be replaced by a wider one."""
        return self.width == TILE_WIDTH

    @property
    def positions(self) -> range:
        """The indices of its hashes within their level, or of its entries."""
        begin = self.index * TILE_WIDTH
        return range(begin, begin + self.width)


ReadTile = Callable[[TileAddress], bytes]
"""Returns a published tile's bytes."""


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Write `tile/<L>/<N>[.p/<W>]`: index 1234067 of level 0 is `tile/0/x001/x234/067`."""
    return TileAddress(level, index, width).path


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Write `tile/entries/<N>[.p/<W>]`."""
    return TileAddress(None, index, width).path


def parse_tile_path(path: str) -> TileAddress:
    """Read the path of a tile or a bundle, accepting only what `TileAddress.path` writes. Raises InvalidInput."""
    fields = _PATH.fullmatch(path)
    if fields is None:
        raise InvalidInput("this is not the path of a tile or an entry bundle")
    level = None if fields["level"] == "entries" else int(fields["level"])
    index = int(fields["index"].replace("x", "").replace("/", ""))
    address = TileAddress(level, index, int(fields["width"] or TILE_WIDTH))
    if address.path != path:
        raise InvalidInput(f"this path is not spelt canonically; {address.path} is")
    return address


def partial_width(level: int, size: int) -> int:
    """Compute the width of a level's partial tile, 0 for none: floor(size / 256^level) mod 256."""
    return (size >> TILE_HEIGHT * level) % TILE_WIDTH


def tiles_to_write(old_size: int, new_size: int) -> Iterator[TileAddress]:
    """Name what must be written to publish a log of `new_size` where `old_size` is published: bundles before tiles.

    Partial tiles of earlier sizes are not named and may stay. Raises InvalidInput if the log would shrink.
    """
    if not 0 <= old_size <= new_size:
        raise InvalidInput(f"a published log of {old_size} entries cannot become one of {new_size}")
    yield from _tiles_of_level(None, old_size, new_size)
    level = 0
    while new_size:
        yield from _tiles_of_level(level, old_size, new_size)
        level, old_size, new_size = level + 1, old_size >> TILE_HEIGHT, new_size >> TILE_HEIGHT


def _tiles_of_level(level: int | None, old_count: int, new_count: int) -> Iterator[TileAddress]:
    if old_count == new_count:
        return
    full_before, full_now = old_count >> TILE_HEIGHT, new_count >> TILE_HEIGHT
    for index in range(full_before, full_now):
        yield TileAddress(level, index)
    if new_count % TILE_WIDTH:
        yield TileAddress(level, full_now, new_count % TILE_WIDTH)


def encode_tile(address: TileAddress, read_node: ReadNode) -> bytes:
    """Write a tile's hashes one after another. Raises InvalidInput for the address of an entry bundle."""
    if address.level is None:
        raise InvalidInput(f"{address.path} holds entries, not hashes")
    node_level = address.level * TILE_HEIGHT
    return b"".join(read_node(node_level, position) for position in address.positions)


def decode_tile(data: bytes, width: int = TILE_WIDTH) -> list[Hash]:
    """Take a tile apart into `width` hashes. Raises InvalidInput if its length is another."""
    if len(data) != width * HASH_BYTES:
        raise InvalidInput(f"a tile of width {width} has {width * HASH_BYTES} bytes, got {len(data)}")
    return [data[offset : offset + HASH_BYTES] for offset in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write 1 to 256 entries, each after its length as a big-endian uint16. Raises InvalidInput if one is too long."""
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise InvalidInput(f"an entry bundle holds 1 to {TILE_WIDTH} entries, got {len(entries)}")
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise InvalidInput(f"an entry has {len(entry)} bytes, at most {MAX_ENTRY_BYTES} can be published")
        parts += [len(entry).to_bytes(_LENGTH_BYTES, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes, width: int = TILE_WIDTH) -> list[bytes]:
    """Take a bundle apart into exactly `width` entries. Raises InvalidInput if it holds fewer or more."""
    entries: list[bytes] = []
    offset, total = 0, len(data)
    for _ in range(width):
        begin = offset + _LENGTH_BYTES
        end = begin + (data[offset] << 8 | data[offset + 1]) if begin <= total else total + 1
        if end > total:
            raise InvalidInput(f"an entry bundle of width {width} ends within entry {len(entries)}")
        entries.append(data[begin:end])
        offset = end
    if offset != len(data):
        raise InvalidInput(f"an entry bundle of width {width} has {len(data) - offset} bytes too many")
    return entries


def read_nodes_from_tiles(size: int, read_tile: ReadTile) -> ReadNode:
    """Read the nodes of a tree of `size` out of its published tiles, so that anyone can compute roots and proofs.

    A node within a tile is folded from the tile's hashes. Raises NotFound for a node that the tree does not have.
    """

    def read_node(level: int, index: int) -> Hash:
        if (index + 1) << level > size:
            raise NotFound(f"node {index} of level {level} is not in a tree of {size} entries")
        tile_level, height = divmod(level, TILE_HEIGHT)
        begin = index << height
        tile_index, offset = divmod(begin, TILE_WIDTH)
        hashes_in_level = size >> TILE_HEIGHT * tile_level
        width = min(TILE_WIDTH, hashes_in_level - tile_index * TILE_WIDTH)
        hashes = decode_tile(read_tile(TileAddress(tile_level, tile_index, width)), width)
        return fold_to_root(hashes[offset : offset + (1 << height)])

    return read_node
