from __future__ import annotations

from pathlib import Path

import pytest
from platformdirs import user_cache_dir

from assent.faces import FacePipeline, Pack, open_default_pack


@pytest.fixture(scope="session")
def cache_folder() -> Path:
    """Return the folder in the user's cache where converted weights stay from run to run."""
    return Path(user_cache_dir("assent"))


@pytest.fixture(scope="session")
def default_pack(cache_folder: Path) -> Pack:
    return open_default_pack(cache_folder)


@pytest.fixture(scope="session")
def pipeline(default_pack: Pack) -> FacePipeline:
    return FacePipeline(default_pack)
