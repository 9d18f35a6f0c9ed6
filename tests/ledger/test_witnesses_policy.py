"""Policies: what is read, what is refused and at which line, and which cosignatures make a quorum."""

from __future__ import annotations

import pytest

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger import CosignerKey, Policy, PolicyGroup, SigningKey, parse_policy, sign_note
from ledger.ledger_builders import a_signing_key
from ledger.witness_builders import a_checkpoint, a_cosigned_note, a_cosigner

LOG = a_signing_key().vkey
W = {name: a_cosigner(f"witness.example/{name}", seed=seed) for seed, name in enumerate("abcde", start=20)}
WITNESSES = "".join(f"witness {name} {key.vkey} http://{name}.example/prefix\n" for name, key in W.items())
TWO_LEVELS = f"log {LOG}\n{WITNESSES}group X 2 a b c\ngroup Y any d e\ngroup X-and-Y all X Y\nquorum X-and-Y\n"


def cosigned_by(names: str) -> bytes:
    return a_cosigned_note(*(W[name] for name in names))


def test_a_policy_is_read_with_comments_tabs_and_addresses() -> None:
    text = f"# ours\n\n \t log\t{LOG}  \n{WITNESSES}\t# theirs\ngroup G all a b\nquorum G\n"

    policy = parse_policy(text)

    assert [log.key.vkey for log in policy.logs] == [LOG]
    assert {witness.name: (witness.key.vkey, witness.url) for witness in policy.witnesses} == {
        name: (key.vkey, f"http://{name}.example/prefix") for name, key in W.items()
    }
    assert policy.groups == (PolicyGroup("G", 2, ("a", "b")),)
    assert policy.quorum == "G"
    assert parse_policy(text.encode()) == policy


@pytest.mark.parametrize(
    ("rules", "makes_quorum", "makes_none"),
    [
        pytest.param("quorum none", ["", "a"], [], id="none"),
        pytest.param("quorum a", ["a", "ab"], ["", "b"], id="one witness"),
        pytest.param("group G any a b\nquorum G", ["a", "b", "ab"], ["", "c"], id="any"),
        pytest.param("group G all a b\nquorum G", ["ab", "abc"], ["", "a", "b", "ac"], id="all"),
        pytest.param("group G 2 a b c\nquorum G", ["ab", "ac", "bc", "abc"], ["", "a", "ad"], id="two of three"),
        pytest.param("group G 1 a\ngroup H 1 b\nquorum H", ["b"], ["a"], id="a group that is not asked"),
        pytest.param(
            "group X 2 a b c\ngroup Y any d e\ngroup Z all X Y\nquorum Z",
            ["abd", "bce", "abcde"],
            ["ab", "de", "ade", "abc"],
            id="the specification's two levels",
        ),
        pytest.param(
            "group X all a b\ngroup Y 2 X c d\nquorum Y", ["abc", "cd", "abd"], ["ab", "ac"], id="groups and witnesses"
        ),
    ],
)
def test_a_quorum_is_made_by_these_cosignatures_and_not_by_those(
    rules: str, makes_quorum: list[str], makes_none: list[str]
) -> None:
    policy = parse_policy(f"log {LOG}\n{WITNESSES}{rules}\n")

    for names in makes_quorum:
        checkpoint, cosignatures = policy.verify(cosigned_by(names))
        assert checkpoint == a_checkpoint()
        assert [cosignature.key for cosignature in cosignatures] == [W[name].verification_key for name in names]
    for names in makes_none:
        with pytest.raises(SignatureInvalid, match=f"the quorum {policy.quorum} is missing"):
            policy.verify(cosigned_by(names))


def test_a_missing_quorum_is_explained_group_by_group() -> None:
    policy = parse_policy(TWO_LEVELS)

    with pytest.raises(SignatureInvalid) as refused:
        policy.verify(cosigned_by("ad"))

    assert str(refused.value) == (
        "the quorum X-and-Y is missing: group X has 1 of the 2 it needs, without b, c; "
        "group X-and-Y has 1 of the 2 it needs, without X"
    )


