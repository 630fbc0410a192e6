"""A round: the network as it is and with each of several cures, on the same seeds and folds."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.core.backend import keras
from dure.core.types import Floats, Mode
from dure.data.tables import TableTransformer
from dure.remedies.remedy import Cure, Side
from dure.remedies.surgery.rebuild import BASELINE, CureBuild
from dure.results.run_result import load

if TYPE_CHECKING:
    from dure.experiment.runner import StudyRunner
    from dure.experiment.spec import StudySpec
    from dure.results.run_result import RunResult

PLAIN = "plain"


@dataclass(frozen=True)
class SearchTerms:
    """What all rounds have in common.

    Attributes
    ----------
    study
        As the user made it, but without test data: no round can look at them.
    arguments
        Of the variant that is cured.
    score
        "loss" or "accuracy": what is measured to compare by; None: the validation loss as it is.
    metric, mode
        Its name in results ("val_..."), and which direction is better.
    folder
        Rounds are run folders in it.
    run
        Trains a study into a folder.
    """

    study: StudySpec
    arguments: Mapping[str, Any]
    score: str | None
    metric: str
    mode: Mode
    folder: Path
    run: StudyRunner
    progress: bool = True
    resume: bool = False


@dataclass(frozen=True)
class Round:
    """What a round found.

    Attributes
    ----------
    label
        Of the round and its folder, such as "round-1".
    seeds
        On which everything in it was trained.
    cures
        By name, without the baseline.
    results
        By what was changed beside the network: "plain" (which holds the baseline), "scaled", ...
    metric, mode
        As in `SearchTerms`.
    """

    label: str
    seeds: tuple[int, ...]
    cures: Mapping[str, Cure]
    results: Mapping[str, RunResult]
    metric: str
    mode: Mode

    def result_of(self, name: str) -> RunResult:
        """The result that holds a cure, or the baseline."""
        side = PLAIN if name == BASELINE else self.cures[name].side.name
        return self.results[side]

    def values(self, name: str) -> Floats:
        """The metric at each lane's best epoch, shape (seed, fold); NaN where it diverged."""
        grid = self.result_of(name).at_best(self.metric).sel(variant=name)
        return np.asarray(grid.values, dtype=np.float64)

    def ends(self, name: str) -> Floats:
        """The metric at each lane's last epoch, shape (seed, fold); NaN where it was lost."""
        sound = np.isfinite(self.values(name))
        found = self.result_of(name).curves[self.metric].sel(variant=name).values
        curves = np.asarray(found, dtype=np.float64)
        after = np.isfinite(curves)[..., ::-1].argmax(axis=-1)  # epochs that did not run
        last = np.take_along_axis(curves, (curves.shape[-1] - 1 - after)[..., None], -1)[..., 0]
        return np.where(sound, last, np.nan)

    def seconds(self, name: str) -> float:
        """Seconds of training an epoch: the median over lanes."""
        lanes = self.result_of(name).lanes
        own = lanes[(lanes["variant"] == name) & (lanes["epochs"] > 0)]
        each = (own["seconds"] / own["epochs"]).to_numpy(dtype=np.float64)
        return float(np.median(each)) if len(each) else float("nan")

    def parameters(self, name: str) -> int | None:
        """Weights of the network; None where no lane came to its end."""
        result = self.result_of(name)
        for place, status in enumerate(result.statuses):
            lane = result.lanes.iloc[place]
            if lane["variant"] == name and status.done and status.kind != "failed":
                found = result.lane(name, int(lane["seed"]), int(lane["fold"])).weights("final")
                return int(sum(array.size for array in found.values()))
        return None


def train(terms: SearchTerms, label: str, cures: Sequence[Cure], seeds: Sequence[int]) -> Round:
    """Train the baseline and these cures, all on these seeds.

    Whatever changes only the network and its optimizer is a variant of one study, the baseline
    with it; what changes the data or the weights of classes is a study beside it, on the same
    seeds, folds and splits.
    """
    groups: dict[str, list[Cure]] = {PLAIN: []}
    for cure in cures:
        groups.setdefault(cure.side.name, []).append(cure)
    results = {}
    for side, members in groups.items():
        study = study_of(terms, members, seeds, f"{label}-{side}", baseline=side == PLAIN)
        results[side] = _run(study, terms, terms.folder / label / side)
    by_name = {cure.name: cure for cure in cures}
    return Round(label, tuple(seeds), by_name, results, terms.metric, terms.mode)


def study_of(
    terms: SearchTerms, cures: Sequence[Cure], seeds: Sequence[int], name: str, baseline: bool
) -> StudySpec:
    """One study of a round; all its cures change the same beside the network."""
    names = [BASELINE] if baseline else []
    names += [cure.name for cure in cures]
    study = terms.study
    build: Callable[..., keras.Model] = CureBuild(
        study.build, terms.arguments, {c.name: c.edits for c in cures}, terms.score
    )
    changed = dict(
        build=build,
        variants={cure: {"cure": cure} for cure in names},
        seeds=list(seeds),
        callbacks=scored_callbacks(study, terms.metric),
        name=name,
        **(change_study(study, cures[0].side) if cures and not baseline else {}),
    )
    return replace(study, **without_health(study, changed))


def change_study(study: StudySpec, side: Side) -> dict[str, Any]:
    """What of a study is replaced, for what a cure changes beside the network."""
    changed: dict[str, Any] = {}
    if side.standardise:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        before, scaler = study.data.prepare, StandardScaler()
        if isinstance(before, TableTransformer):  # which stays the outermost: it knows the columns
            inner = make_pipeline(before.transformer, scaler)
            prepare: Any = TableTransformer(inner, before.columns, before.numeric)
        else:
            prepare = scaler if before is None else make_pipeline(before, scaler)
        changed["data"] = replace(study.data, prepare=prepare)
    if side.class_weight:
        changed["class_weight"] = dict(side.class_weight)
    return changed


def without_health(study: StudySpec, changed: dict[str, Any]) -> dict[str, Any]:
    """Recording what ails a network costs time that only the first look needs."""
    known = {field.name for field in fields(study)}
    return {**changed, **({"health": False} if "health" in known else {})}


def scored_callbacks(study: StudySpec, metric: str) -> list[Any]:
    """The study's callbacks, all that watched the validation loss watching this metric.

    Where none watches it, one that never stops anything is put before them: it says which epoch
    is a lane's best.
    """
    swapped = []
    for callback in study.callbacks:
        if getattr(callback, "monitor", None) == "val_loss" and metric != "val_loss":
            callback = copy.copy(callback)
            callback.monitor, callback.mode = metric, "auto"
        swapped.append(callback)
    if any(getattr(callback, "monitor", None) == metric for callback in swapped):
        return swapped
    never = keras.callbacks.EarlyStopping(metric, patience=study.epochs + 1)
    return [never, *swapped]


def metric_of(study: StudySpec, added: str | None, accuracy: bool) -> str:
    """What cures are compared by: what the study's own callbacks watch, else what was added.

    Parameters
    ----------
    added
        What :func:`dure.remedies.surgery.score.add_score` returned.
    accuracy
        Whether the loss itself is to be corrected: then only that metric can compare.
    """
    watched = [str(getattr(callback, "monitor", "")) for callback in study.callbacks]
    own = [name for name in watched if name.startswith("val_") and name != "val_loss"]
    if own and not accuracy:
        return own[0]
    return "val_loss" if added is None else f"val_{added}"


def _run(study: StudySpec, terms: SearchTerms, folder: Path) -> RunResult:
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = terms.run(study, folder, progress=terms.progress, resume=terms.resume)
    return load(made, study.build)
