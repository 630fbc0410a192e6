"""The picture of a search for cures: every cure is there, and what is far away stays readable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dure.plots.remedies import effects, save_all
from helpers.picture_checks import faults, said


def row(cure: str, difference: float | None, half: float = 0.02, **changes: Any) -> dict[str, Any]:
    known = difference is not None
    base = {
        "cure": cure,
        "seeds": 5,
        "verdict": "undecided",
        "diverged": 0,
        "of": 5,
        "difference": difference,
        "low": difference - half if known else None,
        "high": difference + half if known else None,
        "seconds": 1.2,
        "parameters": 12_345,
    }
    return {**base, **changes}


def account(**changes: Any) -> dict[str, Any]:
    rounds = {
        "round-1": [
            row("L2 0.001", -0.12, verdict="better"),
            row("dropout 0.5", -0.01, 0.05),
            row("rate x10", 40.0, 9.0, verdict="worse"),
            row("clip norm 1", None, verdict="better", seconds=None, parameters=None, diverged=2),
        ],
        "check": [row("L2 0.001 + a combination with a name that goes on and on and on", -0.1)],
    }
    return {
        "rounds": rounds,
        "helps": True,
        "winner": {"name": "L2 0.001"},
        "mode": "min",
        "metric_in_words": "validation loss (penalties not counted)",
        **changes,
    }


def test_all_cures_intervals_and_costs_are_there_and_apart() -> None:
    figure = effects(account())
    told = said(figure)
    for text in ("L2 0.001 helps", "-0.12 [-0.14, -0.10]", "12,345", "1.2x", "better", "worse"):
        assert text in told, (text, told)
    assert "(2 of 5 lost)" in told and "left is better" in told
    assert not faults(figure)


def test_what_is_much_worse_does_not_squeeze_the_rest() -> None:
    low, high = effects(account()).axes[0].get_xlim()
    assert low < -0.14 and high < 1


def test_higher_is_better_points_to_the_right() -> None:
    found = {
        "round-1": [row("dropout 0.5", 0.03, verdict="better"), row("L2", -5, verdict="worse")]
    }
    figure = effects(account(mode="max", helps=False, rounds=found))
    low, high = figure.axes[0].get_xlim()
    assert low > -1 and high > 0.05
    told = said(figure)
    assert "right is better" in told and "No cure is better than the network as it is" in told


def test_early_stopping_is_in_the_title_where_it_is_all_that_helps() -> None:
    assert "than stopping it early" in said(
        effects(account(helps=False, early_stopping={"better": True}))
    )
    assert "L2 0.001 helps" in said(effects(account(early_stopping={"better": True})))


@pytest.mark.parametrize("rounds", [{}, {"round-1": []}])
def test_nothing_tried_is_not_drawn(rounds: dict[str, Any], tmp_path: Path) -> None:
    assert save_all(account(rounds=rounds), tmp_path / "pictures") == []
    assert len(save_all(account(), tmp_path / "pictures")) == 1
