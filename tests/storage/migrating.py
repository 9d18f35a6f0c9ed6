"""Moves a database's schema to any revision, as no running deployment does."""

from __future__ import annotations

from pathlib import Path

import alembic.command
from alembic.config import Config

import assent.storage
from assent.storage import Database

MIGRATIONS = Path(assent.storage.__file__).parent / "migrations"


def migrate(database: Database, revision: str) -> None:
    """Bring the schema down to `base` or up to a revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.transaction() as transaction:
        config.attributes["connection"] = transaction
        (alembic.command.downgrade if revision == "base" else alembic.command.upgrade)(config, revision)
