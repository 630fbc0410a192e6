"""False alarms, power and seeds of `study.run(until="decided")`, simulated.

    python benchmarks/sequential.py [--studies 2000] [--write]

Trains nothing: results of variants are drawn, a number a seed, and the tests of
`dure.stats.alpha_spending` look at them as they do in a run. --write puts the tables into
docs/until-decided.md, between the lines that say so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from dure.analysis.comparison.interim import HOPELESS, late_chance  # noqa: E402
from dure.analysis.comparison.sequential import ALPHA  # noqa: E402
from dure.stats.alpha_spending import FIRST, Paths, SpendingPlan, make_plan  # noqa: E402

MAX_SEEDS = 50
ROWS = 4096
CHUNK = 200  # studies in memory together
PAGE = ROOT / "docs" / "until-decided.md"
BEGIN, END = "<!-- begin: benchmarks/sequential.py -->", "<!-- end -->"

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
NOISE: dict[str, Draw] = {
    "normal": lambda r, s: r.normal(size=s),
    "log-normal": lambda r, s: r.lognormal(size=s) / np.sqrt((np.e - 1) * np.e),
    "t with 3 degrees": lambda r, s: r.standard_t(3, size=s) / np.sqrt(3),
    "ties: rounded to 1 sd": lambda r, s: np.round(r.normal(size=s)),
    "ties: 0 or 1, even": lambda r, s: 2.0 * r.integers(0, 2, s),
    "one in five stuck": lambda r, s: (r.random(s) < 0.2) / 0.4 + 0.05 * r.normal(size=s),
}


def first_rejections(values: np.ndarray, plan: SpendingPlan, levels: int = 1) -> np.ndarray:
    """The look that first calls each pair different, shape (level, study, pair).

    `values` has shape (study, variant, seed). Levels are those of Holm's first steps: 5 % by the
    number of pairs, by one less, and so on.
    """
    pairs = list(combinations(range(values.shape[1]), 2))
    found = np.empty((levels, len(values), len(pairs)), int)
    for start in range(0, len(values), CHUNK):
        part = values[start : start + CHUNK]
        for n, (a, b) in enumerate(pairs):
            paths = Paths(part[:, a] - part[:, b], plan, rows=ROWS)
            for step in range(levels):
                rejected = paths.first_rejection(ALPHA / (len(pairs) - step))
                found[step, start : start + CHUNK, n] = rejected
    return found


def holm_at(first: np.ndarray, look: int) -> np.ndarray:
    """Which pairs Holm's steps reject by a look, shape (study, pair)."""
    rejected = first[0] <= look
    for step in range(1, len(first)):
        rejected |= (rejected.sum(axis=1) >= step)[:, None] & (first[step] <= look)
    return rejected


