"""The run folder: everything a study leaves behind, safe against being killed at any moment.

    runs/<name>-<id>/
      manifest.json            what was run; written last, so a folder that has it is complete
      curves.sqlite            lanes, curves, test metrics (write-ahead log)
      lanes/00012.safetensors  weights of lane 12: "final/..." and, where they differ, "best/..."
      checkpoints/000007/      what unfinished lanes need to go on; the newest two are kept
      lock                     held by the one process that writes
      models/, text/           architecture of each variant, words of each fold (`models.py`)
      pictures/, lens/         curves drawn, and what `dure look` wrote

Order is what makes it safe. Curves are recorded before the checkpoint that builds on them;
a lane's weights are written before the lane is marked done; nothing is removed before what
replaces it is complete. Against power cuts (not killed processes) lanes are flushed to the disk
with the next checkpoint, and at the end, since flushing each would cost more than training a
small one. Weights not flushed yet are verified when the folder is opened for writing again;
where a power cut took them, the lane is in training again, and comes to the same end.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from dure.core.types import FirstNan, LaneKey, Status
from dure.errors import RunFolderError
from dure.storage.checkpoints import Generations, LaneSnapshot
from dure.storage.curves_db import CurvesFile, LaneRound, LaneRow
from dure.storage.disk import flush_folder, remove_file
from dure.storage.files import (
    CHECKPOINTS,
    CURVES,
    LANES,
    WriterLock,
    explained,
    flush_files,
    read_tensors,
)
from dure.storage.lane_weights import read_weights, weights_file, write_weights
from dure.storage.probes_db import Recorded
from dure.storage.run_folder import FORMAT, read_manifest, refuse_unless_empty, write_manifest


class Store:
    """A run folder open for reading, or for reading and writing by one thread of one process.

    Made by `Store.create` and `Store.open`; a context manager.

    Attributes
    ----------
    folder
        Where it is.
    manifest
        What was run, as it was given to `create`.
    lanes
        Which lane has which index.
    """

    folder: Path
    manifest: dict[str, Any]
    lanes: list[LaneKey]

    def __init__(self, folder: Path, lock: WriterLock | None) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        self._lock = lock
        with explained("open the curves", folder):
            self._curves = CurvesFile(folder / CURVES, read_only=lock is None)
        self.lanes = self._curves.keys
        self._generations = Generations(folder / CHECKPOINTS)
        self._pending: list[int] = []  # lanes whose weights are written but not flushed

    @classmethod
    def create(
        cls, folder: str | Path, manifest: Mapping[str, Any], lanes: Sequence[LaneKey]
    ) -> Store:
        """Make a run folder where there is none, or an empty folder, and open it for writing.

        What an earlier `create` that was killed left half-made counts as empty.

        Raises
        ------
        RunFolderError
            There is something in the folder, or it cannot be written.
        """
        folder = Path(folder)
        with explained("make the run folder", folder):
            folder.mkdir(parents=True, exist_ok=True)
            refuse_unless_empty(folder)
            lock = WriterLock(folder)
            try:
                refuse_unless_empty(folder)  # another may have been faster
                for name in (CURVES, f"{CURVES}-wal", f"{CURVES}-shm"):
                    remove_file(folder / name)
                for name in (LANES, CHECKPOINTS):
                    (folder / name).mkdir(exist_ok=True)
                CurvesFile.create(folder / CURVES, lanes)
                write_manifest(folder, {"format": FORMAT, **manifest})
                flush_folder(folder.absolute().parent)
                return cls(folder, lock)
            except BaseException:
                lock.release()
                raise

    @classmethod
    def open(cls, folder: str | Path, *, read_only: bool = False) -> Store:
        """Open a run folder; for reading also while another process trains in it.

        Raises
        ------
        RunFolderError
            It is no run folder, is damaged, is of a newer format, or (for writing) is being
            written by another process.
        """
        folder = Path(folder)
        read_manifest(folder)  # says what is wrong before a lock file is put anywhere
        if read_only:
            return cls(folder, None)
        with explained("open for writing", folder):
            lock = WriterLock(folder)
        try:
            store = cls(folder, lock)
            store._generations.clear_leftovers()
            store._verify_unsynced()
        except BaseException:
            lock.release()
            raise
        return store

    def close(self) -> None:
        """Flush what is not yet, close the files, let others write. Safe to leave out."""
        if self._lock and self._pending:
            # What cannot be flushed is verified when the folder is next opened for writing.
            with contextlib.suppress(RunFolderError):
                self._sync()
        self._curves.close()
        if self._lock:
            self._lock.release()

    def _sync(self) -> None:
        with explained("flush to the disk", self.folder):
            flush_files([weights_file(self.folder, lane) for lane in self._pending])
            flush_folder(self.folder / LANES)
            self._curves.sync()
        self._pending = []

    def _verify_unsynced(self) -> None:
        with explained("verify the newest weights", self.folder):
            for lane, digest in self._curves.unsynced().items():
                try:
                    read_tensors(weights_file(self.folder, lane), digest)
                    self._pending.append(lane)
                except (OSError, ValueError) as error:
                    warnings.warn(
                        f"lane {lane} in {self.folder} is trained again: its weights did not "
                        f"reach the disk ({error}).",
                        RuntimeWarning,
                        stacklevel=3,
                    )
                    self._curves.unfinish(lane)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Writing

    def extend(self, lanes: Sequence[LaneKey]) -> None:
        """Add the lanes that are not there yet, all waiting, after those that are.

        The table of lanes says which lanes there are; the seeds in the manifest follow it. Whoever
        is killed between the two leaves a manifest that names fewer seeds, which the next call
        mends, also if it adds nothing.

        Raises
        ------
        RunFolderError
            The folder cannot be written.
        """
        self._must_write("add lanes")
        known = set(self.lanes)
        new = [LaneKey(*key) for key in lanes if key not in known]
        if new:
            with explained("add lanes", self.folder):
                # All lanes synced now must have weights that would survive a power cut.
                self._sync()
                self._curves.extend(new)
        study = self.manifest.get("study")
        seeds = list(dict.fromkeys(int(key.seed) for key in self.lanes))
        if isinstance(study, dict) and study.get("seeds") != seeds:
            self.rewrite_manifest({"study": {**study, "seeds": seeds}})

    def rewrite_manifest(self, parts: Mapping[str, Any]) -> None:
        """Exchange parts of the manifest: whoever reads sees the old one or the new, whole.

        Raises
        ------
        RunFolderError
            The folder cannot be written; the manifest is then the old one.
        """
        self._must_write("rewrite the manifest")
        manifest = {**self.manifest, **parts}
        with explained("rewrite the manifest", self.folder):
            write_manifest(self.folder, manifest)
        self.manifest = manifest

    def record_round(self, rounds: Sequence[LaneRound]) -> None:
        """Add epochs to the curves of lanes, all in one transaction.

        Epochs from `first_epoch` on that are already there are replaced.

        Raises
        ------
        RunFolderError
            The folder cannot be written, or (naming every fault) a lane is out of range, twice
            there or done; its epochs leave a gap; its metrics are none or of unequal length.
        """
        self._must_write("record epochs")
        plain = [round_._replace(lane=int(round_.lane)) for round_ in rounds]
        faults = [fault for round_ in plain for fault in self._curves.faults_of(round_)]
        lanes = [round_.lane for round_ in plain]
        faults += [f"lane {lane} is there twice" for lane in set(lanes) if lanes.count(lane) > 1]
        if faults:
            raise RunFolderError(f"could not record epochs in {self.folder}: {'; '.join(faults)}.")
        with explained("record epochs", self.folder):
            self._curves.record(plain)

    def finish_lane(
        self,
        lane: int,
        status: Status,
        *,
        best_epoch: int | None,
        weights: Mapping[str, np.ndarray],
        best_weights: Mapping[str, np.ndarray] | None,
        test: Mapping[str, float],
    ) -> None:
        """Store a lane's weights, then mark it as done: once, after its last `record_round`.

        Parameters
        ----------
        lane
            Its index, from 0.
        status
            How it ended; must be a status that is done.
        best_epoch
            From 1; None if there is none (it failed before an epoch was complete).
        weights
            Arrays after its last epoch; {} if it has none.
        best_weights
            Arrays after its best epoch; None where they are the same as `weights`.
        test
            Metrics on the test set; {} without one.

        Raises
        ------
        RunFolderError
            The folder cannot be written, or the lane is out of range or already done.
        """
        self._must_write("store weights")
        lane = self._checked(lane)
        if lane in self._curves.done or not status.done:
            raise RunFolderError(
                f"could not mark lane {lane} as {status.kind} in {self.folder}: a lane is marked "
                "once, as finished, stopped, diverged or failed."
            )
        with explained(f"store the weights of lane {lane}", self.folder):
            digest = write_weights(weights_file(self.folder, lane), weights, best_weights)
            epoch = None if status.epoch is None else int(status.epoch)
            plain = replace(status, epoch=epoch)
            best = None if best_epoch is None else int(best_epoch)
            self._curves.finish(lane, plain, best, digest, test)
        if digest:
            self._pending.append(lane)

    def checkpoint(self, lanes: Mapping[int, LaneSnapshot]) -> None:
        """Write one checkpoint generation of lanes in training, and keep the newest two.

        Also makes all recorded so far survive a power cut.

        Raises
        ------
        RunFolderError
            The folder cannot be written (the generations before are then untouched), or a
            lane is out of range or further than its recorded curves.
        """
        self._must_write("write a checkpoint")
        plain = {self._checked(lane): snapshot for lane, snapshot in lanes.items()}
        for lane, snapshot in plain.items():
            if snapshot.epoch > self._curves.epochs[lane]:
                raise RunFolderError(
                    f"could not write a checkpoint in {self.folder}: lane {lane} is at epoch "
                    f"{snapshot.epoch} but has curves to epoch {self._curves.epochs[lane]}; "
                    "record_round comes first."
                )
        with explained("write a checkpoint", self.folder):
            self._sync()
            self._generations.write(self._generations.next_number(), plain)

    # Reading

    def restore(self) -> dict[int, LaneSnapshot]:
        """What unfinished lanes go on from: the newest generation whose checksums agree.

        A damaged one is passed over with a RuntimeWarning; with none left the answer is {}, and
        every lane starts again from its seed, to the same result. Lanes done since are left
        out, and so (with a warning) are lanes further than the curves recorded for them.
        """
        with explained("read the checkpoints", self.folder):
            found = self._generations.newest()
            rows = self._curves.rows()
        ready = {lane: s for lane, s in found.items() if not rows[lane].status.done}
        ahead = sorted(lane for lane, s in ready.items() if s.epoch > rows[lane].epochs)
        if ahead:
            warnings.warn(
                f"the curves in {self.folder} are older than its checkpoint; lanes {ahead} start "
                "again from their seed.",
                RuntimeWarning,
                stacklevel=2,
            )
        return {lane: s for lane, s in ready.items() if lane not in ahead}

    def weights(self, lane: int, which: Literal["best", "final"] = "best") -> dict[str, np.ndarray]:
        """The arrays given to `finish_lane`, of the lane's best or its last epoch, by sorted name.

        Raises
        ------
        RunFolderError
            The lane is not done, ended without weights, or its file is missing or damaged.
        """
        lane = self._checked(lane)
        with explained("read weights", self.folder):
            digest = self._curves.sha256(lane)
        if digest is None:
            variant, seed, fold = self.lanes[lane]
            raise RunFolderError(
                f"lane {lane} ({variant}, seed {seed}, fold {fold}) has no stored weights: it is "
                f"{self.statuses()[lane]}. Weights are stored when a lane ends."
            )
        try:
            return read_weights(weights_file(self.folder, lane), digest, which)
        except (OSError, ValueError) as error:
            raise RunFolderError(
                f"the weights of lane {lane} in {self.folder} cannot be read: {error}. Put the "
                "file back from a copy; every other lane is untouched."
            ) from error

    def statuses(self) -> dict[int, Status]:
        """How every lane stands, by index."""
        return {row.lane: row.status for row in self.lane_rows()}

    def lane_rows(self) -> list[LaneRow]:
        """Per lane its index, key, status, epochs run, best epoch and seconds, in order."""
        with explained("read the lanes", self.folder):
            return self._curves.rows()

    def curves_table(self) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """All curves at once, one entry per lane and epoch, sorted by lane, then epoch.

        Returns
        -------
        lanes, epochs, metrics
            int64 of shape (rows,), int64 from 1 of shape (rows,), and per metric, in the order
            they first came, float64 of shape (rows,); NaN where a lane has no such value.
        """
        with explained("read the curves", self.folder):
            return self._curves.table()

    def health(self) -> tuple[Recorded, dict[int, FirstNan]]:
        """What was measured inside lanes, and by lane where its numbers were first not finite."""
        with explained("read what was measured of the layers", self.folder):
            return self._curves.health()

    def tests(self) -> dict[int, dict[str, float]]:
        """Per lane, by index, the test metrics given to `finish_lane`; only lanes that have any."""
        with explained("read the test metrics", self.folder):
            return self._curves.tests()

    def _must_write(self, doing: str) -> None:
        if self._lock is None:
            raise RunFolderError(f"could not {doing} in {self.folder}: it was opened read-only.")

    def _checked(self, lane: int) -> int:
        if not 0 <= lane < len(self.lanes):
            raise RunFolderError(f"in {self.folder} {self._curves.no_lane(lane)}.")
        return int(lane)
