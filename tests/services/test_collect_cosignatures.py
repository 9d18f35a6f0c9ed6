"""The publisher and its witnesses: growth, quorum, what is kept, and a history that a witness does not know."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger import CHECKPOINT_PATH, SigningKey, parse_policy
from assent.services.collect_cosignatures import MAX_ATTEMPTS, WitnessFailure
from assent.services.open_deployment import open_runtime
from assent.services.publish_ledger import Publication, publish_ledger
from assent.services.verify_ledger import verify_ledger
from assent.witness import SIZE_CONTENT_TYPE, WitnessAnswer, WitnessServer, submit_checkpoint
from demo_deployments import Deployment
from services.witness_town import Town, a_town, grow, out_of_reach, vkey_of
from witness.running_witness import HOST, an_open_witness, make_witness, serving

TWO_OF_THREE = "group G 2 w1 w2 w3\nquorum G"


def test_a_published_checkpoint_carries_its_quorum_and_grows_with_the_ledger(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        policy = town.policy(vkey_of(runtime), TWO_OF_THREE)
        sizes = []
        for handle in ("one", "two", "three"):
            grow(runtime, handle)
            published = publish_ledger(runtime, public, policy, town.submit)
            checkpoint, cosignatures = policy.verify((public / CHECKPOINT_PATH).read_bytes())
            sizes.append(checkpoint.size)

            assert published.cosignatures == cosignatures
            assert published.failures == ()
            assert len(cosignatures) == 3
        verify_ledger(runtime)

    assert sizes == sorted(set(sizes))
    # After the first time, each witness is asked from the size that it saw last.
    assert sorted(town.asked) == sorted((name, old) for name in town.keys for old in [0, *sizes[:-1]])


def test_post_quantum_cosignatures_are_collected_in_the_same_way(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        if len(town.keys["w1"]) == 1:
            pytest.skip("cryptography without ML-DSA-44")
        policy = town.policy(vkey_of(runtime), TWO_OF_THREE, key=1)
        publish_ledger(runtime, public, policy, town.submit)

        _, cosignatures = policy.verify((public / CHECKPOINT_PATH).read_bytes())

    assert {cosignature.key.signature_type for cosignature in cosignatures} == {0x06}


def test_publishing_without_growth_keeps_the_cosignatures_and_asks_nobody(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        policy = town.policy(vkey_of(runtime), TWO_OF_THREE)
        publish_ledger(runtime, public, policy, town.submit)
        first = (public / CHECKPOINT_PATH).read_bytes()
        town.asked.clear()
    with open_runtime(bare.settings) as runtime:
        publish_ledger(runtime, public, policy, town.submit)
        publish_ledger(runtime, tmp_path / "elsewhere", policy, town.submit)
        publish_ledger(runtime, tmp_path / "without-policy")

    assert town.asked == []
    assert (public / CHECKPOINT_PATH).read_bytes() == first
    assert (tmp_path / "elsewhere" / CHECKPOINT_PATH).read_bytes() == first
    assert (tmp_path / "without-policy" / CHECKPOINT_PATH).read_bytes() == first


def test_one_witness_out_of_reach_is_named_and_asked_again(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        policy = town.policy(vkey_of(runtime), TWO_OF_THREE)
        town.answers["w2"] = out_of_reach
        first = publish_ledger(runtime, public, policy, town.submit)
        town.answers.clear()
        town.asked.clear()
        second = publish_ledger(runtime, public, policy, town.submit)

    assert first.failures == (WitnessFailure("w2", "no answer: Connection refused"),)
    assert len(first.cosignatures) == 2
    assert second.failures == ()
    assert len(second.cosignatures) == 3
    assert {name for name, _ in town.asked} == {"w2"}


def test_without_the_quorum_the_folder_keeps_its_checkpoint_and_what_was_collected_is_kept(
    bare: Deployment, tmp_path: Path
) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        policy = town.policy(vkey_of(runtime), TWO_OF_THREE)
        publish_ledger(runtime, public, policy, town.submit)
        before = (public / CHECKPOINT_PATH).read_bytes()
        grow(runtime, "later")
        town.answers |= {"w2": out_of_reach, "w3": lambda: WitnessAnswer(500, "text/html", b"<p>oh\x1b[31m\nno")}

        with pytest.raises(SignatureInvalid) as refused:
            publish_ledger(runtime, public, policy, town.submit)
        during = (public / CHECKPOINT_PATH).read_bytes()
        town.answers = {"w1": out_of_reach, "w3": out_of_reach}
        after = publish_ledger(runtime, public, policy, town.submit)

    assert str(refused.value) == (
        "the quorum G is missing: group G has 1 of the 2 it needs, without w2, w3; w2: no answer: Connection refused; "
        "w3: it answered 500: <p>oh\N{REPLACEMENT CHARACTER}[31m"
    )
    assert during == before
    # What w1 gave the first time counts the second time, when it is out of reach.
    assert {signed.key for signed in after.cosignatures} == {
        town.keys[name][0].verification_key for name in ("w1", "w2")
    }


def test_before_the_first_quorum_nothing_is_shown(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        town.answers = dict.fromkeys(town.keys, out_of_reach)
        with pytest.raises(SignatureInvalid, match="quorum w1 is missing"):
            publish_ledger(runtime, public, town.policy(vkey_of(runtime), "quorum w1"), town.submit)

    assert not (public / CHECKPOINT_PATH).exists()


CONFLICT = (409, SIZE_CONTENT_TYPE)


@pytest.mark.parametrize(
    ("answer", "reason", "is_contradiction"),
    [
        pytest.param((422, "text/plain", b""), "are not the first ones of this ledger", True, id="422"),
        pytest.param((*CONFLICT, b"0\n"), "another root for 0 entries", True, id="409 with the size sent"),
        pytest.param((*CONFLICT, b"9999\n"), "has seen 9999 entries, this ledger has", True, id="409 ahead of us"),
        pytest.param((409, "text/plain", b"1\n"), "without saying what it has seen", False, id="409 of another type"),
        pytest.param((*CONFLICT, b"1"), "without saying what it has seen", False, id="409 cut off"),
        pytest.param((*CONFLICT, b"one\n"), "not a decimal", False, id="409 without a number"),
        pytest.param((404, "text/plain", b"unknown\n"), "it answered 404: unknown", False, id="404"),
        pytest.param((307, "text/plain", b""), "it answered 307", False, id="redirect"),
        pytest.param((200, "text/plain", b""), "no signature by", False, id="nothing"),
        pytest.param((200, "text/plain", b"hello\n"), "em dash", False, id="no signature line"),
        pytest.param((200, "text/plain", "\N{EM DASH} x AAAAAAA=\n".encode()), "no signature", False, id="strangers"),
        pytest.param((200, "text/plain", b"cut"), "does not end in a newline", False, id="cut off"),
    ],
)
def test_a_witness_that_does_not_cosign_is_named_with_its_reason(
    answer: tuple[int, str, bytes], reason: str, is_contradiction: bool, bare: Deployment, tmp_path: Path
) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        town.answers["w1"] = lambda: WitnessAnswer(*answer)
        published = publish_ledger(runtime, public, town.policy(vkey_of(runtime), TWO_OF_THREE), town.submit)

    (failure,) = published.failures
    assert failure.name == "w1"
    assert reason in failure.reason
    assert failure.is_contradiction == is_contradiction


def test_a_false_cosignature_is_not_kept(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        policy = town.policy(vkey_of(runtime), TWO_OF_THREE)
        line = town.keys["w1"][0].cosign("another text\n", runtime.clock())
        town.answers["w1"] = lambda: WitnessAnswer(200, "text/plain", line.encode())
        published = publish_ledger(runtime, public, policy, town.submit)
        town.answers.clear()
        again = publish_ledger(runtime, public, policy, town.submit)

    assert "does not verify" in published.failures[0].reason
    assert len(again.cosignatures) == 3


def test_a_witness_that_names_another_size_without_end_is_given_up(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        told = iter(range(1, 100))
        town.answers["w1"] = lambda: WitnessAnswer(*CONFLICT, f"{next(told)}\n".encode())
        published = publish_ledger(runtime, public, town.policy(vkey_of(runtime), TWO_OF_THREE), town.submit)

    assert published.failures[0].reason == f"it named another size {MAX_ATTEMPTS} times"
    assert [name for name, _ in town.asked].count("w1") == MAX_ATTEMPTS


@pytest.mark.parametrize("rules", ["quorum none", "quorum w1"])
def test_a_policy_about_other_logs_is_refused(rules: str, bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public), pytest.raises(InvalidInput, match="names other logs"):
        publish_ledger(runtime, public, town.policy(SigningKey.generate("other.example/log").vkey, rules), town.submit)

    assert town.asked == []


def test_a_witness_without_an_address_is_named(bare: Deployment, tmp_path: Path) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        policy = town.policy(vkey_of(runtime), TWO_OF_THREE)
        policy = replace(policy, witnesses=(replace(policy.witnesses[0], url=None), *policy.witnesses[1:]))
        published = publish_ledger(runtime, public, policy, town.submit)

    assert published.failures == (WitnessFailure("w1", "the policy gives no address for it"),)


def publish_copy(folder: Path, deployment: Deployment, town: Town, handle: str) -> Publication | SignatureInvalid:
    """Grow one of two copies that hold the same keys, and publish it."""
    with open_runtime(deployment.settings) as runtime:
        grow(runtime, handle)
        try:
            return publish_ledger(runtime, folder, town.policy(vkey_of(runtime), TWO_OF_THREE), town.submit)
        except SignatureInvalid as error:
            return error


@pytest.mark.parametrize("steps", [1, 2], ids=["one is larger", "both are equally large"])
def test_two_databases_from_one_backup_that_both_sign_are_caught_by_the_witnesses(
    steps: int, bare: Deployment, tmp_path: Path
) -> None:
    with a_town(bare, tmp_path) as (runtime, town, public):
        publish_ledger(runtime, public, town.policy(vkey_of(runtime), TWO_OF_THREE), town.submit)
    # The keys are copied too, so neither copy can know from its anchor that there is another.
    twin = bare.copy_to(tmp_path / "twin")
    shutil.copytree(public, tmp_path / "public-of-twin")
    with ExitStack() as stack:
        town.witnesses = {name: stack.enter_context(an_open_witness(tmp_path / name)) for name in town.keys}
        first = publish_copy(public, bare, town, "here")
        outcomes = [publish_copy(tmp_path / "public-of-twin", twin, town, f"there-{step}") for step in range(steps)]

    assert isinstance(first, Publication)
    for outcome in outcomes:
        assert isinstance(outcome, SignatureInvalid)
    reasons = str(outcomes[-1])
    assert "another root for" in reasons or "are not the first ones of this ledger" in reasons
    assert first.checkpoint.size > 0
    assert (tmp_path / "public-of-twin" / CHECKPOINT_PATH).read_bytes() != (public / CHECKPOINT_PATH).read_bytes()


@pytest.mark.enable_socket
def test_over_the_network_it_is_the_same(bare: Deployment, tmp_path: Path) -> None:
    with open_runtime(bare.settings) as runtime:
        keys = make_witness(tmp_path / "w", vkey_of(runtime))
        with (
            an_open_witness(tmp_path / "w") as witness,
            serving(WitnessServer((HOST, 0), witness, prefix="/board")) as port,
        ):
            policy = parse_policy(
                f"log {vkey_of(runtime)}\nwitness w {keys[0].vkey} http://{HOST}:{port}/board\nquorum w\n"
            )
            publish_ledger(runtime, tmp_path / "public", policy)
            grow(runtime, "later")
            published = publish_ledger(runtime, tmp_path / "public", policy, submit_checkpoint)

    _, (cosignature,) = policy.verify((tmp_path / "public" / CHECKPOINT_PATH).read_bytes())
    assert published.cosignatures == (cosignature,)
    assert abs(cosignature.at - runtime.clock()) < timedelta(minutes=1)
