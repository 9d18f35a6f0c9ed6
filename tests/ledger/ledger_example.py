"""The worked example of docs/ledger-format.md, computed: every block of bytes in that document by its label."""

from __future__ import annotations

from assent.ledger import (
    KINDS,
    Checkpoint,
    Entry,
    EntryKind,
    TlogProof,
    VerificationKey,
    commit,
    encode_bundle,
    format_decimal,
    format_time,
    hash_children,
    hash_leaf,
    parse_time,
    prove_consistency,
    prove_inclusion,
    sign_checkpoint,
)
from ledger.ledger_builders import TreeInMemory, a_signing_key

EXAMPLE_KEY = a_signing_key("ledger.example/tracing")
EXAMPLE_SALT = bytes(range(32))
EXAMPLE_VALUE = b"2026/0017"
PROVED_INDEX = 1


def example_entries() -> list[Entry]:
    """A case is opened, a search starts, and it ends with nobody."""
    member, case, licence, search = "m_" + "a" * 16, "c_" + "b" * 16, "l_" + "c" * 16, "s_" + "d" * 16
    by = {"actor": member, "channel": "web"}
    opened, started, ended = (
        parse_time(f"2026-11-23T23:{time}Z") for time in ("05:00.000000", "06:07.123456", "06:08.250000")
    )
    return [
        Entry(
            EntryKind.CASE_OPENED,
            opened,
            {**by, "case": case, "purpose": "reunite", "number": commit(EXAMPLE_VALUE, EXAMPLE_SALT)},
        ),
        Entry(
            EntryKind.SEARCH_STARTED,
            started,
            {
                **by,
                "search": search,
                "number": 1,
                "licence": licence,
                "holder": member,
                "unit": "tracing",
                "purpose": "reunite",
                "case": case,
                "probe_source": "family-photo",
                "probe": commit(b"the bytes of the picture", bytes([1]) * 32),
                "justification": commit(b"Asked by the mother on 23 November", bytes([2]) * 32),
            },
        ),
        Entry(
            EntryKind.SEARCH_FINISHED,
            ended,
            {
                "actor": "system",
                "channel": "web",
                "search": search,
                "number": 1,
                "licence": licence,
                "started": format_time(started),
                "ended": format_time(ended),
                "pack": "dlib-2017",
                "gallery": "g_" + "e" * 16,
                "gallery_size": 1204,
                "threshold": format_decimal(0.5),
                "candidates": 0,
                "candidate_list": commit(b"[]", bytes([3]) * 32),
            },
        ),
    ]


def example_blocks() -> dict[str, str]:
    """Compute every labelled block of the document, without its final newline."""
    entries = [entry.to_bytes() for entry in example_entries()]
    leaves = [hash_leaf(entry) for entry in entries]
    tree = TreeInMemory(leaves)
    checkpoint = sign_checkpoint(Checkpoint(EXAMPLE_KEY.name, len(entries), tree.root), EXAMPLE_KEY)
    inclusion = prove_inclusion(PROVED_INDEX, len(entries), tree.read_node)
    proof = TlogProof(PROVED_INDEX, tuple(inclusion), checkpoint)
    proof.verify(entries[PROVED_INDEX], [VerificationKey.from_vkey(EXAMPLE_KEY.vkey)], EXAMPLE_KEY.name)
    return {
        **{f"entry-{index}": entry.decode() for index, entry in enumerate(entries)},
        "leaves": "\n".join(f"leaf {index} = {leaf.hex()}" for index, leaf in enumerate(leaves)),
        "root": f"node(0, 1) = {hash_children(*leaves[:2]).hex()}\nroot(3)    = {tree.root.hex()}",
        "vkey": EXAMPLE_KEY.vkey,
        "checkpoint": checkpoint.decode().rstrip("\n"),
        "tile": "\n".join(leaf.hex() for leaf in leaves),
        "bundle": encode_bundle(entries)[:18].hex(" "),
        "proof": proof.to_bytes().decode().rstrip("\n"),
        "consistency": "\n".join(node.hex() for node in prove_consistency(2, 3, tree.read_node)),
        "salt": EXAMPLE_SALT.hex(),
        "value": EXAMPLE_VALUE.decode(),
        "commitment": commit(EXAMPLE_VALUE, EXAMPLE_SALT),
    }


def kind_rows() -> list[str]:
    """Write the document's table of kinds: required fields, then optional ones, each with its type."""
    return [
        f"| `{kind}` | "
        + " | ".join(
            ", ".join(f"`{name}` {field_type.name}" for name, field_type in fields.items()) or "none"
            for fields in (KINDS[kind].required, KINDS[kind].optional)
        )
        + " |"
        for kind in EntryKind
    ]


def type_rows() -> list[str]:
    """Write the document's table of field types with the expression over their canonical JSON."""
    types = {field_type.name: field_type for kind in EntryKind for field_type in KINDS[kind].known_fields.values()}
    return [
        f"| {name} | `{field_type.json_pattern.replace('|', chr(92) + '|')}` |" for name, field_type in types.items()
    ]
