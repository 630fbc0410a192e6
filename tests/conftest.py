"""Surroundings of every test; set before anything imports JAX, Keras or matplotlib."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["KERAS_BACKEND"] = "jax"
os.environ["MPLBACKEND"] = "Agg"
# What processes of tests print is read as UTF-8, whatever the system's code page is.
os.environ["PYTHONIOENCODING"] = "utf-8"

# Tests train the same small networks again and again: what one process has compiled, every other
# takes from here, workers and processes of tests too. Gone with the process that made it.
if "DURE_TEST_PROGRAMS" not in os.environ:
    os.environ["DURE_TEST_PROGRAMS"] = tempfile.mkdtemp(prefix="dure-programs-")
    atexit.register(shutil.rmtree, os.environ["DURE_TEST_PROGRAMS"], ignore_errors=True)
os.environ["JAX_COMPILATION_CACHE_DIR"] = os.environ["DURE_TEST_PROGRAMS"]
os.environ["JAX_COMPILATION_CACHE_MAX_SIZE"] = str(2**31)  # with a limit, JAX locks its files
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"

_EXCERPTS = Path(__file__).resolve().parents[2] / "shared" / "data"
if "DURE_DATA" not in os.environ and _EXCERPTS.is_dir():
    os.environ["DURE_DATA"] = str(_EXCERPTS)

# After the surroundings are set: it imports dure.
pytest_plugins = ["helpers.invented_results"]
