"""The API keeps to its description: whatever is sent, no crash, and every answer is a documented one (schemathesis)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assent.mandates import Role
from assent.services.open_deployment import open_runtime
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment, read_picture, search
from web.api.api_clients import PREFIX, a_token
from web.sites import PUBLIC_URL, Site, open_site

EXAMPLES, EXAMPLES_OF_OTHERS, EXAMPLES_AGAINST = 10, 1, 5
ENTITLED = {
    "searches": Role.SEARCHER,
    "approvals": Role.APPROVER,
    "reviews": Role.APPROVER,
    "people": Role.STEWARD,
    "licences": Role.ISSUER,
    "ledger": Role.OVERSEER,
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class Described:
    """The API as it describes itself, and names of what is really there."""

    site: Site
    schema: Any
    known: Mapping[str, str]
    tokens: dict[Role, str] = field(default_factory=dict)
    turns: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def probe(self, operation: Any, role: Role, examples: int, mode: GenerationMode = GenerationMode.POSITIVE) -> None:
        """Send what the description allows, and what it does not, and look at every answer."""
        token = self.tokens.setdefault(role, "") or a_token(self.site, role)
        self.tokens[role] = token
        headers = {"Authorization": f"Bearer {token}"}

        @seed(20261201)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def probe_once(case: Any) -> None:
            if next(self.turns) % 2:
                # Every second time about something that is there.
                case.path_parameters = {
                    name: self.known.get(name, value) for name, value in (case.path_parameters or {}).items()
                }
            case.call_and_validate(base_url=f"{PUBLIC_URL}{PREFIX}", headers=headers, checks=CHECKS)

        probe_once()


@pytest.fixture
def described(enrolled: Deployment) -> Iterator[Described]:
    with open_runtime(enrolled.settings) as runtime:
        site = open_site(enrolled, runtime)
        found = search(runtime, enrolled, read_picture("001", 3)).permit.search
        known = {
            "search": found,
            "person": enrolled.people["002"],
            "licence": enrolled.licence,
            "index": "3",
            "rank": "1",
            "label": "A",
        }
        yield Described(site, schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", site.app), known)


def test_every_answer_is_a_documented_one(described: Described) -> None:
    operations = [result.ok() for result in described.schema.get_all_operations()]
    for operation in operations:
        entitled = ENTITLED.get(operation.tags[0], Role.OVERSEER)
        for role in Role:
            described.probe(operation, role, EXAMPLES if role is entitled else EXAMPLES_OF_OTHERS)
        if operation.body or operation.query or operation.path_parameters:
            described.probe(operation, entitled, EXAMPLES_AGAINST, GenerationMode.NEGATIVE)

    assert len(operations) > 30
    verify_ledger(described.site.runtime)
