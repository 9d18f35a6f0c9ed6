"""The document of an evaluation, the failures before any search, the table of groups, and the plots."""

import math
import re
from datetime import UTC, datetime

import pytest

from assent.errors import InvalidInput, InvalidTable
from assent.evaluation.acquisition import PhotoOutcome, measure_acquisition
from assent.evaluation.plots import plot_det, plot_histogram
from assent.evaluation.results import Circumstances, Evaluation, Speed, evaluate_scores
from assent.evaluation.searches import Division, make_searches
from assent.evaluation.volunteered import parse_groups
from evaluation.simulated_people import simulate_people

PEOPLE = frozenset({"ana", "bo"})


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    division = Division(rounds=1)
    circumstances = Circumstances(
        made_at=datetime(2026, 12, 1, tzinfo=UTC),
        pack_id="pack-1",
        pack_name="pack 1",
        pack_licence="CC0",
        training_data="volunteers",
        training_people_consented=True,
        default_threshold=0.5,
        division=division,
        shortlist=10,
    )
    groups = {f"{person:04}": "north" if person % 2 else "south" for person in range(60)}
    scores = make_searches(simulate_people(60, 3, seed=3), groups, division)
    outcomes = [PhotoOutcome(f"{row // 3:04}", (), (), None) for row in range(180)]
    return evaluate_scores(scores, outcomes, circumstances, Speed(20.0, 1000.0))


def test_an_evaluation_comes_back_from_its_document(evaluation: Evaluation) -> None:
    assert Evaluation.from_json(evaluation.to_json()) == evaluation


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "assent-evaluation-v0"}', '{"format": "assent-evaluation-v1"}']
)
def test_another_document_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Evaluation.from_json(text)


def test_the_point_spoken_of_is_the_one_nearest_to_one_percent(evaluation: Evaluation) -> None:
    assert [point.is_supported for point in evaluation.points] == [True, True, False, False, False]
    assert evaluation.usual_point == evaluation.points[1]


def test_the_curve_rises_in_one_error_as_it_falls_in_the_other(evaluation: Evaluation) -> None:
    fpir, fnir = ([getattr(point, name) for point in evaluation.det] for name in ("fpir", "fnir"))

    assert fpir == sorted(fpir)
    assert fnir == sorted(fnir, reverse=True)
    assert all(point.fnir_low <= point.fnir <= point.fnir_high for point in evaluation.det)


def test_plots_take_the_colours_of_the_page_and_ask_for_nothing(evaluation: Evaluation) -> None:
    drawn = [
        plot_det(evaluation.det, evaluation.points, label="curve"),
        plot_histogram(evaluation.histogram, 3.0, label="distances"),
    ]

    for svg in drawn:
        assert svg.startswith('<svg role="img" aria-label="')
        assert "var(--genuine)" in svg
        assert not re.search(r"#0[1-5]0[1-5]0[1-5]|<script|<image|@import|url\((?!#)", svg)
    identifiers = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in drawn]
    assert not identifiers[0] & identifiers[1]


def test_failures_are_counted_by_person_and_by_photo_with_their_reasons() -> None:
    outcomes = [
        PhotoOutcome("ana", ("too-blurred", "too-small"), (), None),
        PhotoOutcome("ana", (), (), None),
        PhotoOutcome("bo", ("no-face-found",), ("no-face-found",), None),
        PhotoOutcome("bo", ("too-small",), (), None),
    ]

    measured = measure_acquisition(outcomes)

    assert (measured.failure_to_enrol.count, measured.failure_to_enrol.trials) == (1, 2)
    assert (measured.refused_references.count, measured.refused_references.trials) == (3, 4)
    assert measured.failure_to_acquire.value == 0.25
    assert measured.failure_to_acquire.low < 0.25 < measured.failure_to_acquire.high
    reasons = [(reason.slug, reason.photos) for reason in measured.enrolment_reasons]
    assert reasons == [("too-small", 2), ("no-face-found", 1), ("too-blurred", 1)]


def test_without_a_failure_the_bound_is_that_of_the_people() -> None:
    outcomes = [PhotoOutcome(f"{row // 3}", (), (), None) for row in range(30)]

    measured = measure_acquisition(outcomes)

    # The exact bound of 0 in 10: 1 - 0.025 ** (1 / 10).
    assert measured.failure_to_acquire.high == pytest.approx(1 - math.pow(0.025, 0.1))


@pytest.mark.parametrize(
    ("table", "groups"),
    [
        ("person,group\nana,north\nbo,\n", {"ana": "north"}),
        ("\ufeffgroup;person\n north  coast ;bo\n", {"bo": "north coast"}),
        ("person,seen,group\nana,x,north\nana,y,north\n", {"ana": "north"}),
    ],
    ids=["comma", "semicolon, other order", "another column, said twice"],
)
def test_volunteered_groups_are_read(table: str, groups: dict[str, str]) -> None:
    assert parse_groups(table.encode(), PEOPLE) == groups


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"person\nana\n", "lacks the column 'group'"),
        (b"person,group\ncleo,north\n", "Line 2 .* without a folder"),
        (b"person,group\nana,north\nana,south\n", "second group"),
        (b"person,group\nana," + b"x" * 61, "at most 60"),
        (b"\xff\xfe", "not UTF-8"),
        (b"person,group\nana,\0\n", "no text"),
    ],
    ids=["column", "person", "two groups", "label", "encoding", "bytes"],
)
def test_a_table_of_groups_that_cannot_be_used_is_refused_without_a_name(table: bytes, words: str) -> None:
    with pytest.raises(InvalidTable, match=words) as refused:
        parse_groups(table, PEOPLE)

    assert not any(name in str(refused.value) for name in ("ana", "bo ", "cleo"))
