"""Surroundings of every test; set before anything imports JAX, Keras or matplotlib."""

import os
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["KERAS_BACKEND"] = "jax"
os.environ["MPLBACKEND"] = "Agg"

_EXCERPTS = Path(__file__).resolve().parents[2] / "shared" / "data"
if "DURE_DATA" not in os.environ and _EXCERPTS.is_dir():
    os.environ["DURE_DATA"] = str(_EXCERPTS)

# After the surroundings are set: it imports dure.
pytest_plugins = ["helpers.invented_results"]
