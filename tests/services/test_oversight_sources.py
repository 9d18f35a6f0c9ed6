"""The desk reads published files only after verifying them, needs no database for it, and notices any difference."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assent.errors import InvalidInput, LedgerBroken, NotFound, SignatureInvalid
from assent.ledger import count_searches, parse_period
from assent.services.compare_counts import compare_counts
from assent.services.find_unusual_in_copy import find_unusual_in_copy
from assent.services.open_deployment import open_runtime
from assent.services.publish_ledger import publish_ledger
from assent.services.read_ledger_copy import LedgerCopy, read_published_copy
from assent.services.runtime import open_unchecked
from assent.services.verify_published import read_trust
from demo_deployments import Deployment, read_picture, search
from ledger.ledger_builders import a_refused_search, a_signing_key, an_id, publish
from ledger.year_of_entries import a_search

HEAVY = ("sqlalchemy", "assent.storage", "assent.faces", "numpy", "cv2", "faiss", "onnxruntime", "jinja2")
ENTRIES = [a_refused_search(number).to_bytes() for number in range(300)]
KEY = a_signing_key()
TRUST = read_trust(KEY.vkey, None)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    publish(tmp_path, ENTRIES, KEY)
    return tmp_path


def test_published_copy_holds_every_entry(public: Path) -> None:
    copy = read_published_copy(public, TRUST)

    assert [entry.to_bytes() for entry in copy.entries] == ENTRIES
    assert count_searches(copy.entries).total.refused == 300


@pytest.mark.parametrize("place", [0, 7, 60_000], ids=["length", "first-entry", "later"])
def test_a_changed_byte_of_the_entries_is_refused(public: Path, place: int) -> None:
    bundle = public / "tile" / "entries" / "000"
    data = bytearray(bundle.read_bytes())
    data[place % len(data)] ^= 1
    bundle.write_bytes(data)

    with pytest.raises(LedgerBroken):
        read_published_copy(public, TRUST)


def test_a_missing_bundle_is_refused_with_its_first_entry(public: Path) -> None:
    (public / "tile" / "entries" / "001.p" / "44").unlink()

    with pytest.raises(LedgerBroken) as caught:
        read_published_copy(public, TRUST)

    assert caught.value.first_bad_index == 256


def test_another_key_is_refused(public: Path) -> None:
    with pytest.raises(SignatureInvalid):
        read_published_copy(public, read_trust(a_signing_key(seed=2).vkey, None))


def test_a_missing_quorum_is_refused(public: Path) -> None:
    witness = a_signing_key("witness.example/one", 3).vkey
    policy = f"log {KEY.vkey}\nquorum none\n".encode()

    read_published_copy(public, read_trust(None, policy))
    with pytest.raises((SignatureInvalid, InvalidInput)):
        read_published_copy(public, read_trust(None, f"log {KEY.vkey}\nwitness one {witness}\nquorum one\n".encode()))


def test_a_folder_without_a_checkpoint_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_published_copy(tmp_path, TRUST)


def test_counting_published_files_loads_neither_database_nor_faces(public: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from assent.ledger import count_searches\n"
        "from assent.services.read_ledger_copy import read_published_copy\n"
        "from assent.services.find_unusual_in_copy import find_unusual_in_copy\n"
        "from assent.services.verify_published import read_trust\n"
        f"copy = read_published_copy(Path({str(public)!r}), read_trust({KEY.vkey!r}, None))\n"
        "assert count_searches(copy.entries).total.asked == 300\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"


def test_a_period_keeps_what_names_a_search_of_it() -> None:
    saturdays = [datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 4, 4, 12, tzinfo=UTC)]
    entries = [entry for holder, at in enumerate(saturdays) for entry in a_search(1, at, holder=holder)]
    copy = LedgerCopy(KEY.name, tuple(entries), bytes(32), is_published=True)

    everything = find_unusual_in_copy(copy, zone=UTC)
    march = find_unusual_in_copy(copy, zone=UTC, period=parse_period("2026-03"))

    assert [finding.subject for finding in everything.findings] == [an_id("m", 0), an_id("m", 1)]
    assert ([finding.subject for finding in march.findings], march.searches) == ([an_id("m", 0)], 1)


def publish_two_searches(deployment: Deployment, folder: Path) -> str:
    """Publish a search, and make another one afterwards."""
    with open_runtime(deployment.settings) as runtime:
        search(runtime, deployment, read_picture("001", 1))
        vkey = publish_ledger(runtime, folder).vkey
        search(runtime, deployment, read_picture("002", 1))
    return vkey


def test_what_is_not_published_yet_is_no_difference(bare: Deployment, tmp_path: Path) -> None:
    vkey = publish_two_searches(bare, tmp_path / "public")

    with open_runtime(bare.settings) as runtime:
        compared = compare_counts(runtime, tmp_path / "public", read_trust(vkey, None))

    assert compared.published == compared.database
    assert (compared.published.total.asked, compared.unpublished) == (1, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE licences SET searches_started = 1",
        "UPDATE ledger_entries SET entry = CAST(replace(CAST(entry AS TEXT), 'given-by-family', 'case-file') AS BLOB)",
        "DELETE FROM ledger_entries WHERE entry_index >= 9",
    ],
    ids=["counter-lowered", "entry-changed", "entries-gone"],
)
def test_any_difference_between_files_and_database_is_an_error(
    bare: Deployment, tmp_path: Path, statement: str
) -> None:
    vkey = publish_two_searches(bare, tmp_path / "public")
    with closing(sqlite3.connect(bare.database)) as database, database:
        assert database.execute(statement).rowcount

    with closing(open_unchecked(bare.settings)) as runtime, pytest.raises(LedgerBroken):
        compare_counts(runtime, tmp_path / "public", read_trust(vkey, None))
