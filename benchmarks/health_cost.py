"""What recording health costs: of a lane's training, and of whole studies with their compilation.

First, one lane of each workload is trained by one worker, with nothing beside it; processor time of
the calls that train and of those that measure is taken apart. Second, whole studies run with and
without, in turn, each in a process of its own, with all cores: seconds, and processor seconds,
compilation included.

    python benchmarks/health_cost.py [rounds] [workload ...]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import keras
from keras import layers as L

import dure
from dure.gallery.neurons import a1_neuron

PART, WHOLE = "--part", "--whole"


def dense() -> keras.Model:
    """Digits of 8x8."""
    stack = [L.Input((8, 8, 1)), L.Flatten(), L.Dense(32, "relu"), L.Dense(32, "relu")]
    return _compiled(keras.Sequential([*stack, L.Dense(10, "softmax")]))


def cnn(groups: int = 1) -> keras.Model:
    """Row C2; with groups its second convolution has no twin, and its rounds are stepped."""
    stack = [L.Input((28, 28, 1))]
    stack += [L.Conv2D(64, 3, padding="same", activation="relu"), L.MaxPooling2D(2)]
    stack += [L.Conv2D(128, 3, padding="same", activation="relu", groups=groups)]
    stack += [L.MaxPooling2D(2), L.Flatten(), L.Dense(100, "relu"), L.Dropout(0.3)]
    return _compiled(keras.Sequential([*stack, L.Dense(10, "softmax")]))


def lstm() -> keras.Model:
    """Row D4."""
    stack = [L.Embedding(500, 16), L.LSTM(8, dropout=0.3), L.Dense(1, "sigmoid")]
    model = keras.Sequential([L.Input((100,), dtype="int32"), *stack])
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def _compiled(model: keras.Model) -> keras.Model:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _study(build: Any, data: dure.Data, seeds: int, health: bool, **options: Any) -> dure.Study:
    return dure.Study(build, data, seeds=seeds, validation_split=0.2, health=health, **options)


WORKLOADS: dict[str, Callable[[int, bool], dure.Study]] = {
    "dense digits": lambda seeds, health: _study(
        dense, dure.data.digits(), seeds, health, epochs=50
    ),
    "CNN": lambda seeds, health: _study(
        cnn, dure.data.mnist().take(slice(2000)), seeds, health, epochs=8
    ),
    "CNN, stepped": lambda seeds, health: _study(
        cnn, dure.data.mnist().take(slice(2000)), seeds, health, epochs=8, variants={"groups": [2]}
    ),
    "LSTM on reviews": lambda seeds, health: _study(
        lstm, dure.data.imdb(num_words=500, maxlen=100), seeds, health, epochs=20, batch_size=64
    ),
    "one neuron, batch 1": lambda seeds, health: _study(
        a1_neuron.build, a1_neuron.data(), seeds, health, epochs=100, batch_size=1
    ),
}


def part(name: str) -> dict[str, Any]:
    """Processor seconds of training and of measuring one lane."""
    from dure.engine.lanes.probe_runner import ProbeRunner
    from dure.engine.planning import plan
    from dure.engine.program.program import Program

    spent = {"train": 0.0, "measure": 0.0}

    def timed(owner: Any, method: str, key: str) -> None:
        own = getattr(owner, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return jax.block_until_ready(own(*args, **kwargs))
            finally:
                spent[key] += time.process_time() - start

        setattr(owner, method, call)

    timed(Program, "__call__", "train")
    timed(ProbeRunner, "measure_start", "measure")
    timed(ProbeRunner, "measure_end", "measure")
    study = WORKLOADS[name](1, True)
    with tempfile.TemporaryDirectory() as folder:
        result = study.run(Path(folder) / "run", progress=False)
        epochs = result.layer_curves["epoch"].values.tolist()
    return {**spent, "epochs": epochs, "rows": plan.prepare(study).probe_schedule.rows}


def whole(name: str, health: bool) -> dict[str, float]:
    """Seconds and processor seconds of a whole study of five seeds."""
    study = WORKLOADS[name](5, health)
    wall, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        study.run(Path(folder) / "run", progress=False)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def _child(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, __file__, *arguments]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout
    found: dict[str, Any] = json.loads(told.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure the workloads named on the command line, or all."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for name in sys.argv[2:] or WORKLOADS:
        found = _child(PART, name)
        share = found["measure"] / found["train"]
        print(f"{name}: epochs {found['epochs']}, {found['rows']} rows")
        print(
            f"  one lane: training {found['train']:.3f} s of processor, measuring "
            f"{found['measure']:.3f} s: {share:.1%}"
        )
        runs: dict[str, list[dict[str, float]]] = {"on": [], "off": []}
        for _ in range(rounds):
            for kind in runs:
                runs[kind].append(_child(WHOLE, name, kind))
        for clock in ("wall", "cpu"):
            on, off = (median(run[clock] for run in runs[kind]) for kind in ("on", "off"))
            print(f"  whole study, {clock}: {off:.2f} s without, {on:.2f} s with: {on / off:.2f}")


if __name__ == "__main__":
    if PART in sys.argv:
        print(json.dumps(part(sys.argv[2])))
    elif WHOLE in sys.argv:
        print(json.dumps(whole(sys.argv[2], sys.argv[3] == "on")))
    else:
        main()
