"""Layer curves out of thin air, with the axes of `Result.layer_curves`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

LAYERED = (
    "gradient_norm",
    "weight_norm",
    "update_ratio",
    "activation_gradient",
    "dead",
    "saturated",
    "activation_mean",
    "activation_std",
)
HEALTHY = {
    **{"gradient_norm": 0.1, "weight_norm": 4.0, "update_ratio": 1e-3, "activation_gradient": 1e-3},
    **{"dead": 0.05, "saturated": 0.02, "activation_mean": 0.3, "activation_std": 0.8},
}


def layer_curves(
    layers: Sequence[str] = ("dense", "dense_1", "dense_2", "dense_3"),
    variants: Sequence[str] = ("default",),
    seeds: int = 6,
    epochs: Sequence[int] = (0, 1, 2, 4, 8),
    changed: Mapping[str, Any] | None = None,
    whole: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """A healthy network's, a few per cent of noise on everything.

    Parameters
    ----------
    changed
        By quantity a factor that broadcasts against (variant, seed, fold, epoch, layer).
    whole
        The same for `probe_loss`, `curvature` and `step_gain`.
    """
    rng = np.random.default_rng(0)
    lanes = (len(variants), seeds, 1, len(epochs))
    dims = ("variant", "seed", "fold", "epoch")
    data: dict[str, Any] = {}
    for name in LAYERED:
        noise = np.exp(0.05 * rng.normal(size=(*lanes, len(layers))))
        factor = np.asarray((changed or {}).get(name, 1.0))
        data[name] = ((*dims, "layer"), HEALTHY[name] * noise * factor)
    fall = 0.7 * np.exp(-np.asarray(epochs) / 4) + 0.1
    for name, value in (("probe_loss", fall), ("curvature", 0.5), ("step_gain", -0.02 * fall)):
        noise = np.exp(0.05 * rng.normal(size=lanes))
        data[name] = (dims, value * noise * np.asarray((whole or {}).get(name, 1.0)))
    coords = {"variant": list(variants), "seed": np.arange(seeds), "fold": [1]}
    return xr.Dataset(data, {**coords, "epoch": np.asarray(epochs), "layer": list(layers)})
