from datetime import timedelta

import pytest

from assent.errors import InvalidInput
from assent.mandates import CaseId, KeptRecord, RecordKind, choose_due, list_rules, parse_retention_days
from factories import DAY, NOW, TICK

CASE, OTHER = CaseId("c_" + "a" * 16), CaseId("c_" + "b" * 16)
SEARCH = "s_" + "a" * 16


def a_record(kind: RecordKind = RecordKind.CANDIDATES, age: timedelta = 365 * DAY) -> KeptRecord:
    """A record that is a year old, of a search or of its case."""
    return KeptRecord(kind, CASE if kind is RecordKind.CASE_NUMBER else SEARCH, CASE, NOW - age)


def test_every_kind_has_a_rule_even_if_nobody_set_one() -> None:
    rules = list_rules({})

    assert set(rules) == set(RecordKind)
    assert all(rule.is_default and rule.reason and rule.days > 0 for rule in rules.values())


def test_the_input_that_led_to_a_candidate_is_kept_for_six_months_by_default() -> None:
    assert list_rules({})[RecordKind.PROBE_WITH_CANDIDATES].days >= 184


def test_a_rule_that_was_set_replaces_the_default_of_its_kind_alone() -> None:
    rules = list_rules({"candidates": 7})

    assert (rules[RecordKind.CANDIDATES].days, rules[RecordKind.CANDIDATES].is_default) == (7, False)
    assert sum(rule.is_default for rule in rules.values()) == len(RecordKind) - 1


@pytest.mark.parametrize(
    ("age", "is_due"),
    [
        pytest.param(7 * DAY - TICK, False, id="a moment before"),
        pytest.param(7 * DAY, True, id="at the moment"),
        pytest.param(700 * DAY, True, id="long after"),
    ],
)
@pytest.mark.parametrize("kind", RecordKind)
def test_a_record_is_due_when_its_days_are_over(kind: RecordKind, age: timedelta, is_due: bool) -> None:
    rules = list_rules(dict.fromkeys(RecordKind, 7))

    assert choose_due([a_record(kind, age)], rules, {}, NOW) == ([a_record(kind, age)] if is_due else [])


@pytest.mark.parametrize(
    ("kind", "held", "is_due"),
    [
        pytest.param(RecordKind.CANDIDATES, {SEARCH: CASE}, False, id="candidates of a held search"),
        pytest.param(RecordKind.CANDIDATES, {CASE: CASE}, False, id="candidates of a held case"),
        pytest.param(RecordKind.CANDIDATES, {"s_other": CASE}, True, id="another search of the case is held"),
        pytest.param(RecordKind.CANDIDATES, {OTHER: OTHER}, True, id="another case is held"),
        pytest.param(RecordKind.CASE_NUMBER, {CASE: CASE}, False, id="number of a held case"),
        pytest.param(RecordKind.CASE_NUMBER, {SEARCH: CASE}, False, id="number of a held search's case"),
        pytest.param(RecordKind.CASE_NUMBER, {"s_other": OTHER}, True, id="a search of another case is held"),
    ],
)
def test_what_is_held_is_not_due(kind: RecordKind, held: dict[str, CaseId], is_due: bool) -> None:
    record = a_record(kind, 10_000 * DAY)

    assert choose_due([record], list_rules({}), held, NOW) == ([record] if is_due else [])


@pytest.mark.parametrize("days", [-1, 0, 2, 36_501])
def test_days_that_make_no_rule_are_refused(days: int) -> None:
    with pytest.raises(InvalidInput, match="3 to 36,500"):
        parse_retention_days(days)
