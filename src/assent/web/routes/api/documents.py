"""What all of the API's documents share: identifiers, moments, texts, problems, and pictures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

PROBLEM = "application/problem+json"
_FIRST_YEAR, _LAST_YEAR = 2000, 9998


class Document(BaseModel):
    """Something that the API answers."""

    model_config = ConfigDict(from_attributes=True)


class Sent(BaseModel):
    """Something that is sent to the API; what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """Why something did not work (RFC 9457); `reason` is a stable slug, `detail` a sentence for people."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:assent:quota-exhausted",
                "title": "Forbidden",
                "status": 403,
                "reason": "quota-exhausted",
                "detail": "All 100 searches of licence l_bjzwpxlj2qy4utms were used.",
            }
        },
    )

    type: str
    title: str
    status: int
    reason: str
    detail: str


def _require_sensible(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError("this moment is too far away")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_require_sensible)]
"""A moment with its zone, such as 2026-07-01T08:00:00Z."""


def bounded(most: int, least: int = 0) -> StringConstraints:
    """Bound a text; it holds no null characters, which not every database keeps."""
    return StringConstraints(min_length=least, max_length=most, pattern=r"^[^\x00]*$")


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
SearchPath = Annotated[str, Path(pattern=r"^s_[a-z2-7]{16}$")]
PersonPath = Annotated[str, Path(pattern=r"^p_[a-z2-7]{16}$")]
ReferencePath = Annotated[str, Path(pattern=r"^r_[a-z2-7]{16}$")]
LicencePath = Annotated[str, Path(pattern=r"^l_[a-z2-7]{16}$")]
InvitationPath = Annotated[str, Path(pattern=r"^[a-z]_[a-z2-7]{16}$")]

_PROBLEMS = {
    400: "The body cannot be read.",
    401: "No token, or one that opens nothing (any more).",
    403: "Understood, and not allowed: by the scope, the role, or the mandate.",
    404: "There is no such thing, or it is not yours to see.",
    409: "Something that must hold does not.",
    413: "Too large.",
    422: "Something is missing or cannot be used; `detail` says what.",
    429: "Too many requests; `Retry-After` says for how many seconds.",
    503: "The place itself cannot work now.",
}


def problems(*, of: str = "") -> dict[int | str, dict[str, Any]]:
    """Describe every error that any operation can answer with."""
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": said + of, "content": content} for status, said in _PROBLEMS.items()}


def jpeg() -> dict[int | str, dict[str, Any]]:
    """Describe an answer that is a picture."""
    picture = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": "The picture (JPEG).", "content": picture}}


class Picture(Response):
    """An answer that is a picture."""

    media_type = "image/jpeg"
