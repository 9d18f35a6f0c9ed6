"""The import contracts of pyproject.toml hold, and each of them bites."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from architecture.source_reading import REPOSITORY

LINT_IMPORTS = str(Path(sys.executable).with_name("lint-imports"))


def run_lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    command = [LINT_IMPORTS, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def a_small_assent(folder: Path) -> Path:
    """A package with the real contracts and one empty module for every rung of the ladder."""
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    rungs = {rung.strip() for layer in settings["contracts"][0]["layers"] for rung in layer.split("|")}
    for rung in rungs:
        package = folder / "src" / "assent" / rung
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    (folder / "src" / "assent" / "__init__.py").touch()
    return folder


def test_the_ladder_holds() -> None:
    result = run_lint_imports(REPOSITORY)

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_package_without_imports_passes_all_contracts(tmp_path: Path) -> None:
    result = run_lint_imports(a_small_assent(tmp_path))

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("package", "statement"),
    [
        pytest.param("faces", "import assent.ledger", id="a neighbour"),
        pytest.param("people", "from assent import storage", id="domain asks storage"),
        pytest.param("errors", "import assent.settings", id="errors ask settings"),
        pytest.param("mandates", "import assent.search", id="one rung up"),
        pytest.param("search", "import assent.settings", id="domain reads settings"),
        pytest.param("services", "import sqlalchemy", id="services know SQLAlchemy"),
        pytest.param("ledger", "import alembic", id="ledger knows Alembic"),
        pytest.param("cli", "import assent.storage", id="cli asks storage"),
        pytest.param("witness", "import assent.storage", id="a witness asks a deployment's storage"),
        pytest.param("witness", "import assent.settings", id="a witness reads settings"),
        pytest.param("storage", "import assent.witness", id="storage asks a witness"),
        pytest.param("unlisted", "", id="a package that the ladder does not know"),
    ],
)
def test_a_wrong_import_is_refused(tmp_path: Path, package: str, statement: str) -> None:
    folder = a_small_assent(tmp_path) / "src" / "assent" / package
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").write_text(statement)

    result = run_lint_imports(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert package in result.stdout
