"""Domain packages decide from their arguments alone, and one function only lets a search begin."""

import ast

import pytest

from architecture.source_reading import (
    DOMAIN,
    Checker,
    Findings,
    SourceFile,
    at,
    files_below,
    findings_in,
    imports_in,
    is_at_or_below,
    references_in,
    set_of,
)

OUTER_MODULES = set_of(
    "sqlalchemy alembic sqlite3 psycopg fastapi starlette uvicorn typer rich rich_pixels jinja2 "
    "assent.settings assent.storage assent.services assent.cli assent.web"
)
CLOCKS = set_of(
    "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today "
    "time.time time.time_ns time.localtime time.gmtime time.clock_gettime"
)


def outer_imports(text: str) -> Findings:
    found = imports_in(ast.parse(text))
    return sorted({at(node, module) for node, module in found if is_at_or_below(module, OUTER_MODULES)})


def clock_readings(text: str) -> Findings:
    return [at(node, name) for node, name in references_in(ast.parse(text)) if name in CLOCKS]


PERMITS = {"SearchPermit", "DuplicatePermit"}


def permit_constructions(text: str) -> list[tuple[str, int]]:
    """The enclosing function and line of every use of a permit that could make one or lead to one.

    Annotations, imports, `isinstance` and attribute access on an instance make none.
    """
    found: list[tuple[str, int]] = []

    def visit(node: ast.AST, function: str, names: frozenset[int]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        made: list[ast.expr] = []
        match node:
            case ast.Call(func=ast.Name(id="isinstance")):
                pass
            case ast.Call(func=func, args=args):
                made = [func, *args]
            case ast.Assign(value=value) | ast.NamedExpr(value=value):
                made = [value]
            case ast.ClassDef(bases=bases):
                made = bases
        found.extend((function, expr.lineno) for expr in made if id(expr) in names)
        for child in ast.iter_child_nodes(node):
            visit(child, function, names)

    tree = ast.parse(text)
    permits = {id(node) for node, name in references_in(tree) if PERMITS & set(name.split("."))}
    visit(tree, "", frozenset(permits))
    return found


def domain_files() -> tuple[SourceFile, ...]:
    return tuple(file for package in DOMAIN for file in files_below(f"src/assent/{package}"))


@pytest.mark.parametrize("checker", [outer_imports, clock_readings])
def test_domain_packages_know_neither_the_world_outside_nor_the_time(checker: Checker) -> None:
    assert findings_in(domain_files(), checker) == []


def test_only_services_read_the_clock() -> None:
    others = tuple(file for file in files_below("src/assent") if not file.path.startswith("src/assent/services/"))

    assert findings_in(others, clock_readings) == []


def test_a_permit_is_made_where_it_is_authorised_and_nowhere_else() -> None:
    made = [
        (file.path.removeprefix("src/assent/").split("/")[0], function)
        for file in files_below("src/assent")
        for function, _ in permit_constructions(file.text)
    ]

    assert sorted(made) == [("mandates", "authorise_duplicate_check"), ("mandates", "authorise_search")]


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        pytest.param(outer_imports, "import sqlalchemy.orm", id="SQLAlchemy"),
        pytest.param(outer_imports, "def f():\n    from assent import settings", id="settings, inside a function"),
        pytest.param(outer_imports, "import importlib\nimportlib.import_module('fastapi')", id="FastAPI by its name"),
        pytest.param(clock_readings, "from datetime import datetime, UTC\nat = datetime.now(UTC)", id="now"),
        pytest.param(clock_readings, "import datetime as dt\nat = dt.datetime.utcnow()", id="utcnow, renamed"),
        pytest.param(clock_readings, "from time import time as tick\nat = tick()", id="time, renamed"),
        pytest.param(clock_readings, "from datetime import date\nfield(default_factory=date.today)", id="not called"),
    ],
)
def test_an_impure_line_is_found(checker: Checker, text: str) -> None:
    assert len(checker(text)) == 1


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        pytest.param(outer_imports, "from assent.errors import Refused\nimport numpy", id="what every domain may use"),
        pytest.param(clock_readings, "def f(at): return at.now\nfrom datetime import datetime", id="another now"),
    ],
)
def test_a_pure_line_passes(checker: Checker, text: str) -> None:
    assert checker(text) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SearchPermit(licence)",
        "mandates.SearchPermit(licence)",
        "SearchPermit.from_licence(licence)",
        "object.__new__(SearchPermit)",
        "make = SearchPermit",
        "class Free(SearchPermit): pass",
    ],
)
def test_another_way_to_a_permit_is_found(statement: str) -> None:
    assert permit_constructions(f"def sneak(licence):\n    {statement}") == [("sneak", 2)]


def test_a_renamed_permit_is_found() -> None:
    text = "from assent.mandates import SearchPermit as Ticket\nTicket()"

    assert permit_constructions(text) == [("", 2)]


def test_using_a_permit_passes() -> None:
    text = "def nearest(permit: SearchPermit) -> None:\n    isinstance(permit, SearchPermit)\n    permit.licence_id\n"

    assert permit_constructions(text) == []
