"""Attempts to prove who one is: counted before they are judged, and in the database, so for all processes together."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import TooManyAttempts
from assent.mandates import FREE_ACCOUNT_ATTEMPTS, FREE_ADDRESS_ATTEMPTS, count_failure, find_wait
from assent.mandates.throttling import FORGOTTEN_AFTER
from assent.services.runtime import Runtime
from assent.services.sessions import tag_of
from assent.storage import Connection
from assent.storage import mandates as stored_mandates
from assent.storage import sign_in as stored_sign_in

LONGEST_HANDLE = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt comes from: the network address, and the token of a browser that is known."""

    address: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters that one attempt stands under: the account's (or this browser's for it), and the address's."""

    account: bytes
    address: bytes | None


def count_attempt(runtime: Runtime, what: str, account: str, origin: Origin) -> Counters:
    """Count an attempt as failed until it is forgiven. Raises TooManyAttempts where it comes too early.

    A browser in which the member signed in before is counted apart, so that strangers who hammer the account make
    nobody wait but strangers.
    """
    at, account = runtime.clock(), account[:LONGEST_HANDLE]
    with runtime.database.transaction() as transaction:
        known = stored_sign_in.find_browser(transaction, tag_of(origin.browser)) if origin.browser else None
        is_known = known is not None and known == _find_member_id(runtime, transaction, account)
        counted = f"{account}\x00{origin.browser}" if is_known else account
        counters = Counters(
            runtime.vault.tag(f"attempt:{what}", counted),
            None if is_known else runtime.vault.tag("attempt:address", origin.address),
        )
        limits = [(counters.account, FREE_ACCOUNT_ATTEMPTS)]
        if counters.address is not None:
            limits.append((counters.address, FREE_ADDRESS_ATTEMPTS))
        found = [(tag, free, stored_sign_in.load_attempts(transaction, tag)) for tag, free in limits]
        wait = max(find_wait(attempts, free=free, at=at) for _tag, free, attempts in found)
        if not wait:
            stored_sign_in.forget_attempts_before(transaction, at - FORGOTTEN_AFTER)
            for tag, _free, attempts in found:
                stored_sign_in.record_attempts(transaction, tag, count_failure(attempts, at))
    if wait:
        seconds = int(wait.total_seconds()) + 1
        raise TooManyAttempts(f"Too many tries; the next one is possible in {seconds} seconds.", seconds=seconds)
    return counters


def forgive_attempt(runtime: Runtime, counters: Counters) -> None:
    """Take an attempt back that proved right: the account starts anew, the address loses this one failure only."""
    with runtime.database.transaction() as transaction:
        stored_sign_in.forget_attempts(transaction, counters.account)
        if counters.address is not None:
            stored_sign_in.forgive_attempt(transaction, counters.address)


def _find_member_id(runtime: Runtime, transaction: Connection, account: str) -> str | None:
    member = stored_mandates.look_for_member(transaction, runtime.vault, account)
    return None if member is None else member.id
