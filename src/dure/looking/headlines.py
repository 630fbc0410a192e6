"""A measurement in one sentence, with its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from dure._intervals import interval_texts
from dure.view.charts import median_horizon
from dure.view.measured import over_lanes
from dure.view.style import number, percent

Measured = Any


def says(measured: xr.DataArray | xr.Dataset) -> str:
    """The headline of what `dure.lens` measured, by its attribute `kind`."""
    return _HEADLINES[str(measured.attrs["kind"])](measured)


def _kernels(measured: xr.DataArray) -> str:
    unit = str(measured.dims[-1])
    mean, std = float(measured.mean()), float(measured.std())
    return f"{measured.sizes[unit]:,} {unit}s; mean {number(mean)}, deviation {number(std)}"


def _weights(measured: xr.Dataset) -> str:
    name = str(next(iter(measured.data_vars)))
    stds = {
        str(source): float(measured[name].sel(source=source).std())
        for source in measured["source"].values
    }
    was = f" (untrained {number(stds['untrained'])})" if "untrained" in stds else ""
    return f"{name}: deviation {number(stds['trained'])}{was}"


def _feature_maps(measured: xr.DataArray) -> str:
    zeros = float((measured == 0).mean())
    shape = " x ".join(
        str(n) for dim, n in measured.sizes.items() if str(dim) not in ("row", "lane")
    )
    return f"{shape} a row; {percent(zeros)} of the values are 0"


def _activations(measured: xr.Dataset) -> str:
    told = []
    for name, word in (("dead", "dead units"), ("saturated", "saturated values")):
        shares, _, _ = over_lanes(measured[name])
        if np.isfinite(shares).any():
            place = int(np.nanargmax(shares))
            layer = measured["layer"].values[place]
            much = f"most {word}: {percent(shares[place])} in {layer}"
            told.append(much if shares[place] > 0 else f"no {word}")
    return "; ".join(told) or f"{measured.sizes['layer']} layers, none that can die or saturate"


def _gradients(measured: xr.Dataset) -> str:
    norms, _, _ = over_lanes(measured["gradient"])
    smallest, largest = int(np.argmin(norms)), int(np.argmax(norms))
    layer = measured["layer"].values[smallest]
    if norms[smallest] <= 0:
        return f"none at all in {layer}"
    times = number(float(f"{norms[largest] / norms[smallest]:.2g}"))
    if smallest == largest:
        return f"{number(norms[smallest])} in {layer}"
    return f"smallest {number(norms[smallest])} in {layer}, {times} times below the largest"


def _where(measured: xr.DataArray) -> str:
    values = np.abs(np.nan_to_num(measured.values))
    rows = values.reshape(-1, int(np.prod(measured.shape[1 + ("lane" in measured.dims) :])))
    ordered = np.sort(rows, axis=1)[:, ::-1].cumsum(axis=1)
    total = ordered[:, -1]
    if not (total > 0).any():
        return "0 everywhere"
    halves = (ordered[total > 0] >= total[total > 0, None] / 2).argmax(axis=1) + 1
    return (
        f"half of the map lies on {percent(float(np.median(halves)) / rows.shape[1])} of the input"
    )


def _neighbours(measured: xr.Dataset) -> str:
    one = measured.isel(lane=0) if "lane" in measured.dims else measured
    pairs = [
        f"{word}: {one['neighbour'].values[place, 0]} ({one['similarity'].values[place, 0]:.2f})"
        for place, word in enumerate(one["word"].values)
    ]
    return ", ".join(pairs[:3])


def _embedding_map(measured: xr.DataArray) -> str:
    shares = np.atleast_1d(measured.attrs["explained"])
    return f"{measured.sizes['word']} words; two axes hold {percent(float(shares.sum()))}"


def _memory(measured: xr.Dataset) -> str:
    horizons, steps = np.atleast_1d(measured["horizon"].values), measured.sizes["distance"]
    horizon, beyond = median_horizon(measured), int(np.isinf(horizons).sum())
    of = f" in {beyond} of {horizons.size} networks" if beyond and horizons.size > 1 else ""
    if np.isinf(horizon):
        return f"remembers more than its {steps} steps{of}"
    more = f", more than {steps}{of}" if of else ""
    return f"remembers {number(horizon)} steps back{more}"


def _predictions(measured: xr.Dataset) -> str:
    rows = measured.sizes["row"]
    if "correct" in measured:
        return f"{_share(measured['correct'].mean('row'))} of {rows:,} rows right"
    if "probability" in measured:
        return f"{rows:,} rows"
    if "error" in measured:
        return f"mean error {_interval(abs(measured['error']).mean('row'))} over {rows:,} rows"
    return f"{rows:,} values"


def _confusion(measured: xr.DataArray) -> str:
    mean, _, _ = over_lanes(measured)
    off = mean * (1 - np.eye(len(mean)))
    if not off.any():
        return "no mistakes"
    true, said = np.unravel_index(int(off.argmax()), off.shape)
    names = measured["true"].values
    return f"most often {names[true]} taken for {names[said]} ({number(round(off[true, said], 1))})"


def _matched(measured: xr.Dataset) -> str:
    found, lanes = np.asarray(measured["found_in"].values), measured.sizes["lane"]
    everywhere = int((found >= lanes).sum())
    return f"{everywhere} of {found.size} units are found in all {lanes} networks"


def _agreement(measured: xr.Dataset) -> str:
    share = float((measured["share"] >= 1).mean())
    return f"all networks agree on {percent(share)} of {measured.sizes['row']:,} rows"


def _interval(values: xr.DataArray) -> str:
    mean, low, high = (float(side) for side in over_lanes(values))
    return interval_texts([(mean, low, high)])[0]


def _share(values: xr.DataArray) -> str:
    """'78 %' of one network, '0.79 [0.76, 0.82]' of several."""
    return _interval(values) if "lane" in values.dims else percent(float(values))


_HEADLINES: dict[str, Callable[[Measured], str]] = {
    "kernels": _kernels,
    "weights": _weights,
    "feature_maps": _feature_maps,
    "activations": _activations,
    "gradients": _gradients,
    "saliency": _where,
    "grad_cam": _where,
    "neighbours": _neighbours,
    "embedding_map": _embedding_map,
    "memory": _memory,
    "predictions": _predictions,
    "confusion": _confusion,
    "matched_filters": _matched,
    "agreement_of_predictions": _agreement,
}