def test_an_unknown_witness_counts_for_nothing() -> None:
    policy = parse_policy(TWO_LEVELS)
    stranger = a_cosigner("witness.example/a", seed=99)

    with pytest.raises(SignatureInvalid, match="without a, b"):
        policy.verify(a_cosigned_note(stranger, W["c"], W["d"]))


def test_a_known_witnesss_false_cosignature_spoils_the_note_even_beside_a_quorum() -> None:
    policy = parse_policy(TWO_LEVELS)
    other_size = a_cosigned_note(W["c"], size=6).decode().splitlines(keepends=True)[-1]

    with pytest.raises(SignatureInvalid, match=r"cosignature by witness.example/c\+.* does not verify"):
        policy.verify(cosigned_by("abd") + other_size.encode())


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        pytest.param(sign_note(a_checkpoint().to_text(), [a_signing_key("other.example/log")]), "known keys", id="key"),
        pytest.param(
            sign_note("other.example/log\n0\n" + a_checkpoint().to_text().split("\n")[2] + "\n", [a_signing_key()]),
            "root of an empty log",
            id="no checkpoint",
        ),
        pytest.param(
            sign_note(a_checkpoint().to_text().replace("ledger.example", "other.example"), [a_signing_key()]),
            "no valid signature by its log other.example/tracing",
            id="another log's key",
        ),
    ],
)
def test_a_checkpoint_not_signed_by_its_log_is_refused(note: bytes, reason: str) -> None:
    with pytest.raises((SignatureInvalid, InvalidInput), match=reason):
        parse_policy(f"log {LOG}\nquorum none\n").verify(note)


def test_a_policy_without_logs_takes_the_key_that_is_known_from_elsewhere() -> None:
    policy = parse_policy(f"{WITNESSES}quorum a\n")

    assert policy.verify(cosigned_by("a"), [a_signing_key().verification_key])[0] == a_checkpoint()
    with pytest.raises(InvalidInput, match="names no log"):
        policy.verify(cosigned_by("a"))


def renamed(key: CosignerKey, name: str) -> str:
    return CosignerKey(name, key.signature_type, key.secret).vkey


