"""Runs a study until it is decided: train, look, add seeds, look again; compile once."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dure.analysis.comparison.interim import review, rule_metric, values_of
from dure.analysis.comparison.sequential import ALPHA, InterimLook, Rule, Sequential
from dure.core.formatting import format_count, join_first
from dure.engine.planning.plan import prepare
from dure.engine.planning.prepared import PreparedStudy
from dure.errors import Faults, did_you_mean
from dure.results.run_result import load
from dure.stats.alpha_spending import FIRST
from dure.storage.store import Store
from dure.training.setup import (
    make_manifest,
    make_reporter,
    open_store,
    save_pictures,
    store_networks,
)
from dure.training.trainer import LaneTrainer

if TYPE_CHECKING:
    from dure.console.progress import Reporter
    from dure.experiment.spec import StudySpec


class SequentialTerms(NamedTuple):
    """What `Study.run` was asked: when to end, and what counts as a difference."""

    until: str | None = None
    max_seeds: int = 50
    rope: float | None = None
    baseline: str | None = None

    @property
    def asked(self) -> bool:
        """Whether this asks for looks at all, if wrongly; else lanes are simply trained."""
        return any(given is not None for given in (self.until, self.rope, self.baseline))


def run_until(
    study: StudySpec,
    terms: SequentialTerms,
    out: str | Path | None = None,
    progress: bool = True,
    resume: bool = False,
    source: Mapping[str, Any] | None = None,
    reporter: Callable[[PreparedStudy], Reporter] | None = None,
) -> Path:
    """Train a study's variants on more and more seeds until the comparison of them is decided.

    Arguments are those of `dure.training.run.run_study`; the reporter is made once a look.

    Killed and resumed it goes on where it was, to the same decisions: what a look sees are the
    curves in the run folder, and what it says is in the manifest before more seeds are added.

    Raises
    ------
    StudyError
        Everything wrong with the terms, at once; before anything is trained.
    """
    Faults(_faults(study, terms)).raise_if_any("until='decided'")
    seeds = extend_seeds(study.seed_list, terms.max_seeds)
    prepared = prepare(with_seeds(study, seeds))
    rule = _rule(study, terms, prepared)
    first = with_seeds(study, seeds[: rule.plan.looks[0]])
    manifest = make_manifest(first, prepared, source)
    manifest["sequential"] = Sequential(rule).to_manifest()
    with open_store(first, manifest, out, resume, most=prepared.study) as store:
        store_networks(prepared, store.folder)
        _Looks(prepared, store, reporter or (lambda p: make_reporter(p, progress))).make_all()
        folder = store.folder
    save_pictures(load(folder))
    return folder


def extend_seeds(seeds: Sequence[int], total: int) -> tuple[int, ...]:
    """These seeds, then the smallest numbers that are not among them, `total` in all."""
    more = (seed for seed in count() if seed not in set(seeds))
    return (*seeds, *islice(more, max(0, total - len(seeds))))


def with_seeds(study: StudySpec, seeds: Sequence[int]) -> StudySpec:
    """The study with other seeds and the very same arrays, which `replace` would make again."""
    other = copy.copy(study)
    for name in ("seeds", "seed_list"):
        object.__setattr__(other, name, tuple(seeds))
    other.__dict__.pop("lanes", None)
    return other


def _faults(study: StudySpec, terms: SequentialTerms) -> list[str]:
    """Everything that keeps this study from being run on these terms."""
    until, most, rope, baseline = terms
    names = [variant.name for variant in study.variant_list]
    found = []
    if until is None:
        found.append("rope and baseline are of a run until='decided' only: pass until, or neither.")
    elif until != "decided":
        found.append(f"until is {until!r}; the only rule there is is 'decided'.")
    if isinstance(most, bool) or not isinstance(most, int):
        found.append(f"max_seeds is {most!r}; pass a whole number, such as 50.")
    elif most < max(FIRST, len(study.seed_list)):
        own = len(study.seed_list)
        begins = f"at {FIRST} seeds" if own <= FIRST else f"with the study's own {own} seeds"
        found.append(f"max_seeds is {most}, but looking begins {begins}; pass more.")
    if len(names) < 2:
        found.append(f"the study has one variant ({names[0]!r}); there is nothing to decide.")
    if study.splits[0].validation is None:
        found.append(
            "no rows are held for validation, and a better training loss decides nothing; pass "
            "validation_split, folds or validation_data."
        )
    if rope is not None and not (isinstance(rope, (int, float)) and 0 < rope < math.inf):
        found.append(f"rope is {rope!r}; pass a number above 0, in the metric's unit.")
    if baseline is not None and baseline not in names:
        hint = did_you_mean(str(baseline), names)
        found.append(f"baseline is {baseline!r}; the variants are {', '.join(names)}.{hint}")
    return found


def _rule(study: StudySpec, terms: SequentialTerms, prepared: PreparedStudy) -> Rule:
    first = next(iter(prepared.prototypes.values()))
    monitor = first.monitor
    if monitor.name in first.metrics:  # what a callback logs and watches decides as it is
        monitor = rule_metric(monitor, first.metrics, first.lowered.directions())
    return Rule.of(
        [variant.name for variant in study.variant_list],
        monitor.name,
        monitor.mode,
        seeds=len(study.seed_list),
        max_seeds=terms.max_seeds,
        baseline=terms.baseline,
        rope=None if terms.rope is None else float(terms.rope),
    )


class _Looks:
    """The looks of one run, as far as they have come."""

    def __init__(
        self, prepared: PreparedStudy, store: Store, reporter: Callable[[PreparedStudy], Reporter]
    ) -> None:
        self._prepared, self._store, self._reporter = prepared, store, reporter
        known = Sequential.of_manifest(store.manifest)
        assert known is not None
        self._rule, self._looks = known.rule, list(known.looks)
        self._trainer = LaneTrainer(prepared, store)

    def make_all(self) -> None:
        """Make the looks that are left, each after training what it needs."""
        if self._looks and self._looks[-1].ended:
            return
        with self._trainer:
            self._train_and_look()

    def _train_and_look(self) -> None:
        for seeds in self._rule.plan.looks[len(self._looks) :]:
            study = with_seeds(self._prepared.study, self._prepared.study.seed_list[:seeds])
            self._store.extend(study.lanes)
            with self._reporter(replace(self._prepared, study=study)) as shown:
                self._trainer.train(shown)
                look = self._look(study.seed_list)
                shown.note(self._describe(look))
            if look.ended:
                return

    def _look(self, seeds: Sequence[int]) -> InterimLook:
        result = load(self._store.folder)
        values, lost = values_of(result, self._rule.metric, seeds)
        look = review(self._rule, values, lost, self._looks)
        self._looks.append(look)
        account = Sequential(self._rule, tuple(self._looks)).to_manifest()
        self._store.rewrite_manifest({"sequential": account})
        return look

    def _describe(self, look: InterimLook) -> str:
        looks = self._rule.plan.looks
        number = looks.index(look.seeds)
        head = f"look {number + 1} of {len(looks)}: {look.seeds} seeds; "
        if look.ended:
            return head + str(Sequential(self._rule, tuple(self._looks)).describe().splitlines()[0])
        still = [pair for pair in look.pairs if pair.verdict == "open"]
        still.sort(key=lambda pair: (look.leader not in (pair.first, pair.second), pair.p))
        named = join_first([f"{p.first} against {p.second} (p = {p.p:.2g})" for p in still], 3)
        seeds = format_count(looks[number + 1] - look.seeds, "seed")
        return f"{head}still open at {ALPHA:.0%}: {named}; adding {seeds}"
