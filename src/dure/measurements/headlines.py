"""A measurement in one sentence, with its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from dure.core.formatting import format_number, format_percent
from dure.measurements.labels import median_horizon, over_lanes
from dure.messages.message import Message, as_is, joined, say
from dure.stats.intervals import interval_texts

Measured = Any


def headline_of(measured: xr.DataArray | xr.Dataset) -> Message:
    """The headline of what `dure.inspection.network` measured, by its attribute `kind`."""
    return _HEADLINES[str(measured.attrs["kind"])](measured)


def _kernels(measured: xr.DataArray) -> Message:
    unit = str(measured.dims[-1])
    mean, std = format_number(float(measured.mean())), format_number(float(measured.std()))
    count = f"{measured.sizes[unit]:,}"
    if unit == "filter":
        return say(
            "{number} filters; mean {mean}, deviation {std}", number=count, mean=mean, std=std
        )
    return say("{number} units; mean {mean}, deviation {std}", number=count, mean=mean, std=std)


def _weights(measured: xr.Dataset) -> Message:
    name = str(next(iter(measured.data_vars)))
    stds = {
        str(source): format_number(float(measured[name].sel(source=source).std()))
        for source in measured["source"].values
    }
    if "untrained" not in stds:
        return say("{name}: deviation {trained}", name=name, trained=stds["trained"])
    return say("{name}: deviation {trained} (untrained {untrained})", name=name, **stds)


def _feature_maps(measured: xr.DataArray) -> Message:
    zeros = float((measured == 0).mean())
    shape = " x ".join(
        str(n) for dim, n in measured.sizes.items() if str(dim) not in ("row", "lane")
    )
    return say(
        "{shape} a row; {share} of the values are 0", shape=shape, share=format_percent(zeros)
    )


def _activations(measured: xr.Dataset) -> Message:
    told = [_most_dead(*_most(measured, "dead")), _most_saturated(*_most(measured, "saturated"))]
    layers = measured.sizes["layer"]
    return joined(told, "; ") or say(
        "{number} layers, none that can die or saturate", number=str(layers)
    )


def _most(measured: xr.Dataset, name: str) -> tuple[float, str]:
    """The largest share and its layer; NaN where no layer has one."""
    shares, _, _ = over_lanes(measured[name])
    if not np.isfinite(shares).any():
        return np.nan, ""
    place = int(np.nanargmax(shares))
    return float(shares[place]), str(measured["layer"].values[place])


def _most_dead(share: float, layer: str) -> Message:
    if np.isnan(share):
        return as_is("")
    if share <= 0:
        return say("no dead units")
    return say("most dead units: {share} in {layer}", share=format_percent(share), layer=layer)


def _most_saturated(share: float, layer: str) -> Message:
    if np.isnan(share):
        return as_is("")
    if share <= 0:
        return say("no saturated values")
    return say(
        "most saturated values: {share} in {layer}", share=format_percent(share), layer=layer
    )


def _gradients(measured: xr.Dataset) -> Message:
    norms, _, _ = over_lanes(measured["gradient"])
    smallest, largest = int(np.argmin(norms)), int(np.argmax(norms))
    layer = str(measured["layer"].values[smallest])
    if norms[smallest] <= 0:
        return say("none at all in {layer}", layer=layer)
    norm = format_number(norms[smallest])
    if smallest == largest:
        return say("{norm} in {layer}", norm=norm, layer=layer)
    times = format_number(float(f"{norms[largest] / norms[smallest]:.2g}"))
    return say(
        "smallest {norm} in {layer}, {times} times below the largest",
        norm=norm,
        layer=layer,
        times=times,
    )


def _where(measured: xr.DataArray) -> Message:
    values = np.abs(np.nan_to_num(measured.values))
    rows = values.reshape(-1, int(np.prod(measured.shape[1 + ("lane" in measured.dims) :])))
    ordered = np.sort(rows, axis=1)[:, ::-1].cumsum(axis=1)
    total = ordered[:, -1]
    if not (total > 0).any():
        return say("0 everywhere")
    halves = (ordered[total > 0] >= total[total > 0, None] / 2).argmax(axis=1) + 1
    share = format_percent(float(np.median(halves)) / rows.shape[1])
    return say("half of the map lies on {share} of the input", share=share)


def _neighbours(measured: xr.Dataset) -> Message:
    one = measured.isel(lane=0) if "lane" in measured.dims else measured
    pairs = [
        f"{word}: {one['neighbour'].values[place, 0]} ({one['similarity'].values[place, 0]:.2f})"
        for place, word in enumerate(one["word"].values)
    ]
    return as_is(", ".join(pairs[:3]))


def _embedding_map(measured: xr.DataArray) -> Message:
    shares = np.atleast_1d(measured.attrs["explained"])
    return say(
        "{number} words; two axes hold {share}",
        number=str(measured.sizes["word"]),
        share=format_percent(float(shares.sum())),
    )


def _memory(measured: xr.Dataset) -> Message:
    horizons, steps = np.atleast_1d(measured["horizon"].values), str(measured.sizes["distance"])
    horizon, beyond = median_horizon(measured), int(np.isinf(horizons).sum())
    of = {"beyond": str(beyond), "networks": str(horizons.size)}
    several = beyond > 0 and horizons.size > 1
    if np.isinf(horizon):
        if not several:
            return say("remembers more than its {steps} steps", steps=steps)
        return say(
            "remembers more than its {steps} steps in {beyond} of {networks} networks",
            steps=steps,
            **of,
        )
    back = format_number(horizon)
    if not several:
        return say("remembers {horizon} steps back", horizon=back)
    return say(
        "remembers {horizon} steps back, more than {steps} in {beyond} of {networks} networks",
        horizon=back,
        steps=steps,
        **of,
    )


def _predictions(measured: xr.Dataset) -> Message:
    rows = f"{measured.sizes['row']:,}"
    if "correct" in measured:
        return say(
            "{share} of {rows} rows right", share=_share(measured["correct"].mean("row")), rows=rows
        )
    if "probability" in measured:
        return say("{number} rows", number=rows)
    if "error" in measured:
        error = _interval(abs(measured["error"]).mean("row"))
        return say("mean error {error} over {rows} rows", error=error, rows=rows)
    return say("{number} values", number=rows)


def _confusion(measured: xr.DataArray) -> Message:
    mean, _, _ = over_lanes(measured)
    off = mean * (1 - np.eye(len(mean)))
    if not off.any():
        return say("no mistakes")
    true, said = np.unravel_index(int(off.argmax()), off.shape)
    names = [str(name) for name in measured["true"].values]
    return say(
        "most often {true} taken for {said} ({number})",
        true=names[true],
        said=names[said],
        number=format_number(round(off[true, said], 1)),
    )


def _matched(measured: xr.Dataset) -> Message:
    found, lanes = np.asarray(measured["found_in"].values), measured.sizes["lane"]
    return say(
        "{everywhere} of {units} units are found in all {lanes} networks",
        everywhere=str(int((found >= lanes).sum())),
        units=str(found.size),
        lanes=str(lanes),
    )


def _agreement(measured: xr.Dataset) -> Message:
    share = float((measured["share"] >= 1).mean())
    return say(
        "all networks agree on {share} of {rows} rows",
        share=format_percent(share),
        rows=f"{measured.sizes['row']:,}",
    )


def _interval(values: xr.DataArray) -> str:
    mean, low, high = (float(side) for side in over_lanes(values))
    return interval_texts([(mean, low, high)])[0]


def _share(values: xr.DataArray) -> str:
    """'78 %' of one network, '0.79 [0.76, 0.82]' of several."""
    return _interval(values) if "lane" in values.dims else format_percent(float(values))


_HEADLINES: dict[str, Callable[[Measured], Message]] = {
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
