"""What a search for cures finds, as plain data: candidates, effects, test metrics, all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dure.analysis.comparison.pair import Verdict
from dure.analysis.diagnostics.case import Finding
from dure.core.types import Mode
from dure.messages.message import Message
from dure.remedies.remedy import Cure
from dure.stats.intervals import Interval, interval_texts

if TYPE_CHECKING:
    from dure.analysis.overfitting.model import OverfittingRow
    from dure.core.backend import keras
    from dure.experiment.spec import StudySpec
    from dure.results.run_result import LaneResult

Triple = tuple[float, float, float]
"""A mean over lanes with the limits of its interval; limits are NaN with one lane."""


@dataclass(frozen=True)
class Refused:
    """A cure that a finding called for and that does not suit this network."""

    cure: str
    mends: str
    reason: Message


@dataclass(frozen=True)
class Candidates:
    """What will be tried, and what not."""

    cures: list[Cure]
    refused: list[Refused]
    left_out: list[str]
    """Names beyond the number of trials that was allowed."""


@dataclass(frozen=True)
class Effect:
    """What a cure did, against the baseline on the same seeds and folds.

    Attributes
    ----------
    cure, round, seeds
        Which, in which round, on how many seeds.
    difference, low, high
        Mean of cure minus baseline in the metric's unit, at each lane's best epoch, with its 95 %
        interval: over the seeds in which both trained, folds averaged (over folds with one seed).
    end
        The same difference at each lane's last epoch: mean, low, high. What overfitting gives away
        is in here, and not in `difference`.
    p, p_adjusted
        Sign-flip test (one seed: corrected t over folds), and Holm's correction over the round;
        None where so few pairs could never reach 5 % after it.
    wins
        Share of pairs in which the cure is better, ties half.
    verdict
        As of `Result.compare` with the network as it is for a baseline: the rule of
        `dure.analysis.comparison.paired_test`.
    diverged, baseline_diverged, of
        Lanes that diverged or failed, of so many.
    seconds
        Time of an epoch as a multiple of the baseline's.
    parameters
        Weights of the network.
    more_seeds
        Undecided: about how many more would settle it, were the difference what it seems. "too
        few": how many more a test needs at least.
    promising
        Whether it is worth another round. No verdict: of many, some look so by luck. It loses no
        more networks than the baseline, and a 90 % interval of the difference lies on the better
        side of 0, or it saves half of the networks.

    Examples
    --------
    >>> effect = cured.effects["round-1"][0]
    >>> effect.cure, effect.of, effect.account()["of"], "[" in effect.interval
    ('scaled inputs', 5, 5, True)
    """

    cure: str
    round: str
    seeds: int
    difference: float
    low: float
    high: float
    end: Triple
    p: float | None
    p_adjusted: float | None
    wins: float
    verdict: Verdict
    diverged: int
    baseline_diverged: int
    of: int
    seconds: float
    parameters: int | None
    more_seeds: int | None
    promising: bool = False

    def account(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    @property
    def interval(self) -> str:
        """'-0.021 [-0.030, -0.012]'."""
        return interval_texts([(self.difference, self.low, self.high)])[0]


@dataclass(frozen=True)
class Stopping:
    """What ``EarlyStopping(patience=..., restore_best_weights=True)`` would have done.

    Attributes
    ----------
    patience
        Epochs without improvement that are waited for.
    gain
        Metric of the restored epoch minus that of the last epoch, with its interval over lanes.
    epochs
        Mean share of the epochs that would have run.
    better
        Whether the interval says that the restored epoch is better than the last.
    """

    patience: int
    gain: Interval
    epochs: float
    better: bool

    def account(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "gain": dict(self.gain._asdict())}


@dataclass(frozen=True)
class Held:
    """A test metric, over the same lanes throughout.

    Attributes
    ----------
    metric
        Its name; "data_loss" is the loss without penalties.
    rows
        Test rows it was measured on.
    left
        The network as it is, at its last epoch: as ``fit`` leaves it.
    baseline
        The same at its best epoch by the validation rows.
    winner
        With the winning cure, at its best epoch; None without one.
    difference
        Winner minus baseline, both at their best epochs, paired; None without a winner.
    gained
        What is handed back (the winner, else the baseline at its best epoch) minus `left`.
    """

    metric: str
    rows: int
    left: Triple
    baseline: Triple
    winner: Triple | None
    difference: Triple | None
    gained: Triple

    def account(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


@dataclass(frozen=True)
class Best:
    """The best single network of all that were trained with the winning cure (or without one).

    Attributes
    ----------
    lane
        Where it was trained: seed, fold, curves, weights.
    build
        The cured build, without the metric that the search measured by.
    """

    lane: LaneResult
    build: Callable[..., keras.Model]

    def model(self) -> keras.Model:
        """The trained Keras model with the weights of its best epoch, compiled; loads Keras.

        It takes raw rows: what `Data.prepare` and the cure "scaled inputs" do comes first in it,
        as in `Lane.model` of a result.
        """
        from dure.keras_bridge.model_files import load_model

        lane = self.lane

        def build(**_: Any) -> keras.Model:  # a lane's own arguments are in the cured build
            return self.build()

        return load_model(lane.folder, lane.variant, lane.weights("best"), build, lane.fold)


@dataclass(frozen=True)
class SearchOutcome:
    """What a search for cures found; `dure.remedies.outcome.CureOutcome` tells it."""

    folder: Path
    original: StudySpec
    variant: str
    metric: str
    mode: Mode
    findings: tuple[Finding, ...]
    candidates: Candidates
    effects: Mapping[str, tuple[Effect, ...]]
    winner: Cure | None
    helps: bool
    test: tuple[Held, ...]
    stopping: Stopping | None
    turn: OverfittingRow | None
    best: Best | None
    build: Callable[..., keras.Model]
    source: str
    seconds: float = 0.0
    done_to: tuple[Message, ...] = field(default=())
    """What the cure did to the network, in words."""

    @property
    def checked(self) -> Effect | None:
        """The winner's effect on seeds that chose nothing; None where nothing won."""
        rows = self.effects.get("check", ())
        return rows[0] if rows else None
