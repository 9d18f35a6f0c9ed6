"""Refusals by holder: read newest first, and taken over from the ledger of a deployment that had no such table."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import alembic.command
from alembic.config import Config

import assent.storage
from assent.errors import Refused
from assent.mandates import Role
from assent.services.open_deployment import open_runtime
from assent.services.run_search import run_search
from assent.services.runtime import Runtime
from assent.storage import refusals as stored_refusals
from assent.storage.refusals import Refusal
from demo_deployments import Deployment, act_as, ask, read_picture

MIGRATIONS = Path(assent.storage.__file__).parent / "migrations"


def read(runtime: Runtime) -> list[Refusal]:
    """The searcher's refusals."""
    with runtime.database.snapshot() as view:
        return stored_refusals.load_refusals(view, act_as(runtime, Role.SEARCHER).member.id, 10)


def test_refusals_are_taken_over_from_the_ledger(bare: Deployment) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with open_runtime(bare.settings) as runtime:
        for changes in ({"licence": "l_aaaaaaaaaaaaaaaa"}, {"justification": ""}):
            with suppress(Refused):
                run_search(runtime, act_as(runtime, Role.SEARCHER), ask(bare, **changes), read_picture("001", 1))
        before = read(runtime)
        with runtime.database.transaction() as transaction:
            config.attributes["connection"] = transaction
            alembic.command.downgrade(config, "0005")
            alembic.command.upgrade(config, "head")
        after = read(runtime)

    assert [refusal.cause for refusal in before] == ["justification-missing", "licence-unknown"]
    assert before[0].licence == bare.licence
    assert after == before
