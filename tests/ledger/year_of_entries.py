"""A year of invented entries, the same in every run: searches with refusals, reviews, approvals and deletions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assent.ledger import EntryKind, JsonValue, format_time
from ledger.ledger_builders import A_COMMITMENT, an_entry, an_id

if TYPE_CHECKING:
    from assent.ledger import Entry

YEAR = 2026
UNITS = ("tracing-desk", "hospital-liaison", "archive")
PURPOSES = ("reunite", "identify-patient", "send-me-my-photos")
CAUSES = ("licence-expired", "quota-exhausted", "purpose-not-licensed", "justification-missing", "case-unknown")
HOLDERS = 9


def a_search(
    number: int, at: datetime, *, holder: int = 0, seconds: int = 1, candidates: int = 0, **fields: JsonValue
) -> list[Entry]:
    """A search of one holder, who has one licence, from its start to its end; `number` is the licence's."""
    search = an_id("s", holder * 100_000 + number)
    licence, ended = an_id("l", holder), at + timedelta(seconds=seconds)
    common: dict[str, JsonValue] = {"search": search, "number": number, "licence": licence}
    asked: dict[str, JsonValue] = {
        "holder": an_id("m", holder),
        "unit": UNITS[holder % len(UNITS)],
        "purpose": PURPOSES[holder % len(PURPOSES)],
        "case": an_id("c", holder * 100 + number // 4),
        "probe_source": "case-file",
        "probe": A_COMMITMENT,
        "justification": A_COMMITMENT,
    }
    started = an_entry(EntryKind.SEARCH_STARTED, at=at, **common | asked | fields)
    finished = an_entry(
        EntryKind.SEARCH_FINISHED,
        at=ended,
        **common,
        started=format_time(at),
        ended=format_time(ended),
        pack="dlib-2017",
        gallery=an_id("g"),
        gallery_size=1200 + number,
        threshold="0.50",
        candidates=candidates,
        candidate_list=A_COMMITMENT,
    )
    return [started, finished]


def a_review(search: JsonValue, at: datetime, reviewer: int, conclusion: str) -> Entry:
    fields = {"search": search, "conclusion": conclusion, "observations": A_COMMITMENT}
    return an_entry(EntryKind.CANDIDATE_REVIEWED, at=at, actor=an_id("m", reviewer), **fields)


def a_year() -> list[Entry]:
    """About 1,300 searches by nine holders of three units, busier in spring and autumn, none in some weeks."""
    draw = random.Random(7)  # noqa: S311 - the same year in every run
    numbers = dict.fromkeys(range(HOLDERS), 0)
    entries: list[Entry] = []
    for day in range(365):
        begin = datetime(YEAR, 1, 1, 8, tzinfo=UTC) + timedelta(days=day)
        busy = (0.4 if begin.weekday() >= 5 else 4.5) * (1.6 if begin.month in {3, 4, 10} else 1) * (begin.month != 8)
        for _ in range(round(draw.expovariate(1 / busy)) if busy else 0):
            holder = min(int(draw.expovariate(0.35)), HOLDERS - 1)
            numbers[holder] += 1
            at = begin + timedelta(minutes=draw.randrange(600))
            entries += _one(draw, holder, numbers[holder], at)
        if day % 30 == 29:
            deleted = {"record": "probe-without-candidates", "rule_days": 30, "search": an_id("s", 1)}
            entries += [an_entry(EntryKind.RECORD_DELETED, at=begin, **deleted)] * draw.randrange(5)
    return entries


def _one(draw: random.Random, holder: int, number: int, at: datetime) -> list[Entry]:
    chance = draw.random()
    if chance < 0.12:
        fields = {"unit": UNITS[holder % 3], "purpose": PURPOSES[holder % 3], "holder": an_id("m", holder)}
        fields |= {"licence": an_id("l", holder), "number": number, "cause": draw.choice(CAUSES)}
        return [an_entry(EntryKind.SEARCH_REFUSED, at=at, **fields)]
    candidates = draw.choice([0, 0, 0, 0, 1, 1, 2, 3, 12])
    is_urgent = chance > 0.97
    started, finished = a_search(
        number, at, holder=holder, candidates=candidates, **({"urgent": True} if is_urgent else {})
    )
    search = started.fields["search"]
    if chance < 0.16:
        times = {"started": format_time(at), "ended": format_time(at), "cause": "no-face-found"}
        ended = {name: started.fields[name] for name in ("search", "number", "licence")} | times
        return [started, an_entry(EntryKind.SEARCH_FAILED, at=at, **ended)]
    made = [started, finished]
    if is_urgent and chance > 0.985:
        later = {"search": search, "licence": an_id("l", holder), "holder": an_id("m", holder)}
        made.append(an_entry(EntryKind.SEARCH_APPROVED, at=at + timedelta(hours=draw.randrange(40)), **later))
    elif is_urgent:
        sealed = {name: started.fields[name] for name in ("search", "number", "licence")}
        made.append(an_entry(EntryKind.SEARCH_SEALED, at=at, **sealed, cause="approval-missing"))
    if candidates:
        reviewers = range(100, 100 + draw.choice([0, 1, 2, 2, 2]))
        made += [a_review(search, at, who, draw.choice(["same-person", "same-person", "nobody"])) for who in reviewers]
    return made
