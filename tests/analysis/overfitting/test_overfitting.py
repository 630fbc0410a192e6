"""The turn of curves that are known, over noise, lanes and what can happen to lanes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.interpolate import make_smoothing_spline

from dure.analysis.overfitting.model import Overfitting, OverfittingRow
from dure.analysis.overfitting.overfitting import measure
from dure.core.types import Monitor, Status
from dure.errors import DureError, StudyError
from dure.stats.intervals import Interval
from dure.stats.smoothing import fill_missing, remove_spikes, smooth, turn_of

Floats = np.ndarray
DIMS = ("variant", "seed", "fold", "epoch")
NOTHING = Interval(float("nan"), float("nan"), float("nan"), 0, 5)


def result(validation: Floats, training: Floats | None = None, **statuses: str) -> Any:
    """What `measure` reads of a Result; statuses by variant_seed_fold, such as v0_2_1."""
    variants, seeds, folds, epochs = validation.shape
    coords = {
        "variant": [f"v{n}" for n in range(variants)],
        "seed": range(seeds),
        "fold": range(1, folds + 1),
        "epoch": range(1, epochs + 1),
    }
    training = validation * 0.5 if training is None else training
    lanes = [
        (v, s, f, statuses.get(f"{v}_{s}_{f}", "finished"))
        for v in coords["variant"]
        for s in coords["seed"]
        for f in coords["fold"]
    ]
    kinds = [Status(status.split()[0]) for *_, status in lanes]  # type: ignore[arg-type]
    return SimpleNamespace(
        curves=xr.Dataset({"loss": (DIMS, training), "val_loss": (DIMS, validation)}, coords),
        lanes=pd.DataFrame(lanes, columns=["variant", "seed", "fold", "status"]),
        variants=coords["variant"],
        statuses=kinds,
        monitor=Monitor("val_loss", "min"),
        manifest={},
    )


def found(validation: Floats, training: Floats | None = None, **given: Any) -> Overfitting:
    return measure(result(validation, training, **given))


def turning(epochs: Floats, turn: Floats | float, speed: float) -> Floats:
    """A loss that falls exponentially, then rises in a line, lowest at `turn`; 1 added."""
    fall = turn / speed
    return 1 + np.exp(-epochs / fall) + np.exp(-speed) / fall * epochs


def studies(
    rng: Any, count: int, lanes: int, epochs: int, turn: float, speed: float, noise: float
) -> tuple[Floats, float, float]:
    """Simulated studies [study, lane, 1, epoch], their turn and what is given away after it.

    Lanes turn at epochs of their own, by 10 %. Noise is a share of the rise after the turn.
    """
    spread = 0.1
    turns = turn * np.exp(spread * rng.normal(size=(count, lanes, 1, 1)))
    at = np.arange(1, epochs + 1.0)
    rise = float(turning(at[-1], turn, speed) - turning(np.float64(turn), turn, speed))
    clean = turning(at, turns, speed)
    level = 0.2 * rise * rng.normal(size=(count, lanes, 1, 1))
    # The truth: lowest place of the mean over very many lanes.
    fine = np.linspace(1, epochs, (epochs - 1) * 50 + 1)
    many = turn * np.exp(spread * rng.normal(size=(20_000, 1)))
    mean = np.mean([turning(fine, part, speed).mean(axis=0) for part in np.split(many, 20)], axis=0)
    known = float(fine[mean.argmin()]), float(mean[-1] - mean.min())
    return clean + level + noise * rise * rng.normal(size=clean.shape), *known


@pytest.mark.parametrize(
    ("lanes", "epochs", "turn", "speed", "noise"),
    [(5, 40, 10.0, 4.0, 0.05), (10, 40, 10.0, 1.5, 0.2), (5, 12, 4.3, 1.5, 0.1)],
)
def test_intervals_cover_turn_and_what_is_given_away(
    lanes: int, epochs: int, turn: float, speed: float, noise: float
) -> None:
    curves, at, lost = studies(np.random.default_rng(1), 700, lanes, epochs, turn, speed, noise)
    rows = found(curves).rows
    assert np.mean([row.kind == "overfits" for row in rows]) > 0.98
    turns = [row.turning_epoch for row in rows if row.kind == "overfits"]
    assert 0.93 <= np.mean([i.low <= at <= i.high for i in turns]) <= 0.975
    given_away = [row.given_away for row in rows]
    assert 0.925 <= np.mean([i.low <= lost <= i.high for i in given_away]) <= 0.97


@pytest.mark.parametrize("lanes", [1, 3, 10])
@pytest.mark.parametrize(
    ("course", "never"),
    [("flat", "still falling"), ("plateau", ""), ("slow fall", ""), ("power", "converged")],
)
def test_curves_without_a_turn_are_not_said_to_overfit(course: str, never: str, lanes: int) -> None:
    rng, at = np.random.default_rng(2), np.arange(1, 41.0)
    clean = {
        "flat": np.full(40, 0.5),
        "plateau": 0.3 + np.exp(-at / 5),
        "slow fall": 0.5 - 0.002 * at,
        "power": 0.2 + at**-0.5,
    }[course]
    count = 250
    level = np.exp(0.05 * rng.normal(size=(count, lanes, 1, 1)))
    curves = clean * level + 0.02 * rng.normal(size=(count, lanes, 1, 40))
    kinds = [row.kind for row in found(curves).rows]
    assert kinds.count("overfits") <= 0.06 * count  # 5 of 100 are claimed; the rest is chance
    assert kinds.count(never) <= 0.05 * count


@pytest.mark.parametrize("lanes", [1, 5])
def test_without_noise_nothing_is_left_to_chance(lanes: int) -> None:
    at = np.arange(1, 41.0)
    courses = np.stack(
        [turning(at, 10.0, 3.0), 0.3 + np.exp(-at / 5), 0.3 + np.exp(-at / 40), at / 40]
    )
    curves = courses[:, None, None] * np.linspace(1, 1.1, lanes)[:, None, None]
    rows = found(curves).rows
    assert [r.kind for r in rows] == ["overfits", "converged", "still falling", "overfits"]
    assert rows[0].turning_epoch.mean == pytest.approx(10, abs=0.25)
    assert rows[0].recommended_epochs == 10
    # 1 % of 0.3 is left of the fall after 5 ln(100 / 0.3) epochs at the latest.
    assert rows[1].recommended_epochs in range(25, 31)
    assert rows[3].turning_epoch.mean == 1 and rows[3].recommended_epochs == 1
    assert "rises from the first epoch on" in rows[3].describe()


def test_one_noisy_epoch_is_no_turn() -> None:
    rng, at = np.random.default_rng(3), np.arange(1, 31.0)
    falling = (0.3 + np.exp(-at / 20)) * np.exp(0.02 * rng.normal(size=(5, 1, 1)))
    clean = falling[None] + 0.004 * rng.normal(size=(1, 5, 1, 30))
    low, high, end = clean.copy(), clean.copy(), clean.copy()
    low[0, 2, 0, 11] -= 0.5
    high[0, :, 0, 20] += 0.5
    end[0, 3, 0, -1] += 0.5
    for curves in (clean, low, high, end):
        (row,) = found(curves).rows
        assert row.kind == "still falling"
    curves, *_ = studies(rng, 1, 5, 40, 12.0, 2.0, 0.05)
    (before,) = found(curves).rows
    curves[0, 1, 0, 29] -= 2
    (after,) = found(curves).rows
    assert after.turning_epoch.mean == pytest.approx(before.turning_epoch.mean, abs=0.5)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.01, 100))
def test_the_unit_of_the_loss_is_nothing(seed: int, factor: float) -> None:
    curves, *_ = studies(np.random.default_rng(seed), 2, 4, 20, 6.0, 2.0, 0.2)
    for one, other in zip(found(curves).rows, found(factor * curves).rows, strict=True):
        assert one.kind == other.kind
        assert one.turning_epoch == pytest.approx(other.turning_epoch, nan_ok=True)
        assert factor * one.given_away.mean == pytest.approx(other.given_away.mean, abs=1e-9)
        assert one.recommended_epochs == other.recommended_epochs


def test_lanes_that_stop_early_or_diverge() -> None:
    rng = np.random.default_rng(4)
    curves, at, _ = studies(rng, 1, 8, 60, 12.0, 2.5, 0.05)
    for lane, end in enumerate((25, 28, 30, 31, 35, 40, 60)):
        curves[0, lane, :, end:] = np.nan
    curves[0, 7, :, 5:] = 1e6
    rows = found(curves, v0_7_1="diverged at epoch 6").rows
    assert rows[0].kind == "overfits"
    assert rows[0].turning_epoch.low <= at <= rows[0].turning_epoch.high
    assert (rows[0].lanes, rows[0].given_away.of, rows[0].end) == (7, 8, 31)
    assert "7 lanes, 1 did not come to their end" in rows[0].describe()


def test_folds_of_one_seed_have_wider_intervals_than_seeds() -> None:
    curves, *_ = studies(np.random.default_rng(5), 1, 5, 40, 10.0, 3.0, 0.1)
    (seeds,) = found(curves).rows
    (folds,) = found(curves.swapaxes(1, 2)).rows
    assert folds.kind == seeds.kind == "overfits"
    assert folds.turning_epoch.mean == pytest.approx(seeds.turning_epoch.mean)
    assert np.ptp(folds.turning_epoch[1:3]) > np.ptp(seeds.turning_epoch[1:3])
    assert np.ptp(folds.given_away[1:3]) == pytest.approx(1.5 * np.ptp(seeds.given_away[1:3]))


def test_validation_every_third_epoch() -> None:
    curves, at, _ = studies(np.random.default_rng(6), 1, 6, 60, 15.0, 3.0, 0.02)
    holed = np.full_like(curves, np.nan)
    holed[..., 2::3] = curves[..., 2::3]
    (row,) = found(holed, training=curves).rows
    assert row.kind == "overfits" and row.end == 60
    assert row.turning_epoch.low <= at <= row.turning_epoch.high


def test_too_few_epochs_say_nothing() -> None:
    curves, *_ = studies(np.random.default_rng(7), 1, 4, 3, 2.0, 2.0, 0.1)
    (row,) = found(curves).rows
    assert row.kind == "cannot tell" and row.recommended_epochs is None
    assert "4 validated epochs" in row.describe()


def test_the_gap_is_taken_at_the_end_of_an_epoch() -> None:
    at = np.arange(1, 21.0)
    validation = np.broadcast_to(2 - 0.05 * at, (1, 3, 1, 20)).copy()
    # Keras' mean over epoch e of a loss that falls in a line is its height half an epoch earlier.
    training = validation - 0.3 + 0.025
    (row,) = found(validation, training).rows
    assert row.gap_at_end.mean == pytest.approx(0.3)
    turned = turning(at, 8.0, 3.0)[None, None, None] * np.ones((1, 3, 1, 1))
    (row,) = found(turned, turned - 0.3).rows
    assert row.kind == "overfits"
    assert row.gap_at_turn.mean == pytest.approx(0.3, abs=0.02)


def test_how_many_more_epochs_where_falls_shrink_steadily() -> None:
    at = np.arange(1, 41.0)
    rng = np.random.default_rng(8)
    shape = np.exp(0.02 * rng.normal(size=(1, 6, 1, 1)))
    steady = (0.5 + np.exp(-at / 20)) * shape + 0.001 * rng.normal(size=(1, 6, 1, 40))
    (row,) = found(steady).rows
    # The ten epochs up to e bring exp(-e / 20) (exp(1 / 2) - 1), less than 1 % of the loss from
    # e = 93 on: 53 more than the 40 there were.
    assert row.kind == "still falling" and row.more_epochs is None
    at = np.arange(1, 81.0)
    steady = (0.5 + np.exp(-at / 20)) * shape + 0.001 * rng.normal(size=(1, 6, 1, 80))
    (row,) = found(steady).rows
    assert row.kind == "still falling" and row.more_epochs in range(30, 42)  # likewise: 36
    assert f"about {row.more_epochs} more" in row.describe()
    line = (1 - 0.005 * at) * shape + 0.001 * rng.normal(size=(1, 6, 1, 80))
    (row,) = found(line).rows
    assert row.kind == "still falling" and row.more_epochs is None
    assert row.describe().split(" Gap")[0].endswith("(6 lanes); train longer.")


def test_what_is_told() -> None:
    at = np.arange(1, 31.0)
    shape = np.linspace(0.9, 1.1, 5)[:, None, None]
    turned = (0.5 + 0.3 * np.log(at / 6) ** 2) * shape
    training = 1 / at * shape
    told = found(turned[None], training[None]).describe()
    assert told.startswith(
        "v0: validation loss turns at epoch 6.0 [5.8, 6.2] (5 lanes) and is up 155 % [140, 171] at "
        "the end (epoch 30); train 6 epochs. Gap to training: 0.35 [0.31, 0.38] at the turn, "
        "1.24 [1.12, 1.37] at the end.\n"
    )
    one = found(turned[None, :1], training[None, :1])
    assert "(1 lane: no interval)" in one.describe() and "cannot be known" in one.describe()
    assert np.isnan(one.rows[0].turning_epoch.low)
    frame = one.frame()
    assert frame.loc[0, "recommended_epochs"] == 6 and frame.loc[0, "kind"] == "overfits"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    curves = np.ones((1, 2, 1, 5))
    bad = result(curves, v0_0_1="running", v0_1_1="failed")
    with pytest.raises(StudyError) as raised:
        measure(bad, "val_lss", 95, -1)
    assert len(raised.value.faults) == 4 and "Did you mean 'loss'?" in str(raised.value)
    nothing = result(curves)
    nothing.curves = nothing.curves.drop_vars("val_loss")
    with pytest.raises(StudyError, match="held no rows for validation.*validation_split"):
        measure(nothing)
    high = result(curves)
    high.curves["val_accuracy"] = high.curves["val_loss"]
    with pytest.raises(StudyError, match="better high.*pass 'loss'"):
        measure(high, "accuracy")
    with pytest.raises(DureError, match=r"no variant 'v1'; there is v0\."):
        found(curves).row("v1")


# The pieces.


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(5, 40))
def test_smoothing_is_that_of_scipy(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    epochs = np.cumsum(rng.integers(1, 4, count)).astype(float)
    curves = np.exp(-epochs / 5) + 0.1 * rng.normal(size=(3, 1, count))
    got = smooth(curves, epochs)
    left = got.shrink[-1]
    strength = (1 / left - 1) / got.basis.stiffness[-1]  # of `levels`
    for lane in range(3):
        slow = make_smoothing_spline(np.log(epochs), curves[lane, 0], lam=strength)
        assert got.levels[lane, 0] == pytest.approx(slow(np.log(epochs)), rel=1e-4, abs=1e-5)
    inside = got.basis.places
    assert got.basis.values @ np.log(epochs) == pytest.approx(np.log(inside))
    assert got.basis.slopes @ np.log(epochs) == pytest.approx(1)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(3, 10))
def test_missing_epochs_are_filled_by_least_squares(seed: int, lanes: int, epochs: int) -> None:
    rng = np.random.default_rng(seed)
    curves = rng.normal(size=(lanes, epochs))
    ends = [epochs, *rng.integers(2, epochs + 1, lanes - 1)]
    for lane, end in enumerate(ends):
        curves[lane, end:] = np.nan
    lane, epoch = np.nonzero(np.isfinite(curves))
    design = np.concatenate([np.eye(lanes)[lane], np.eye(epochs)[epoch]], axis=1)
    effects = np.linalg.lstsq(design, curves[lane, epoch], rcond=None)[0]
    want = effects[:lanes, None] + effects[lanes:]
    got = fill_missing(curves, rounds=2000)
    missing = np.isnan(curves)
    assert got[missing] == pytest.approx(want[missing], abs=1e-3)
    assert np.array_equal(got[~missing], curves[~missing])


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(4, 20)),
        elements=st.floats(-1e3, 1e3, width=32),
    ),
    st.booleans(),
)
def test_what_only_falls_or_only_rises_has_no_spikes(curves: Floats, rises: bool) -> None:
    ordered = np.sort(curves, axis=1)[:, :: 1 if rises else -1]
    steps = np.abs(np.diff(ordered, axis=1))
    inner = remove_spikes(ordered)[:, :-2] == ordered[:, :-2]
    assert inner.all()
    # At the end three values are left: a last step among the usual ones stays too.
    usual = steps[:, -1] <= np.median(steps, axis=1)
    assert np.array_equal(remove_spikes(ordered)[usual, -1], ordered[usual, -1])


def test_turns_without_each_lane_are_those_of_the_others() -> None:
    curves, *_ = studies(np.random.default_rng(9), 1, 4, 30, 8.0, 2.0, 0.2)
    smoothed = smooth(curves[0], np.arange(1, 31.0))
    _, without = turn_of(smoothed, 0.95)
    for lane in range(4):
        others = np.delete(smoothed.fits[:, 0], lane, axis=0).mean(axis=0)
        at = smoothed.basis.values @ others
        assert without[lane, 0] == smoothed.basis.places[at.argmin()]


def test_lowest_at_the_end_with_falls_that_cannot_be_told() -> None:
    told = OverfittingRow(
        **{"variant": "v0", "kind": "cannot tell", "end": 40, "recommended_epochs": None},
        **{"turning_epoch": NOTHING, "gap_at_turn": NOTHING, "gap_at_end": NOTHING},
        **{"given_away": Interval(0.0, 0.0, 0.0, 5, 5), "lowest": Interval(1.0, 0.9, 1.1, 5, 5)},
        **{"last_change": Interval(-0.02, -0.05, 0.01, 5, 5), "more_epochs": None},
    ).describe()
    assert "is lowest at the end (epoch 40)" in told and "-0.02 [-0.05, 0.01]" in told


def test_falls_that_shrink_unsteadily_are_not_continued() -> None:
    """0.3, 0.15, 0.14 in the last thirds of the second half: by their ratio 0.075 was to come."""
    heights = np.interp(np.arange(1.0, 61), [1, 30.5, 40.3, 50.2, 60], [5, 2, 1.7, 1.55, 1.41])
    noise = 0.002 * np.random.default_rng(3).normal(size=(1, 6, 1, 60))
    (row,) = found(heights + noise).rows
    assert row.kind == "still falling" and row.more_epochs is None
