"""Checkpoint generations: everything unfinished lanes need to go on, twice over.

A generation is a folder `checkpoints/000012` of `state.safetensors` (arrays, named
"lane/name"), `state.json` (epochs and the rest) and `SHA256SUMS` (for `sha256sum -c`).
It is written in a temporary folder, flushed and renamed, and only then are older ones removed.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dure.storage.disk import flush_folder, read_file, remove_folder, rename_folder
from dure.storage.files import read_tensors, tensor_pieces, write_flushed

KEPT = 2
_TENSORS, _STATE, _SUMS = "state.safetensors", "state.json", "SHA256SUMS"


class LaneSnapshot(NamedTuple):
    """What one lane needs to go on: arrays by name, epochs trained, and values JSON can hold."""

    arrays: dict[str, np.ndarray]
    epoch: int
    extra: dict[str, Any]


class Generations:
    """The checkpoints of one run folder, newest `KEPT` kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._damaged: set[int] = set()

    def numbers(self) -> list[int]:
        """Generations there are, oldest first, damaged ones included."""
        if not self._folder.is_dir():
            return []
        return sorted(int(p.name) for p in self._folder.iterdir() if p.name.isdigit())

    def next_number(self) -> int:
        """The number the next generation will have; the first is 1."""
        return max(self.numbers(), default=0) + 1

    def clear_leftovers(self) -> None:
        """Remove what a killed writer left half-written."""
        with suppress(OSError):  # the next to write needs the place, and says what is wrong
            remove_folder(self._folder / "tmp")

    def write(self, number: int, lanes: Mapping[int, LaneSnapshot]) -> None:
        """Write a generation, make it durable, then remove the ones too old to keep."""
        temporary = self._folder / "tmp"
        remove_folder(temporary)
        temporary.mkdir()
        try:
            self._fill(temporary, number, lanes)
            flush_folder(temporary)
            rename_folder(temporary, self._folder / f"{number:06d}")
        except BaseException:
            self.clear_leftovers()
            raise
        flush_folder(self._folder)
        self._prune()

    def _fill(self, folder: Path, number: int, lanes: Mapping[int, LaneSnapshot]) -> None:
        arrays = {
            f"{lane}/{name}": array
            for lane, snapshot in lanes.items()
            for name, array in snapshot.arrays.items()
        }
        entries = {
            str(lane): {"epoch": int(snapshot.epoch), "extra": snapshot.extra}
            for lane, snapshot in lanes.items()
        }
        state = json.dumps({"generation": number, "lanes": entries}, indent=1).encode()
        sums = {
            _TENSORS: write_flushed(folder / _TENSORS, tensor_pieces(arrays)),
            _STATE: write_flushed(folder / _STATE, iter([state])),
        }
        write_flushed(folder / _SUMS, iter([_sums_text(sums).encode()]))

    def _prune(self) -> None:
        # A generation found damaged must not push out one that can still be read.
        sound = [n for n in self.numbers() if n not in self._damaged]
        for number in set(self.numbers()) - set(sound[-KEPT:]):
            with suppress(OSError):  # the next to write tries again
                remove_folder(self._folder / f"{number:06d}")

    def newest(self) -> dict[int, LaneSnapshot]:
        """The newest generation that verifies, warning about each that does not; else {}."""
        numbers = self.numbers()
        for number in reversed(numbers):
            try:
                return self._read(number)
            except (OSError, ValueError) as error:
                self._damaged.add(number)
                older = number != numbers[0]
                instead = (
                    "the one before is tried" if older else "lanes start again from their seed"
                )
                warnings.warn(
                    f"checkpoint {self._folder / f'{number:06d}'} is damaged ({error}): {instead}.",
                    RuntimeWarning,
                    stacklevel=3,
                )
        return {}

    def _read(self, number: int) -> dict[int, LaneSnapshot]:
        folder = self._folder / f"{number:06d}"
        text = read_file(folder / _SUMS).decode("ascii")
        lines = (line.partition("  ") for line in text.splitlines())
        sums = {name: digest for digest, _, name in lines}
        if set(sums) != {_TENSORS, _STATE} or text != _sums_text(sums):
            raise ValueError(f"{_SUMS} does not list the two files there must be")
        state = read_file(folder / _STATE)
        if hashlib.sha256(state).hexdigest() != sums[_STATE]:
            raise ValueError(f"{_STATE} does not match its checksum")
        entries = json.loads(state)["lanes"]
        snapshots = {
            int(lane): LaneSnapshot({}, entry["epoch"], entry["extra"])
            for lane, entry in entries.items()
        }
        for key, array in read_tensors(folder / _TENSORS, sums[_TENSORS]).items():
            lane, _, name = key.partition("/")
            snapshots[int(lane)].arrays[name] = array
        return snapshots


def _sums_text(sums: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())
