"""D1. How long reviews are, and what cutting them to 100 words leaves.

The notes draw the histogram of all lengths, read off mean and median, and cut every review to its
last 100 words. Here both figures come with their interval over reviews (bootstrap), and what the
cut throws away is counted.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import dure
from dure.blocks.palette import COLOURS
from dure.gallery.page import RowPage
from dure.messages.message import say
from dure.plots import style
from dure.stats.intervals import Interval

MEAN, MEDIAN = 239, 178
CUT = 100


def lengths() -> tuple[np.ndarray, dure.Data]:
    """Words in each review, the start mark included as in the notes; and the reviews."""
    data = dure.data.imdb(maxlen=None)
    return (data.x != 0).sum(axis=1), data


def bootstrap(words: np.ndarray, statistic: str, draws: int = 500) -> tuple[float, float, float]:
    """A statistic ("mean", "median") of the reviews, with its 95 % interval over reviews."""
    measure = getattr(np, statistic)
    rng = np.random.default_rng(0)
    again = [measure(rng.choice(words, words.size)) for _ in range(draws)]
    low, high = np.quantile(again, (0.025, 0.975))
    return float(measure(words)), float(low), float(high)


@style.drawing
def histogram(words: np.ndarray, source: str) -> Figure:
    """The lengths, with mean, median and the cut."""
    notes = [f"{words.size:,} reviews; the longest has {words.max():,} words."]
    sheet = style.Sheet(8.2, 3.9, f"Lengths of reviews · {source}", notes)
    axes = sheet.axes(0.75, 0.1, 7.3, 3.2)
    axes.hist(words, bins=list(range(0, int(words.max()) + 25, 25)), color=COLOURS[0], alpha=0.75)
    for colour, line, label, at in (
        ("0.1", "--", "cut", CUT),
        (COLOURS[1], "-", "median", np.median(words)),
        (COLOURS[2], "-", "mean", words.mean()),
    ):
        axes.axvline(at, color=colour, linewidth=1.6, linestyle=line, label=f"{label}: {at:.0f}")
    axes.set_xlim(0, float(np.quantile(words, 0.995)))
    axes.legend(frameon=False, fontsize=9)
    style.dressed(axes, "words in a review (the longest half per cent not in view)", "reviews", "y")
    return sheet.figure


def show(page: RowPage) -> None:
    """Count, draw, and put the notes' figures beside."""
    words, data = lengths()
    where = say("an excerpt") if data.excerpt else say("the full set")
    length = {"mean": say("mean length"), "median": say("median length")}
    for statistic, note in (("mean", MEAN), ("median", MEDIAN)):
        value, low, high = bootstrap(words, statistic)
        page.fact(statistic, value)
        page.fact(f"{statistic}_interval", [low, high])
        page.beside(length[statistic], note, Interval(value, low, high, 0, 0))
        page.say(
            "{what}: {length} words over {reviews:,} reviews of {where}; the note: {note}.",
            what=length[statistic],
            length=f"{value:.0f} [{low:.0f}, {high:.0f}]",
            reviews=words.size,
            where=where,
            note=note,
        )
    longer = float((words > CUT).mean())
    kept = float(np.minimum(words, CUT).sum() / words.sum())
    page.fact("reviews", words.size)
    page.fact("longer_than_cut", longer)
    page.fact("words_kept", kept)
    page.say(
        "{longer:.0f} % of the reviews are longer than {cut} words and lose their beginning: the "
        "last {cut} words of each hold {kept:.0f} % of all words.",
        longer=100 * longer,
        kept=100 * kept,
        cut=CUT,
    )
    page.picture("lengths", histogram(words, data.source or ""))
