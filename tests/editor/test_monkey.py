"""A hundred steps of chance through the whole window; long runs: ``python -m tests.campaigns.monkey``."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from tests.campaigns.monkey import run


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_that_chance_does_breaks_the_window(qtbot: QtBot, seed: int) -> None:
    run(seed, 40)
