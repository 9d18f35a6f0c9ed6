"""The one row that says which deployment a database belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from assent.errors import DeploymentExists, DeploymentMissing
from assent.storage.tables import deployment


@dataclass(frozen=True, slots=True)
class Deployment:
    """One installation: its identifier, the name its ledger signs under, and the pack in use."""

    id: str
    origin: str
    pack_id: str
    created_at: datetime


def record_deployment(connection: Connection, row: Deployment) -> None:
    """Store the row. Raises DeploymentExists if there is one."""
    if connection.execute(select(deployment.c.id)).first():
        raise DeploymentExists("This data folder is set up already; choose another with --data.")
    values = {"id": row.id, "origin": row.origin, "pack_id": row.pack_id, "created_at": row.created_at}
    connection.execute(insert(deployment).values(**values))


def load_deployment(connection: Connection) -> Deployment:
    """Read the row. Raises DeploymentMissing if the set-up never finished."""
    row = connection.execute(select(deployment)).one_or_none()
    if row is None:
        raise DeploymentMissing("The set-up of this data folder never finished; run 'assent init' again.")
    return Deployment(row.id, row.origin, row.pack_id, row.created_at)


def record_pack_choice(connection: Connection, pack_id: str) -> None:
    """Store which pack is in use."""
    connection.execute(update(deployment).values(pack_id=pack_id))
