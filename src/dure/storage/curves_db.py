"""The file of curves: an SQLite database in write-ahead mode, readable while training runs.

Tables for people and for `sqlite3` on the command line: `lanes`, `curves` (a column per
metric), `test`; and for ourselves `metrics` (which column holds which metric, since SQLite's
column names ignore case) and `run`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np

from dure.core.types import FirstNan, LaneKey, Status
from dure.errors import RunFolderError
from dure.storage import probes_db
from dure.storage.probes_db import LaneHealth, Recorded

_SCHEMA = """
CREATE TABLE lanes (
  lane INTEGER PRIMARY KEY, variant TEXT NOT NULL, seed INTEGER NOT NULL, fold INTEGER NOT NULL,
  status TEXT NOT NULL, epoch INTEGER, reason TEXT, epochs INTEGER NOT NULL, best_epoch INTEGER,
  seconds REAL NOT NULL, weights_sha256 TEXT, synced INTEGER);
CREATE TABLE curves (
  lane INTEGER NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY (lane, epoch)) WITHOUT ROWID;
CREATE TABLE test (
  lane INTEGER NOT NULL, metric TEXT NOT NULL, value REAL, PRIMARY KEY (lane, metric));
CREATE TABLE metrics (
  position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, column_name TEXT NOT NULL UNIQUE);
CREATE TABLE run (key TEXT PRIMARY KEY, value);
"""


class LaneRound(NamedTuple):
    """Some epochs of one lane.

    Attributes
    ----------
    lane
        Its index, from 0.
    first_epoch
        The first of these epochs, from 1. May go back over epochs already recorded (a lane
        gone on with from a checkpoint), which are then replaced; may not leave a gap.
    metrics
        Per metric the values, float of shape (epochs,).
    seconds
        Time these epochs took.
    health
        What was measured inside it.
    """

    lane: int
    first_epoch: int
    metrics: Mapping[str, np.ndarray]
    seconds: float
    health: LaneHealth = LaneHealth()


class LaneRow(NamedTuple):
    """How one lane stands.

    Attributes
    ----------
    lane, key
        Its index, from 0, and which it is.
    status
        How it stands.
    epochs
        Epochs it ran.
    best_epoch
        From 1; None while it trains, or if it never had one.
    seconds
        Time spent on it, epochs done twice (after a resume) counted twice.
    """

    lane: int
    key: LaneKey
    status: Status
    epochs: int
    best_epoch: int | None
    seconds: float


def quoted(name: str) -> str:
    """A name as an SQLite identifier, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def column_for(metric: str, taken: set[str]) -> str:
    """A column name for a metric: its own, unless SQLite would take it for one in `taken`."""
    base = metric.replace("\0", "?") or "metric"
    name, n = base, 2
    while name.lower() in taken:
        name, n = f"{base} ({n})", n + 1
    return name


