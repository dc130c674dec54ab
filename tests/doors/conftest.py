"""A world of clients, for what holds of every operation."""

from pathlib import Path
from typing import Any

import pytest

from tests.doors.world import World, client_called, token_of


@pytest.fixture
def world(browser: Any, settings: Any, tmp_path: Path) -> World:
    settings.IMPORTS_DIR = str(tmp_path)
    settings.TOKEN_MEMORY_SECONDS = 0
    world = World(browser, token_of(client_called("owner")), token_of(client_called("stranger")))
    world.make_all()
    return world
