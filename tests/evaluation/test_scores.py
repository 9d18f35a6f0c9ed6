import math

import pytest

from assent.errors import InvalidTable
from assent.evaluation.scores import MatedSearch, NonMatedSearch, Scores, from_csv, to_csv
from assent.faces import Quality

QUALITY = Quality(
    eye_distance_px=31.25, sharpness=0.1 + 0.2, brightness=90.0, contrast=12.5, turn=0.0, score=0.99, reasons=()
)
SCORES = Scores(
    mated=(
        MatedSearch(0, 3, 17, "", 20, 0.61, 0.1 + 0.2, 1, QUALITY),
        MatedSearch(1, 4, 18, 'with "quotes", and comma', 20, 0.5, 0.7, 2),
    ),
    non_mated=(NonMatedSearch(0, 5, 19, "east", 20, math.inf, QUALITY),),
)


def test_scores_come_back_from_their_file_to_the_last_bit() -> None:
    assert from_csv(to_csv(SCORES)) == SCORES


def test_the_file_begins_with_its_version_and_its_columns() -> None:
    first, second, *_ = to_csv(SCORES).splitlines()

    assert first == "assent-scores-v1"
    assert second.startswith("kind,split,person,probe,group,gallery_size,stranger_distance,distance,rank,")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("assent-scores-v2\n", id="another version"),
        pytest.param("assent-scores-v1\nkind,split\n", id="other columns"),
        pytest.param(to_csv(SCORES) + "mated,1,2\n", id="too few cells"),
        pytest.param(to_csv(SCORES).replace("non-mated", "unknown"), id="another kind"),
        pytest.param(to_csv(SCORES).replace("mated,0,3", "mated,0,x"), id="no number"),
    ],
)
def test_a_file_that_is_no_file_of_scores_is_refused(text: str) -> None:
    with pytest.raises(InvalidTable):
        from_csv(text)
