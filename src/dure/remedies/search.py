"""The search for cures: look, choose, try, combine, check on new seeds, hand back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.analysis.diagnostics.case import Finding
from dure.core.arrays import whole
from dure.core.metrics import mode_of
from dure.core.types import Monitor
from dure.errors import Faults, did_you_mean
from dure.experiment.validation import make_seeds
from dure.remedies import record
from dure.remedies.candidates import build_edited, choose, findings_of, objection, turn_of
from dure.remedies.codegen.source import source_of
from dure.remedies.effects import effects, simplest, simulate_stopping
from dure.remedies.held_out import measure_on_test
from dure.remedies.model import Best, Candidates, Effect, Held
from dure.remedies.outcome import CureOutcome
from dure.remedies.remedy import Cure, combine
from dure.remedies.surgery.rebuild import BASELINE, CureBuild
from dure.remedies.surgery.score import add_score
from dure.remedies.trial import Round, SearchTerms, metric_of, train
from dure.results.run_result import load
from dure.stats.intervals import mean_interval
from dure.stats.permutation import least_pairs
from dure.storage.run_folder import new_run_folder

if TYPE_CHECKING:
    from dure.experiment.runner import StudyRunner
    from dure.experiment.spec import StudySpec
    from dure.results.run_result import RunResult

LEAST_SEEDS = 5
"""Seeds of the first round unless fewer are asked for."""
LEAST_IN_CHECK = least_pairs(0.05)
"""Seeds of the check at least: with fewer no test could reach 5 %."""
TOGETHER = 3
"""At most so many cures go into the second round, and into one combination."""

Diagnose = Callable[["RunResult", str], Sequence[Finding]]


def cure_study(
    study: StudySpec,
    out: str | Path | None = None,
    progress: bool = True,
    resume: bool = False,
    *,
    run: StudyRunner,
    seeds: int | Sequence[int] | None = None,
    variant: str | None = None,
    max_trials: int = 10,
    anyway: bool = False,
    diagnose: Diagnose = findings_of,
) -> CureOutcome:
    """Search for changes to a network that mend what ails it; see `Study.cure`.

    Parameters
    ----------
    run
        Trains a study into a folder: `dure.training.run.run_study`.
    diagnose
        From a result and a variant's name to findings; for tests and for findings of one's own.
    """
    began = time.monotonic()
    seed_list = _checked(study, seeds, variant, max_trials)
    folder = new_run_folder("runs", f"{study.name}-cure") if out is None else Path(out)
    asked = {"cure_seeds": list(seed_list), "variant": variant, "max_trials": int(max_trials)}
    request = record.request_of(study, **asked, anyway=bool(anyway))
    record.open_folder(folder, request, resume)
    search = _Search(study, folder, run, seed_list, progress)
    search.look(variant, diagnose)
    search.choose(int(max_trials), anyway)
    search.rounds()
    outcome = replace(search.outcome(), seconds=time.monotonic() - began)
    record.write(outcome)
    return outcome


def _checked(
    study: StudySpec, seeds: int | Sequence[int] | None, variant: str | None, max_trials: int
) -> tuple[int, ...]:
    """The seeds of the first round; raises StudyError with everything that is wrong."""
    faults = Faults()
    if any(split.validation is None for split in study.splits):
        faults.append(
            "no rows are held for validation, and cures are chosen by them; pass "
            "validation_split, folds or validation_data to the Study."
        )
    if study.batches is not None or study.stored:
        faults.append(
            "the data come in batches or stay on disk, and cures are found by rows in memory; pass "
            "some of them as dure.Data(x, y)."
        )
    if (whole(max_trials) or 0) < 1:
        faults.append(f"max_trials is {max_trials!r}; pass a whole number from 1 on.")
    names = [v.name for v in study.variant_list]
    if variant is not None and variant not in names:
        faults.append(
            f"variant is {variant!r}; this study has {', '.join(names)}."
            + did_you_mean(str(variant), names)
        )
    given = study.seed_list
    if seeds is not None:
        given = make_seeds(seeds, faults)
    elif len(given) < LEAST_SEEDS:
        given = (*given, *_fresh(given, LEAST_SEEDS - len(given)))
    faults.raise_if_any("this search for cures")
    return given


def _fresh(used: Sequence[int], number: int) -> tuple[int, ...]:
    """Seeds that were not used, the smallest first."""
    unused = (seed for seed in count() if seed not in set(used))
    return tuple(next(unused) for _ in range(number))


class _Search:
    """Where a search stands; its steps are called one after another."""

    def __init__(
        self,
        study: StudySpec,
        folder: Path,
        run: StudyRunner,
        seeds: tuple[int, ...],
        progress: bool,
    ) -> None:
        self.original = study
        # No round can look at test data: they are not there.
        data = study.data if study.data.test is None else replace(study.data, test=None)
        self.blind: StudySpec = replace(study, data=data, seeds=list(seeds))
        self.folder, self.run = folder, run
        self.progress = progress
        self.used = list(seeds)
        self.trained: dict[str, Round] = {}
        self.effects: dict[str, tuple[Effect, ...]] = {}
        self.winner: Cure | None = None

    # -- looking and choosing --------------------------------------------------------------------

    def look(self, variant: str | None, diagnose: Diagnose) -> None:
        """Train the study as it is, take its best variant, and see what ails it."""
        study = self.blind
        if variant is not None:
            study = replace(study, variants=[v for v in study.variant_list if v.name == variant])
        self._say("The network as it is")
        study = replace(study, name="baseline")
        folder = self.run(study, self.folder / "baseline", progress=self.progress, resume=True)
        result = load(folder, study.build)
        self.baseline = result
        self.variant = _best_variant(result)
        chosen = next(v for v in study.variant_list if v.name == self.variant)
        self.arguments = dict(chosen.arguments)
        self.findings = tuple(diagnose(result, self.variant))
        self.turn = turn_of(result, self.variant)

    def choose(self, limit: int, anyway: bool) -> None:
        """The cures to try, and what to compare them by."""
        self.candidates: Candidates = choose(
            self.findings, self.blind, self.arguments, limit, anyway
        )
        first = build_edited(self.blind.build, self.arguments, None, self.used[0])
        changes_loss = any(cure.family == "loss" for cure in self.candidates.cures)
        added = add_score(dict(first.compiled), accuracy=changes_loss)
        score = None if added is None else "accuracy" if changes_loss else "loss"
        metric = metric_of(self.blind, added, changes_loss)
        monitor = self.baseline.monitor
        own = Monitor(metric, monitor.mode) if metric == monitor.name else None
        mode = mode_of(metric, own)
        self.terms = SearchTerms(
            self.blind,
            self.arguments,
            score,
            metric,
            mode,
            self.folder,
            self.run,
            self.progress,
            resume=True,
        )

    # -- rounds ----------------------------------------------------------------------------------

    def rounds(self) -> None:
        """Each cure by itself; the best together on new seeds; the winner on newer ones."""
        if not self.candidates.cures:
            return
        seeds = self.blind.seed_list
        self._train("round-1", self.candidates.cures, seeds)
        contenders = self._contenders()
        if not contenders:
            return
        self.winner = contenders[0]
        if len(contenders) > 1:
            self._train("round-2", contenders, self._new(len(seeds)))
            by_name = {cure.name: cure for cure in contenders}
            parts = {cure.name: len(cure.parts) for cure in contenders}
            best = simplest(self.trained["round-2"], self.effects["round-2"], parts)
            self.winner = None if best is None else by_name[best]
        if self.winner is not None:
            self._train("check", [self.winner], self._new(max(2 * len(seeds), LEAST_IN_CHECK)))

    def _train(self, label: str, cures: Sequence[Cure], seeds: Sequence[int]) -> None:
        names = ", ".join(cure.name for cure in cures)
        self._say(f"{label}: {names}")
        self.trained[label] = train(self.terms, label, cures, seeds)
        self.effects[label] = tuple(effects(self.trained[label]))

    def _new(self, number: int) -> tuple[int, ...]:
        seeds = _fresh(self.used, number)
        self.used += seeds
        return seeds

    def _contenders(self) -> list[Cure]:
        """Promising cures by themselves, the best of each family, and their combinations."""
        by_name = {cure.name: cure for cure in self.candidates.cures}
        rows = self.effects["round-1"]
        better = [by_name[row.cure] for row in rows if row.promising]
        best: dict[str, Cure] = {}
        for cure in better:
            best.setdefault(cure.family, cure)
        single = list(best.values())[:TOGETHER]
        groups = {2: [[0, 1]], 3: [[0, 1], [0, 2], [0, 1, 2]]}.get(len(single), [])
        baseline = build_edited(self.blind.build, self.arguments, None, self.used[0])
        together = [combine([single[place] for place in group]) for group in groups]
        fit = [c for c in together if objection(self.blind, self.arguments, c, baseline) is None]
        return [*single, *fit]

    # -- handing back ----------------------------------------------------------------------------

    def outcome(self) -> CureOutcome:
        """Everything that was found."""
        checked = self.effects.get("check", ())
        helps = bool(checked) and checked[0].verdict == "better"
        cure = self.winner if helps else None
        cures = {} if cure is None else {cure.name: cure.edits}
        name = BASELINE if cure is None else cure.name
        build = CureBuild(self.blind.build, self.arguments, cures, default=name)
        result, variant, monitor = self._result(name), self._variant(name), self._monitor(name)
        stop = simulate_stopping(result, variant, monitor, self.terms.mode)
        sound = np.isfinite(result.at_best(monitor).sel(variant=variant)).any()
        best = Best(result.best(monitor, variant=variant), build) if sound else None
        done = build_edited(self.blind.build, self.arguments, cure, self.used[0])
        return CureOutcome(
            folder=self.folder,
            original=self.original,
            variant=self.variant,
            metric=self.terms.metric,
            mode=self.terms.mode,
            findings=self.findings,
            candidates=self.candidates,
            effects=self.effects,
            winner=self.winner,
            helps=helps,
            test=self._held(cure) if cure is not None or (stop and stop.better) else (),
            stopping=stop,
            turn=self.turn,
            best=best,
            build=build,
            source=self._source(cure, stop is not None and stop.better),
            done_to=tuple(done.changes + ([] if cure is None else cure.side.describe)),
        )

    def _held(self, cure: Cure | None) -> tuple[Held, ...]:
        """Baseline and winner (None: early stopping) on the test data, if there are any."""
        test, rounds = self.original.data.test, list(self.trained.values())
        if test is None or not rounds:
            return ()
        self._say("The test data, for the first time")
        return tuple(
            measure_on_test(self.terms, rounds[-1], None if cure is None else cure.name, test)
        )

    def _result(self, name: str) -> RunResult:
        """The last round in which a network was trained; the first look where there was none."""
        for found in reversed(self.trained.values()):
            if name == BASELINE or name in found.cures:
                return found.result_of(name)
        return self.baseline

    def _variant(self, name: str) -> str:
        return name if self.trained else self.variant

    def _monitor(self, name: str) -> str:
        known = self._result(name).curves
        return self.terms.metric if self.terms.metric in known else self.baseline.monitor.name

    def _source(self, cure: Cure | None, stop: bool) -> str:
        # What builds draw from the random generators must not depend on when this is called.
        done = build_edited(self.blind.build, self.arguments, cure, self.used[0])
        head = _head(cure, done.changes)
        if cure is not None and cure.side.standardise:
            scaler = "sklearn.preprocessing.StandardScaler()"
            if self.blind.data.prepare is not None:
                scaler = f"sklearn.pipeline.make_pipeline(the present one, {scaler})"
            head.append(f"Inputs are standardised by training rows: pass prepare={scaler} to Data.")
        if cure is not None and cure.side.class_weight:
            head.append(f"Pass class_weight={dict(cure.side.class_weight)} to fit.")
        if stop:
            head.append("Training on gives away what was gained: stop early and keep the best.")
        return source_of(done, self.blind.build, self.arguments, head)

    def _say(self, what: str) -> None:
        if self.progress:
            from rich.console import Console

            Console(stderr=True).print(f"\n{what}", markup=False, highlight=False)


def _head(cure: Cure | None, told: Sequence[str]) -> list[str]:
    if cure is None:
        return ["The network as it is: no cure was better."]
    return [f"The network with the cure: {cure.name}.", "", *(f"{line}." for line in told)]


def _best_variant(result: RunResult) -> str:
    """The variant with the best mean of the monitor over its lanes; lost lanes count as worst."""
    sign = 1.0 if result.monitor.mode == "min" else -1.0
    values: Any = result.at_best()

    def place(name: str) -> tuple[int, float]:
        grid = values.sel(variant=name).values
        mean = mean_interval(grid).mean
        return int((~np.isfinite(grid)).sum()), sign * mean if np.isfinite(mean) else np.inf

    return min(result.variants, key=place)
