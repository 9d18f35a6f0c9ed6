"""Refused searches by holder, so that their own history can be shown without reading the whole ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from assent.ledger import JsonValue
from assent.storage.request_tables import refusals


@dataclass(frozen=True, slots=True)
class Refusal:
    """A search that was refused, as the ledger's entry `entry_index` counts it; None where nothing had that name."""

    entry_index: int
    search: str | None
    licence: str | None
    case: str | None
    purpose: str | None
    cause: str
    at: datetime


def record_refusal_row(connection: Connection, entry_index: int, fields: Mapping[str, JsonValue], at: datetime) -> None:
    """Store a refusal with the fields of its entry."""
    connection.execute(
        insert(refusals).values(
            entry_index=entry_index,
            holder_id=fields["holder"],
            search_id=fields.get("search"),
            licence_id=fields.get("licence"),
            case_id=fields.get("case"),
            purpose=fields.get("purpose"),
            cause=fields["cause"],
            at=at,
        )
    )


def load_refusals(connection: Connection, holder: str, limit: int) -> list[Refusal]:
    """Read a holder's newest refusals, the newest first."""
    query = select(refusals).where(refusals.c.holder_id == holder).order_by(refusals.c.entry_index.desc()).limit(limit)
    return [
        Refusal(row.entry_index, row.search_id, row.licence_id, row.case_id, row.purpose, row.cause, row.at)
        for row in connection.execute(query)
    ]