BAD_POLICIES = [
    pytest.param("", "no quorum line", id="empty"),
    pytest.param(f"log {LOG}\n", "no quorum line", id="no quorum"),
    pytest.param("quorum none", "line 1 of the policy: it does not end in a newline", id="cut off"),
    pytest.param(f"{WITNESSES}quorum a\nquorum b\n", "line 7 .* second quorum", id="two quorums"),
    pytest.param(f"quorum a\n{WITNESSES}", "line 1 .* the quorum must be named on an earlier line", id="quorum first"),
    pytest.param("quorum\n", "must read: quorum <name>", id="quorum of nothing"),
    pytest.param("Quorum none\n", "'Quorum' is none of", id="unknown word"),
    pytest.param("quorum none\r\n", "line 1 .* control character", id="carriage return"),
    pytest.param("quorum none\x7f\n", "control character", id="delete"),
    pytest.param("log\nquorum none\n", "line 1 .* must read: log", id="log without key"),
    pytest.param(f"log {LOG} http://x more\nquorum none\n", "must read: log", id="log with too much"),
    pytest.param(f"log {LOG}\nlog {LOG}\nquorum none\n", "line 2 .* stands on an earlier line", id="log twice"),
    pytest.param(
        f"log {LOG}\nlog {SigningKey('other.example', a_signing_key().private_key).vkey}\nquorum none\n",
        "line 2 .* stands on an earlier line",
        id="log twice under two names",
    ),
    pytest.param(f"log {W['a'].vkey}\nquorum none\n", "type 0x01, .* has 0x04", id="a witness's key as a log's"),
    pytest.param(f"witness w {LOG}\nquorum none\n", "type 0x04 or 0x06, .* has 0x01", id="a log's key as a witness's"),
    pytest.param("witness w no-key\nquorum none\n", "line 1 .* key id", id="no key"),
    pytest.param("witness w\nquorum none\n", "must read: witness", id="witness without key"),
    pytest.param(f"witness none {W['a'].vkey}\nquorum none\n", "'none' has a meaning", id="witness named none"),
    pytest.param(f"{WITNESSES}witness a {a_cosigner(seed=1).vkey}\nquorum a\n", "line 6 .* name 'a'", id="name twice"),
    pytest.param(f"{WITNESSES}group a any b\nquorum a\n", "line 6 .* name 'a'", id="group named like a witness"),
    pytest.param(
        f"{WITNESSES}witness f {renamed(W['a'], 'f.example')}\nquorum a\n",
        "line 6 .* public key stands on an earlier line",
        id="witness's key twice",
    ),
    pytest.param(f"{WITNESSES}group G any\nquorum G\n", "must read: group", id="group of nobody"),
    pytest.param(f"{WITNESSES}group G any a none\nquorum G\n", "a member must be named", id="none as a member"),
    pytest.param(f"{WITNESSES}group G any G\nquorum G\n", "a member must be named", id="itself as a member"),
    pytest.param(f"{WITNESSES}group G any H\ngroup H any a\nquorum G\n", "line 6 .* 'H' is not", id="member later"),
    pytest.param(f"{WITNESSES}group G any a a\nquorum G\n", "'a' is a member already", id="member twice"),
    pytest.param(f"{WITNESSES}group G any a\ngroup H any a\nquorum H\n", "line 7 .* already", id="in two groups"),
    pytest.param(f"{WITNESSES}group G 0 a\nquorum G\n", "a number from 1 to 1", id="threshold 0"),
    pytest.param(f"{WITNESSES}group G 3 a b\nquorum G\n", "a number from 1 to 2", id="threshold too high"),
    pytest.param(f"{WITNESSES}group G 01 a b\nquorum G\n", "a number from 1 to 2", id="threshold with a zero"),
    pytest.param(f"{WITNESSES}group G -1 a b\nquorum G\n", "a number from 1 to 2", id="threshold below zero"),
    pytest.param("#" * 1_000_001, "at most 1000000 are read", id="too long"),
]


@pytest.mark.parametrize(("text", "reason"), BAD_POLICIES)
def test_a_bad_policy_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse_policy(text)


def test_names_are_opaque_octets() -> None:
    kelvin, letter = "\N{KELVIN SIGN}", "K"
    lines = f"witness {kelvin} {W['a'].vkey}\nwitness {letter} {W['b'].vkey}\n".encode()
    not_utf8 = b"witness \xff\x85 " + W["c"].vkey.encode() + b"\n"

    policy = parse_policy(lines + not_utf8 + b"quorum \xff\x85\n")

    assert len({witness.name for witness in policy.witnesses}) == 3
    assert policy.quorum == policy.witnesses[2].name
    key = W["d"].vkey.encode().partition(b"+")[2]
    with pytest.raises(InvalidInput, match=r"line 1 .* not UTF-8"):
        parse_policy(b"witness w \xff+" + key + b"\nquorum none\n")


def test_thirty_two_of_everything_is_read() -> None:
    logs = "".join(f"log {a_signing_key(f'log.example/{n}', n).vkey}\n" for n in range(1, 33))
    witnesses = "".join(f"witness w{n} {a_cosigner(f'w.example/{n}', seed=n).vkey}\n" for n in range(1, 33))
    groups = "".join(f"group g{n} all w{n}{f' g{n - 1}' if n > 1 else ''}\n" for n in range(1, 33))

    policy = parse_policy(f"{logs}{witnesses}{groups}quorum g32\n")

    assert isinstance(policy, Policy)
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 32)
