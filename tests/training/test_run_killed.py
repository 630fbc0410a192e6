"""A study killed at random moments, as SIGKILL does, ends as if it never had been."""

import multiprocessing
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import psutil

import dure
from helpers.small_study import assert_same_runs, assert_same_training, study
from oracles.own_steps import CASES

# Where no process can be forked, each child imports Keras anew.
FORKS = "forkserver" in multiprocessing.get_all_start_methods()
KILLS = 50 if FORKS else 6
CHAINS = 2  # run folders, each killed and resumed again and again
LONGEST_LIFE = 180.0


def long_study() -> dure.Study:
    """Enough rounds of one epoch each for every kill to find the study at another one."""
    return study(epochs=60, seeds=[0, 1, 2, 3], callbacks=[])


def long_own_steps() -> dure.Study:
    """The same of a network with a training step of its own, whose logs are those of a batch."""
    make, x, y, _ = CASES["last batch"]
    return dure.Study(make, dure.Data(x, y), seeds=[0, 1], epochs=20, batch_size=16, health=False)


def build_either(eager: bool) -> keras.Model:
    layers = [keras.layers.Dense(4, "relu"), keras.layers.Dropout(0.3), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse", run_eagerly=eager)
    return model


def long_fits() -> dure.Study:
    """Lanes that Keras' `fit` trains: with shared steps, and in processes of their own."""
    x = np.random.default_rng(0).normal(size=(48, 3)).astype("float32")
    heard = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    options = {"epochs": 12, "batch_size": 16, "validation_split": 0.25, "callbacks": [heard]}
    variants = {"eager": [False, True]}
    return dure.Study(build_either, dure.Data(x, x[:, 0]), variants, seeds=[0, 1], **options)


def train(make: Callable[[], dure.Study], folder: str, pipe: Any) -> None:
    """Child process: go on with the run, telling of every round, one epoch a round, slowly."""
    import dure.training.run
    import dure.training.trainer
    from dure.engine.lanes import pool

    pool.ROUND_SECONDS = 0.0
    dure.training.trainer.CHECKPOINT_SECONDS = 0.0

    class Telling:
        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def advance(self, *_: Any) -> None:
            pipe.send("round")

        def lane_done(self, *_: Any) -> None:
            pipe.send("lane")

        def compiling(self, _: int) -> None:
            pass

        def note(self, _: str) -> None:
            pass

    dure.training.run.run_study(make(), folder, resume=True, reporter=lambda _: Telling())
    pipe.send("end")


def live_and_die(
    folder: Path, rounds: int, delay: float, make: Callable[[], dure.Study] = long_study
) -> bool:
    """Let a child train some rounds and a moment more, then kill it; whether it had ended."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
    if FORKS:
        context.set_forkserver_preload(["keras", "dure.training.run", "engine.small"])
    child = context.Process(target=train, args=(make, str(folder), theirs), daemon=True)
    child.start()
    theirs.close()
    ended = False
    try:
        for _ in range(rounds):
            if not ours.poll(LONGEST_LIFE):
                raise TimeoutError("the child did not train")
            if ours.recv() == "end":
                ended = True
                break
    except EOFError:
        ended = child.exitcode == 0
    if not ended:
        time.sleep(delay)
    child.kill()
    child.join()
    return ended


def chain(folder: Path, kills: int, seed: int) -> int:
    """Kill one run again and again, a new one when it ends too early; the kills done."""
    moments = random.Random(seed)
    for _ in range(kills):
        live_and_die(folder, moments.randint(0, 12), moments.random() * 0.05)
    return kills


def test_killed_fifty_times_and_the_same_to_the_bit(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("dure.engine.lanes.pool.ROUND_SECONDS", 0.0)
    whole = long_study().run(tmp_path / "whole", progress=False)
    folders = [tmp_path / f"chain{number}" for number in range(CHAINS)]
    with ThreadPoolExecutor(CHAINS) as chains:
        done = chains.map(chain, folders, [KILLS // CHAINS] * CHAINS, range(CHAINS))
        assert sum(done) == KILLS
    for folder in folders:
        resumed = long_study().run(folder, progress=False, resume=True)
        assert_same_runs(resumed, whole)


def test_steps_of_a_models_own_go_on_after_a_kill(tmp_path: Path) -> None:
    assert not live_and_die(tmp_path / "killed", 5, 0.0, long_own_steps)
    resumed = long_own_steps().run(tmp_path / "killed", progress=False, resume=True)
    assert_same_training(resumed, long_own_steps().run(tmp_path / "whole", progress=False))


def test_lanes_of_keras_fit_begin_again_after_a_kill_and_end_the_same(tmp_path: Path) -> None:
    programs = long_fits().plan().programs
    assert [program.route for program in programs] == ["stepped", "fitted"]
    before = set(psutil.pids())
    for rounds in (5, 30):  # in the first lanes, and in those of the processes
        assert not live_and_die(tmp_path / "killed", rounds, 0.0, long_fits)
    resumed = long_fits().run(tmp_path / "killed", progress=False, resume=True)
    assert not (tmp_path / "killed" / "fitting").exists()
    assert_same_training(resumed, long_fits().run(tmp_path / "whole", progress=False))
    left = [psutil.Process(pid).cmdline() for pid in set(psutil.pids()) - before]
    assert not [line for line in left if "reading, writing" in " ".join(line)]
