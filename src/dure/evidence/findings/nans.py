"""Values that are not finite: in which layer, and at which step, they were seen first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dure.evidence.findings.case import Case, Finding, Number, figure, last_finite, median

GROWN = 2.0
"""Times the first loss that the last finite one must reach to say that it grew before it broke."""

_PLACES = {
    "activation": "in the output of {layer}",
    "gradient": "in the gradient of {layer}",
    "weights": "in the weights of {layer}",
    "loss": "in the loss itself",
}


def find(case: Case) -> Iterator[Finding]:
    """Lanes that diverged; every one counts, for a single one is lost for any mean."""
    lost = case.diverged
    seen = int(lost.sum())
    if not seen:
        return
    numbers: dict[str, Number] = {"diverged": seen, "lanes": case.of}
    numbers["epoch"] = median(case.ran[lost])
    layer, where = _origin(case.first_nan, numbers)
    told = f"{case.variant}: the loss was NaN or infinite {case.lanes_told(seen)}"
    told += f" (at epoch {figure(float(numbers['epoch']))}, the median), and they stopped there; "
    told += where or "where it came from first could not be examined"
    grew, by = grown(case)
    if grew:
        numbers["grew_by"] = by
        told += f". {_lanes(grew)} the loss had grown to {figure(by)} times its first value before,"
        told += " as with a rate too high; a tenth of the rate, or clipnorm, is the first to try"
    else:
        told += ". Look for a logarithm or division by 0 there, or try clipnorm and a lower rate"
    yield Finding("nan", case.variant, layer, seen, case.of, told + ".", numbers)


def grown(case: Case) -> tuple[int, float]:
    """How many diverged lanes had a growing loss before, and by what factor (median of those)."""
    loss = case.curve("loss")
    if loss is None or not case.diverged.any():
        return 0, float("nan")
    lost = loss[case.diverged]
    factors = last_finite(lost) / np.abs(lost[:, 0])
    start = _measured_loss(case)
    if start is not None:  # the mean of a diverging first epoch is no starting point
        factors = np.fmax(factors, last_finite(start) / np.abs(start[:, 0]))
        factors = np.fmax(factors, last_finite(lost) / np.abs(start[:, 0]))
    with np.errstate(invalid="ignore"):
        grew = factors >= GROWN
    return int(grew.sum()), median(factors[grew])


def _measured_loss(case: Case) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None:
    probe = case.whole.get("probe_loss")
    if probe is None or not probe.size:
        return None
    probe = probe[case.diverged]
    return np.where(np.isfinite(probe[:, :1]), probe, np.nan)


def _lanes(count: int) -> str:
    return "In one of them" if count == 1 else f"In {count} of them"


def _origin(frame: pd.DataFrame, numbers: dict[str, Number]) -> tuple[str | None, str]:
    """The commonest place of the first NaN, and that place in words."""
    if frame.empty:
        return None, ""
    places = frame.groupby(["layer", "what"], sort=False, dropna=False).size()
    layer, what = places.idxmax()
    here = frame[(frame["what"] == what) & (frame["layer"].isna() | (frame["layer"] == layer))]
    epoch, step = median(here["epoch"]), median(here["step"])
    named = None if pd.isna(layer) or layer == "" else str(layer)
    place = _PLACES.get(str(what), "in {layer}").format(layer=named or "the network")
    numbers |= {"what": str(what), "nan_epoch": epoch, "step": step, "examined": len(frame)}
    if named is not None:
        numbers["layer"] = named
    times = f"{len(here)} of {len(frame)} examined" if len(frame) > 1 else "the one examined"
    return named, (
        f"it was seen first {place}, at step {figure(step)} of epoch {figure(epoch)} ({times})"
    )
