"""Where a deployment lies: from the environment, or as asked."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from assent.settings import Settings


def test_the_environment_says_where_everything_lies() -> None:
    settings = Settings.from_environment({"ASSENT_DATA": "/a/data", "ASSENT_KEYS": "/b/keys", "ASSENT_CACHE": "/c"})

    assert (settings.data_folder, settings.keys_folder, settings.cache_folder) == (
        Path("/a/data"),
        Path("/b/keys"),
        Path("/c"),
    )


def test_keys_lie_beside_the_data_and_never_inside() -> None:
    settings = Settings.from_environment({"ASSENT_DATA": "/a/data"})

    assert settings.keys_folder == Path("/a/data.keys")
    assert not settings.keys_folder.is_relative_to(settings.data_folder)


def test_a_folder_that_was_asked_for_wins_over_the_environment() -> None:
    settings = Settings.from_environment({"ASSENT_DATA": "/a/data"}, data_folder=Path("/b"))

    assert (settings.data_folder, settings.keys_folder) == (Path("/b"), Path("/b.keys"))


@pytest.mark.parametrize("environment", [{}, {"ASSENT_DATA": "", "ASSENT_KEYS": "", "ASSENT_CACHE": ""}])
def test_without_variables_the_folders_are_the_users_own(environment: dict[str, str]) -> None:
    settings = Settings.from_environment(environment)

    assert settings.data_folder.name == "assent"
    assert settings.data_folder.is_absolute()
    assert settings.keys_folder.name == "assent.keys"
    assert settings.cache_folder != settings.data_folder


def test_relative_folders_and_the_home_sign_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "somebody"))

    settings = Settings.from_environment({"ASSENT_DATA": "data", "ASSENT_KEYS": "~/keys"})

    assert settings.data_folder == tmp_path / "data"
    assert settings.keys_folder == tmp_path / "somebody" / "keys"


def test_the_process_environment_is_read_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSENT_DATA", "/from/the/process")

    assert Settings.from_environment().data_folder == Path("/from/the/process")


def test_settings_do_not_change_once_read() -> None:
    settings = Settings.from_environment({})

    with pytest.raises(FrozenInstanceError):
        settings.candidates_limit = 1_000  # type: ignore[misc]


def test_limits_are_all_above_nothing() -> None:
    settings = Settings.from_environment({})

    assert (
        min(
            settings.max_image_bytes,
            settings.max_image_pixels,
            settings.smallest_face_px,
            settings.candidates_limit,
            settings.worker_threads,
        )
        >= 1
    )