class CurvesFile:
    """One connection to `curves.sqlite`, to be used from one thread.

    Durability: every commit survives the death of the process at once. A power cut may take
    the commits since the last `sync`, never the file itself (synchronous=NORMAL).
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        if not path.is_file():
            raise RunFolderError(
                f"{path} is missing, so the run folder is incomplete: put it back from a copy, "
                "or start again in another run folder."
            )
        self._db = _connect_for_reading(path) if read_only else _connect(path, "rw")
        try:
            if not read_only:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                problem = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
                if problem != "ok":
                    raise sqlite3.DatabaseError(f"damaged: {problem}")
                probes_db.create(self._db)
            self._load()
        except BaseException:
            self._db.close()
            raise

    def _load(self) -> None:
        columns = "lane, epochs, status, variant, seed, fold"
        rows = self._db.execute(f"SELECT {columns} FROM lanes ORDER BY lane").fetchall()
        self.keys = [LaneKey(*row[3:]) for row in rows]
        self.epochs = [row[1] for row in rows]
        self.done = {row[0] for row in rows if Status(row[2]).done}
        self._columns = self._read_columns()

    @classmethod
    def create(cls, path: Path, lanes: Sequence[LaneKey]) -> None:
        """Write the file with its lanes, all waiting, and flush it to the disk."""
        db = _connect(path, "rwc")
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(f"BEGIN;{_SCHEMA}")
            _insert_lanes(db, 0, lanes)
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            db.close()

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite may have rolled back by itself (full disk)
                self._db.execute("ROLLBACK")
            self._columns = self._read_columns()
            raise

    def sync(self) -> None:
        """Make everything committed so far survive a power cut; the weights must do so already."""
        self._db.execute("PRAGMA synchronous=FULL")
        try:
            with self._transaction():
                self._db.execute("UPDATE lanes SET synced = 1 WHERE synced = 0")
                # A commit that changes nothing would not be flushed.
                self._db.execute(
                    "INSERT OR REPLACE INTO run VALUES ('syncs', 1 + ifnull("
                    "(SELECT value FROM run WHERE key = 'syncs'), 0))"
                )
        finally:
            self._db.execute("PRAGMA synchronous=NORMAL")

    # Writing

    def extend(self, lanes: Sequence[LaneKey]) -> None:
        """Add lanes, all waiting, after those there are, and make them survive a power cut."""
        with self._transaction():
            _insert_lanes(self._db, len(self.keys), lanes)
        self.sync()
        self.keys.extend(lanes)
        self.epochs.extend(0 for _ in lanes)

    def faults_of(self, given: LaneRound) -> list[str]:
        """What is wrong with a round that is to be recorded."""
        lane, first = given.lane, given.first_epoch
        if not 0 <= lane < len(self.keys):
            return [self.no_lane(lane)]
        faults = []
        if lane in self.done:
            faults.append(f"lane {lane} is already done")
        if not 1 <= first <= self.epochs[lane] + 1:
            faults.append(
                f"lane {lane} has {self.epochs[lane]} epochs, so the next must begin at "
                f"1 to {self.epochs[lane] + 1}, not {first}"
            )
        shapes = {name: np.shape(values) for name, values in given.metrics.items()}
        if len(set(shapes.values())) != 1 or any(len(s) != 1 or s == (0,) for s in shapes.values()):
            faults.append(
                f"lane {lane} needs at least one metric, all of one shape (epochs,), not {shapes}"
            )
        return faults

    def no_lane(self, lane: int) -> str:
        """Says that there is no such lane."""
        return f"there is no lane {lane}: it has {len(self.keys)} lanes, counted from 0"

    def record(self, rounds: Sequence[LaneRound]) -> None:
        """Record rounds of lanes (each lane once at most, checked by the caller)."""
        rows: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        after: dict[int, int] = {}
        with self._transaction():
            for lane, first, metrics, seconds, health in rounds:
                if first <= self.epochs[lane]:
                    self._db.execute(
                        "DELETE FROM curves WHERE lane = ? AND epoch >= ?", (lane, first)
                    )
                    probes_db.forget(self._db, lane, first)
                probes_db.record(self._db, lane, self.keys[lane].variant, health)
                values = [np.asarray(v, np.float64).tolist() for v in metrics.values()]
                last = first + len(values[0]) - 1
                after[lane] = last
                epochs = range(first, last + 1)
                rows.setdefault(tuple(metrics), []).extend(
                    (lane, *row) for row in zip(epochs, *values, strict=True)
                )
                self._db.execute(
                    "UPDATE lanes SET status = 'running', epochs = ?, seconds = seconds + ?"
                    " WHERE lane = ?",
                    (last, float(seconds), lane),
                )
            for names, group in rows.items():
                columns = "".join(f", {quoted(self._column(name))}" for name in names)
                marks = ", ?" * len(names)
                self._db.executemany(
                    f"INSERT INTO curves(lane, epoch{columns}) VALUES (?, ?{marks})", group
                )
        for lane, last in after.items():
            self.epochs[lane] = last

    def finish(
        self,
        lane: int,
        status: Status,
        best_epoch: int | None,
        sha256: str | None,
        test: Mapping[str, float],
    ) -> None:
        """Mark a lane as done, with its test metrics, in one transaction."""
        with self._transaction():
            if isinstance(status.reason, FirstNan):
                probes_db.record_first_nan(self._db, lane, status.reason)
            self._db.execute(
                "UPDATE lanes SET status = ?, epoch = ?, reason = ?, best_epoch = ?,"
                " weights_sha256 = ?, synced = 0 WHERE lane = ?",
                (status.kind, status.epoch, status.cause or None, best_epoch, sha256, lane),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO test VALUES (?, ?, ?)",
                [(lane, metric, float(value)) for metric, value in test.items()],
            )
        self.done.add(lane)

    def unfinish(self, lane: int) -> None:
        """Take back `finish`."""
        with self._transaction():
            self._db.execute(
                "UPDATE lanes SET status = 'running', epoch = NULL, reason = NULL, best_epoch = "
                "NULL, weights_sha256 = NULL, synced = NULL WHERE lane = ?",
                (lane,),
            )
            self._db.execute("DELETE FROM test WHERE lane = ?", (lane,))
            probes_db.forget_first_nan(self._db, lane)
        self.done.discard(lane)

    def unsynced(self) -> dict[int, str]:
        """Checksums of the weights, by lane, that lanes were marked done with since `sync`."""
        query = "SELECT lane, weights_sha256 FROM lanes WHERE synced = 0 AND weights_sha256 NOTNULL"
        return dict(self._db.execute(query).fetchall())

    def _column(self, metric: str) -> str:
        """The column of a metric, made if there is none yet."""
        if metric not in self._columns:
            taken = {"lane", "epoch"} | {c.lower() for c in self._columns.values()}
            column = column_for(metric, taken)
            self._db.execute(f"ALTER TABLE curves ADD COLUMN {quoted(column)} REAL")
            self._db.execute(
                "INSERT INTO metrics(name, column_name) VALUES (?, ?)", (metric, column)
            )
            self._columns[metric] = column
        return self._columns[metric]

    def _read_columns(self) -> dict[str, str]:
        rows = self._db.execute("SELECT name, column_name FROM metrics ORDER BY position")
        return dict(rows.fetchall())

    # Reading. Another process may add lanes meanwhile: what is told is of those known here.

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        """A transaction: what is read in it is of the same moment while another writes."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def rows(self) -> list[LaneRow]:
        """How every lane stands, in order."""
        with self._one_moment():
            found = self._db.execute(
                "SELECT lane, variant, seed, fold, status, epoch, reason, epochs, best_epoch,"
                " seconds FROM lanes WHERE lane < ? ORDER BY lane",
                (len(self.keys),),
            ).fetchall()
            lost = probes_db.read_first_nan(self._db)
        return [
            LaneRow(r[0], LaneKey(*r[1:4]), Status(r[4], r[5], lost.get(r[0], r[6])), *r[7:])
            for r in found
        ]

    def sha256(self, lane: int) -> str | None:
        """The checksum of a lane's weights file; None if it has none."""
        row = self._db.execute("SELECT weights_sha256 FROM lanes WHERE lane = ?", (lane,))
        found: str | None = row.fetchone()[0]
        return found

    def table(self) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Every recorded epoch, sorted by lane, then epoch; as `Store.curves_table` says."""
        with self._one_moment():
            columns = self._read_columns()
            wanted = "".join(f", {quoted(c)}" for c in columns.values())
            cursor = self._db.execute(
                f"SELECT lane, epoch{wanted} FROM curves WHERE lane < ? ORDER BY lane, epoch",
                (len(self.keys),),
            )
            whole = probes_db.read_numbers(cursor, 2 + len(columns))
        metrics = {name: whole[:, 2 + i].copy() for i, name in enumerate(columns)}
        return whole[:, 0].astype(np.int64), whole[:, 1].astype(np.int64), metrics

    def health(self) -> tuple[Recorded, dict[int, FirstNan]]:
        """What was measured inside lanes, and by lane where its numbers were lost."""
        with self._one_moment():
            return probes_db.read(self._db), probes_db.read_first_nan(self._db)

    def tests(self) -> dict[int, dict[str, float]]:
        """Test metrics, as `Store.tests` says."""
        found: dict[int, dict[str, float]] = {}
        for lane, metric, value in self._db.execute(
            "SELECT * FROM test WHERE lane < ? ORDER BY rowid", (len(self.keys),)
        ):
            found.setdefault(lane, {})[metric] = np.nan if value is None else value
        return found


def _insert_lanes(db: sqlite3.Connection, first: int, lanes: Sequence[LaneKey]) -> None:
    db.executemany(
        "INSERT INTO lanes(lane, variant, seed, fold, status, epochs, seconds)"
        " VALUES (?, ?, ?, ?, 'waiting', 0, 0)",
        [(i, k.variant, int(k.seed), int(k.fold)) for i, k in enumerate(lanes, first)],
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?{mode if '=' in mode else f'mode={mode}'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30)


def _connect_for_reading(path: Path) -> sqlite3.Connection:
    db = _connect(path, "ro")
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        db.close()
        # On a read-only disk SQLite cannot make the shared memory that write-ahead mode
        # needs; a run that was closed in order has nothing there and can do without.
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        db = _connect(path, "immutable=1")
    except BaseException:
        db.close()
        raise
    return db
