"""How far `result.compare` can be trusted: every figure of docs/compare.md, by simulation.

    python benchmarks/coverage.py [--studies 2000]

Prints, as Markdown: coverage of the interval beside the usual ones; false alarms of the tests, of
whole families, of verdicts; power; and how often "about n more seeds" settles it. Trains nothing.
A minute on one core with 2,000 studies a figure.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np
from scipy import stats
from scipy.special import ndtr, ndtri, stdtrit

from dure.analysis.comparison.compare import compare_lanes
from dure.analysis.comparison.pairing import Lanes
from dure.stats import permutation
from dure.stats.bootstrap import bootstrap_t

SEEDS = (5, 6, 8, 10, 15, 20, 30)
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
KINDS: dict[str, Draw] = {
    "normal": lambda r, s: r.normal(size=s),
    "uniform": lambda r, s: r.uniform(-1, 1, s),
    "Laplace": lambda r, s: r.laplace(size=s),
    "Student t, 3 df": lambda r, s: r.standard_t(3, s),
    "Student t, 2 df": lambda r, s: r.standard_t(2, s),
    "log-normal 0.25": lambda r, s: r.lognormal(0, 0.25, s) - math.exp(0.25**2 / 2),
    "log-normal 0.5": lambda r, s: r.lognormal(0, 0.5, s) - math.exp(0.125),
    "log-normal 1": lambda r, s: r.lognormal(0, 1, s) - math.exp(0.5),
    "two log-normals 0.5": lambda r, s: r.lognormal(0, 0.5, s) - r.lognormal(0, 0.5, s),
    "one run in ten 5 off": lambda r, s: np.where(r.random(s) < 0.1, 4.5, -0.5) + r.normal(size=s),
}
FEW = ("normal", "log-normal 0.5", "log-normal 1", "Student t, 3 df", "uniform")


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A Markdown table."""
    header = list(header)
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def share(hits: np.ndarray | list[bool]) -> str:
    """'94.7'."""
    return f"{100 * np.mean(hits):.1f}"


# -- intervals -------------------------------------------------------------------------------------


