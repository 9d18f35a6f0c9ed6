"""Is this process able to work: database, keys, ledger and pack, each by a small real use."""

from __future__ import annotations

from collections.abc import Callable

from assent.errors import AssentError
from assent.services.runtime import LEDGER_KEY, Runtime
from assent.services.sign_checkpoint import require_not_rolled_back
from assent.storage import deployments as stored_deployments

PARTS = ("database", "keys", "ledger", "pack")


def check_health(runtime: Runtime) -> dict[str, bool]:
    """Try each part of the deployment; what does not work is False, and why is for the log alone."""

    def read_database() -> None:
        with runtime.database.snapshot() as view:
            stored_deployments.load_deployment(view)

    tries: dict[str, Callable[[], object]] = {
        "database": read_database,
        "keys": lambda: runtime.vault.read_secret(LEDGER_KEY),
        "ledger": lambda: require_not_rolled_back(runtime),
        "pack": lambda: runtime.pack,
    }
    found = {}
    for part in PARTS:
        try:
            tries[part]()
            found[part] = True
        except (AssentError, OSError):
            found[part] = False
    return found
