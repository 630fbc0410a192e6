"""What ``study.cure()`` returns: the outcome of a search, with its words, tables and study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from dure.messages.message import Message
from dure.remedies import outcome_text
from dure.remedies.model import SearchOutcome
from dure.remedies.trial import change_study

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec


@dataclass(frozen=True, repr=False)
class CureOutcome(SearchOutcome):
    """What ``study.cure()`` found.

    Attributes
    ----------
    folder
        Rounds as run folders, `cured.py`, `verdict.json`, `pictures/`.
    original
        The study that was to be cured.
    variant
        Which of its variants was.
    metric
        What cures were compared by, at each lane's best epoch: "val_data_loss" is the validation
        loss without L1 and L2 penalties.
    mode
        Whether low ("min") or high ("max") values of it are better.
    findings
        What ails the network, worst first.
    candidates
        The cures tried first, those refused with a reason, those beyond the number of trials.
    effects
        By round ("round-1", "round-2", "check"), each the best first. What a round ranks first is
        a little better there than it is; only "check" is on seeds that chose nothing.
    winner
        The cure that came best out of the rounds; None where none was better than the baseline.
    helps
        Whether the winner is better than the baseline on the seeds of the check.
    test
        Test metrics of baseline and winner in the check; empty without test data or winner.
    stopping
        What early stopping would have done to the network handed back.
    best
        Its best trained lane; None where every one of its networks was lost.
    build
        A function without arguments that makes the network handed back, compiled.
    source
        The same as Python source.
    seconds
        How long all of it took.

    Examples
    --------
    >>> cured.variant, cured.metric, cured.helps, cured.checked
    ('rate=0.001', 'val_data_loss', False, None)
    >>> cured.verdict_line.startswith("The 1 cure that was tried is not better")
    True
    >>> "What ails it:" in cured.describe()
    True
    """

    @property
    def study(self) -> StudySpec:
        """The study with the network handed back: its build, data, class weights, callbacks.

        Examples
        --------
        >>> cured.study.name, cured.study.epochs
        ('study', 2)
        """
        changed: dict[str, Any] = {"build": self.build, "variants": None}
        if self.winner is not None and self.helps:
            changed |= change_study(self.original, self.winner.side)
        if self.stopping is not None and self.stopping.better:
            changed["callbacks"] = [*self.original.callbacks, self._early_stopping()]
        return replace(self.original, **changed)

    def _early_stopping(self) -> Any:
        from dure.core.backend import keras

        watched = "val_loss" if self.metric == "val_data_loss" else self.metric
        assert self.stopping is not None
        patience = self.stopping.patience
        return keras.callbacks.EarlyStopping(watched, patience=patience, restore_best_weights=True)

    def frame(self) -> pd.DataFrame:
        """A row for everything that was tried or refused.

        Columns round, seeds, cure, mends, difference with low and high (at best epochs), end (at
        last epochs), p, p_adjusted, wins, verdict, diverged, baseline_diverged, of, seconds (times
        the baseline's, an epoch), parameters, more_seeds, reason (why it was chosen, or refused).

        Examples
        --------
        >>> cured.frame()[["round", "cure", "of"]].values.tolist()
        [['round-1', 'scaled inputs', 5]]
        """
        known = {cure.name: cure for cure in self.candidates.cures}
        rows: list[dict[str, Any]] = []
        for found in self.effects.values():
            for row in found:
                cure = known.get(row.cure)
                why = ("the best together", "") if cure is None else (cure.why, cure.mends)
                end = {"end": row.end[0], "mends": why[1], "reason": why[0]}
                rows.append({**row.account(), **end})
        rows += [
            {"cure": r.cure, "mends": r.mends, "verdict": "refused", "reason": r.reason}
            for r in self.candidates.refused
        ]
        columns = [
            "round",
            "cure",
            "mends",
            "difference",
            "low",
            "high",
            "end",
            "p",
            "p_adjusted",
            "wins",
            "verdict",
            "diverged",
            "baseline_diverged",
            "of",
            "seconds",
            "parameters",
            "more_seeds",
            "reason",
        ]
        return pd.DataFrame(rows, columns=columns)

    def table(self) -> str:
        """All that was tried, aligned, a block a round.

        Examples
        --------
        >>> print(cured.table().splitlines()[0])
        Round 1: each cure on its own (5 seeds)
        """
        return outcome_text.table(self)

    @property
    def verdict_line(self) -> Message:
        """Whether anything helps, and by how much, in a few sentences."""
        return outcome_text.describe_verdict(self)

    def describe(self) -> str:
        """The verdict first, then what it rests on, in sentences and a table."""
        return outcome_text.describe(self)

    def __str__(self) -> str:
        return self.describe()

    def __repr__(self) -> str:
        name = "nothing" if self.winner is None or not self.helps else repr(self.winner.name)
        return f"<CureOutcome: {name} helps, {self.folder}>"
