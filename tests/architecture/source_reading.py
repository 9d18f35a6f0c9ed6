"""Reads the repository's own sources, for the tests that keep its architecture."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "assent"
DOMAIN = ("faces", "ledger", "people", "mandates", "search")

Findings = list[str]
Checker = Callable[[str], Findings]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One text file of the repository."""

    path: str
    text: str


@cache
def files_below(folder: str, pattern: str = "*.py", *, may_be_none: bool = False) -> tuple[SourceFile, ...]:
    """Every file below a folder of the repository; never empty unasked, so that no test passes by finding nothing."""
    found = tuple(
        SourceFile(path.relative_to(REPOSITORY).as_posix(), path.read_text("utf-8"))
        for path in sorted((REPOSITORY / folder).rglob(pattern))
        if "__pycache__" not in path.parts
    )
    assert found or may_be_none, f"{folder} holds no {pattern}"
    return found


def set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


def findings_in(files: tuple[SourceFile, ...], checker: Checker) -> Findings:
    return [f"{file.path}: {finding}" for file in files for finding in checker(file.text)]


def at(node: ast.AST, what: str) -> str:
    return f"line {getattr(node, 'lineno', 1)}: {what}"


def words_of(identifier: str) -> list[str]:
    """`maxImageBytes`, `max_image_bytes` and `MAX_IMAGE_BYTES` are all max, image, bytes."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]


def identifiers_in(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every name that the source binds, calls or asks for."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield node, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node, name
            case ast.keyword(arg=str(name)) | ast.ExceptHandler(name=str(name)):
                yield node, name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node, name
            case ast.alias(name=name, asname=other):
                yield node, name
                if other:
                    yield node, other


def strings_in(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every string constant that is not a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node, node.value


def imports_in(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every imported module and every `module.name`, also those asked for by `import_module("...")` and its kin."""
    loaders = {"import_module", "__import__", "find_spec"}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield node, module
                yield from ((node, f"{module}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Name(id=loader) | ast.Attribute(attr=loader), args=[ast.Constant(value=str(module)), *_]
            ) if loader in loaders:
                yield node, module


def references_in(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every dotted name with imports resolved: after `import datetime as dt`, `dt.date` is `datetime.date`."""
    meanings: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            meanings |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            meanings |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            head, *rest = ast.unparse(node).split(".")
            yield node, ".".join([meanings.get(head, head), *rest])


def is_at_or_below(module: str, parents: frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:length]) in parents for length in range(1, len(parts) + 1))
