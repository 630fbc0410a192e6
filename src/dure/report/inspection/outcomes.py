"""What comes out of networks: their worst mistakes, the classes they confuse, where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.blocks.content import Block, Prose, Table
from dure.blocks.pictures import Tile, Tiles
from dure.core.formatting import format_number, format_percent
from dure.measurements.labels import LANE, class_names, lane_count, over_lanes
from dure.measurements.stored import Found, first
from dure.messages.message import Message, as_is, say
from dure.report.inspection.pictures import photograph
from dure.stats.intervals import interval_texts

CARDS, ROWS, CLASSES, MISTAKES = 12, 8, 12, 10
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


def predictions(found: Found) -> list[Block]:
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
        Tile(photograph(found.inputs[place]), _caption(answers, place), _caption(answers, place))
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


def _table(found: Found, answers: _Answers, places: Sequence[int], title: Message) -> Table:
    texts = found.inputs if found.inputs is not None and found.inputs.ndim == 1 else None
    columns: list[tuple[Message, bool, list[Message]]] = [
        (say("row"), True, [as_is(f"{int(answers.rows[at]):,}") for at in places])
    ]
    if answers.true is not None:
        true = [as_is(answers.names[answers.true[at]]) for at in places]
        columns.append((say("true class"), False, true))
    said = [as_is(answers.names[answers.said[at]]) for at in places]
    columns.append((say("said"), False, said))
    probability = [as_is(format_percent(float(answers.probability[at]))) for at in places]
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
    told = (
        interval_texts(intervals)
        if LANE in measured.dims
        else [format_number(v[0]) for v in intervals]
    )
    columns = [(say("row"), [as_is(f"{int(measured['row'][row]):,}") for row, _ in places])]
    if outputs > 1:
        columns.append((say("output"), [as_is(str(out)) for _, out in places]))
    if "true" in measured:
        true = np.asarray(first(measured["true"]).values, np.float64).reshape(rows, -1)
        columns.append((say("true value"), [as_is(format_number(true[at])) for at in places]))
    columns.append((say("predicted"), list(map(as_is, told))))
    if "true" in measured:
        off = [as_is(f"{value[at] - true[at]:+.3g}") for at in places]
        columns.append((say("off by"), off))
    title = say("Rows furthest off") if "true" in measured else say("First rows")
    header, cells = zip(*columns, strict=True)
    return [Table(title, header, tuple(zip(*cells, strict=True)))]


def confusion(found: Found) -> list[Block]:
    """The matrix where it has few classes, and the most frequent mistakes."""
    counts = found.measured
    names = class_names(counts, "true")
    blocks: list[Block] = [_matrix(counts, names)] if len(names) <= CLASSES else []
    return [*blocks, *_most_frequent(counts, names)]


def _matrix(counts: xr.DataArray, names: Sequence[str]) -> Table:
    mean, _, _ = over_lanes(counts)
    header = (say("true class \\ said"), *map(as_is, names))
    rows = tuple(
        (as_is(name), *(as_is(format_number(round(float(v), 1)) if v else "·") for v in line))
        for name, line in zip(names, mean, strict=True)
    )
    caption = (
        say("Rows of each true class by what was said, mean over networks; right on the diagonal.")
        if LANE in counts.dims
        else say("Rows of each true class by what was said; right on the diagonal.")
    )
    return Table(caption, header, rows)


def _most_frequent(counts: xr.DataArray, names: Sequence[str]) -> list[Block]:
    mean, low, high = over_lanes(counts)
    off = mean * (1 - np.eye(len(names)))
    order = np.argsort(-off, axis=None, kind="stable")[:MISTAKES]
    pairs = [divmod(int(at), len(names)) for at in order if off.flat[at] > 0]
    if not pairs:
        return []
    intervals = [(float(mean[at]), float(low[at]), float(high[at])) for at in pairs]
    several = LANE in counts.dims
    told = interval_texts(intervals) if several else [format_number(one[0]) for one in intervals]
    rows = tuple(
        (
            as_is(names[t]),
            as_is(names[s]),
            as_is(text),
            as_is(format_percent(mean[t, s] / mean[t].sum())),
        )
        for (t, s), text in zip(pairs, told, strict=True)
    )
    header = (say("true class"), say("said"), say("rows"), say("of its class"))
    return [Table(say("Most frequent mistakes"), header, rows, (False, False, True, True))]


def agreement(found: Found) -> list[Block]:
    """The rows that divide the networks most, with the votes for each class."""
    measured = found.measured
    names = class_names(measured["votes"])
    divided = [at for at in range(measured.sizes["row"]) if float(measured["share"][at]) < 1]
    if not divided:
        return []
    known = "true" in measured
    rows = []
    for at in divided[:ROWS]:
        one = measured.isel(row=at)
        votes = one["votes"].values
        order = [int(place) for place in np.argsort(-votes, kind="stable") if votes[place] > 0]
        row = [as_is(f"{int(one['row']):,}")]
        row += [as_is(names[int(one["true"])])] if known else []
        row.append(as_is(", ".join(f"{names[place]}: {int(votes[place])}" for place in order)))
        rows.append(tuple(row))
    header = (say("row"), *([say("true class")] if known else []), say("networks that say so"))
    numeric = (True, *[False] * (len(header) - 1))
    return [Table(say("Rows that divide the networks most"), header, tuple(rows), numeric)]
