"""What comes out of networks: their worst mistakes, the classes they confuse, where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.blocks.cells import Cell, Estimate, Percent
from dure.blocks.charts import Bar, Bars, BarTone, Intervals, Line, Lines, Matrix, Span
from dure.blocks.content import Block, Prose, Table
from dure.blocks.pictures import Photograph, Tile, Tiles
from dure.core.formatting import format_percent
from dure.measurements.labels import LANE, class_names, lane_count, need, over_lanes
from dure.measurements.stored import Measurement, first
from dure.messages.message import Message, as_is, joined, say

CARDS, ROWS, CLASSES, MISTAKES = 12, 8, 12, 10
MOST_CLASSES = 10
"""Of a card."""
_LETTERS = 160
"""Of a text in a table."""


@dataclass(frozen=True)
class _Answers:
    """What networks say of each row, in the order of the file: shape [row] each.

    `said` and `probability` are of the class with the highest mean probability; `against` counts
    the networks that say something wrong, of several networks only.
    """

    rows: npt.NDArray[Any]
    names: list[str]
    said: npt.NDArray[Any]
    probability: npt.NDArray[Any]
    true: npt.NDArray[Any] | None
    against: npt.NDArray[Any] | None
    networks: int


def predictions(found: Measurement) -> list[Block]:
    """The worst mistakes as pictures or in a table; of regression the rows furthest off."""
    if "probability" not in found.measured:
        return _furthest_off(found.measured.isel(row=slice(CARDS)))
    answers = _answers(found.measured)
    # Pictures and texts are in the file for the first rows only.
    shown = len(answers.rows) if found.inputs is None else len(found.inputs)
    if answers.true is None:
        return [_table(found, answers, range(min(ROWS, shown)), say("First rows"))]
    places = np.flatnonzero(answers.said[:shown] != answers.true[:shown]).tolist()
    told: list[Block] = []
    title = say("Worst mistakes")
    if not places:
        told.append(Prose(say("None of these rows is a mistake of most networks."), "note"))
        places, title = list(range(min(ROWS, shown))), say("Rows with the largest loss")
    if found.inputs is None or found.inputs.ndim != 4:
        return [*told, _table(found, answers, places[:ROWS], title)]
    tiles = tuple(
        Tile(Photograph(found.inputs[place]), _caption(answers, place), _caption(answers, place))
        for place in places[:CARDS]
    )
    legend = say("Below each picture: what it is, and what was said with which probability.")
    return [*told, Tiles(title, tiles, legend, smooth=True)]


def _answers(measured: xr.Dataset) -> _Answers:
    lanes = LANE in measured.dims
    probability = measured["probability"]
    probability = probability.mean(LANE) if lanes else probability
    values = probability.transpose("row", "class").values
    said = values.argmax(axis=1)
    true, against = None, None
    if "true" in measured:
        true = first(measured["true"]).values.astype(np.int64)
    if true is not None and lanes:
        against = (measured["predicted"].transpose(LANE, "row").values != true).sum(axis=0)
    return _Answers(
        measured["row"].values,
        class_names(measured["probability"]),
        said,
        values.max(axis=1),
        true,
        against,
        lane_count(measured),
    )


def _caption(answers: _Answers, place: int) -> Message:
    """'is 8, said 1 (62 %)'; of several networks also how many are wrong."""
    assert answers.true is not None
    given = {
        "true": answers.names[answers.true[place]],
        "said": answers.names[answers.said[place]],
        "probability": format_percent(float(answers.probability[place])),
    }
    if answers.against is None:
        return say("is {true}, said {said} ({probability})", **given)
    return say(
        "is {true}, said {said} ({probability}), wrong in {wrong} of {networks}",
        wrong=str(int(answers.against[place])),
        networks=str(answers.networks),
        **given,
    )


def _table(found: Measurement, answers: _Answers, places: Sequence[int], title: Message) -> Table:
    texts = found.inputs if found.inputs is not None and found.inputs.ndim == 1 else None
    columns: list[tuple[Message, bool, Sequence[Cell]]] = [
        (say("row"), True, [int(answers.rows[at]) for at in places])
    ]
    if answers.true is not None:
        true = [as_is(answers.names[answers.true[at]]) for at in places]
        columns.append((say("true class"), False, true))
    said = [as_is(answers.names[answers.said[at]]) for at in places]
    columns.append((say("said"), False, said))
    probability: list[Cell] = [Percent(float(answers.probability[at])) for at in places]
    columns.append((say("probability"), True, probability))
    if answers.against is not None:
        wrong = [as_is(f"{int(answers.against[at])} / {answers.networks}") for at in places]
        columns.append((say("networks wrong"), True, wrong))
    if texts is not None:
        columns.append((say("text"), False, [as_is(_cut(str(texts[at]))) for at in places]))
    header, numeric, cells = zip(*columns, strict=True)
    return Table(title, header, tuple(zip(*cells, strict=True)), numeric)


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else text[:_LETTERS].rsplit(" ", 1)[0] + " …"


def _furthest_off(measured: xr.Dataset) -> list[Block]:
    """Rows of a regression in the order of the file, the largest loss first."""
    rows, outputs = measured.sizes["row"], measured.sizes.get("output", 1)
    places = [(row, out) for row in range(rows) for out in range(outputs)][:CARDS]
    value, low, high = (side.reshape(rows, -1) for side in over_lanes(measured["value"]))
    intervals = [(float(value[at]), float(low[at]), float(high[at])) for at in places]
    told = [Estimate(*one) if LANE in measured.dims else one[0] for one in intervals]
    columns: list[tuple[Message, Sequence[Cell]]] = [
        (say("row"), [int(measured["row"][row]) for row, _ in places])
    ]
    if outputs > 1:
        columns.append((say("output"), [as_is(str(out)) for _, out in places]))
    if "true" in measured:
        true = np.asarray(first(measured["true"]).values, np.float64).reshape(rows, -1)
        columns.append((say("true value"), [float(true[at]) for at in places]))
    columns.append((say("predicted"), told))
    if "true" in measured:
        off = [as_is(f"{value[at] - true[at]:+.3g}") for at in places]
        columns.append((say("off by"), off))
    title = say("Rows furthest off") if "true" in measured else say("First rows")
    header, cells = zip(*columns, strict=True)
    return [Table(title, header, tuple(zip(*cells, strict=True)))]


def confusion(found: Measurement, classes: int = CLASSES) -> list[Block]:
    """The matrix where it has few classes, and the most frequent mistakes."""
    counts = found.measured
    need(counts, "true", "predicted")
    names = class_names(counts, "true")
    blocks: list[Block] = [_matrix(counts, names)] if len(names) <= classes else []
    return [*blocks, *_most_frequent(counts, names)]


def _matrix(counts: xr.DataArray, names: Sequence[str]) -> Matrix:
    mean, low, high = over_lanes(counts)
    several = lane_count(counts) > 1
    total = mean.sum(axis=1, keepdims=True)
    shares = np.divide(mean, total, out=np.zeros_like(mean), where=total > 0)
    caption = (
        say("Rows of each true class by what was said, mean over networks; right on the diagonal.")
        if LANE in counts.dims
        else say("Rows of each true class by what was said; right on the diagonal.")
    )
    return Matrix(
        caption,
        say("true class \\ said"),
        say("true class"),
        say("said"),
        tuple(map(as_is, names)),
        tuple(map(as_is, names)),
        mean,
        shares,
        say("share of the true class"),
        low if several else None,
        high if several else None,
    )


def _most_frequent(counts: xr.DataArray, names: Sequence[str]) -> list[Block]:
    mean, low, high = over_lanes(counts)
    off = mean * (1 - np.eye(len(names)))
    order = np.argsort(-off, axis=None, kind="stable")[:MISTAKES]
    pairs = [divmod(int(at), len(names)) for at in order if off.flat[at] > 0]
    if not pairs:
        return []
    intervals = [(float(mean[at]), float(low[at]), float(high[at])) for at in pairs]
    several = LANE in counts.dims
    told = [Estimate(*one) if several else one[0] for one in intervals]
    rows = tuple(
        (
            as_is(names[t]),
            as_is(names[s]),
            text,
            Percent(float(mean[t, s] / mean[t].sum())),
        )
        for (t, s), text in zip(pairs, told, strict=True)
    )
    header = (say("true class"), say("said"), say("rows"), say("of its class"))
    return [Table(say("Most frequent mistakes"), header, rows, (False, False, True, True))]


def cards(found: Measurement) -> list[Block]:
    """The probabilities of the first rows as bars, beside what went in; worst mistakes first."""
    need(found.measured, "row")
    inputs = found.inputs
    most = CARDS if inputs is None else min(len(inputs), CARDS)
    names = class_names(found.measured["probability"])
    blocks: list[Block] = []
    for place in range(min(found.measured.sizes["row"], most)):
        about: Photograph | Message | None = None
        if inputs is not None:
            picture = inputs.ndim == 4
            about = Photograph(inputs[place]) if picture else as_is(str(inputs[place]))
        one = found.measured.isel(row=place)
        title, bars = _card_title(one, names), _card_bars(one, names)
        blocks.append(Bars(title, title, as_is(""), bars, "none", most=1.0, about=about))
    return blocks


def _class_name(value: Any, names: Sequence[str]) -> str:
    """A class by name, whether the array holds its name or its number."""
    item = value.item() if hasattr(value, "item") else value
    return names[int(item)] if not isinstance(item, str) else item


def _card_title(one: xr.Dataset, names: Sequence[str]) -> Message:
    """'row 12: is 2, said 7 (98 %)'; over networks how many are right."""
    probability, _, _ = over_lanes(one["probability"])
    given = {
        "row": f"{int(one['row']):,}",
        "said": names[int(np.argmax(probability))],
        "probability": format_percent(float(probability.max())),
    }
    if "true" not in one:
        return say("row {row}: said {said} ({probability})", **given)
    true = _class_name(one["true"].values.flat[0], names)
    if LANE not in one.dims:
        return say("row {row}: is {true}, said {said} ({probability})", true=true, **given)
    votes = [_class_name(value, names) for value in one["predicted"].values]
    return say(
        "row {row}: is {true}, right in {right} of {networks}",
        row=given["row"],
        true=true,
        right=str(sum(vote == true for vote in votes)),
        networks=str(len(votes)),
    )


def _card_bars(one: xr.Dataset, names: Sequence[str]) -> tuple[Bar, ...]:
    """At most ten classes, the likeliest and the true one among them."""
    mean, low, high = over_lanes(one["probability"])
    true = _class_name(one["true"].values.flat[0], names) if "true" in one else None
    shown = list(range(len(names)))
    if len(names) > MOST_CLASSES:
        shown = list(np.argsort(-mean, kind="stable")[:MOST_CLASSES])
        if true is not None and true not in [names[place] for place in shown]:
            shown[-1] = names.index(true)
    said = names[int(np.argmax(mean))]
    bars = []
    for place in shown:
        name = names[place]
        tone: BarTone = "good" if name == true else "faint"
        if tone == "faint" and name == said:
            tone = "bad" if true else "plain"
        ends = float(mean[place]), float(low[place]), float(high[place])
        bars.append(Bar(as_is(name), *ends, tone=tone))
    return tuple(bars)


def values_of_rows(found: Measurement) -> list[Block]:
    """Of a regression: predicted against true values, and the rows furthest off."""
    measured = found.measured
    value, low, high = (side.ravel() for side in over_lanes(measured["value"]))
    rows = [say("row {row}", row=f"{int(row):,}") for row in measured["row"].values]
    if (outputs := measured.sizes.get("output", 1)) > 1:
        rows = [joined((row, str(out)), ", ") for row in rows for out in range(outputs)]
    if "true" not in measured:
        spans = [Span(*each) for each in zip(rows, value, low, high, strict=True)]
        return [Intervals(say("First rows"), say("predicted"), tuple(spans[:24]))]
    true = np.asarray(first(measured["true"]).values, np.float64).ravel()
    ends = np.array([min(value.min(), true.min()), max(value.max(), true.max())])
    title = say("Predicted against true values")
    lines = (
        Line(say("predicted = true"), ends, ends, dashed=True),
        Line(say("rows"), true, value, look="points"),
    )
    worst = np.argsort(-np.abs(value - true), kind="stable")[:15]
    compared = say("predicted"), say("true value")
    furthest = [Span(rows[at], value[at], low[at], high[at], other=true[at]) for at in worst]
    return [
        Lines(title, title, say("true value"), say("predicted value"), lines),
        Intervals(say("Rows furthest off"), say("value"), tuple(furthest), compared=compared),
    ]
