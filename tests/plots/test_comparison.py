"""The picture of differences: all there, and legible."""

from __future__ import annotations

import numpy as np
import pytest

from dure.plots.comparison import differences
from helpers.comparison_runs import compared
from helpers.picture_checks import faults, said


@pytest.mark.parametrize(("variants", "seeds"), [(2, 1), (2, 8), (5, 12), (10, 12)])
@pytest.mark.parametrize("rope", [None, 0.5])
def test_it_is_legible_and_complete(variants: int, seeds: int, rope: float | None) -> None:
    rng = np.random.default_rng(variants)
    values = rng.normal(size=(variants, seeds)) + np.arange(variants)[:, None]
    lost = np.zeros(values.shape, bool)
    lost[0, 1:3] = True
    found = compared(values, lost, rope=rope)
    figure = differences(found)
    assert not faults(figure)
    words = said(figure)
    for pair in found.pairs:
        assert f"{pair.first} − {pair.second}" in words
    assert "left of 0, the first is better" in words and "95 % intervals" in words
    assert ("±0.5" in words) == (rope is not None)
    assert ("Networks that diverged" in words) == (seeds > 1)


def test_every_interval_is_drawn() -> None:
    found = compared(np.random.default_rng(1).normal(size=(3, 8)), mode="max", baseline="c")
    figure = differences(found)
    axes = figure.axes[0]
    drawn = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    for pair in found.pairs:
        assert any(np.allclose(ends, (pair.low, pair.high)) for ends in drawn)
    assert "each variant beside c" in said(figure) and "right of 0" in said(figure)
