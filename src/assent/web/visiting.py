"""Who acts without an account: what an invitation or a personal link opened in this browser."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from assent.errors import LinkEnded
from assent.mandates import Visitor
from assent.services.person_sessions import OpenedInvitation, find_invited, find_visitor
from assent.web import cookies
from assent.web.acting import CHANNEL, RuntimeHere

PHOTO_WINDOW = timedelta(minutes=1)
MOST_FRAMES = 40
"""How many photos one page may have judged a minute: a look every two seconds, and some besides."""
MOST_FRAMES_AN_ADDRESS = 200
MOST_FORMS = 10
"""How many times a minute one page may hand its photos over."""


def find_visitor_here(request: Request, runtime: RuntimeHere) -> Visitor:
    """Find whose page is open in this browser. Raises LinkEnded."""
    token = request.cookies.get(cookies.PERSON)
    if not token:
        raise LinkEnded("This page is open only where its personal link was followed. Open your personal link again.")
    return find_visitor(runtime, token, CHANNEL)


def find_invited_here(request: Request, runtime: RuntimeHere) -> OpenedInvitation:
    """Find which invitation is open in this browser. Raises LinkEnded."""
    token = request.cookies.get(cookies.PERSON)
    if not token:
        raise LinkEnded("This page is open only where an invitation was followed. Open your invitation's link again.")
    return find_invited(runtime, token)


VisitorHere = Annotated[Visitor, Depends(find_visitor_here)]
InvitedHere = Annotated[OpenedInvitation, Depends(find_invited_here)]


_BEGINNING = Lock()


class Throttle:
    """Counts what comes from one page or address within a minute, in the memory of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[str, deque[datetime]] = {}

    def require_room(self, key: str, most: int, at: datetime) -> None:
        """Count one more. Raises HTTPException (429) where there were as many as allowed already."""
        with self._lock:
            for stale in [known for known, times in self._seen.items() if times[-1] <= at - PHOTO_WINDOW]:
                del self._seen[stale]
            times = self._seen.setdefault(key, deque())
            while times and times[0] <= at - PHOTO_WINDOW:
                times.popleft()
            if len(times) >= most:
                raise HTTPException(429, headers={"Retry-After": str(int(PHOTO_WINDOW.total_seconds()))})
            times.append(at)


def require_room_for_photos(request: Request, runtime: RuntimeHere, session: bytes, *, is_form: bool) -> None:
    """Keep one page, and one address, from using the machine up. Raises HTTPException (429)."""
    at, most = runtime.clock(), MOST_FORMS if is_form else MOST_FRAMES
    address = request.client.host if request.client else ""
    throttle = _find_throttle(request)
    throttle.require_room(f"{session.hex()} {is_form}", most, at)
    throttle.require_room(f"address {address}", MOST_FRAMES_AN_ADDRESS, at)


def _find_throttle(request: Request) -> Throttle:
    """Find the counts of this application, begun with its first photo."""
    with _BEGINNING:
        if not hasattr(request.app.state, "photo_throttle"):
            request.app.state.photo_throttle = Throttle()
    throttle: Throttle = request.app.state.photo_throttle
    return throttle
