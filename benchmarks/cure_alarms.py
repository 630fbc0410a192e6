"""What a search for cures promises by mistake, and what it finds: docs/cure.md, by simulation.

    python benchmarks/cure_alarms.py [--searches 2000]

Whole searches as `study.cure` makes them, with its own rounds and rules, on made results instead of
trained networks: ten cures that change nothing (or one that does), five seeds a round, ten in the
check, every cure of a family of its own. Beside it the same searches by Student's t intervals
without any correction. Five minutes on one core.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, cast

import numpy as np
from scipy.special import stdtrit

from dure.remedies.effects import effects, simplest
from dure.remedies.model import Effect
from dure.remedies.search import LEAST_IN_CHECK, TOGETHER
from dure.remedies.surgery.rebuild import BASELINE
from dure.remedies.trial import Round

SEEDS, CURES = 5, 10
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
KINDS: dict[str, Draw] = {
    "normal": lambda r, s: r.normal(size=s),
    "log-normal 1": lambda r, s: r.lognormal(0, 1, s) / math.sqrt((math.e - 1) * math.e),
    "Student t, 3 df": lambda r, s: r.standard_t(3, s) / math.sqrt(3),
}
"""What a network reaches with another seed, in its own standard deviations."""


class MadeRound:
    """A round whose networks reached what was drawn for them; lower is better."""

    label, metric, mode = "round", "val_loss", "min"

    def __init__(self, grids: dict[str, np.ndarray]) -> None:
        self._grids = grids
        self.cures = dict.fromkeys(name for name in grids if name != BASELINE)
        self.seeds = tuple(range(len(grids[BASELINE])))

    def values(self, name: str) -> np.ndarray:
        """By (seed, fold)."""
        return self._grids[name][:, None]

    def ends(self, name: str) -> np.ndarray:
        """Of no interest here."""
        return np.full((len(self.seeds), 1), np.nan)

    def seconds(self, name: str) -> float:
        """Of no interest here."""
        return 1.0

    def parameters(self, name: str) -> int:
        """Of no interest here."""
        return 1


def by_t(found: MadeRound, name: str) -> bool:
    """Whether Student's interval of a cure's difference lies on the better side of 0."""
    d = (found.values(name) - found.values(BASELINE))[:, 0]
    return bool(d.mean() + stdtrit(len(d) - 1, 0.975) * d.std(ddof=1) / math.sqrt(len(d)) < 0)


def judged(found: MadeRound) -> list[Effect]:
    """The rows of a round as the search sees them."""
    return effects(cast(Round, found))


def search(
    shifts: dict[str, float], draw: Draw, rng: np.random.Generator, corrected: bool
) -> dict[str, bool]:
    """One search: whether round 1 called a cure better, whether any went on, what was promised."""

    def train(cures: Sequence[tuple[str, ...]], seeds: int) -> MadeRound:
        names = {" + ".join(parts): sum(shifts[p] for p in parts) for parts in cures}
        made = {name: draw(rng, (seeds,)) - shift for name, shift in names.items()}
        return MadeRound({**made, BASELINE: draw(rng, (seeds,))})

    first = train([(name,) for name in shifts], SEEDS)
    if corrected:
        rows = judged(first)
        better = [row.cure for row in rows if row.verdict == "better"]
        going = [row.cure for row in rows if row.promising]
    else:
        ranked = sorted(shifts, key=lambda name: float(first.values(name).mean()))
        better = going = [name for name in ranked if by_t(first, name)]
    told = {"better in round 1": bool(better), "goes on": bool(going), "promised": False}
    single = [(name,) for name in going[:TOGETHER]]
    if not single:
        return {**told, "promised a cure that does something": False}
    contenders = list(single)
    for number in range(2, len(single) + 1):
        contenders += [tuple(n for (n,) in group) for group in combinations(single, number)]
    winner: str | None = " + ".join(contenders[0])
    if len(contenders) > 1:
        second = train(contenders, SEEDS)
        parts = {" + ".join(c): len(c) for c in contenders}
        winner = simplest(cast(Any, second), judged(second), parts)
    if winner is not None:
        check = train([tuple(winner.split(" + "))], max(2 * SEEDS, LEAST_IN_CHECK))
        told["promised"] = by_t(check, winner)
        if corrected:
            told["promised"] = judged(check)[0].verdict == "better"
    real = winner is not None and any(shifts[name] for name in winner.split(" + "))
    return {**told, "promised a cure that does something": told["promised"] and real}


def line(name: str, shift: float, draw: Draw, searches: int) -> str:
    """A row of a table: by the one rule, then by uncorrected t intervals."""
    shifts = {f"cure {number}": 0.0 for number in range(CURES)}
    shifts["cure 0"] = shift
    cells = [name]
    for corrected in (True, False):
        rng = np.random.default_rng(11)
        found = [search(shifts, draw, rng, corrected) for _ in range(searches)]
        wanted = ["better in round 1", "goes on", "promised"]
        if shift:
            wanted = ["goes on", "promised a cure that does something"]
        cells += [f"{100 * np.mean([one[key] for one in found]):.1f}" for key in wanted]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--searches", type=int, default=2000)
    searches = parser.parse_args().searches
    print(
        "| none of ten cures does anything | called better in round 1 | any goes on | promised",
        end="",
    )
    print(" | by t: better in round 1 | goes on | promised |\n|---|---|---|---|---|---|---|")
    for name, draw in KINDS.items():
        print(line(name, 0.0, draw, searches), flush=True)
    print("\n| one of ten cures lowers the loss | any goes on | promised", end="")
    print(" | by t: goes on | promised |\n|---|---|---|---|---|")
    for shift in (1.0, 2.0, 3.0):
        print(
            line(f"by {shift:g} sd of a network", shift, KINDS["normal"], searches // 4), flush=True
        )


if __name__ == "__main__":
    main()
