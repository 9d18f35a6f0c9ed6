"""Three witnesses that a publisher reaches by name, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assent.errors import Unavailable
from assent.ledger import CosignerKey, Policy, parse_policy
from assent.mandates import Role
from assent.services.add_member import add_member
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.witness import Submission, Witness, WitnessAnswer
from demo_deployments import Deployment, act_as
from witness.running_witness import an_open_witness, make_witness


class Town:
    """The witnesses w1, w2 and w3, and what they were asked; `answers` replaces what one of them says."""

    def __init__(self, folder: Path, log: str, stack: ExitStack) -> None:
        self.keys: dict[str, tuple[CosignerKey, ...]] = {}
        self.witnesses: dict[str, Witness] = {}
        self.asked: list[tuple[str, int]] = []
        self.answers: dict[str, Callable[[], WitnessAnswer]] = {}
        for name in ("w1", "w2", "w3"):
            self.keys[name] = make_witness(folder / name, log)
            self.witnesses[name] = stack.enter_context(an_open_witness(folder / name))

    def submit(self, url: str, body: bytes) -> WitnessAnswer:
        name = url.split("//")[1]
        self.asked.append((name, Submission.from_bytes(body).old_size))
        if name in self.answers:
            return self.answers[name]()
        answer = self.witnesses[name].answer(body)
        return WitnessAnswer(answer.status, answer.content_type, answer.body)

    def policy(self, log: str, rules: str, *, key: int = 0) -> Policy:
        lines = (f"witness {name} {keys[key].vkey} http://{name}\n" for name, keys in self.keys.items())
        return parse_policy(f"log {log}\n{''.join(lines)}{rules}\n")


def vkey_of(runtime: Runtime) -> str:
    return runtime.signing_key.vkey


def grow(runtime: Runtime, handle: str) -> None:
    add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle=handle, roles=[Role.STEWARD], unit="tracing-desk")


def out_of_reach() -> WitnessAnswer:
    raise Unavailable("no answer: Connection refused")


@contextmanager
def a_town(deployment: Deployment, folder: Path) -> Iterator[tuple[Runtime, Town, Path]]:
    with ExitStack() as stack:
        runtime = stack.enter_context(open_runtime(deployment.settings))
        yield runtime, Town(folder, vkey_of(runtime), stack), folder / "public"
