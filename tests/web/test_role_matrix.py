"""Every route, for every role, with what is theirs and what is not: exactly the answer of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from assent.services.open_deployment import open_runtime
from demo_deployments import Deployment
from web import (
    role_matrix_account,
    role_matrix_control,
    role_matrix_desks,
    role_matrix_everybody,
    role_matrix_person,
    role_matrix_program,
)
from web.role_matrix import FEWEST_ROUTES, Row, list_routes, say_answer
from web.role_world import MEMBERS, UNKNOWN, VISITORS, World, make_world

PAGES = [
    *role_matrix_everybody.ROWS,
    *role_matrix_person.ROWS,
    *role_matrix_account.ROWS,
    *role_matrix_desks.ROWS,
    *role_matrix_control.ROWS,
]
API = role_matrix_program.ROWS
DOOR = "303:/sign-in"


@pytest.fixture(scope="module")
def world(enrolled_original: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    deployment = enrolled_original.copy_to(tmp_path_factory.mktemp("roles"))
    with open_runtime(deployment.settings) as runtime:
        yield make_world(deployment, runtime)


def list_denials(row: Row) -> dict[str, str]:
    """Who of the site's visitors and members is denied a page, and how."""
    if row.who == {"everybody"}:
        return {}
    if row.who & {"page", "invited"}:
        # Who opened no link here is told that there is nothing.
        return dict.fromkeys(("visitor", "suspended", "invited" if "page" in row.who else "person", *MEMBERS), "404")
    allowed = {role.removeprefix("other-") for role in MEMBERS} if row.who == {"member"} else row.who
    denied = {role: "403" for role in MEMBERS if role.removeprefix("other-") not in allowed}
    return denied | dict.fromkeys(VISITORS, DOOR)


def choose_role(row: Row) -> str:
    """Who goes through what is allowed."""
    first = {"everybody": "visitor", "page": "person", "member": "searcher"}
    return next(first.get(who, who) for who in ("searcher", *sorted(row.who)) if who in row.who)


def _belonging_to_another(world: World, role: str) -> dict[str, object]:
    """What somebody else has, for roles that are shown only their own."""
    return world.foreign if role in {"searcher", "person", "member"} else {}


def send_to_api(world: World, who: str, row: Row, objects: dict[str, object]) -> str:
    return say_answer(world.programs[who].request(row.method, f"https://testserver{row.fill(objects)}"))


def test_every_route_has_its_row_and_every_row_its_route(world: World) -> None:
    routes = Counter(list_routes(world.site.app))
    rows = Counter((row.method, row.path) for row in [*PAGES, *API])

    assert len(routes) > FEWEST_ROUTES
    assert routes - rows == Counter()
    assert rows - routes == Counter()


def test_everybody_else_is_denied_every_page_and_nothing_changes(world: World) -> None:
    before = world.count_everything()
    wrong = {}
    for row in PAGES:
        for role, denied in list_denials(row).items():
            answer = say_answer(world.send(role, row.method, row.fill(UNKNOWN)))
            if answer != denied:
                wrong[f"{role}: {row.method} {row.path}"] = answer

    assert wrong == {}
    assert world.count_everything() == before


def test_every_other_program_is_denied_and_nothing_changes(world: World) -> None:
    before = world.count_everything()
    wrong = {}
    for row in API:
        for who in world.programs:
            role, _, lacking = who.partition(" without ")
            denied = "401" if role == "visitor" else "403"
            is_denied = role in VISITORS or not row.allows(role) or lacking == (row.scope or "none")
            answer = send_to_api(world, who, row, UNKNOWN)
            if (answer == denied) is not is_denied:
                wrong[f"{who}: {row.method} {row.path}"] = answer

    assert wrong == {}
    assert world.count_everything() == before


def test_what_belongs_to_somebody_else_is_not_there(world: World) -> None:
    wrong = {}
    for row in PAGES:
        if row.foreign == "-":
            continue
        role = choose_role(row)
        for path in {row.fill(UNKNOWN | _belonging_to_another(world, role)), row.fill(UNKNOWN)}:
            answer = say_answer(world.send(role, row.method, path))
            if answer != row.foreign:
                wrong[f"{row.method} {row.path}"] = answer

    assert wrong == {}


def test_what_belongs_to_another_is_not_there_for_programs(world: World) -> None:
    wrong = {}
    for row in API:
        if row.foreign == "-":
            continue
        role = "searcher" if row.who == {"token"} else choose_role(row)
        answer = send_to_api(world, role, row, UNKNOWN | _belonging_to_another(world, role))
        if answer != row.foreign:
            wrong[f"{row.method} {row.path}"] = answer

    assert wrong == {}


def test_who_may_is_let_in_to_what_is_theirs(world: World) -> None:
    wrong = {}
    for row in PAGES:
        if row.own == "-":
            continue
        role = choose_role(row)
        world.renew(role)
        answer = say_answer(world.send(role, row.method, row.fill(UNKNOWN | world.own.get(role, {}))))
        if answer != row.own:
            wrong[f"{row.method} {row.path}"] = answer

    assert wrong == {}


def test_programs_are_let_in_to_what_is_theirs(world: World) -> None:
    wrong = {}
    for row in API:
        if row.own == "-":
            continue
        role = "searcher" if row.who == {"token"} else choose_role(row)
        answer = send_to_api(world, role, row, UNKNOWN | world.own.get(role, {}) | world.own["program"])
        if answer != row.own:
            wrong[f"{row.method} {row.path}"] = answer

    assert wrong == {}
