"""Dure's own overhead: 1,000 small networks in one study, and where the time goes.

    python benchmarks/overhead.py [--lanes 1000]

A dense network of two layers (30-16-1) on scikit-learn's breast cancer data, standardised,
20 % held for validation, 20 epochs, batch 32, one lane a seed. The arithmetic of this is next
to nothing, so the wall time is what Dure itself costs: building models, compiling, handing
lanes to the devices, storing curves and weights. To reach: 1,000 lanes within 60 s.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
SOURCE = Path(__file__).resolve().parents[1] / "src"
sys.path.insert(0, str(SOURCE))

TARGET_SECONDS = 60.0
EPOCHS = 20
BATCH = 32


def build() -> Any:
    """Two dense layers, compiled."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((30,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def make_study(lanes: int, epochs: int) -> Any:
    """The study of so many lanes."""
    import numpy as np
    from sklearn.datasets import load_breast_cancer
    from sklearn.preprocessing import StandardScaler

    import dure

    x, y = load_breast_cancer(return_X_y=True)
    return dure.Study(
        build,
        data=dure.Data(
            x.astype(np.float32), y.astype(np.float32)[:, None], prepare=StandardScaler()
        ),
        seeds=lanes,
        validation_split=0.2,
        epochs=epochs,
        batch_size=BATCH,
        name="overhead",
    )


def timed_run(lanes: int, epochs: int) -> tuple[float, Any]:
    """Wall seconds of one study, run folder included, and its result."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        study = make_study(lanes, epochs)
        result = study.run(out=Path(folder) / "run", progress=False)
        return time.perf_counter() - started, result.lanes


def in_fresh_process(lanes: int, epochs: int) -> tuple[float, float]:
    """Seconds from process start to its end, and of the run alone."""
    command = [sys.executable, __file__, "--child", "--lanes", str(lanes), "--epochs", str(epochs)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    wall = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"the study failed:\n{done.stderr.strip()[-2000:]}")
    return wall, float(done.stdout.split()[-1])


def profile(lanes: int, epochs: int) -> None:
    """Print where one study's time goes, by Dure's and its helpers' functions."""
    recorder = cProfile.Profile()
    recorder.enable()
    timed_run(lanes, epochs)
    recorder.disable()
    pstats.Stats(recorder).sort_stats("cumulative").print_stats(35)


def split(lanes: int) -> None:
    """Run the study in four sizes and print what each part costs."""
    few = max(1, lanes // 10)
    whole, run = in_fresh_process(lanes, EPOCHS)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{lanes:,} lanes, {EPOCHS} epochs, batch {BATCH}: {whole:.1f} s, import included "
        f"({used.ru_utime + used.ru_stime:.1f} s of processor time)"
    )
    reached = "reached" if lanes < 1000 or whole <= TARGET_SECONDS else "NOT reached"
    if lanes == 1000:
        print(f"to reach: {TARGET_SECONDS:.0f} s; {reached}")
    _, run_few = in_fresh_process(few, EPOCHS)
    _, run_short = in_fresh_process(lanes, 1)
    lane = (run - run_few) / (lanes - few)
    epoch = (run - run_short) / (lanes * (EPOCHS - 1))
    parts = {
        "starting Python, imports": whole - run,
        "once (compiling, run folder)": run - lane * lanes,
        "per lane (build, weights, store)": (lane - EPOCHS * epoch) * lanes,
        "per epoch (training, curves)": EPOCHS * epoch * lanes,
    }
    for name, seconds in parts.items():
        print(f"  {name:34}{seconds:8.1f} s{100 * seconds / whole:7.0f} %")
    print(f"  a lane costs {1000 * lane:.1f} ms, of which an epoch {1000 * epoch:.2f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Dure's own overhead on many small networks.")
    parser.add_argument("--lanes", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=argparse.SUPPRESS)
    parser.add_argument("--profile", action="store_true", help="profile one run instead")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        seconds, lanes = timed_run(args.lanes, args.epochs)
        kinds = lanes["status"].value_counts().to_dict()
        if kinds != {"finished": args.lanes}:
            sys.exit(f"not every lane finished: {kinds}")
        print(seconds)
    elif args.profile:
        profile(args.lanes, args.epochs)
    else:
        split(args.lanes)


if __name__ == "__main__":
    main()
