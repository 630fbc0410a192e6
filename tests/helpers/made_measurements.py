"""Measurements out of thin air, in the form in which `dure.inspection.network` gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

SOURCE = "MNIST (LeCun, Cortes, Burges), excerpt: 10,000 training and 5,000 test digits"
LANES = 4


def attributes(**more: Any) -> dict[str, Any]:
    return {"layer": "conv2d", "model": "digits", "source": SOURCE, "rows_of": 5000, **more}


def values(rng: Any, lanes: bool, **sizes: int) -> tuple[tuple[str, ...], Any]:
    """Dimensions and normal numbers, with `lane` in front if wanted."""
    sizes = {"lane": LANES, **sizes} if lanes else sizes
    return tuple(sizes), rng.normal(size=tuple(sizes.values()))


def coords(lanes: bool, folds: int = 1) -> dict[str, Any]:
    if not lanes:
        return {}
    seeds = [place // folds for place in range(LANES)]
    numbers = [place % folds + 1 for place in range(LANES)]
    variants = ["두레, units=8"] * LANES
    return {"variant": ("lane", variants), "seed": ("lane", seeds), "fold": ("lane", numbers)}


def array(lanes: bool = False, *, kind: str = "kernels", seed: int = 0, **sizes: int) -> Any:
    """A DataArray of normal numbers with these dimensions."""
    dims, numbers = values(np.random.default_rng(seed), lanes, **sizes)
    named = {"row": np.arange(sizes["row"])} if "row" in sizes else {}
    return xr.DataArray(numbers, {**coords(lanes), **named}, dims, attrs=attributes(kind=kind))


def dataset(variables: dict[str, Any], lanes: bool, named: dict[str, Any], **more: Any) -> Any:
    return xr.Dataset(variables, {**coords(lanes), **named}, attributes(**more))


def activations(count: int, lanes: bool = False) -> Any:
    rng = np.random.default_rng(0)
    lead = (LANES,) if lanes else ()
    dims = ("lane", "layer") if lanes else ("layer",)
    edges = np.broadcast_to(np.linspace(-3, 3, 31), (*lead, count, 31))
    counts = rng.integers(0, 100, (*lead, count, 30))
    shares = {name: (dims, rng.random((*lead, count))) for name in ("mean", "std", "zero", "dead")}
    return dataset(
        {
            **shares,
            "saturated": (dims, np.full((*lead, count), np.nan)),
            "activation": (dims, np.full((*lead, count), "relu")),
            "units": (dims, np.full((*lead, count), 64)),
            "histogram": ((*dims, "bin"), counts),
            "edges": ((*dims, "edge"), edges),
        },
        lanes,
        {"layer": [f"layer_{place}" for place in range(count)]},
        rows=512,
    )


def gradients(count: int = 5, lanes: bool = False) -> Any:
    dims, exponents = values(np.random.default_rng(0), lanes, layer=count)
    norms = 10.0 ** (exponents - 3)
    norms[..., 2] = 0.0
    variables = dict.fromkeys(("gradient", "weight", "ratio"), (dims, norms))
    names = [f"simple_rnn_{place}" for place in range(count)]
    return dataset(variables, lanes, {"layer": names}, rows=64)


def memory(horizon: Any = 37.0, lanes: bool = False, steps: int = 60) -> Any:
    dims, noise = values(np.random.default_rng(0), lanes, row=20, distance=steps)
    size = np.exp(-np.arange(steps) / 6 + noise)
    size[..., :3, 40:] = np.nan
    lead = ("lane",) if lanes else ()
    mean = np.nanmean(size, axis=-2)
    return dataset(
        {
            "size": (dims, size),
            "mean": ((*lead, "distance"), mean),
            "horizon": (lead, np.broadcast_to(horizon, (LANES,) * lanes)),
        },
        lanes,
        {"row": np.arange(20), "distance": np.arange(steps)},
    )


def predictions(classes: int, lanes: bool = False, rows: int = 40) -> Any:
    rng = np.random.default_rng(0)
    lead = (LANES,) if lanes else ()
    dims = ("lane", "row") if lanes else ("row",)
    probability = rng.dirichlet(np.ones(classes), (*lead, rows))
    true = np.broadcast_to(rng.integers(0, classes, rows), (*lead, rows))
    predicted = probability.argmax(axis=-1)
    return dataset(
        {
            "probability": ((*dims, "class"), probability),
            "predicted": (dims, predicted),
            "true": (dims, true),
            "loss": (dims, rng.random((*lead, rows))),
            "correct": (dims, (predicted == true).astype(int)),
        },
        lanes,
        {"row": rng.permutation(5000)[:rows], "class": [f"class {n}" for n in range(classes)]},
        kind="predictions",
    )


def confusion(classes: int, lanes: bool = False) -> Any:
    rng = np.random.default_rng(0)
    lead = (LANES,) if lanes else ()
    dims = ("lane", "true", "predicted") if lanes else ("true", "predicted")
    names = [f"class {n}" for n in range(classes)]
    counts = rng.integers(0, 9, (*lead, classes, classes)) + 100 * np.eye(classes, dtype=int)
    named = {**coords(lanes), "true": names, "predicted": names}
    return xr.DataArray(counts, named, dims, attrs=attributes(kind="confusion"))


def matched(filters: int = 32) -> Any:
    similarity = np.random.default_rng(0).random((filters, LANES))
    similarity[:, 0] = 1
    return dataset(
        {
            "similarity": (("filter", "lane"), similarity**0.3),
            "chance": (("filter", "lane"), similarity),
            "found_in": ("filter", (similarity**0.3 >= 0.7).sum(axis=1)),
        },
        True,
        {"filter": np.arange(filters)},
        threshold=0.7,
        reference=0,
    )
