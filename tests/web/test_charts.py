"""Where the bars of a chart stand."""

from __future__ import annotations

from datetime import date

import pytest

from assent.web.charts import MOST_ROWS, WIDTH, lay_out_columns, lay_out_rows

DAY = date(2026, 2, 27)


@pytest.mark.parametrize(
    ("end", "step", "columns"),
    [(date(2026, 3, 6), "day", 7), (date(2026, 6, 1), "week", 14), (date(2028, 2, 27), "month", 25)],
)
def test_long_stretches_are_gathered(end: date, step: str, columns: int) -> None:
    chart = lay_out_columns({DAY: (3, 1)}, DAY, end)

    assert (chart.step, len(chart.columns)) == (step, columns)
    assert sum(column.first for column in chart.columns) == 3
    assert chart.most == 4


def test_bars_are_stacked_and_stay_within_the_drawing() -> None:
    chart = lay_out_columns({DAY: (3, 1), date(2026, 2, 28): (0, 2)}, DAY, date(2026, 3, 2))

    for column in chart.columns:
        assert column.second_y >= 0
        assert column.x + column.width <= WIDTH
        assert column.first_y + column.first_height == pytest.approx(chart.base, abs=0.02)
        assert column.second_y + column.second_height == pytest.approx(column.first_y, abs=0.02)


def test_no_search_at_all_draws_nothing_and_divides_by_nothing() -> None:
    chart = lay_out_columns({}, DAY, DAY)

    assert list(chart.columns) == []
    assert lay_out_rows([]).height > 0


def test_longest_row_comes_first_and_the_rest_is_counted() -> None:
    chart = lay_out_rows((f"name {number:02}", number, 1) for number in range(MOST_ROWS + 3))

    assert chart.rows[0].name == f"name {MOST_ROWS + 2:02}"
    assert chart.left_out == 3
    assert max(row.first_width + row.second_width for row in chart.rows) < WIDTH
