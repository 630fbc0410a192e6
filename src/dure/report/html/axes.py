"""Geometry of charts: numbers on an axis, and paths in a grid that is stretched to the chart.

A chart is drawn in `GRID` x `GRID` whole units, y downwards, and stretched by the browser; text is
set beside it by percent, so that it keeps its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dure.core.types import Floats

GRID = 10_000
_FAR = 1000 * GRID  # beyond this, single precision (that of browsers) would shake


@dataclass(frozen=True)
class Tick:
    """A number or name at a place along an axis, percent of its length from left or top."""

    at: float
    text: str


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` along an axis; `logarithmic` where both are above 0."""

    low: float
    high: float
    logarithmic: bool = False

    def shares(self, values: npt.ArrayLike) -> Floats:
        """Where values are, 0 at `low` and 1 at `high`; NaN for what has no place."""
        found = np.asarray(values, dtype=np.float64)
        low, high = self.low, self.high
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.logarithmic:
                found = np.log10(np.where(found > 0, found, np.nan))
                low, high = math.log10(low), math.log10(high)
            shares = (found - low) / (high - low)
        return np.where(np.isfinite(shares), shares, np.nan)

    def ticks(self, wanted: int = 5, whole: bool = False, downwards: bool = False) -> list[Tick]:
        """About `wanted` round numbers; `whole` for counts, `downwards` from the top."""
        if self.logarithmic:
            values, texts = _powers(self.low, self.high, wanted)
        else:
            values, texts = round_numbers(self.low, self.high, wanted, whole)
        shares = self.shares(values)
        return [
            Tick(round(100 * float(1 - at if downwards else at), 3), text)
            for at, text in zip(shares, texts, strict=True)
        ]


def scale_over(values: Iterable[npt.ArrayLike], logarithmic: bool = False) -> Scale:
    """A scale that holds all finite values, with a little room at both ends."""
    every = np.concatenate([np.zeros(0), *(np.ravel(np.asarray(v, float)) for v in values)])
    every = every[np.isfinite(every)]
    if logarithmic:
        every = every[every > 0]
        low, high = (float(every.min()), float(every.max())) if every.size else (0.1, 10.0)
        room = max((high / low) ** 0.04, 1.2)
        return Scale(low / room, high * room, logarithmic=True)
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    return with_room(low, high)


def with_room(low: float, high: float, room: float = 0.04) -> Scale:
    """A scale a little wider than this."""
    if not high > low:
        low, high = low - (abs(low) / 2 or 0.5), high + (abs(high) / 2 or 0.5)
    more = room * (high - low)
    return Scale(low - more, high + more)


def round_numbers(
    low: float, high: float, wanted: int, whole: bool = False
) -> tuple[list[float], list[str]]:
    """Multiples of 1, 2 or 5 times a power of ten in a range, and how they are written."""
    rough = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    part = rough / power
    step = power * (1 if part < 1.5 else 2 if part < 3.5 else 5 if part < 7.5 else 10)
    step = max(step, 1.0) if whole else step
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [n * step for n in range(first, last + 1)]
    return values, [write_tick(value, step) for value in values]


def write_tick(value: float, step: float) -> str:
    """A number on an axis whose numbers are a `step` apart; zeros are not spelled out."""
    if value and (abs(value) >= 1e6 or step < 1e-5):
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value + 0.0:,.{decimals}f}".replace("-", "−")


def _powers(low: float, high: float, wanted: int) -> tuple[list[float], list[str]]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, math.ceil((last - first) / wanted))
    parts = (1, 2, 5) if last - first <= 2 else (1,)
    values = [m * 10.0**e for e in range(first, last + 1, every) for m in parts]
    values = [value for value in values if low <= value <= high]
    return values, [f"{v:g}" if 1e-4 < v < 1e6 else _exponent(v) for v in values]


def _exponent(value: float) -> str:
    mantissa, exponent = f"{value:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1" else f"{mantissa}·10{raised}"


def across(scale: Scale, values: npt.ArrayLike) -> Floats:
    """Places from the left in the grid."""
    return np.rint(np.clip(scale.shares(values) * GRID, -_FAR, _FAR))


def down(scale: Scale, values: npt.ArrayLike) -> Floats:
    """Places from the top in the grid."""
    return np.rint(np.clip((1 - scale.shares(values)) * GRID, -_FAR, _FAR))


def line_path(x: Floats, y: Floats) -> str:
    """A line through points in the grid, interrupted at NaN; a lone point is a dot."""
    return "".join(
        f"M{_pair(x[run][0], y[run][0])}" + (_steps(x[run], y[run]) or "h0")
        for run in _runs(np.isfinite(x) & np.isfinite(y))
    )


def band_path(x: Floats, low: Floats, high: Floats) -> str:
    """The area between two lines in the grid, interrupted at NaN."""
    return "".join(
        f"M{_pair(x[run][0], high[run][0])}{_steps(x[run], high[run])}"
        f"L{_pair(x[run][-1], low[run][-1])}{_steps(x[run][::-1], low[run][::-1])}z"
        for run in _runs(np.isfinite(x) & np.isfinite(low) & np.isfinite(high))
        if run.stop - run.start > 1
    )


def whisker_path(x: Floats, low: Floats, high: Floats) -> str:
    """The upright lines that stand for a band at points without neighbours."""
    return "".join(
        f"M{_pair(x[run][0], high[run][0])}V{int(low[run][0])}"
        for run in _runs(np.isfinite(x) & np.isfinite(low) & np.isfinite(high))
        if run.stop - run.start == 1
    )


def _runs(known: npt.NDArray[np.bool_]) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _pair(x: float, y: float) -> str:
    return f"{int(x)} {int(y)}" if y >= 0 else f"{int(x)}{int(y)}"


def _steps(x: Floats, y: Floats) -> str:
    dx, dy = np.diff(x).astype(np.int64).tolist(), np.diff(y).astype(np.int64).tolist()
    steps = (f" {a} {b}" if b >= 0 else f" {a}{b}" for a, b in zip(dx, dy, strict=True))
    return f"l{''.join(steps)[1:]}".replace(" -", "-") if dx else ""


def pick_evenly(places: Sequence[int], most: int) -> list[int]:
    """At most so many of these, evenly, with the first and the last."""
    if len(places) <= most:
        return list(places)
    picked = np.unique(np.rint(np.linspace(0, len(places) - 1, most)).astype(int))
    return [places[i] for i in picked]
