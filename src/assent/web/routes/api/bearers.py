"""Who acts through the API: a token in the Authorization header (RFC 6750), its scope, and how often it may ask."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from assent.errors import ScopeMissing
from assent.mandates.api_token import Scope
from assent.services.api_tokens import TokenBearer, find_bearer
from assent.services.runtime import Runtime
from assent.web.acting import RuntimeHere, SignInNeeded

CHANNEL = "api"
REQUESTS_A_MINUTE = 600
"""How often one token may ask in one minute, in each server process; whoever brings no token counts by address."""
_MOST_REMEMBERED = 10_000
_MINUTE_SECONDS = 60

_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    bearerFormat="assent_…",
    description="A token of your own, made on the page of your account or with `assent token create`.",
)


class RequestLimit:
    """Counts requests by whoever makes them, minute by minute; raises 429 with the seconds to wait."""

    def __init__(self, requests_a_minute: int = REQUESTS_A_MINUTE) -> None:
        self.requests_a_minute = requests_a_minute
        self._minute = 0
        self._counts: dict[str, int] = {}
        self._lock = Lock()

    def count(self, who: str, seconds: float) -> None:
        """Count one request at a moment, in seconds since whenever. Raises HTTPException 429."""
        minute = int(seconds // _MINUTE_SECONDS)
        with self._lock:
            if minute != self._minute or len(self._counts) >= _MOST_REMEMBERED:
                self._minute, self._counts = minute, {}
            self._counts[who] = self._counts.get(who, 0) + 1
            is_over = self._counts[who] > self.requests_a_minute
        if is_over:
            wait = _MINUTE_SECONDS - int(seconds % _MINUTE_SECONDS)
            raise HTTPException(429, headers={"Retry-After": str(wait)})


def require(scope: Scope | None = None) -> Callable[..., TokenBearer]:
    """Make a dependency: whoever brings a token in force that has the scope.

    The dependency raises SignInNeeded, MemberSuspended, ScopeMissing or HTTPException 429.
    """

    def find(
        request: Request,
        runtime: RuntimeHere,
        brought: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
    ) -> TokenBearer:
        bearer = find_bearer(runtime, brought.credentials, CHANNEL) if brought else None
        _count(request, runtime, bearer)
        if bearer is None:
            raise SignInNeeded
        if scope is not None and scope not in bearer.token.scopes:
            raise ScopeMissing(f"This takes a token with the scope {scope}.")
        return bearer

    return find


def _count(request: Request, runtime: Runtime, bearer: TokenBearer | None) -> None:
    limit: RequestLimit = request.app.state.request_limit
    address = request.client.host if request.client else ""
    limit.count(bearer.token.id if bearer else f"address {address}", runtime.clock().timestamp())


AnyBearer = Annotated[TokenBearer, Depends(require())]
SearchReader = Annotated[TokenBearer, Depends(require(Scope.SEARCHES_READ))]
SearchWriter = Annotated[TokenBearer, Depends(require(Scope.SEARCHES_WRITE))]
ApprovalBearer = Annotated[TokenBearer, Depends(require(Scope.APPROVALS))]
ReviewBearer = Annotated[TokenBearer, Depends(require(Scope.REVIEWS))]
PeopleReader = Annotated[TokenBearer, Depends(require(Scope.PEOPLE_READ))]
PeopleWriter = Annotated[TokenBearer, Depends(require(Scope.PEOPLE_WRITE))]
LicenceReader = Annotated[TokenBearer, Depends(require(Scope.LICENCES_READ))]
LicenceWriter = Annotated[TokenBearer, Depends(require(Scope.LICENCES_WRITE))]
OversightBearer = Annotated[TokenBearer, Depends(require(Scope.OVERSIGHT))]