def t_interval(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = d.shape[1]
    half = stdtrit(n - 1, 0.975) * d.std(axis=1, ddof=1) / math.sqrt(n)
    return d.mean(axis=1) - half, d.mean(axis=1) + half


def percentile_and_bca(d: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The percentile interval and Efron's BCa (1987), with 4,000 draws."""
    n = d.shape[1]
    counts = np.random.default_rng(1).multinomial(n, [1 / n] * n, 4000)
    mean = d.mean(axis=1, keepdims=True)
    low, high = np.empty((2, 2, len(d)))
    for at in range(0, len(d), 500):
        part = d[at : at + 500]
        means = np.sort(part @ counts.T / n, axis=1)
        below = (means < mean[at : at + 500]).mean(axis=1).clip(1 / 4000, 1 - 1 / 4000)
        apart = part - mean[at : at + 500]
        skew = (apart**3).sum(axis=1) / (6 * (apart**2).sum(axis=1) ** 1.5)
        bias, rows = ndtri(below), np.arange(len(part))
        for side, limit in ((low, 0.025), (high, 0.975)):
            side[0, at : at + 500] = np.quantile(means, limit, axis=1)
            shifted = bias + ndtri(limit)
            place = ndtr(bias + shifted / (1 - skew * shifted))
            side[1, at : at + 500] = means[rows, (place * 3999).astype(int)]
    return (low[0], high[0]), (low[1], high[1])


def plain_bootstrap_t(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bootstrap-t without noise, with 4,000 draws."""
    n, mean, spread = d.shape[1], d.mean(axis=1), d.std(axis=1, ddof=1)
    counts = np.random.default_rng(1).multinomial(n, [1 / n] * n, 4000)
    scaled = (d - mean[:, None]) / spread[:, None]
    limits = []
    for part in np.array_split(scaled, max(1, len(d) // 250)):
        means = part @ counts.T / n
        variances = (part**2) @ counts.T / n - means**2
        # A draw of one seed n times over has no spread: its t is beyond all others.
        one = variances < 1e-12
        t = np.where(one, np.sign(means) * 1e9, means / np.sqrt(np.where(one, 1, variances)))
        limits.append(np.quantile(t * math.sqrt(n - 1), [0.975, 0.025], axis=1))
    high, low = np.concatenate(limits, axis=1)
    return mean - high * spread / math.sqrt(n), mean - low * spread / math.sqrt(n)


def held(limits: tuple[np.ndarray, np.ndarray]) -> str:
    return share((limits[0] <= 0) & (limits[1] >= 0))


def intervals(studies: int) -> None:
    print("## Coverage of the 95 % interval, in % of studies\n")
    rows = []
    for kind, draw in KINDS.items():
        cells = []
        for n in SEEDS:
            found = bootstrap_t(draw(np.random.default_rng([n, len(kind)]), (studies, n)), 0.95)
            cells.append(held((found.low, found.high)))
        rows.append([kind, *cells])
    table(["differences", *(f"{n} seeds" for n in SEEDS)], rows)
    for n in (6, 10, 20):
        print(f"## The usual intervals beside it, {n} seeds\n")
        rows = []
        for kind in FEW:
            d = KINDS[kind](np.random.default_rng([n, len(kind)]), (studies, n))
            found = bootstrap_t(d, 0.95)
            percentile, bca = percentile_and_bca(d)
            limits = ((found.low, found.high), t_interval(d), plain_bootstrap_t(d), percentile, bca)
            low, high = t_interval(d)
            wider = np.median(found.high - found.low) / np.median(high - low)
            rows.append([kind, *map(held, limits), f"{wider:.2f}"])
        names = ("smoothed bootstrap-t", "Student t", "bootstrap-t", "percentile", "BCa")
        table(["differences", *names, "width / Student's"], rows)


# -- tests -----------------------------------------------------------------------------------------


def lanes(values: np.ndarray, lost: np.ndarray | None = None) -> Lanes:
    values = values[:, :, None]
    gone = np.zeros(values.shape, bool) if lost is None else lost[:, :, None]
    return Lanes(
        "val_loss",
        "min",
        tuple(f"v{i}" for i in range(len(values))),
        tuple(range(values.shape[1])),
        np.where(gone, np.nan, values),
        ~gone,
        gone,
        by_fold=False,
        same_rows=True,
        notes=(),
    )


def alarms(studies: int) -> None:
    print("## False alarms at 5 %, in % of studies\n")
    rows = []
    for kind in ("normal", "Student t, 2 df", "log-normal 1"):
        cells = []
        for n in (6, 8, 10, 15, 25):
            rng = np.random.default_rng([7, n, len(kind)])
            count = studies if n < 20 else min(studies, 400)
            runs = KINDS[kind](rng, (2, count, n))
            cells.append(share(permutation.sign_flip(runs[0] - runs[1]) <= 0.05))
        rows.append([f"both runs {kind}", *cells])
    for kind in ("log-normal 0.5", "log-normal 1"):
        cells = []
        for n in (6, 8, 10, 15, 25):
            rng = np.random.default_rng([8, n, len(kind)])
            count = studies if n < 20 else min(studies, 400)
            d = KINDS[kind](rng, (count, n))
            found = bootstrap_t(d, 0.95)
            apart = (found.low > 0) | (found.high < 0)
            cells.append(share((permutation.sign_flip(d) <= 0.05) & apart))
        rows.append([f"verdict, differences {kind}, mean 0", *cells])
    table(["", "6 seeds", "8", "10", "15", "25"], rows)

    rows = []
    for variants, n in ((3, 8), (4, 10), (10, 12)):
        rng = np.random.default_rng([9, variants])
        count = min(studies, 20_000 // variants)
        runs = rng.normal(size=(count, variants, n))
        pairs = list(combinations(range(variants), 2))
        p = permutation.sign_flip(np.stack([runs[:, a] - runs[:, b] for a, b in pairs], axis=1))
        raw, corrected = p <= 0.05, permutation.holm(p) <= 0.05
        cells = [str(len(pairs)), str(n), share(raw.any(axis=1)), share(corrected.any(axis=1))]
        rows.append([str(variants), *cells])
    table(["variants", "pairs", "seeds", "some pair, uncorrected", "some pair, Holm"], rows)

    count = studies // 5
    rng = np.random.default_rng(10)
    rows = []
    for rate in (0.1, 0.3):
        lost = rng.random((count, 2, 10)) < rate
        found = [
            compare_lanes(lanes(v, g)).pairs[0].verdict
            for v, g in zip(rng.normal(size=(count, 2, 10)), lost, strict=True)
        ]
        wrong = [v in ("better", "worse") for v in found]
        rows.append(
            [f"both lose {rate:.0%} of their runs, 10 seeds: a wrong verdict", share(wrong)]
        )
    half = np.zeros((2, 10), bool)
    half[0, :5] = True
    values = rng.normal(size=(count, 2, 10)) - np.array([[20.0], [0.0]])
    found = [compare_lanes(lanes(v, half)).pairs[0].verdict for v in values]
    rows.append(
        [
            "loses half of its runs, far better where it trains: called better",
            share([v == "better" for v in found]),
        ]
    )
    edge = rng.normal(0, 0.5, (count, 2, 20)) + np.array([[0.0], [1.0]])
    found = [compare_lanes(lanes(v), rope=1.0).pairs[0].verdict for v in edge]
    rows.append(
        [
            "differ by exactly the rope, 20 seeds: called practically the same",
            share([v == "equivalent" for v in found]),
        ]
    )
    for k in (5, 10):
        shared = math.sqrt(1 / k) * rng.normal(size=(studies, 1))
        folds = shared + math.sqrt(1 - 1 / k) * rng.normal(size=(studies, k))
        wrong = [permutation.corrected_t(study) <= 0.05 for study in folds]
        uncorrected = share(stats.ttest_1samp(folds, 0, axis=1).pvalue <= 0.05)
        rows.append(
            [f"one seed, {k} folds that share rows (uncorrected t: {uncorrected})", share(wrong)]
        )
    table(["", "% of studies"], rows)


def power(studies: int) -> None:
    print("## Power: a true difference of so many standard deviations is called better, in %\n")
    effects = (0.5, 1.0, 1.5, 2.0)
    rows = []
    for n in (6, 8, 10, 15, 20):
        cells = []
        for effect in effects:
            d = np.random.default_rng([11, n]).normal(effect, 1, (studies // 2, n))
            found, p = bootstrap_t(d, 0.95), permutation.sign_flip(d)
            one = (p <= 0.05) & (found.low > 0)
            six = (p <= 0.05 / 6) & (found.low > 0)
            cells.append(f"{share(one)} ({share(six)})")
        rows.append([str(n), *cells])
    table(["seeds", *(f"{e:g} sd" for e in effects)], rows)
    print("In brackets: as the clearest of six comparisons.\n")

    print('## "About n more seeds would settle it"\n')
    rows = []
    for effect in (0.4, 0.6, 0.8):
        rng, said, settled, none = np.random.default_rng([12, int(10 * effect)]), [], [], 0
        for _ in range(studies // 20):
            values = rng.normal(0, math.sqrt(0.5), (2, 10)) + np.array([[0.0], [effect]])
            pair = compare_lanes(lanes(values)).pairs[0]
            if pair.verdict != "undecided":
                continue
            if pair.more_seeds is None:
                none += 1
                continue
            said.append(pair.more_seeds)
            more = rng.normal(0, math.sqrt(0.5), (2, pair.more_seeds))
            values = np.concatenate([values, more + np.array([[0.0], [effect]])], axis=1)
            settled.append(compare_lanes(lanes(values)).pairs[0].verdict == "better")
        low, middle, high = np.quantile(said, (0.1, 0.5, 0.9))
        needed = stats.norm.ppf([0.975, 0.8]).sum() ** 2 / effect**2 - 10
        rows.append(
            [
                f"{effect:g} sd",
                f"{needed:.0f}",
                f"{middle:.0f} ({low:.0f} to {high:.0f})",
                share(settled),
                str(none),
                str(len(said) + none),
            ]
        )
    header = [
        "true difference",
        "really needed",
        "said: median (8 of 10 between)",
        "settled then, %",
        "said 'more than 1,000'",
        "undecided studies",
    ]
    table(header, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2_000)
    wanted = parser.parse_args().studies
    print(f"{wanted:,} studies a figure, unless fewer are enough.\n")
    intervals(wanted)
    alarms(wanted)
    power(wanted)
