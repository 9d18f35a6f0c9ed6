"""Verify a published log from its files alone (c2sp.org/tlog-tiles), in one pass and little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from assent.errors import InvalidEntry, InvalidInput, LedgerBroken
from assent.ledger.accounts import Tally, check_running_numbers
from assent.ledger.entries import Entry
from assent.ledger.merkle import EMPTY_ROOT, Hash, fold_to_root, hash_leaf
from assent.ledger.notes import Checkpoint
from assent.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, ReadTile, TileAddress, decode_bundle
from assent.ledger.vocabulary import EntryKind

ReadOlderTiles = Callable[[TileAddress], Iterable[tuple[int, bytes]]]
"""Returns width and bytes of narrower tiles that earlier sizes left at the same place."""


@dataclass(frozen=True, slots=True)
class PublishedAccount:
    """What a published log says, all of it verified: entries by kind, and the last running number of every licence."""

    checkpoint: Checkpoint
    files: int
    kinds: Mapping[EntryKind, int]
    numbers: Mapping[str, int]

    @property
    def searches(self) -> Tally:
        """All searches together."""
        return Tally(
            started=self.kinds.get(EntryKind.SEARCH_STARTED, 0),
            finished=self.kinds.get(EntryKind.SEARCH_FINISHED, 0),
            failed=self.kinds.get(EntryKind.SEARCH_FAILED, 0),
            refused=self.kinds.get(EntryKind.SEARCH_REFUSED, 0),
        )


def no_older_tiles(_address: TileAddress) -> Iterable[tuple[int, bytes]]:
    """Say that no narrower tiles remain."""
    return ()


def verify_published(
    checkpoint: Checkpoint, read_tile: ReadTile, read_older_tiles: ReadOlderTiles = no_older_tiles
) -> PublishedAccount:
    """Verify all files of a log against a checkpoint whose signature was verified before.

    Raises LedgerBroken with the first entry at which something does not hold, and whatever `read_tile` raises.
    """
    # 1. to 3. happen entry by entry while they are counted, so that nothing but the tree's right edge is kept.
    files = _PublishedFiles(checkpoint.size, read_tile, read_older_tiles)
    numbers = check_running_numbers(files.read_entries())
    # 4. Only now is it known that these are the entries that were signed.
    if files.root != checkpoint.root:
        raise LedgerBroken(
            f"The {checkpoint.size} published entries lead to root {files.root.hex()}; "
            f"{checkpoint.root.hex()} was signed.",
            first_bad_index=0,
        )
    return PublishedAccount(checkpoint, files.count, files.kinds, numbers)


class _PublishedFiles:
    """A published log being read once from its first entry to its last; `root` is right only after the last."""

    def __init__(self, size: int, read_tile: ReadTile, read_older_tiles: ReadOlderTiles) -> None:
        self.count = 0
        self.kinds: Counter[EntryKind] = Counter()
        self.root: Hash = EMPTY_ROOT
        self._size = size
        self._read_tile = read_tile
        self._read_older_tiles = read_older_tiles
        # For each level of tiles the hashes of its last, still incomplete tile, and how many tiles came before it.
        self._edge: list[list[Hash]] = []
        self._complete: list[int] = []

    def read_entries(self) -> Iterator[Entry]:
        for begin in range(0, self._size, TILE_WIDTH):
            width = min(TILE_WIDTH, self._size - begin)
            # 1. The bundle holds exactly as many entries as its path says.
            entries = self._read_bundle(TileAddress(None, begin // TILE_WIDTH, width))
            # 2. Every tile holds exactly the hashes that follow from the entries.
            self._take_hashes(0, list(map(hash_leaf, entries)))
            # 3. Each entry is canonical and within the vocabulary.
            for index, data in enumerate(entries, start=begin):
                try:
                    entry = Entry.from_bytes(data)
                except InvalidEntry as error:
                    raise LedgerBroken(f"Entry {index} is not one: {error}.", first_bad_index=index) from error
                self.kinds[entry.kind] += 1
                yield entry
        self._take_edge()

    def _read_bundle(self, address: TileAddress) -> list[bytes]:
        data = self._read_tile(address)
        try:
            entries = decode_bundle(data, address.width)
            for width, older in self._read_older_tiles(address):
                self._require_beginning(address, older, data)
                decode_bundle(older, width)
        except InvalidInput as error:
            raise LedgerBroken(f"{address.path}: {error}.", first_bad_index=address.positions.start) from error
        self.count += 1
        return entries

    def _take_hashes(self, level: int, hashes: list[Hash]) -> None:
        """Add at most a tile's width of hashes to a level; every tile that becomes full is compared and folded."""
        if level == len(self._edge):
            self._edge.append([])
            self._complete.append(0)
        edge = self._edge[level]
        edge += hashes
        if len(edge) == TILE_WIDTH:
            self._compare_tile(TileAddress(level, self._complete[level]), edge)
            above = fold_to_root(edge)
            edge.clear()
            self._complete[level] += 1
            self._take_hashes(level + 1, [above])

    def _take_edge(self) -> None:
        """Compare the partial tiles and fold the right edge, where only the last hash may be an incomplete subtree."""
        node: list[Hash] = []
        for level, edge in enumerate(self._edge):
            if edge:
                self._compare_tile(TileAddress(level, self._complete[level], len(edge)), edge)
            node = [fold_to_root(edge + node)] if edge or node else []
        if node:
            self.root = node[0]

    def _compare_tile(self, address: TileAddress, hashes: list[Hash]) -> None:
        found, expected = self._read_tile(address), b"".join(hashes)
        if found != expected:
            width = len(hashes[0])
            first = next(
                place for place, node in enumerate([*hashes, b""]) if found[place * width : (place + 1) * width] != node
            )
            index = self._first_entry(address, min(first, len(hashes) - 1))
            raise LedgerBroken(f"{address.path} does not follow from the entries.", first_bad_index=index)
        for _, older in self._read_older_tiles(address):
            self._require_beginning(address, older, found)
        self.count += 1

    def _require_beginning(self, address: TileAddress, older: bytes, data: bytes) -> None:
        if not data.startswith(older):
            raise LedgerBroken(
                f"An older file beside {address.path} is not the beginning of it: the past was rewritten.",
                first_bad_index=self._first_entry(address, 0),
            )

    def _first_entry(self, address: TileAddress, place: int) -> int:
        return address.positions[place] << TILE_HEIGHT * (address.level or 0)
