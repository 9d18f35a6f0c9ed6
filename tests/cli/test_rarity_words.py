"""The sentence by which a searcher learns how surprising a candidate is."""

from __future__ import annotations

from dataclasses import replace

from assent.cli.rarity_words import tell_rarity
from assent.search import Rarity, RarityKind

RARE = Rarity(RarityKind.RARE, 12_400, 1 / 300, 1 / 900, 1 / 120, 300, 120, 900, 2_000)


def test_a_rare_stranger_is_told_by_the_number_of_searches_and_its_interval() -> None:
    assert tell_rarity(RARE) == (
        "In a gallery of 12,400 people one stranger as close as this is expected in about 300 searches "
        "(between 120 and 900)."
    )


def test_common_strangers_are_counted() -> None:
    common = replace(
        RARE, kind=RarityKind.COMMON, gallery_size=1, strangers=2.04, strangers_low=1.5, strangers_high=1_234.5
    )

    assert tell_rarity(common) == (
        "In a gallery of 1 person about 2.0 strangers as close as this are expected in every search "
        "(between 1.5 and 1,234.5)."
    )


def test_beyond_what_was_measured_the_sentence_says_so() -> None:
    beyond = replace(RARE, kind=RarityKind.BEYOND, gallery_size=60, searches=120, calibration_people=120)

    assert tell_rarity(beyond) == (
        "In a gallery of 60 people a stranger as close as this is expected less than once in 120 searches; "
        "the pack was calibrated on 120 people and cannot say better."
    )
    assert "up to 1.7 strangers" in tell_rarity(replace(beyond, strangers=1.74, searches=1))


def test_no_sentence_speaks_of_certainty() -> None:
    sentences = [tell_rarity(replace(RARE, kind=kind)) for kind in RarityKind]

    assert not any(word in sentence for sentence in sentences for word in ("%", "certain", "sure", "match"))
