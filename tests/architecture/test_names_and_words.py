"""Names follow the house style, and one idea has one word: a candidate is never called by the words of certainty."""

import ast
import re
from pathlib import PurePosixPath

import pytest

from architecture.source_reading import (
    Checker,
    Findings,
    at,
    files_below,
    findings_in,
    identifiers_in,
    strings_in,
    words_of,
)

VAGUE_MODULES = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "misc"}
VAGUE_CLASS = re.compile(r"(Manager|Service|Impl|Data|Info|Helper|Util|Utils)$")
SENTENCE_END_INSIDE = re.compile(r"[a-z)][.!?] +[A-Z]")
CERTAIN_WORDS = {"match", "matches", "matched", "matching", "matcher", "hit", "hits"}
CERTAIN_TEXT = re.compile(r"\b(" + "|".join(sorted(CERTAIN_WORDS)) + r")\b", re.IGNORECASE)
# Regular expressions are asked through an attribute of that name; no candidate is.
WORDS_OF_REGULAR_EXPRESSIONS = {"match", "Match"}
# Where a module asks which route answers a path, it asks by the words of the library.
IMPORT_OF_ROUTING = "from starlette.routing import Match\n"
WORDS_OF_ROUTING = {"Match", "matches"}
# "must match" and "does not match" compare digests and names, never faces.
VERB = re.compile(r"\b(must|not|should|to) match\b", re.IGNORECASE)


def vague_module_names(path: str) -> Findings:
    parts = PurePosixPath(path).with_suffix("").parts
    return [f"{path}: {part}" for part in parts if part in VAGUE_MODULES]


def vague_class_names(text: str) -> Findings:
    return [
        at(node, node.name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and VAGUE_CLASS.search(node.name)
    ]


def unclear_module_docstrings(text: str) -> Findings:
    docstring = ast.get_docstring(ast.parse(text))
    if not docstring:
        return ["no module docstring"]
    first = docstring.splitlines()[0]
    if not first.endswith("."):
        return [f"the first line is no whole sentence: {first}"]
    return [f"the first line is more than one sentence: {first}"] if SENTENCE_END_INSIDE.search(first) else []


def certain_identifiers(text: str) -> Findings:
    foreign = WORDS_OF_ROUTING if IMPORT_OF_ROUTING in text else set()
    return [
        at(node, name)
        for node, name in identifiers_in(ast.parse(text))
        if CERTAIN_WORDS & set(words_of(name))
        and name not in foreign
        and not (isinstance(node, ast.Attribute) and name in WORDS_OF_REGULAR_EXPRESSIONS)
    ]


def certain_texts(text: str) -> Findings:
    return [at(node, value) for node, value in strings_in(ast.parse(text)) if CERTAIN_TEXT.search(VERB.sub("", value))]


def test_no_module_has_a_vague_name() -> None:
    assert [finding for file in files_below("src/assent") for finding in vague_module_names(file.path)] == []


@pytest.mark.parametrize(
    "checker",
    [vague_class_names, unclear_module_docstrings, certain_identifiers, certain_texts],
)
def test_sources_follow_the_house_style(checker: Checker) -> None:
    assert findings_in(files_below("src/assent"), checker) == []


def test_words_of_routing_stand_only_where_it_is_imported() -> None:
    asked = "route.matches(scope)[0] is Match.FULL\n"

    assert certain_identifiers(IMPORT_OF_ROUTING + asked) == []
    assert certain_identifiers(asked) != []
    assert certain_identifiers(IMPORT_OF_ROUTING + "match_candidates = 1\n") != []


@pytest.mark.parametrize("path", ["src/assent/utils.py", "src/assent/base/__init__.py", "src/assent/faces/common.py"])
def test_a_vague_module_name_is_found(path: str) -> None:
    assert len(vague_module_names(path)) == 1


def test_a_word_inside_another_word_is_no_vague_module_name() -> None:
    assert vague_module_names("src/assent/storage/database.py") == []


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        pytest.param(vague_class_names, "class LicenceManager: pass", id="manager"),
        pytest.param(vague_class_names, "class PersonInfo: pass", id="info"),
        pytest.param(unclear_module_docstrings, "x = 1", id="no docstring"),
        pytest.param(unclear_module_docstrings, '"""Boxes and points"""', id="no full stop"),
        pytest.param(unclear_module_docstrings, '"""Finds boxes. Also points."""', id="two sentences"),
        pytest.param(certain_identifiers, "best_match = 1", id="variable"),
        pytest.param(certain_identifiers, "class SearchHit: pass", id="class"),
        pytest.param(certain_identifiers, "def rank(matches): ...", id="argument"),
        pytest.param(certain_identifiers, "from x import Matcher", id="import"),
        pytest.param(certain_identifiers, "match = 1", id="the bare word as a variable"),
        pytest.param(certain_identifiers, "result.hits", id="attribute"),
        pytest.param(certain_texts, 'show("1 match found")', id="shown"),
        pytest.param(certain_texts, 'show(f"{n} Hits")', id="shown with a number"),
    ],
)
def test_a_name_against_the_house_style_is_found(checker: Checker, text: str) -> None:
    assert len(checker(text)) == 1


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        pytest.param(vague_class_names, "class Database: pass\nclass DataFolder: pass", id="inside a word or first"),
        pytest.param(unclear_module_docstrings, '"""Proofs (RFC 6962, sec. 2.1)."""\n', id="an abbreviation"),
        pytest.param(certain_identifiers, "match x:\n    case 1: pass", id="match statement"),
        pytest.param(
            certain_identifiers, "import re\nre.match('a', b).group()\nx: re.Match[str]", id="regular expression"
        ),
        pytest.param(certain_identifiers, "class DigestMismatch: pass\nwhite = architecture", id="inside other words"),
        pytest.param(
            certain_texts, '"""A match is never shown."""\nx = "digests do not match"', id="docstring and verb"
        ),
    ],
)
def test_what_the_house_style_allows_passes(checker: Checker, text: str) -> None:
    assert checker(text) == []
