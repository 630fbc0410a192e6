"""Fast twins of Keras layers, and layers Keras lacks.

A twin is a function ``twin(layer)`` that returns a replacement for ``layer.call``: same signature,
same variables, same numbers, only faster inside a compiled training loop; or None where the
layer's configuration is outside what the twin is proven for, and Keras' own ``call`` stays.
Only layers of exactly the registered class are exchanged: a subclass may compute anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

Twin = Callable[[Any], Callable[..., Any] | None]

TWINS: dict[type[keras.layers.Layer], Twin] = {}


def fast_call(layer: keras.layers.Layer) -> Callable[..., Any] | None:
    """The fast replacement of ``layer.call``, or None where there is none for its configuration."""
    twin = TWINS.get(type(layer))
    return None if twin is None else twin(layer)
