"""A large ledger of an office at work, published as static files or stored in a deployment with all its rows."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, update

from assent.ledger import (
    CHECKPOINT_PATH,
    SALT_BYTES,
    Checkpoint,
    Entry,
    EntryKind,
    JsonValue,
    SigningKey,
    TreeAppender,
    commit,
    encode_bundle,
    encode_tile,
    format_time,
    hash_leaf,
    sign_checkpoint,
    tiles_to_write,
)
from assent.mandates import Actor, Role, outcome_of
from assent.people import PurposeSlug
from assent.services.add_member import add_member
from assent.services.create_deployment import create_deployment
from assent.services.define_purpose import define_purpose
from assent.services.issue_licence import issue_licence
from assent.services.open_case import open_case
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.settings import Settings
from assent.storage import Connection, tables
from assent.storage import ledger as stored_ledger

ORIGIN = "ledger.example/benchmark"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PACK = "assent-default"
PURPOSE = "reunite"
ENTRIES_PER_TRANSACTION = 20_000
FAILED_EVERY, REFUSED_EVERY, ENROLLED_EVERY = 50, 100, 40


@dataclass(frozen=True, slots=True)
class Mandate:
    """Under what searches are made."""

    licence: str
    holder: str
    case: str


@dataclass(frozen=True, slots=True)
class Written:
    """An entry with the values that its commitments hide, and under whose key these lie."""

    entry: Entry
    hidden: dict[str, tuple[str, bytes, bytes]]


class Office:
    """Makes up, from a fixed seed, what an office does; entries refer to each other as real ones do."""

    def __init__(self, mandates: list[Mandate]) -> None:
        self._mandates = mandates
        self._numbers = dict.fromkeys((mandate.licence for mandate in mandates), 0)
        self._random = random.Random(20261123)  # noqa: S311 - repeatable, not secret
        self._at = BEGIN

    def work(self) -> Iterator[Written]:
        """Work without end."""
        turn = 0
        while True:
            turn += 1
            mandate = self._mandates[turn % len(self._mandates)]
            if turn % REFUSED_EVERY == 0:
                yield self._refuse(mandate)
            elif turn % ENROLLED_EVERY == 0:
                yield from self._enrol()
            else:
                yield from self._search(mandate, is_failing=turn % FAILED_EVERY == 1)

    def make_id(self, prefix: str) -> str:
        """Make an identifier."""
        return f"{prefix}_" + base64.b32encode(self._random.randbytes(10)).decode().lower()

    def _write(
        self, kind: EntryKind, actor: str, fields: dict[str, JsonValue], hidden: dict[str, tuple[str, bytes]]
    ) -> Written:
        self._at += timedelta(seconds=1)
        salted = {
            name: (subject, self._random.randbytes(SALT_BYTES), value) for name, (subject, value) in hidden.items()
        }
        commitments = {name: commit(value, salt) for name, (_, salt, value) in salted.items()}
        return Written(Entry(kind, self._at, {"actor": actor, "channel": "web", **fields, **commitments}), salted)

    def _search(self, mandate: Mandate, *, is_failing: bool) -> Iterator[Written]:
        search, number = self.make_id("s"), self._count(mandate)
        asked: dict[str, JsonValue] = {
            "search": search,
            "number": number,
            "licence": mandate.licence,
            "holder": mandate.holder,
            "unit": "tracing",
            "purpose": PURPOSE,
            "case": mandate.case,
            "probe_source": "given-by-family",
        }
        probe = hashlib.sha256(search.encode()).digest()
        hidden = {"probe": (search, probe), "justification": (search, b"The family asked where they are.")}
        yield self._write(EntryKind.SEARCH_STARTED, mandate.holder, asked, hidden)
        ended: dict[str, JsonValue] = {name: asked[name] for name in ("search", "number", "licence")}
        ended |= {"started": format_time(self._at), "ended": format_time(self._at + timedelta(milliseconds=250))}
        if is_failing:
            yield self._write(EntryKind.SEARCH_FAILED, mandate.holder, ended | {"cause": "no-face-found"}, {})
            return
        found: dict[str, JsonValue] = {
            "pack": PACK,
            "gallery": self.make_id("g"),
            "gallery_size": 1_000 + number // 100,
            "threshold": "0.50",
            "candidates": 0,
        }
        hidden = {"candidate_list": (outcome_of(search), b"[]")}
        yield self._write(EntryKind.SEARCH_FINISHED, mandate.holder, ended | found, hidden)

    def _refuse(self, mandate: Mandate) -> Written:
        fields: dict[str, JsonValue] = {
            "holder": mandate.holder,
            "unit": "tracing",
            "cause": "case-unknown",
            "licence": mandate.licence,
            "number": self._count(mandate),
        }
        return self._write(EntryKind.SEARCH_REFUSED, mandate.holder, fields, {})

    def _enrol(self) -> Iterator[Written]:
        person, steward = self.make_id("p"), self.make_id("m")
        given: dict[str, JsonValue] = {
            "person": person,
            "consent": self.make_id("k"),
            "purpose": PURPOSE,
            "basis": "explicit-consent",
            "text_version": "v1",
            "from": format_time(self._at),
        }
        yield self._write(EntryKind.CONSENT_GIVEN, steward, given, {"evidence": (person, b"digest of a form")})
        enrolled: dict[str, JsonValue] = {"person": person, "references": 2, "pack": PACK, "basis": "explicit-consent"}
        yield self._write(EntryKind.PERSON_ENROLLED, steward, enrolled, {})

    def _count(self, mandate: Mandate) -> int:
        self._numbers[mandate.licence] += 1
        return self._numbers[mandate.licence]


def make_entries(count: int) -> Iterator[bytes]:
    """Make the bytes of so many entries, under three licences."""
    office = Office([])
    mandates = [Mandate(*(office.make_id(prefix) for prefix in ("l", "m", "c"))) for _ in range(3)]
    return (written.entry.to_bytes() for written in islice(Office(mandates).work(), count))


def publish_entries(folder: Path, entries: Iterator[bytes]) -> str:
    """Publish entries as static files; return the key that signed them."""
    levels: list[list[bytes]] = []
    tree = TreeAppender(0, lambda level, index: levels[level][index])
    kept: list[bytes] = []
    for data in entries:
        kept.append(data)
        for level, _, digest in tree.append(hash_leaf(data)):
            if level == len(levels):
                levels.append([])
            levels[level].append(digest)
    for address in tiles_to_write(0, len(kept)):
        path = folder / address.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if address.level is None:
            path.write_bytes(encode_bundle(kept[address.positions.start : address.positions.stop]))
        else:
            path.write_bytes(encode_tile(address, lambda level, index: levels[level][index]))
    key = SigningKey.from_private_bytes(ORIGIN, bytes(32))
    (folder / CHECKPOINT_PATH).write_bytes(sign_checkpoint(Checkpoint(ORIGIN, len(kept), tree.root()), key))
    return key.vkey


def fill_deployment(settings: Settings, count: int) -> None:
    """Set up a deployment and store so many entries with the rows and openings that belong to them."""
    create_deployment(settings, administrator="admin")
    with open_runtime(settings) as runtime:
        work = (written for written in Office([_make_mandate(runtime)]).work() if "person" not in written.entry.fields)
        while chunk := list(islice(work, min(ENTRIES_PER_TRANSACTION, count))):
            _store(runtime, chunk)
            count -= len(chunk)


def _make_mandate(runtime: Runtime) -> Mandate:
    admin = runtime.find_actor("admin", "cli")
    actors: dict[Role, Actor] = {}
    for role in (Role.SEARCHER, Role.ISSUER):
        add_member(runtime, admin, handle=role.value, roles=[role], unit="tracing")
        actors[role] = runtime.find_actor(role.value, "cli")
    define_purpose(runtime, admin, slug=PURPOSE, text="So that my family finds me.", text_version="v1")
    licence = issue_licence(
        runtime,
        actors[Role.ISSUER],
        holder="searcher",
        purposes=[PurposeSlug(PURPOSE)],
        ground="Tracing",
        citation="Article 4",
        valid_from=None,
        valid_until=datetime.now(UTC) + timedelta(days=30),
        quota=1_000_000,
    )
    case = open_case(runtime, actors[Role.SEARCHER], number="2026/1", purpose=PurposeSlug(PURPOSE))
    return Mandate(licence.id, licence.holder, case.id)


def _store(runtime: Runtime, chunk: list[Written]) -> None:
    subjects = sorted({subject for written in chunk for subject, _, _ in written.hidden.values()})
    runtime.vault.make_key(*subjects)
    with runtime.database.transaction() as transaction:
        first = stored_ledger.append_entries(transaction, [written.entry for written in chunk])
        for index, written in enumerate(chunk, start=first):
            for field, (subject, salt, value) in written.hidden.items():
                stored_ledger.record_opening(transaction, runtime.vault, index, field, subject, salt, value)
        _store_searches(transaction, [written.entry for written in chunk])


def _store_searches(transaction: Connection, entries: list[Entry]) -> None:
    """Store the rows that searches leave behind; one that ends after its chunk is updated."""
    rows: dict[str, dict[str, object]] = {}
    for entry in entries:
        fields = entry.fields
        if entry.kind is EntryKind.SEARCH_STARTED:
            rows[str(fields["search"])] = {
                "id": fields["search"],
                "licence_id": fields["licence"],
                "number": fields["number"],
                "holder_id": fields["holder"],
                "case_id": fields["case"],
                "purpose": fields["purpose"],
                "probe_source": fields["probe_source"],
                "started_at": entry.at,
                **dict.fromkeys(("cause", "ended_at", "pack_id", "gallery", "gallery_size", "threshold")),
                "state": "started",
            }
        elif entry.kind is not EntryKind.SEARCH_REFUSED:
            end = _describe_end(entry)
            if fields["search"] in rows:
                rows[str(fields["search"])] |= end
            else:
                row = tables.searches.c.id == fields["search"]
                transaction.execute(update(tables.searches).where(row).values(**end))
    transaction.execute(insert(tables.searches), list(rows.values()))
    refused = sum(entry.kind is EntryKind.SEARCH_REFUSED for entry in entries)
    counted = {
        "searches_started": tables.licences.c.searches_started + len(rows),
        "searches_refused": tables.licences.c.searches_refused + refused,
    }
    transaction.execute(update(tables.licences).values(**counted))


def _describe_end(entry: Entry) -> dict[str, object]:
    fields = entry.fields
    if entry.kind is EntryKind.SEARCH_FAILED:
        return {"state": "failed", "cause": fields["cause"], "ended_at": entry.at}
    return {
        "state": "finished",
        "ended_at": entry.at,
        "pack_id": fields["pack"],
        "gallery": fields["gallery"],
        "gallery_size": fields["gallery_size"],
        "threshold": float(str(fields["threshold"])),
    }
