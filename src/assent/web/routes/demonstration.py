"""The guided tour of the demonstration and its sample pictures; mounted there and nowhere else."""

from __future__ import annotations

from fastapi import APIRouter, Response

from assent.errors import NotFound
from assent.services.demo_samples import list_samples, read_sample

router = APIRouter()

SAMPLES = "/demonstration/pictures"


@router.get(SAMPLES + "/{name}")
def show_sample(name: str) -> Response:
    """Show one of the sample pictures, all of composite people."""
    if name not in {sample.name for sample in list_samples()}:
        raise NotFound("There is no such sample picture.")
    return Response(read_sample(name), media_type="image/jpeg")
