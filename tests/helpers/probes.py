"""Measures one Keras model by the engine's probe, as a table; for the tests."""

from __future__ import annotations

from typing import Any

import jax
import keras
import numpy as np
import pandas as pd

from dure.core.arrays import Arrays
from dure.core.types import LANE_QUANTITIES, LAYER_QUANTITIES
from dure.engine.probes.probe import Probe
from dure.keras_bridge.building import make_ready
from dure.keras_bridge.functional import Lowered, state_of
from dure.keras_bridge.own_steps import describe_logs
from dure.layers import fast_call


def probe_of(
    model: keras.Model,
    x: Any,
    y: Any,
    weight: Any = None,
    width: int = 1,
    lowered: Lowered | None = None,
) -> Probe:
    """A probe compiled for all of these rows."""
    make_ready(model, (x, y, weight))
    logs = describe_logs(model, (x, y, weight))
    probe = Probe(lowered or Lowered(model, fast_call, logs), width)
    rows = Arrays(x, y, weight, None)
    state = jax.tree.map(np.asarray, state_of(probe._lowered.model))
    probe.compile(state, rows, len(jax.tree.leaves(x)[0]))
    return probe


def probed(
    model: keras.Model, x: Any, y: Any, weight: Any = None, lowered: Lowered | None = None
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Quantities of the layers (a row each) and of the whole network, at the model's state."""
    probe = probe_of(model, x, y, weight, lowered=lowered)
    assert probe.fault is None, probe.fault
    states = jax.tree.map(lambda a: np.asarray(a)[None], state_of(model))
    order = np.arange(len(jax.tree.leaves(x)[0]), dtype=np.int32)[None]
    tables, values = probe.measure(states, order, Arrays(x, y, weight, None))
    table = pd.DataFrame(tables[0], index=list(probe.names), columns=list(LAYER_QUANTITIES))
    return table, dict(zip(LANE_QUANTITIES, values[0].tolist(), strict=True))
