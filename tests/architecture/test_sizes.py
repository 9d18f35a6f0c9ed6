"""Modules, functions and test files stay small enough to be read at once."""

import ast

import pytest

from architecture.source_reading import Checker, Findings, at, files_below, findings_in

MODULE_LINES = 400
FUNCTION_LINES = 50
TEST_FILE_LINES = 300
# A migration's one function is a list of tables, written once and never changed.
MIGRATIONS = "src/assent/storage/migrations/versions/"


def oversized_modules(text: str, limit: int = MODULE_LINES) -> Findings:
    lines = len(text.splitlines())
    return [f"{lines} lines, at most {limit}"] if lines > limit else []


def oversized_test_files(text: str) -> Findings:
    return oversized_modules(text, TEST_FILE_LINES)


def oversized_functions(text: str) -> Findings:
    """From `def` to the last line, docstring included."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                found.append(at(node, f"{node.name} has {lines} lines, at most {FUNCTION_LINES}"))
    return found


@pytest.mark.parametrize("folder", ["src/assent", "benchmarks"])
def test_modules_stay_within_their_size(folder: str) -> None:
    assert findings_in(files_below(folder), oversized_modules) == []


@pytest.mark.parametrize("folder", ["src/assent", "benchmarks"])
def test_functions_stay_within_their_size(folder: str) -> None:
    files = tuple(file for file in files_below(folder) if not file.path.startswith(MIGRATIONS))

    assert findings_in(files, oversized_functions) == []


@pytest.mark.parametrize("checker", [oversized_test_files, oversized_functions])
def test_tests_stay_within_their_sizes(checker: Checker) -> None:
    assert findings_in(files_below("tests"), checker) == []


def function_of(lines: int) -> str:
    return "async def walk():\n" + "    step()\n" * (lines - 1)


@pytest.mark.parametrize(
    ("checker", "longest", "too_long"),
    [
        pytest.param(oversized_modules, "\n" * 400, "\n" * 401, id="module"),
        pytest.param(oversized_test_files, "\n" * 300, "\n" * 301, id="test file"),
        pytest.param(oversized_functions, function_of(50), function_of(51), id="function"),
    ],
)
def test_one_line_over_the_limit_is_found(checker: Checker, longest: str, too_long: str) -> None:
    assert checker(longest) == []
    assert len(checker(too_long)) == 1
