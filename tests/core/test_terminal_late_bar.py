"""The bar that shows itself late."""

from io import StringIO

import pytest
from rich.console import Console

from dure.core.terminal import LateBar


@pytest.mark.parametrize("terminal", [True, False])
def test_the_bar_shows_itself_late(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    console = Console(force_terminal=terminal, file=StringIO())
    monkeypatch.setattr("dure.core.terminal.PATIENCE", 1e9)
    with LateBar(console) as late:
        late("kernels", 0, 3)
        assert not late.is_shown
        monkeypatch.setattr("dure.core.terminal.PATIENCE", -1.0)
        late("weights", 1, 3)
        assert late.is_shown == terminal
    assert not late.is_shown
