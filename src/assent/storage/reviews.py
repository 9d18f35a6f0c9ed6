"""Reviews: one row for each search and reviewer, the observations sealed under the key of the search's outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, exists, insert, or_, select, update

from assent.mandates import MemberId, SearchId, outcome_of
from assent.search import (
    Conclusion,
    Observation,
    Review,
    SearchState,
    observations_from_bytes,
    observations_to_bytes,
)
from assent.storage.tables import candidates, reviews, searches
from assent.storage.vault import Vault


def load_reviews(connection: Connection, search: str) -> list[Review]:
    """Read all reviews of a search, in the order in which they were begun."""
    query = select(reviews).where(reviews.c.search_id == search).order_by(reviews.c.observed_at, reviews.c.reviewer_id)
    return [_read_review(row) for row in connection.execute(query)]


def load_reviews_by_search(connection: Connection) -> dict[str, list[Review]]:
    """Read the reviews of all searches that have any."""
    found: dict[str, list[Review]] = {}
    for row in connection.execute(select(reviews).order_by(reviews.c.observed_at, reviews.c.reviewer_id)):
        found.setdefault(row.search_id, []).append(_read_review(row))
    return found


def list_reviewable(connection: Connection, *, apart_from: str) -> list[tuple[str, str, datetime]]:
    """List finished searches with candidates that somebody else holds, oldest first: search, purpose, end."""
    query = (
        select(searches.c.id, searches.c.purpose, searches.c.ended_at)
        .where(
            searches.c.state == SearchState.FINISHED,
            searches.c.holder_id != apart_from,
            or_(
                exists().where(candidates.c.search_id == searches.c.id),
                exists().where(reviews.c.search_id == searches.c.id),
            ),
        )
        .order_by(searches.c.ended_at)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def load_observations(connection: Connection, vault: Vault, search: str, reviewer: str) -> dict[int, Observation]:
    """Read what a reviewer observed, by the candidate's rank; nothing before the first.

    Raises NotFound once a rule has destroyed the outcome's key.
    """
    sealed = connection.execute(
        select(reviews.c.observations_sealed).where(reviews.c.search_id == search, reviews.c.reviewer_id == reviewer)
    ).scalar_one_or_none()
    if sealed is None:
        return {}
    return observations_from_bytes(vault.unseal(outcome_of(search), _name(reviewer), sealed))


def record_observations(
    connection: Connection,
    vault: Vault,
    search: SearchId,
    reviewer: MemberId,
    observations: Mapping[int, Observation],
    at: datetime,
) -> None:
    """Keep all that a reviewer has observed so far, by the candidate's rank, in place of what was kept before."""
    sealed = vault.seal(outcome_of(search), _name(reviewer), observations_to_bytes(observations))
    mine = (reviews.c.search_id == search) & (reviews.c.reviewer_id == reviewer)
    values = {"observations_sealed": sealed, "observed_at": at}
    if connection.execute(select(reviews.c.search_id).where(mine)).first() is None:
        connection.execute(insert(reviews).values(search_id=search, reviewer_id=reviewer, **values))
    else:
        connection.execute(update(reviews).where(mine).values(**values))


def record_conclusion(
    connection: Connection,
    search: SearchId,
    reviewer: MemberId,
    conclusion: Conclusion,
    rank: int | None,
    at: datetime,
) -> None:
    """Keep what a reviewer concluded."""
    connection.execute(
        update(reviews)
        .where(reviews.c.search_id == search, reviews.c.reviewer_id == reviewer)
        .values(conclusion=conclusion, rank=rank, decided_at=at)
    )


def _name(reviewer: str) -> str:
    return f"observations:{reviewer}"


def _read_review(row: Row[tuple[object, ...]]) -> Review:
    return Review(
        search=SearchId(row.search_id),
        reviewer=MemberId(row.reviewer_id),
        observed_at=row.observed_at,
        conclusion=None if row.conclusion is None else Conclusion(row.conclusion),
        rank=row.rank,
        decided_at=row.decided_at,
    )
