"""Geometry, colours and words of the page, without a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from dure.blocks.charts import Along, Curves, Intervals, Span
from dure.blocks.content import Document, Section
from dure.blocks.palette import COLOURS
from dure.errors import DureError
from dure.messages.message import as_is
from dure.report.html import fragment, page
from dure.report.html.axes import (
    GRID,
    Scale,
    across,
    band_path,
    down,
    line_path,
    scale_over,
    whisker_path,
    with_room,
)
from dure.report.html.point_names import place_names
from dure.report.html.render import asset
from helpers import pages

NAN = float("nan")


def texts(scale: Scale, wanted: int = 5) -> list[str]:
    return [tick.text for tick in scale.ticks(wanted)]


def test_round_numbers() -> None:
    assert texts(Scale(0, 1)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert texts(Scale(-0.03, 0.11)) == ["−0.02", "0.00", "0.02", "0.04", "0.06", "0.08", "0.10"]
    assert texts(Scale(0, 12_345)) == ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]
    assert texts(Scale(1e-7, 5e-7), 2) == ["2e-7", "4e-7"]
    assert [tick.text for tick in Scale(1, 3).ticks(9, whole=True)] == ["1", "2", "3"]


def test_powers_of_ten() -> None:
    assert texts(Scale(1e-7, 2.0, logarithmic=True), 4) == ["10⁻⁷", "10⁻⁵", "0.001", "0.1"]
    assert texts(Scale(1.5, 30, logarithmic=True)) == ["2", "5", "10", "20"]


def test_ticks_stand_at_their_place() -> None:
    ticks = Scale(0, 4).ticks(4, downwards=True)
    assert [(tick.at, tick.text) for tick in ticks] == [
        (100, "0"),
        (75, "1"),
        (50, "2"),
        (25, "3"),
        (0, "4"),
    ]


def test_places_without_value_are_left_out() -> None:
    assert np.isnan(Scale(1, 10, logarithmic=True).shares([0, -1, np.inf, NAN])).all()
    assert scale_over([[NAN, np.inf]]) == with_room(0, 1)
    assert scale_over([[3.0, 3.0]]).low < 3 < scale_over([[3.0, 3.0]]).high


def test_lines_break_at_nan() -> None:
    x, y = np.array([0.0, 10, 20, 30, 40]), np.array([5.0, 7, NAN, 9, NAN])
    assert line_path(x, y) == "M0 5l10 2M30 9h0"
    assert band_path(x, y - 1, y + 1) == "M0 6l10 2L10 6l-10-2z"
    assert whisker_path(x, y - 1, y + 1) == "M30 10V8"


def test_wild_values_stay_within_what_browsers_can_hold() -> None:
    scale = Scale(0, 1)
    assert down(scale, [1e30])[0] == -1000 * GRID
    assert np.isnan(down(scale, [np.inf])[0])
    assert across(scale, [0.5])[0] == GRID / 2


def test_names_of_points_do_not_cover_each_other() -> None:
    left, top = np.array([50.0, 50.5, 99.0, 50.0]), np.array([50.0, 50.0, 50.0, 51.0])
    sides = place_names(["one", "two", "edge", "x" * 300], left, top, 400)
    assert sides == ["l", "r", "l", "0"]


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_every_colour_can_be_seen_on_both_papers() -> None:
    found = re.findall(r"--(paper|c\d): light-dark\((#\w{6}), (#\w{6})\)", asset("page.css"))
    colours = {name: (light, dark) for name, light, dark in found}
    papers = colours.pop("paper")
    assert len(colours) == len(COLOURS)
    for name, pair in colours.items():
        for colour, paper in zip(pair, papers, strict=True):
            assert _contrast(colour, paper) >= 3, name


def test_unknown_language() -> None:
    for made in (page, fragment):
        with pytest.raises(DureError, match="language is 'fr'"):
            made(pages.document(), "fr")


def test_same_document_same_page() -> None:
    assert page(pages.document()) == page(pages.document())


def test_names_from_right_to_left_are_kept_apart() -> None:
    html = page(_only(replace(pages.intervals(("עברית",)), label=as_is("plain 12"))))
    assert "<bdi>עברית</bdi>" in html and "<bdi>plain" not in html


def test_what_utf_8_cannot_hold_is_replaced() -> None:
    html = page(pages.document(("a\ud800b", "c\x00d")))
    assert "a\ufffdb" in html and "c\ufffdd" in html
    html.encode("utf-8")


def _only(block: Curves | Intervals) -> Document:
    return Document("t", as_is("s"), (as_is("v"),), (Section("k", as_is("K"), (block,)),))


def test_curves_with_gaps_one_epoch_or_nothing_at_all() -> None:
    whole = pages.curves(("a", "b"), ("loss",), epochs=4)
    metric = whole.metrics[0]
    gone = np.full(4, NAN)
    empty = Along(gone, gone, gone, np.zeros(4, dtype=np.int64))
    block = replace(
        whole,
        metrics=(
            replace(metric, validation=(metric.validation[0], empty), training=(empty, None)),
        ),
    )
    html = page(_only(block))
    data = json.loads(re.findall(r'class="data">(.*?)</script>', html)[0])
    assert data["metrics"][0]["judged"][1]["mean"] == [None] * 4
    assert data["metrics"][0]["training"][1] is None
    one = pages.curves(("a", "b"), ("loss",), epochs=1)
    assert 'class="s whisker v0' in page(_only(replace(one, epochs=np.array([1]))))
    nothing = replace(block, metrics=(), epochs=np.zeros(0, dtype=np.int64))
    assert "curves" in page(_only(nothing))


def test_without_validation_training_is_judged() -> None:
    html = page(_only(pages.curves(("a", "b"), ("loss",), validated=False)))
    assert "Training loss · lower" in html
    assert 'class="t-train"' not in html and 'class="s line v1' in html


def test_more_than_ten_variants_have_dashes() -> None:
    html = page(_only(pages.curves(tuple(f"v{i}" for i in range(31)), ("loss",), epochs=3)))
    looks = re.findall(r'class="s line v(\d+) c(\d) d(\d)', html)
    assert len({(colour, dash) for _, colour, dash in looks}) == 31


def test_an_interval_far_wider_than_the_others_is_cut() -> None:
    rows = ((0.1, 0.0, 0.2), (0.2, 0.1, 0.3), (0.0, -90.0, 90.0), (0.3, NAN, NAN))
    spans = tuple(Span(as_is("x"), *row) for row in rows)
    html = page(_only(Intervals(as_is("l"), as_is("a"), spans, zero=True)))
    assert html.count("whisker cut-left cut-right") == 1
    assert html.count('class="mean"') == 4 and html.count('class="whisker') == 3
