"""Worker: a Dure study of 8 lanes (8 seeds of one variant).

    python dure_peer.py WORKLOAD DATA_FOLDER EXTRA_EPOCHS

`Study.run` has a beginning (building, compiling) and an end (writing the run folder) that are
no training steps. What a step costs once under way is therefore the difference between a run
of 1 + EXTRA_EPOCHS epochs and a run of 1 epoch, divided by the steps that lie between.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import protocol
import workloads

LANES = 8


def run_dure(name: str, x: Any, y: Any, epochs: int) -> dict[str, float]:
    """Train the 8 lanes for `epochs` epochs: seconds taken, last mean loss and accuracy."""
    import dure

    def build() -> Any:
        return workloads.keras_model(name)

    study = dure.Study(
        build,
        data=dure.Data(x, y),
        seeds=LANES,
        epochs=epochs,
        batch_size=workloads.WORKLOADS[name].batch,
        name=f"peers-{name}",
    )
    with tempfile.TemporaryDirectory() as folder:
        watch = protocol.Stopwatch()
        result = study.run(out=Path(folder) / "run", progress=False)
        took = watch.read()
        last = result.curves.isel(epoch=-1).mean()
        return took | {key: float(last[key]) for key in ("loss", "accuracy")}


def main() -> None:
    """Run the worker."""
    name, folder, extra = sys.argv[1:]
    workload = workloads.WORKLOADS[name]
    x, y = workloads.read_data(name, Path(folder))
    run_dure(name, x, y, 1)
    protocol.first_epoch_done()
    protocol.say(warm=run_dure(name, x, y, 1)["seconds"])
    steps = LANES * int(extra) * (len(x) // workload.batch)
    for _ in protocol.epochs_asked():
        short = run_dure(name, x, y, 1)
        long = run_dure(name, x, y, 1 + int(extra))
        between = {key: long[key] - short[key] for key in ("seconds", "cpu_seconds")}
        protocol.say(
            **(long | between),
            model_steps=steps,
            peak_mb=protocol.peak_mb(),
            run_1=short["seconds"],
            run_long=long["seconds"],
        )


if __name__ == "__main__":
    main()
