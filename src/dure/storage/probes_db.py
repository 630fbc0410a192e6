"""The part of `curves.sqlite` that holds what was measured inside lanes.

Tables: `layers` (names, once a variant, by their place in the order of calls), `health` (a row a
lane, measured epoch and layer, a column a quantity), `probes` (the same of the whole network),
`unmeasured` (variants that could not be, and why) and `first_nan`. A run folder made before there
were any has none of them, and reads as one in which nothing was measured.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dure.core.types import LANE_QUANTITIES, LAYER_QUANTITIES, FirstNan

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS layers (
  variant TEXT NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (variant, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS health (
  lane INTEGER NOT NULL, epoch INTEGER NOT NULL, layer INTEGER NOT NULL,
  {" REAL, ".join(LAYER_QUANTITIES)} REAL, PRIMARY KEY (lane, epoch, layer)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS probes (
  lane INTEGER NOT NULL, epoch INTEGER NOT NULL, {" REAL, ".join(LANE_QUANTITIES)} REAL,
  PRIMARY KEY (lane, epoch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unmeasured (variant TEXT PRIMARY KEY, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS first_nan (
  lane INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, step INTEGER NOT NULL, layer TEXT,
  what TEXT NOT NULL);
"""
_CHUNK = 50_000  # rows turned into numbers at a time: bounds the memory Python's objects take


class LaneHealth(NamedTuple):
    """What was measured of one lane during a round.

    Attributes
    ----------
    names
        Its layers, in the order of calls.
    epochs
        At which epochs, from 0.
    layers, lane
        Shapes [epochs, layers, LAYER_QUANTITIES] and [epochs, LANE_QUANTITIES].
    fault
        Why its variant cannot be measured; None if it can.
    """

    names: Sequence[str] = ()
    epochs: Sequence[int] = ()
    layers: npt.ArrayLike = ()
    lane: npt.ArrayLike = ()
    fault: str | None = None


class Recorded(NamedTuple):
    """All that was measured in a run, sorted by lane, epoch and layer.

    Attributes
    ----------
    names
        By variant its layers in the order of calls.
    layer_rows, layer_values
        int64 [rows, (lane, epoch, layer)] and float64 [rows, LAYER_QUANTITIES].
    lane_rows, lane_values
        int64 [rows, (lane, epoch)] and float64 [rows, LANE_QUANTITIES].
    unmeasured
        By variant why it could not be measured.
    """

    names: dict[str, list[str]]
    layer_rows: npt.NDArray[np.int64]
    layer_values: npt.NDArray[np.float64]
    lane_rows: npt.NDArray[np.int64]
    lane_values: npt.NDArray[np.float64]
    unmeasured: dict[str, str]

    def of_lanes(self, count: int) -> Recorded:
        """The same, of the first `count` lanes only."""
        layers, lanes = self.layer_rows[:, 0] < count, self.lane_rows[:, 0] < count
        return self._replace(
            layer_rows=self.layer_rows[layers],
            layer_values=self.layer_values[layers],
            lane_rows=self.lane_rows[lanes],
            lane_values=self.lane_values[lanes],
        )


def create(db: sqlite3.Connection) -> None:
    """Make the tables where there are none."""
    db.executescript(_SCHEMA)


def forget(db: sqlite3.Connection, lane: int, first_epoch: int) -> None:
    """Take back what was measured of a lane that goes on from this epoch (from 1)."""
    since = 0 if first_epoch == 1 else first_epoch
    for table in ("health", "probes"):
        db.execute(f"DELETE FROM {table} WHERE lane = ? AND epoch >= ?", (lane, since))


def record(db: sqlite3.Connection, lane: int, variant: str, health: LaneHealth) -> None:
    """Add what was measured of a lane, inside the caller's transaction."""
    if health.fault is not None:
        db.execute("INSERT OR REPLACE INTO unmeasured VALUES (?, ?)", (variant, health.fault))
    if not len(health.epochs):
        return
    db.executemany(
        "INSERT OR IGNORE INTO layers VALUES (?, ?, ?)",
        [(variant, place, name) for place, name in enumerate(health.names)],
    )
    tables = np.asarray(health.layers, np.float64).tolist()
    db.executemany(
        f"INSERT OR REPLACE INTO health VALUES (?, ?, ?{', ?' * len(LAYER_QUANTITIES)})",
        [
            (lane, int(epoch), place, *row)
            for epoch, table in zip(health.epochs, tables, strict=True)
            for place, row in enumerate(table)
        ],
    )
    values = np.asarray(health.lane, np.float64).tolist()
    db.executemany(
        f"INSERT OR REPLACE INTO probes VALUES (?, ?{', ?' * len(LANE_QUANTITIES)})",
        [(lane, int(e), *row) for e, row in zip(health.epochs, values, strict=True)],
    )


def read(db: sqlite3.Connection) -> Recorded:
    """Everything measured; the caller's transaction makes it of one moment."""
    names: dict[str, list[str]] = {}
    if not _there(db):
        none = np.empty((0, 3), np.int64), np.empty((0, len(LAYER_QUANTITIES)))
        return Recorded(names, *none, none[0][:, :2], np.empty((0, len(LANE_QUANTITIES))), {})
    for variant, name in db.execute("SELECT variant, name FROM layers ORDER BY variant, place"):
        names.setdefault(variant, []).append(name)
    layers = _numbers(db, "health", 3 + len(LAYER_QUANTITIES), "lane, epoch, layer")
    lanes = _numbers(db, "probes", 2 + len(LANE_QUANTITIES), "lane, epoch")
    return Recorded(
        names,
        layers[:, :3].astype(np.int64),
        layers[:, 3:],
        lanes[:, :2].astype(np.int64),
        lanes[:, 2:],
        dict(db.execute("SELECT variant, reason FROM unmeasured").fetchall()),
    )


def record_first_nan(db: sqlite3.Connection, lane: int, found: FirstNan) -> None:
    """Note where a lane's numbers were lost, inside the caller's transaction."""
    db.execute("INSERT OR REPLACE INTO first_nan VALUES (?, ?, ?, ?, ?)", (lane, *found))


def forget_first_nan(db: sqlite3.Connection, lane: int) -> None:
    """Take back :func:`record_first_nan`."""
    db.execute("DELETE FROM first_nan WHERE lane = ?", (lane,))


def read_first_nan(db: sqlite3.Connection) -> dict[int, FirstNan]:
    """By lane where its numbers were lost."""
    if not _there(db):
        return {}
    rows: list[Any] = db.execute("SELECT * FROM first_nan ORDER BY lane").fetchall()
    return {row[0]: FirstNan(*row[1:]) for row in rows}


def _there(db: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE name IN ('layers', 'health', 'first_nan')"
    return bool(db.execute(query).fetchone()[0] == 3)


def _numbers(db: sqlite3.Connection, table: str, width: int, order: str) -> npt.NDArray[np.float64]:
    return read_numbers(db.execute(f"SELECT * FROM {table} ORDER BY {order}"), width)


def read_numbers(cursor: sqlite3.Cursor, width: int) -> npt.NDArray[np.float64]:
    """All rows of a query for numbers, float64 [rows, width]; NULL is NaN."""
    blocks = [np.empty((0, width))]
    while rows := cursor.fetchmany(_CHUNK):
        flat = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * width)
        blocks.append(flat.reshape(-1, width))
    return np.concatenate(blocks)
