"""The page of a study as large as one may think of: small, exact, and at once in the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page

import dure
from dure.report.document import document
from dure.report.html import page
from dure.result import Result
from dure.stats.intervals import band
from helpers.big_runs import big_run

VARIANTS, SEEDS, FOLDS, EPOCHS = 20, 50, 10, 200


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """10,000 lanes of 200 epochs."""
    folder = tmp_path_factory.mktemp("big") / "run"
    return dure.load(big_run(folder, VARIANTS, SEEDS, FOLDS, EPOCHS))


@pytest.fixture(scope="module")
def html(result: Result) -> str:
    return page(document(result))


def test_it_is_small(html: str) -> None:
    assert len(html.encode()) < 6_000_000


def test_its_bands_are_those_of_all_lanes(result: Result, html: str) -> None:
    (found,) = re.findall(r'<script type="application/json" class="data">(.*?)</script>', html)
    data = json.loads(found)
    assert data["variants"] == result.variants and data["epochs"] == list(range(1, EPOCHS + 1))
    by_name = {"loss": data["metrics"][0], "accuracy": data["metrics"][1]}
    for name, metric in by_name.items():
        curves = result.curves[f"val_{name}"].transpose("variant", "seed", "fold", "epoch").values
        for place, lanes in enumerate(curves):
            told, exact = metric["judged"][place], band(lanes)
            assert told["lanes"] == SEEDS * FOLDS
            for side in ("mean", "low", "high"):
                np.testing.assert_allclose(told[side], getattr(exact, side), rtol=1e-6)


def test_the_lanes_drawn_by_themselves_are_counted(html: str) -> None:
    assert "12 of 500 lanes of each variant are drawn by themselves" in html


def test_it_can_be_used(result: Result, html: str, opens: Callable[..., Page]) -> None:
    tab = opens(html)
    chart = tab.locator("#curves .curves")
    rows = chart.locator(".legend tbody tr")
    assert rows.count() == VARIANTS
    best = rows.first.locator(".read").inner_text()
    assert rows.first.locator(".legend-name").inner_text() == result.variants[0] and best
    rows.first.locator("input").uncheck()
    assert chart.locator(".legend tbody tr:has(input:checked)").count() == VARIANTS - 1
    chart.locator('input[type="radio"]').nth(1).check()
    assert rows.first.locator(".read").inner_text() != best
