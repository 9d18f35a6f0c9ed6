"""Entries: canonical bytes, strict reading, and nothing outside the vocabulary."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.errors import InvalidEntry, InvalidInput
from assent.ledger import (
    KINDS,
    MAX_ENTRY_BYTES,
    Entry,
    EntryKind,
    commit,
    digest_public_text,
    format_decimal,
    format_time,
    parse_time,
)
from ledger.ledger_builders import A_COMMITMENT, A_TIME, MOMENT, a_refused_search, a_started_search, an_entry, an_id


def a_slug(random: Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return random.choice(letters) + "".join(random.choices(letters + "-", k=random.randrange(40)))


VALUES: dict[str, Callable[[Random], Any]] = {
    "person id": lambda random: an_id("p", random.getrandbits(80)),
    "member id": lambda random: an_id("m", random.getrandbits(80)),
    "licence id": lambda random: an_id("l", random.getrandbits(80)),
    "case id": lambda random: an_id("c", random.getrandbits(80)),
    "search id": lambda random: an_id("s", random.getrandbits(80)),
    "consent id": lambda random: an_id("k", random.getrandbits(80)),
    "gallery snapshot id": lambda random: an_id("g", random.getrandbits(80)),
    "check id": lambda random: an_id("x", random.getrandbits(80)),
    "hold id": lambda random: an_id("h", random.getrandbits(80)),
    "invitation id": lambda random: an_id("v", random.getrandbits(80)),
    "actor": lambda random: random.choice(["self", "system", an_id("m", random.getrandbits(80))]),
    "channel": lambda random: random.choice(["cli", "web", "api", "system"]),
    "slug": a_slug,
    "list of slugs": lambda random: list({a_slug(random) for _ in range(random.randrange(5))}),
    "count": lambda random: random.choice([0, 1, 2**53 - 1, random.getrandbits(random.randrange(1, 54))]),
    "decimal": lambda random: format_decimal(random.uniform(-1000, 1000), random.randrange(1, 10)),
    "time": lambda random: format_time(MOMENT + timedelta(microseconds=random.randrange(-(10**16), 10**16))),
    "flag": lambda random: random.choice([True, False]),
    "commitment": lambda random: commit(random.randbytes(8), random.randbytes(32)),
    "public digest": lambda random: digest_public_text(str(random.random())),
    "setting value": lambda random: random.choice([True, 30, "0.50", a_slug(random), A_COMMITMENT]),
}


def any_entry(kind: EntryKind, seed: int) -> Entry:
    """Every field at random within its type, each optional one present or not."""
    random = Random(seed)  # noqa: S311 - test data
    fields = {
        name: VALUES[field_type.name](random)
        for name, field_type in KINDS[kind].known_fields.items()
        if name not in KINDS[kind].optional or random.random() < 0.5
    }
    return Entry(kind, MOMENT + timedelta(microseconds=random.randrange(10**15)), fields)


ANY_ENTRIES = st.builds(any_entry, st.sampled_from(list(EntryKind)), st.integers(0, 2**32))


def test_canonical_bytes_are_these() -> None:
    entry = an_entry(EntryKind.CONSENT_WITHDRAWN, person=an_id("p"), consent=an_id("k"), purpose="reunite")

    assert entry.to_bytes() == (
        b'{"actor":"m_aaaaaaaaaaaaaaaa","at":"2026-11-23T23:06:07.123456Z","channel":"cli","consent":"k_aaaaaaaaaaaaaaaa",'
        b'"kind":"consent.withdrawn","person":"p_aaaaaaaaaaaaaaaa","purpose":"reunite","v":1}'
    )


@settings(max_examples=1000, deadline=None)
@given(ANY_ENTRIES)
def test_any_entry_is_canonical_json_and_is_read_back(entry: Entry) -> None:
    data = entry.to_bytes()

    again = Entry.from_bytes(data)

    assert data == rfc8785.dumps(json.loads(data))
    assert again == entry
    assert again.to_bytes() == data
    assert len(data) <= MAX_ENTRY_BYTES


@settings(max_examples=1000, deadline=None)
@given(ANY_ENTRIES, st.data())
def test_bytes_with_a_bit_changed_are_refused_or_are_the_canonical_bytes_of_another_entry(
    entry: Entry, data: st.DataObject
) -> None:
    changed = bytearray(entry.to_bytes())
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    try:
        other = Entry.from_bytes(bytes(changed))
    except InvalidEntry:
        return
    assert other != entry
    assert Entry(other.kind, other.at, other.fields).to_bytes() == bytes(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace(",", ", "),
        lambda text: text.replace('"v":1', '"v":2'),
        lambda text: text.replace('"v":1', '"v":1.0'),
        lambda text: text.replace('"v":1', '"v":1,"v":1'),
        lambda text: text.replace("reunite", "\\u0072eunite"),
        lambda text: text.replace('"number":7', '"number":07'),
        lambda text: text.replace('"number":7', '"number":7e0'),
        lambda text: text.replace("search.started", "search.ended"),
        lambda text: text.replace("search.started", "search.finished"),
        lambda text: text.replace(A_TIME, "2026-02-30T23:06:07.123456Z"),
        lambda text: text.replace(A_TIME, "2026-11-23T23:06:07Z"),
        lambda text: text.replace(A_TIME, "2026-11-23T23:06:07.123456+00:00"),
        lambda text: json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")),
        lambda text: text[:-1],
        lambda text: "[" + text + "]",
        lambda _text: "",
        lambda _text: '"kind":"search.started"',
        lambda _text: "[" * 100_000 + '"kind":"search.started"',
    ],
)
def test_bytes_that_are_not_canonical_are_refused(change: Callable[[str], str]) -> None:
    text = a_started_search(7).to_bytes().decode()

    with pytest.raises(InvalidEntry):
        Entry.from_bytes(change(text).encode())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "x"}, "1 fields are not in the vocabulary"),
        ({"actor": "somebody"}, "actor is no actor"),
        ({"channel": "telegraph"}, "channel is no channel"),
        ({"holder": an_id("p")}, "holder is no member id"),
        ({"holder": "m_AAAAAAAAAAAAAAAA"}, "holder is no member id"),
        ({"holder": "m_aaaaaaaaaaaaaaa"}, "holder is no member id"),
        ({"holder": "m_aaaaaaaaaaaaaaa1"}, "holder is no member id"),
        ({"unit": "Two Words"}, "unit is no slug"),
        ({"unit": "-dash"}, "unit is no slug"),
        ({"unit": "a" * 41}, "unit is no slug"),
        ({"unit": "caf\u00e9"}, "unit is no slug"),
        ({"unit": "a\n"}, "unit is no slug"),
        ({"number": -1}, "number is no count"),
        ({"number": 1.0}, "number is no count"),
        ({"number": True}, "number is no count"),
        ({"number": "1"}, "number is no count"),
        ({"number": 2**53}, r"number must be below 2\^53"),
        ({"number": float("nan")}, "canonical JSON cannot"),
        ({"probe": "sha256:" + "A" * 64}, "probe is no commitment"),
        ({"probe": "0" * 64}, "probe is no commitment"),
        ({"probe": b"bytes"}, "canonical JSON cannot"),
        ({"urgent": 1}, "urgent is no flag"),
        ({"purpose": None}, "purpose is no slug"),
        ({"purpose": ["reunite"]}, "purpose is no slug"),
        ({"purpose": {"reunite": 1}}, "purpose is no slug"),
    ],
)
def test_value_outside_the_vocabulary_is_refused_without_being_repeated(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidEntry, match=reason) as caught:
        a_started_search(1, **fields)

    for value in fields.values():
        assert not isinstance(value, str) or len(value) == 1 or value not in str(caught.value)


@pytest.mark.parametrize("kind", EntryKind)
def test_missing_fields_are_named(kind: EntryKind) -> None:
    with pytest.raises(InvalidEntry, match="actor is missing; channel is missing"):
        Entry(kind, MOMENT, {})


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (EntryKind.MEMBER_CHANGED, {"member": an_id("m"), "change": "roles", "roles": ["searcher", "searcher"]}),
        (EntryKind.MEMBER_CHANGED, {"member": an_id("m"), "change": "roles", "roles": ["Searcher"]}),
        (EntryKind.MEMBER_CHANGED, {"member": an_id("m"), "change": "roles", "roles": "searcher"}),
        (EntryKind.MEMBER_CHANGED, {"member": an_id("m"), "change": "roles", "roles": [f"r{n}" for n in range(65)]}),
        (EntryKind.SETTINGS_CHANGED, {"setting": "threshold", "value": 0.5}),
        (EntryKind.SETTINGS_CHANGED, {"setting": "threshold", "value": 2**53}),
        (EntryKind.SETTINGS_CHANGED, {"setting": "purpose", "text": "To find missing people"}),
    ],
)
def test_entry_that_breaks_its_types_is_refused(kind: EntryKind, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidEntry):
        an_entry(kind, **fields)


@pytest.mark.parametrize("value", ["off", "0.50", 30, True, A_COMMITMENT])
def test_setting_may_be_a_slug_decimal_count_flag_or_commitment(value: str | int) -> None:
    entry = an_entry(EntryKind.SETTINGS_CHANGED, setting="threshold", value=value)

    assert Entry.from_bytes(entry.to_bytes()).fields["value"] == value


def test_time_outside_the_calendar_is_refused() -> None:
    times = {"from": "2026-02-30T00:00:00.000000Z", "until": A_TIME}

    with pytest.raises(InvalidEntry, match="from is no time of the calendar"):
        an_entry(EntryKind.LICENCE_CHANGED, licence=an_id("l"), change="extended", **times)


def test_integer_that_no_json_writer_writes_is_refused() -> None:
    with pytest.raises(InvalidEntry, match="canonical JSON cannot"):
        a_started_search(1, number=10**5000)


@pytest.mark.parametrize("name", ["v", "kind", "at"])
def test_envelope_is_not_a_field(name: str) -> None:
    with pytest.raises(InvalidEntry, match="v, kind and at are not fields"):
        Entry(EntryKind.SEARCH_REFUSED, MOMENT, {**a_refused_search().fields, name: A_TIME})


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidEntry, match="not in the vocabulary"):
        Entry("photo.scraped", MOMENT, {})  # type: ignore[arg-type]


@pytest.mark.parametrize("at", [MOMENT.replace(tzinfo=None), MOMENT.astimezone(timezone(timedelta(hours=2)))])
def test_time_that_is_not_utc_is_refused(at: datetime) -> None:
    with pytest.raises(InvalidEntry, match="aware and in UTC"):
        Entry(EntryKind.SEARCH_REFUSED, at, a_refused_search().fields)
    with pytest.raises(InvalidInput, match="aware and in UTC"):
        format_time(at)


def test_entry_cannot_be_changed_after_it_was_made() -> None:
    fields = {"member": an_id("m"), "change": "roles", "roles": ["searcher"]}
    entry = an_entry(EntryKind.MEMBER_CHANGED, **fields)

    fields["roles"].append("issuer")  # type: ignore[union-attr]

    assert entry.fields["roles"] == ("searcher",)
    with pytest.raises(TypeError):
        entry.fields["change"] = "other"  # type: ignore[index]


@given(st.datetimes(timezones=st.just(UTC)))
def test_time_is_read_back(at: datetime) -> None:
    assert parse_time(format_time(at)) == at


@pytest.mark.parametrize("text", ["", "2026-11-23", "2026-11-23T23:06:07Z", "2026-11-23T23:06:07.123456", "now"])
def test_time_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="ledger time"):
        parse_time(text)


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.50"), (0.6049, "0.60"), (2, "2.00"), (-0.125, "-0.12")])
def test_decimal_has_a_fixed_count_of_places(value: float, text: str) -> None:
    assert format_decimal(value) == text
