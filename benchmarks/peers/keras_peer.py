"""Worker: Keras' own fit on the backend that KERAS_BACKEND names.

    python keras_peer.py WORKLOAD DATA_FOLDER TIMED_STEPS STEPS_PER_EXECUTION THREADS

One fit call of one epoch (the first epoch), then one long fit call whose epochs are timed one
by one: its callback waits for the driver between epochs, so that the cost of starting fit is
not in the timed epochs, and the cost of every epoch is, as in a long training.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import protocol
import workloads


def limit_threads(threads: int) -> None:
    """Hold the backend to so many threads (0: the framework's default)."""
    backend = os.environ["KERAS_BACKEND"]
    if not threads:
        return
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    elif backend == "torch":
        import torch

        torch.set_num_threads(threads)


def main() -> None:
    """Run the worker."""
    name, folder, steps, per_execution, threads = sys.argv[1:]
    limit_threads(int(threads))
    import keras

    workload = workloads.WORKLOADS[name]
    x, y = workloads.read_data(name, Path(folder))
    keras.utils.set_random_seed(1)
    model = workloads.keras_model(name)
    if int(per_execution) > 1:
        model.steps_per_execution = min(int(per_execution), len(x) // workload.batch)
    model.fit(x, y, batch_size=workload.batch, epochs=1, verbose=0)
    protocol.first_epoch_done(parameters=model.count_params())

    class Paced(keras.callbacks.Callback):  # type: ignore[misc]
        """Waits for the driver before an epoch, reports it after; the first one warms up."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch and not protocol.asked():
                os._exit(0)  # nothing to save, and a half epoch is not to be run
            self.watch = protocol.Stopwatch()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            took = self.watch.read()
            if epoch:
                protocol.say(
                    **took, model_steps=int(steps), peak_mb=protocol.peak_mb(), **(logs or {})
                )
            else:
                protocol.say(warm=took["seconds"])

    rows = int(steps) * workload.batch
    model.fit(
        x[:rows],
        y[:rows],
        batch_size=workload.batch,
        epochs=1_000_000,
        verbose=0,
        callbacks=[Paced()],
    )


if __name__ == "__main__":
    main()
