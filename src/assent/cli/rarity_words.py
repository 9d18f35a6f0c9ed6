"""How rare a candidate is, in a sentence for people; never a share of certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.search import Rarity


def tell_rarity(rarity: Rarity) -> str:
    """Say how surprising a stranger as close would be in the gallery that was searched."""
    from assent.search import RarityKind  # noqa: PLC0415 (as in every command: help comes at once)

    gallery = f"In a gallery of {_count_people(rarity.gallery_size)}"
    match rarity.kind:
        case RarityKind.RARE:
            return (
                f"{gallery} one stranger as close as this is expected in about {_count(rarity.searches)} "
                f"(between {rarity.searches_low:,} and {rarity.searches_high:,})."
            )
        case RarityKind.COMMON:
            return (
                f"{gallery} about {rarity.strangers:,.1f} strangers as close as this are expected in every search "
                f"(between {rarity.strangers_low:,.1f} and {rarity.strangers_high:,.1f})."
            )
        case RarityKind.BEYOND:
            return f"{gallery} {_tell_bound(rarity)}"


def _tell_bound(rarity: Rarity) -> str:
    measured = f"the pack was calibrated on {_count_people(rarity.calibration_people)} and cannot say better"
    if rarity.searches > 1:
        return f"a stranger as close as this is expected less than once in {_count(rarity.searches)}; {measured}."
    return f"up to {rarity.strangers:,.1f} strangers as close as this are possible in every search; {measured}."


def _count(searches: int) -> str:
    return f"{searches:,} search" if searches == 1 else f"{searches:,} searches"


def _count_people(people: int) -> str:
    return "1 person" if people == 1 else f"{people:,} people"
