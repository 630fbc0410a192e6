"""Curves for the page: one picture for each metric, a legend for all, and the script's data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from dure.blocks.charts import Along, Curves, Metric
from dure.core.types import Floats
from dure.report.html.axes import (
    Scale,
    Tick,
    across,
    band_path,
    down,
    line_path,
    pick_evenly,
    whisker_path,
    with_room,
)
from dure.report.html.voice import Voice
from dure.report.html.words import axis_name, drawn_of, figure_name
from dure.stats.intervals import interval_texts

_FEW_VARIANTS = 4  # so many training curves do not hide what they are compared with
_TABLE_EPOCHS = 6


def look_of(place: int) -> str:
    """The classes that give the series at this place its colour and dashes."""
    return f"c{place % 10} d{place // 10 % 4} p{place % 5}"


def curves_view(block: Curves, voice: Voice) -> dict[str, Any]:
    """What the template `curves` needs."""
    along = _epoch_scale(block.epochs)
    has_training = any(m.held_out and any(m.training) for m in block.metrics)
    has_single = any(lanes.size for metric in block.metrics for lanes in metric.single)
    alone = any(
        trained is not None and judged is None
        for metric in block.metrics
        for trained, judged in zip(metric.training, metric.judged, strict=True)
    )
    return {
        "id": voice.new_id(),
        "panels": [_panel(block, metric, along, voice) for metric in block.metrics],
        "x_ticks": _epoch_ticks(block.epochs, along),
        "variants": [
            (name, look_of(place), _drawn(block, place))
            for place, name in enumerate(block.variants)
        ],
        "has_training": has_training,
        "training_on": len(block.variants) <= _FEW_VARIANTS or alone,
        "has_single": has_single,
        "has_turns": any(turn is not None for turn in block.turns),
        "lanes": block.lanes,
        "notes": block.notes,
        "data": _data(block, voice) if voice.live and block.metrics and len(block.epochs) else None,
    }


def _drawn(block: Curves, place: int) -> Any:
    drawn, lanes = block.drawn[place], block.lanes[place]
    return drawn_of(drawn, lanes) if 0 < drawn < lanes else None


def _epoch_scale(epochs: npt.NDArray[np.int64]) -> Scale:
    first, last = (int(epochs[0]), int(epochs[-1])) if len(epochs) else (1, 1)
    return with_room(first, last, 0.015) if last > first else Scale(first - 0.5, last + 0.5)


def _epoch_ticks(epochs: npt.NDArray[np.int64], along: Scale) -> list[Tick]:
    """Round numbers, and the first epoch where there is place for it."""
    ticks = [tick for tick in along.ticks(6, whole=True) if tick.text != "0"]
    if len(epochs):
        first = round(100 * float(along.shares([epochs[0]])[0]), 3)
        if not ticks or ticks[0].at - first > 5:
            ticks.insert(0, Tick(first, f"{int(epochs[0]):,}"))
    return ticks


def _panel(block: Curves, metric: Metric, along: Scale, voice: Voice) -> dict[str, Any]:
    scale = with_room(*metric.view)
    name = axis_name(metric.name, metric.mode, metric.held_out)
    return {
        "name": metric.name,
        "y_name": name,
        "label": voice.text(figure_name(block.label, metric.name)),
        "ticks": scale.ticks(5, downwards=True),
        "paths": _paths(block, metric, along, scale),
        "table": _table(block, metric),
    }


def _paths(block: Curves, metric: Metric, along: Scale, scale: Scale) -> list[tuple[str, Markup]]:
    """Class and path of everything drawn, what lies below first."""
    x = across(along, block.epochs)
    single = block.epochs if block.single_epochs is None else block.single_epochs
    x_single = across(along, single)
    layers: dict[str, list[str]] = {
        kind: [""] * len(block.variants)
        for kind in ("band", "whisker", "single", "train", "line", "turn")
    }
    training = metric.training if metric.held_out else ()
    for place, series in enumerate(metric.judged):
        if series is not None:
            y, low, high = (down(scale, v) for v in (series.mean, series.low, series.high))
            layers["band"][place] = band_path(x, low, high)
            layers["whisker"][place] = whisker_path(x, low, high)
            layers["line"][place] = line_path(x, y)
            layers["turn"][place] = _turn(block, place, series, along, scale)
        if place < len(training) and (trained := training[place]) is not None:
            layers["train"][place] = line_path(x, down(scale, trained.mean))
        lanes = metric.single[place] if place < len(metric.single) else ()
        layers["single"][place] = "".join(line_path(x_single, down(scale, lane)) for lane in lanes)
    return [
        (f"s {kind} v{place} {look_of(place)}", Markup(path))
        for kind, paths in layers.items()
        for place, path in enumerate(paths)
        if path
    ]


def _turn(block: Curves, place: int, series: Along, along: Scale, scale: Scale) -> str:
    """A dot on the curve where the validation loss turns."""
    turn, known = block.turns[place], np.isfinite(series.mean)
    if turn is None or not np.isfinite(turn) or not known.any():
        return ""
    height = np.interp(turn, block.epochs[known], series.mean[known])
    return line_path(across(along, [turn]), down(scale, [height]))


def _table(block: Curves, metric: Metric) -> dict[str, Any]:
    """Means with intervals at some epochs."""
    places = pick_evenly(range(len(block.epochs)), _TABLE_EPOCHS)
    rows = [
        (name, False, series)
        for name, series in zip(block.variants, metric.judged, strict=True)
        if series is not None
    ]
    if metric.held_out:
        rows += [
            (name, True, series)
            for name, series in zip(block.variants, metric.training, strict=True)
            if series is not None
        ]
    columns = [
        interval_texts([(float(s.mean[p]), float(s.low[p]), float(s.high[p])) for *_, s in rows])
        for p in places
    ]
    return {
        "epochs": [f"{int(block.epochs[p]):,}" for p in places],
        "rows": [
            (name, training, [column[r] for column in columns])
            for r, (name, training, _) in enumerate(rows)
        ],
    }


def _data(block: Curves, voice: Voice) -> Markup:
    """What the script reads: exact numbers of every epoch, names, and words."""
    data = {
        "epochs": [int(epoch) for epoch in block.epochs],
        "axis": [_epoch_scale(block.epochs).low, _epoch_scale(block.epochs).high],
        "variants": list(block.variants),
        "metrics": [
            {
                "mode": metric.mode,
                "view": [float(end) for end in metric.view],
                "judged": [_numbers(series) for series in metric.judged],
                "training": [
                    _numbers(series) if metric.held_out else None for series in metric.training
                ],
                "reach": [_reach(lanes) for lanes in metric.single],
            }
            for metric in block.metrics
        ],
        "words": {
            key: voice.word(key)
            for key in ("epoch", "at epoch", "all", "none", "training", "whole range", "lanes")
        },
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":  # "</script>" and "<!--" would end or change the script element
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _numbers(series: Along | None) -> dict[str, Any] | None:
    if series is None:
        return None
    lanes = np.unique(series.lanes).tolist()
    return {
        "mean": _short(series.mean),
        "low": _short(series.low),
        "high": _short(series.high),
        "lanes": lanes[0] if len(lanes) == 1 else series.lanes.tolist(),
    }


def _short(values: Sequence[float] | Floats) -> list[float | None]:
    return [float(f"{v:.7g}") if np.isfinite(v) else None for v in np.asarray(values).tolist()]


def _reach(lanes: Floats) -> list[float | None] | None:
    """The lowest and the highest value of single lanes."""
    known = lanes[np.isfinite(lanes)]
    return _short([float(known.min()), float(known.max())]) if known.size else None
