"""What a package offers is written in its `__all__`, all of it and nothing else."""

import ast
import importlib
from types import ModuleType

import pytest

from architecture.source_reading import PACKAGE, Findings, at, files_below, findings_in

PACKAGES = sorted(
    ".".join(("assent", *path.parent.relative_to(PACKAGE).parts))
    for path in PACKAGE.rglob("__init__.py")
    if "migrations" not in path.parts
)


def unlisted_exports(text: str) -> Findings:
    """Public names that the package takes from its own modules without listing them in `__all__`."""
    tree = ast.parse(text)
    listed: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            listed |= set(ast.literal_eval(node.value))
    return [
        at(node, f"{name} is not in __all__")
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "assent")
        for name in (alias.asname or alias.name for alias in node.names)
        if not name.startswith("_") and name not in listed
    ]


def absent_exports(package: ModuleType) -> Findings:
    return [name for name in getattr(package, "__all__", ()) if not hasattr(package, name)]


def test_every_public_name_of_a_package_is_listed() -> None:
    assert findings_in(files_below("src/assent", "__init__.py"), unlisted_exports) == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_listed_name_exists(name: str) -> None:
    assert absent_exports(importlib.import_module(name)) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from assent.faces.packs import Pack", id="no list at all"),
        pytest.param("from assent.faces.packs import Pack\n__all__ = ['Other']", id="another name listed"),
        pytest.param("from .packs import Pack", id="relative"),
        pytest.param("from assent.faces.packs import Thing as Pack", id="renamed"),
    ],
)
def test_an_unlisted_name_is_found(text: str) -> None:
    assert unlisted_exports(text) == ["line 1: Pack is not in __all__"]


def test_listed_and_private_names_pass() -> None:
    text = "from assent.faces import Pack, _weights\nfrom datetime import UTC\n__all__ = ['Pack']"

    assert unlisted_exports(text) == []


def test_a_listed_name_that_does_not_exist_is_found() -> None:
    package = ModuleType("toy")
    package.__dict__.update({"__all__": ["Pack", "Template"], "Pack": object})

    assert absent_exports(package) == ["Template"]