def ended_at(
    values: np.ndarray, plan: SpendingPlan, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each study found its best variant (lowest mean), and how many seeds it took."""
    pairs = list(combinations(range(values.shape[1]), 2))
    decided = np.zeros(len(values), bool)
    seeds = np.zeros(len(values), int)
    for look, n in enumerate(plan.looks):
        means = values[:, :, :n].mean(axis=2)
        leader = means.argmin(axis=1)
        settled = np.ones(len(values), bool)
        hope = np.zeros(len(values))
        rejected = holm_at(first, look)
        for place, (a, b) in enumerate(pairs):
            needed = (leader == a) | (leader == b)
            still = needed & ~rejected[:, place]
            differences = values[:, a, :n] - values[:, b, :n]
            chance = late_chance(
                differences.mean(1), differences.std(1, ddof=1), n, MAX_SEEDS, ALPHA / len(pairs)
            )
            settled &= ~still
            hope = np.where(still, np.maximum(hope, chance), hope)
        running = seeds == 0
        decided |= running & settled
        over = settled | (hope < HOPELESS) | (n == plan.looks[-1])
        seeds[running & over] = n
    return decided, seeds


def false_alarms(studies: int, rng: np.random.Generator) -> list[str]:
    """Share of studies of equal variants in which any pair is ever called different."""
    lines = [
        "| results of every variant | 2 variants | 3 variants | 5 variants |",
        "|---|--:|--:|--:|",
    ]
    for name, draw in NOISE.items():
        cells = []
        for variants in (2, 3, 5):
            plan = plan_of(variants)
            first = first_rejections(draw(rng, (studies, variants, MAX_SEEDS)), plan)[0]
            cells.append(f"{100 * (first < len(plan.looks)).any(axis=1).mean():.1f} %")
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return lines


def skewed_alarms(studies: int, rng: np.random.Generator) -> list[str]:
    """The same where means are equal and nothing else is: one variant has a long tail."""
    long = NOISE["log-normal"](rng, (studies, MAX_SEEDS)) - np.exp(0.5) / np.sqrt((np.e - 1) * np.e)
    values = np.stack([long, 0.3 * rng.normal(size=long.shape)], axis=1)
    plan = plan_of(2)
    first = first_rejections(values, plan)[0, :, 0]
    fixed = [
        (stats.ttest_1samp(values[:, 0, :n] - values[:, 1, :n], 0, axis=1).pvalue < ALPHA).mean()
        for n in (6, 12, 50)
    ]
    normal = rng.normal(size=(studies, MAX_SEEDS))
    naive = np.any(
        [stats.ttest_1samp(normal[:, :n], 0, axis=1).pvalue < ALPHA for n in plan.looks], axis=0
    )
    told = ", ".join(f"{100 * f:.1f} % at {n}" for f, n in zip(fixed, (6, 12, 50), strict=True))
    share = 100 * (first < len(plan.looks)).mean()
    return [
        f"Log-normal against nearly constant, same mean: {share:.1f} % (one t test at a fixed "
        f"number of seeds: {told}). For comparison, an ordinary t test at each of the looks of two "
        f"equal variants, normal results: {100 * naive.mean():.1f} % are called different."
    ]


def power(studies: int, rng: np.random.Generator) -> list[str]:
    """How often the best variant is found, after how many seeds; and a fixed design's share."""
    lines = [
        "| variants | results | the best is ahead by | found | seeds, mean | median "
        "| t test at 50 seeds | seeds it needs for as much |",
        "|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    cases = [
        (2, noise, gap) for noise in list(NOISE)[:3] for gap in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
    ]
    cases += [(k, "normal", gap) for k in (3, 5) for gap in (0.0, 0.5, 1.0, 2.0, 4.0)]
    for variants, noise, gap in cases:
        fewer = studies if variants == 2 else studies // 4
        values = NOISE[noise](rng, (fewer, variants, MAX_SEEDS))
        values[:, 0] -= gap * np.sqrt(2)
        plan = plan_of(variants)
        steps = variants * (variants - 1) // 2
        decided, seeds = ended_at(values, plan, first_rejections(values, plan, steps))
        fixed = _fixed_power(values)
        near = 0.99 * decided.mean()  # beyond that it is a matter of single studies
        enough = next((n for n, p in fixed.items() if p >= near), 0) if gap else 0
        lines.append(
            f"| {variants} | {noise} | {gap:g} sd | {100 * decided.mean():.1f} % | "
            f"{seeds.mean():.1f} | {np.median(seeds):.0f} | {100 * fixed[MAX_SEEDS]:.1f} % | "
            f"{enough or '-'} |"
        )
        print(lines[-1], flush=True)
    return lines


def _fixed_power(values: np.ndarray) -> dict[int, float]:
    """By number of seeds, how often t tests of a fixed design settle the leader (Bonferroni)."""
    level = ALPHA / (values.shape[1] * (values.shape[1] - 1) / 2)
    found = {}
    for n in range(3, values.shape[2] + 1):
        part = values[:, :, :n]
        leader = part.mean(axis=2).argmin(axis=1)
        gaps = part - part[np.arange(len(part)), leader][:, None]
        spread = gaps.std(axis=2, ddof=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            t = gaps.mean(axis=2) / spread * np.sqrt(n)
        found[n] = float(((t > stats.t.isf(level / 2, n - 1)).sum(1) == values.shape[1] - 1).mean())
    return found


def plan_of(variants: int) -> SpendingPlan:
    """The plan of a study of so many variants without a baseline."""
    return make_plan(FIRST, MAX_SEEDS, ALPHA / (variants * (variants - 1) // 2))


def main() -> None:
    """Simulate, print, and on request write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--write", action="store_true", help="write into docs/until-decided.md")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    error = 100 * 1.96 * np.sqrt(ALPHA * (1 - ALPHA) / options.studies)
    head = f"{options.studies:,} studies a cell; 5 % would vary by {error:.1f} either way."
    blocks = [
        [f"**Called different, though equal** (at most 5 % allowed). {head}"],
        false_alarms(options.studies, rng),
        skewed_alarms(options.studies, rng),
        [
            f"**Finding the best**, of at most {MAX_SEEDS} seeds. A gap is in standard deviations "
            "of a pair's difference; the others are equal. With 3 and 5 variants a quarter of the "
            "studies."
        ],
        power(options.studies, rng),
    ]
    text = "\n\n".join("\n".join(block) for block in blocks)
    print(text)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
