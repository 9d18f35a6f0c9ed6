"""A photo is held for a few minutes, for one browser, and cannot be opened from the database alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assent.errors import NotFound, RoleMissing, UnreadableImage
from assent.mandates import Actor, Role
from assent.services.hold_photo import HOLDING_TIME, drop_expired, drop_held, hold_photo, open_held
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from demo_deployments import PICTURES, Deployment, act_as, read_picture
from services.approval_desks import Clock


@pytest.fixture
def runtime(bare: Deployment) -> Iterator[Runtime]:
    with open_runtime(bare.settings, Clock()) as opened:
        yield opened


@pytest.fixture
def searcher(runtime: Runtime) -> Actor:
    return act_as(runtime, Role.SEARCHER)


def test_photo_comes_back_with_its_faces_and_their_quality(runtime: Runtime, searcher: Actor) -> None:
    photo = (PICTURES / "groups" / "g1.jpg").read_bytes()

    held = open_held(runtime, searcher, hold_photo(runtime, searcher, photo))

    assert held.photo == photo
    assert [face.number for face in held.faces] == list(range(1, len(held.faces) + 1))
    assert all(face.portrait.startswith(b"\xff\xd8\xff") and face.quality.eye_distance_px > 0 for face in held.faces)


def test_time_ends_it_and_what_is_over_is_deleted(runtime: Runtime, searcher: Actor) -> None:
    token = hold_photo(runtime, searcher, read_picture("001", 1))
    assert isinstance(runtime.clock, Clock)

    assert drop_expired(runtime) == 0
    runtime.clock.ahead = HOLDING_TIME

    with pytest.raises(NotFound):
        open_held(runtime, searcher, token)
    assert drop_expired(runtime) == 1


@pytest.mark.parametrize("token", ["", "x", "AAAA", "é", "=" * 50])
def test_no_other_token_opens_it(runtime: Runtime, searcher: Actor, token: str) -> None:
    hold_photo(runtime, searcher, read_picture("001", 1))

    with pytest.raises(NotFound):
        open_held(runtime, searcher, token)


def test_a_new_photo_takes_the_place_of_the_one_before(runtime: Runtime, searcher: Actor) -> None:
    first = hold_photo(runtime, searcher, read_picture("001", 1))
    second = hold_photo(runtime, searcher, read_picture("002", 1))

    with pytest.raises(NotFound):
        open_held(runtime, searcher, first)
    assert open_held(runtime, searcher, second).photo == read_picture("002", 1)
    drop_held(runtime, searcher)
    with pytest.raises(NotFound):
        open_held(runtime, searcher, second)


def test_holding_takes_a_searcher_and_a_picture(runtime: Runtime, searcher: Actor) -> None:
    with pytest.raises(RoleMissing):
        hold_photo(runtime, act_as(runtime, Role.STEWARD), read_picture("001", 1))
    with pytest.raises(UnreadableImage):
        hold_photo(runtime, searcher, b"no picture")


def test_nothing_plain_lies_in_the_data_folder(runtime: Runtime, searcher: Actor) -> None:
    photo = read_picture("001", 1)
    part = photo[len(photo) // 2 :][:64]

    hold_photo(runtime, searcher, photo)

    files = [path for path in runtime.settings.data_folder.rglob("*") if path.is_file()]
    assert files
    assert all(part not in path.read_bytes() for path in files)
