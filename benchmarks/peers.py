"""Dure against its peers, on the six workloads: a plain script; see README.md beside it.

    python benchmarks/peers.py --peers-python PEERS/bin/python [--workloads rnn lstm]

Every peer runs in processes of its own that stay alive and take turns: one epoch of one peer,
then one of the next, so that whatever else the machine does falls on all of them alike. Only
one peer runs at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent
WORKERS = HERE / "peers"
sys.path.insert(0, str(WORKERS))

import workloads  # noqa: E402

import report  # noqa: E402

PAIR = 2  # processes at once, in the second setting every peer is tried in
PATIENCE = 600.0  # s to wait for one answer of a worker


@dataclass(frozen=True)
class Peer:
    """One way to train the workloads: its worker and what sets it apart."""

    name: str
    title: str
    script: str
    option: str = ""
    backend: str = ""


DURE = Peer("dure", "Dure, 8 lanes", "dure_peer.py", backend="jax")
PEERS = {
    peer.name: peer
    for peer in (
        DURE,
        Peer("keras-tf", "Keras+TF", "keras_peer.py", "1", "tensorflow"),
        Peer("keras-jax", "Keras+JAX", "keras_peer.py", "1", "jax"),
        Peer("keras-jax-50", "Keras+JAX x50", "keras_peer.py", "50", "jax"),
        Peer("keras-torch", "Keras+torch", "keras_peer.py", "1", "torch"),
        Peer("pytorch", "PyTorch", "torch_peer.py", "0"),
        Peer("torch-compile", "torch.compile", "torch_peer.py", "1"),
    )
}


def timed_steps(peer: Peer, workload: workloads.Workload, steps: int) -> int:
    """Steps of a timed epoch: fewer where a step is so slow that an epoch's own cost vanishes."""
    slow = peer.backend == "torch" or (peer.backend == "jax" and workload.name == "cnn")
    return max(1, steps // 3) if slow and workload.name != "dense" else steps


class WorkerDied(RuntimeError):
    """A worker process ended, or failed, before it answered."""


class Worker:
    """One worker process. Its answers are JSON lines; what it prints goes to a log."""

    def __init__(
        self, command: Sequence[str], environment: dict[str, str], cores: set[int], log: Path
    ) -> None:
        self.log = log
        self.started = time.time()
        with log.open("w", encoding="utf-8") as stream:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                preexec_fn=lambda: _hold_to(cores),
                encoding="utf-8",
            )

    def ask(self) -> None:
        """Ask for one epoch; `answer` waits for it."""
        _pipe(self.process.stdin).write("epoch\n")
        _pipe(self.process.stdin).flush()

    def answer(self) -> dict[str, Any]:
        """The next message."""
        # A process that hangs is killed, and then its stream ends.
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        line = _pipe(self.process.stdout).readline()
        timer.cancel()
        if not line:
            tail = self.log.read_text(errors="replace", encoding="utf-8").strip().splitlines()[-5:]
            raise WorkerDied("\n".join(tail) or "it ended, or said nothing, and left no message")
        message: dict[str, Any] = json.loads(line)
        return message

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _hold_to(cores: set[int]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


@dataclass
class Setting:
    """A peer on a workload in one setting: so many processes at once, and what they took."""

    peer: Peer
    processes: int
    workers: list[Worker] = field(default_factory=list)
    samples: list[float] = field(default_factory=list)  # ms per model-step
    cpu_samples: list[float] = field(default_factory=list)  # the same of processor time
    first_epoch: float = float("nan")  # s, from process start
    peak_mb: float = float("nan")  # of all its processes together
    answers: list[dict[str, Any]] = field(default_factory=list)
    failure: str | None = None

    @property
    def ms(self) -> float:
        """Median milliseconds per model-step; infinite if it failed."""
        if self.failure or not self.samples:
            return float("inf")
        return statistics.median(self.samples)

    def start(self, make: Any) -> None:
        """Start the processes and wait until each has warmed up."""
        try:
            self.workers = [make(self, number) for number in range(self.processes)]
            firsts = [worker.answer() for worker in self.workers]
            self.first_epoch = max(
                answer["first"] - worker.started
                for answer, worker in zip(firsts, self.workers, strict=True)
            )
            self.peak_mb = sum(answer["peak_mb"] for answer in firsts)
            self.answers += firsts
            for worker in self.workers:
                worker.answer()
        except (WorkerDied, OSError) as error:
            self.failure = str(error)

    def measure(self) -> None:
        """One timed epoch of each process, all at once."""
        if self.failure:
            return
        try:
            began = time.perf_counter()
            for worker in self.workers:
                worker.ask()
            answers = [worker.answer() for worker in self.workers]
            wall = time.perf_counter() - began
        except (WorkerDied, OSError) as error:
            self.failure = str(error)
            return
        seconds = answers[0]["seconds"] if self.processes == 1 else wall
        steps = sum(answer["model_steps"] for answer in answers)
        self.samples.append(1000 * seconds / steps)
        self.cpu_samples.append(1000 * sum(a["cpu_seconds"] for a in answers) / steps)
        self.peak_mb = sum(answer["peak_mb"] for answer in answers)
        self.answers += answers

    def stop(self) -> None:
        """End the processes."""
        for worker in self.workers:
            worker.stop()


def core_sets(processes: int) -> list[set[int]]:
    """The cores of each of so many processes at once: all of them, or an equal share."""
    cores = (
        sorted(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else list(range(os.cpu_count() or 1))
    )
    if processes == 1:
        return [set(cores)]
    share = max(1, len(cores) // processes)
    return [set(cores[n * share : (n + 1) * share] or cores) for n in range(processes)]


def maker(args: argparse.Namespace, workload: workloads.Workload, steps: int, folder: Path) -> Any:
    """A function that starts worker `number` of a setting."""

    def make(setting: Setting, number: int) -> Worker:
        peer = setting.peer
        cores = core_sets(setting.processes)[number]
        threads = 0 if setting.processes == 1 else len(cores)
        environment = dict(os.environ)
        environment.update(CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu", TF_CPP_MIN_LOG_LEVEL="2")
        if peer.backend:
            environment["KERAS_BACKEND"] = peer.backend
        if threads:
            environment["OMP_NUM_THREADS"] = str(threads)
        script = str(WORKERS / peer.script)
        if peer is DURE:
            source = str(HERE.parent / "src")
            environment["PYTHONPATH"] = source
            options = [str(workload.dure_epochs)]
            python = args.dure_python
        else:
            environment.pop("PYTHONPATH", None)
            options = [str(timed_steps(peer, workload, steps)), peer.option, str(threads)]
            python = args.peers_python
        command = [python, script, workload.name, str(folder), *options]
        log = folder / f"{workload.name}-{peer.name}-{setting.processes}-{number}.log"
        return Worker(command, environment, cores, log)

    return make


def run_workload(
    args: argparse.Namespace, workload: workloads.Workload, folder: Path
) -> dict[str, Any]:
    """Measure every peer on one workload; a JSON-able record."""
    steps = workload.steps // 3 if args.quick else workload.steps
    progress(f"{workload.title}: writing data")
    what = workloads.write_data(workload, folder, steps * workload.batch)
    settings = [
        Setting(PEERS[name], processes)
        for name in args.peers
        for processes in ((1,) if name == "dure" else (1, PAIR))
    ]
    make = maker(args, workload, steps, folder)
    try:
        for setting in settings:
            setting.start(make)
            label = f"{workload.title}: {setting.peer.title}, {setting.processes} at once"
            progress(f"{label}: first epoch after {setting.first_epoch:.1f} s")
            if setting.failure:
                progress(f"{label}: FAILED\n{setting.failure}")
        for repeat in range(args.repeats):
            turn = repeat % len(settings)
            for setting in settings[turn:] + settings[:turn]:
                if not hopeless(setting, settings):
                    setting.measure()
            progress(f"{workload.title}: repeat {repeat + 1} of {args.repeats}")
    finally:
        for setting in settings:
            setting.stop()
        for path in folder.glob(f"{workload.name}-*.npy"):
            path.unlink()
    return {
        "workload": workload.name,
        "title": workload.title,
        "data": what,
        "batch": workload.batch,
        "steps": steps,
        "settings": [_record(setting) for setting in settings],
    }


def hopeless(setting: Setting, settings: Sequence[Setting]) -> bool:
    """Whether the same peer's other setting is already three times as fast: time saved."""
    others = [other.ms for other in settings if other.peer is setting.peer]
    return len(setting.samples) > 1 and setting.ms > 3 * min(others)


def _record(setting: Setting) -> dict[str, Any]:
    record = {key: value for key, value in vars(setting).items() if key != "workers"}
    ms = setting.ms
    return record | {"peer": asdict(setting.peer), "ms": ms if ms < float("inf") else None}


def progress(text: str) -> None:
    """A line for whoever waits."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(core_sets(1)[0]),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_at_start": os.getloadavg()[0],
    }


def versions(python: str, names: Sequence[str]) -> dict[str, str]:
    """Versions of packages in the environment of another Python."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "have = {d.metadata['Name']: d.version for d in m.distributions()}\n"
        "print(json.dumps({n: have[n] for n in sys.argv[1:] if n in have}))"
    )
    done = subprocess.run(
        [python, "-c", code, *names], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", help="Python of the peers' environment")
    parser.add_argument("--dure-python", default=sys.executable, help="default: this Python")
    parser.add_argument(
        "--workloads", nargs="+", choices=workloads.WORKLOADS, default=list(workloads.WORKLOADS)
    )
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--repeats", type=int, default=5, help="timed epochs of each (5)")
    parser.add_argument("--quick", action="store_true", help="a third of the rows, two repeats")
    parser.add_argument("--json", type=Path, default=Path("peers.json"), help="where results go")
    args = parser.parse_args()
    if args.peers_python is None and args.peers != ["dure"]:
        parser.error("--peers-python is needed for every peer but dure; README.md says how")
    if args.quick:
        args.repeats = min(args.repeats, 2)
    return args


def main() -> None:
    """Measure, print, write."""
    args = parse()
    written: dict[str, Any] = {"machine": machine(), "repeats": args.repeats, "quick": args.quick}
    names = ("keras", "jax", "tensorflow_cpu", "tensorflow", "torch", "numpy")
    written["dure_versions"] = versions(args.dure_python, names)
    if args.peers_python:
        written["peers_versions"] = versions(args.peers_python, names)
    records: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        for name in args.workloads:
            records.append(run_workload(args, workloads.WORKLOADS[name], Path(folder)))
            written["workloads"] = records
            args.json.write_text(json.dumps(written, indent=1), encoding="utf-8")
            print(f"\n{report.table(records[-1])}\n{report.verdict(records[-1])}", flush=True)
    print(f"\n{report.summary(records)}\n\nwritten: {args.json}")
    if written["machine"]["load_at_start"] > 0.5:
        print("The machine was not idle when this began: the figures are noisy.")


if __name__ == "__main__":
    main()
