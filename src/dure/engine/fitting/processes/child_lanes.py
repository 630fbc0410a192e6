"""The lanes of a study that a process of its own trains."""

from __future__ import annotations

import codecs
import io
import pickle
import queue
import sys
import threading
import warnings
from typing import Any, NamedTuple

from dure.core.arrays import Arrays
from dure.core.types import LaneKey
from dure.engine.fitting.processes.channel import Channel
from dure.engine.fitting.processes.surroundings import register_custom_objects
from dure.engine.fitting.shared_steps import OwnSteps
from dure.engine.lanes.events import DistantProbe, LaneDone, RoundDone, describe_failure
from dure.engine.lanes.factory import LaneBuilder
from dure.engine.planning.plan import devices
from dure.engine.planning.prototypes import lower_model
from dure.errors import StudyError
from dure.keras_bridge.building import build_again


class ChildLanes:
    """Trains the lanes it is told to, one after another, and tells what comes of them.

    Parameters
    ----------
    stop
        Set when nobody wants to know any more.
    """

    def __init__(self, channel: Channel, stop: threading.Event) -> None:
        self._channel, self._stop = channel, stop
        self._builder: _Builder | None = None
        raw = io.BufferedWriter(_Printed(channel))
        sys.stdout = io.TextIOWrapper(raw, "utf-8", line_buffering=True)
        warnings.showwarning = self._warn

    def run(self, orders: queue.Queue[tuple[str, Any]]) -> None:
        """Do what comes until nothing more does."""
        while True:
            kind, content = orders.get()
            if kind == "study":
                self._open(*content)
            elif kind == "lane":
                self._train(*content)
                self._channel.send("ready")
            else:
                return

    def _open(self, surroundings: bytes, study: bytes) -> None:
        try:
            pickle.loads(surroundings).apply()
            prepared, custom_objects = pickle.loads(study)
            register_custom_objects(custom_objects)
            self._builder = _Builder(prepared, devices()[0])
        except Exception as error:  # of people's modules, which are imported here anew
            text = (str(error).strip().splitlines() or [""])[0]
            self._channel.send(
                "faults",
                [
                    "Keras' fit trains these lanes in processes of their own, and what build or "
                    f"callbacks refer to cannot be opened there: {type(error).__name__}: {text}. "
                    "Put it into the file or notebook that builds the study, or into a module "
                    "that a fresh Python can import."
                ],
            )

    def _train(self, index: int, rows: bytes) -> None:
        if self._builder is None:
            return
        try:
            lane = self._builder.prepare(index, rows)
        except Exception as error:
            self._report(LaneDone(index, describe_failure(error), None))
            return
        try:
            lane.train(self._report, self._stop)
        except StudyError as error:
            self._channel.send("faults", list(error.faults))

    def _report(self, event: Any) -> None:
        sys.stdout.flush()
        if isinstance(event, LaneDone):
            self._channel.send("done", event)
        elif isinstance(event, RoundDone):
            probe = event.lane.probe
            fields = {n: v for n, v in vars(event).items() if n != "lane"}
            told = None if probe is None else DistantProbe(probe.names, probe.fault)
            self._channel.send("round", (fields, told))

    def _warn(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        """Hand a warning on, of a class that every process knows."""
        known = next(kind for kind in category.__mro__ if kind.__module__ == "builtins")
        self._channel.send("warn", (str(message), known, filename, lineno))


class _Given(NamedTuple):
    """The rows of a lane's fold, in memory as far as they are read."""

    rows: Arrays
    test: Arrays | None


class _Builder(LaneBuilder):
    """Makes lanes of rows that somebody else has prepared."""

    def prepare(self, index: int, rows: bytes) -> Any:
        """A lane ready to train on these rows."""
        self._given = _Given(*pickle.loads(rows)) if rows else None
        self._build_prototype(self.study.lanes[index])
        return self.lane(index)

    def _build_prototype(self, key: LaneKey) -> None:
        """Build the model that is never trained but looked at, when the first lane needs it."""
        study, prototype = self.study, self.prepared.prototypes[key.variant]
        if prototype.programs:
            return
        first, batch = study.seed_list[0], self.prepared.batch
        model, _ = build_again(
            study.build,
            prototype.variant.arguments,
            first,
            batch,
            (first, prototype.architecture),
            whole=True,
        )
        prototype.lowered = lower_model(model)
        steps = OwnSteps(prototype.lowered)
        prototype.programs = {split.size: steps for split in study.splits}

    def _on_device(self, key: LaneKey) -> Any:
        return self._given


class _Printed(io.RawIOBase):
    """What code prints, as messages."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Send it."""
        self._channel.send("print", self._decoder.decode(bytes(data)))
        return len(data)
