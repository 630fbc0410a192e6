"""What theory expects of wide random networks before they train."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from dure.core.types import Floats

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 0.5 * (1.0 + np.tanh(0.5 * z)),
}


def length_map(
    activation: str, variance: float, lengths: ArrayLike, depth: int = 8, width: int = 64
) -> Floats:
    """Root mean square of each layer's outputs, shape [depth] (Poole et al. 2016, equation 3).

    Parameters
    ----------
    variance
        Of a weight.
    lengths
        Mean square of the inputs of each row, shape [rows]; rows are averaged at the end.
    """
    # Gauss-Hermite: the mean of f over standard normal numbers, exact for polynomials up to 127.
    at, weight = np.polynomial.hermite_e.hermegauss(64)
    square, found = np.asarray(lengths, np.float64), []
    for _ in range(depth):
        sums = np.sqrt(width * variance * square)[:, None] * at
        square = (ACTIVATIONS[activation](sums) ** 2) @ (weight / weight.sum())
        found.append(np.sqrt(square.mean()))
    return np.array(found)
