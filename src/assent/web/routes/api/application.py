"""The API as an application of its own below /api/v1, with its description (OpenAPI 3.1); mounts, nothing else."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import FastAPI

from assent import __version__
from assent.services.runtime import Runtime
from assent.web.errors import add_error_pages
from assent.web.routes.api import approvals, ledger, licences, people, reviews, searches
from assent.web.routes.api.bearers import REQUESTS_A_MINUTE, RequestLimit
from assent.web.routes.api.documents import Problem, problems

PREFIX = "/api/v1"
DESCRIPTION = f"""Face search limited to people who agreed to be found, with a record of every look.

Every request brings a token of its member in the `Authorization` header; no cookie opens anything here. A token has
scopes, ends by itself, and is revoked on the page of the account. What it does stands in the ledger with the channel
`api`. At most {REQUESTS_A_MINUTE} requests a minute are answered for one token. Errors are problem details (RFC 9457):
`reason` is a stable slug.
"""


def create_api(runtime: Runtime, *, public_url: str) -> FastAPI:
    """Make the API for an open deployment."""
    api = FastAPI(
        title="Assent",
        summary="Search, enrol, license and oversee from your own programs.",
        description=DESCRIPTION,
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=problems(),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    api.state.runtime = runtime
    api.state.public_url = public_url
    api.state.request_limit = RequestLimit()
    for routes in (searches, approvals, reviews, people, licences, ledger):
        api.include_router(routes.router)
    add_error_pages(api)
    api.openapi = partial(_describe, api, api.openapi)  # type: ignore[method-assign]
    return api


def _describe(api: FastAPI, describe: Any) -> dict[str, Any]:
    """Add the one document that no route names by itself: the problem that each may answer with."""
    described: dict[str, Any] = api.openapi_schema or describe()
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas.setdefault("Problem", Problem.model_json_schema())
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return described
