"""What several rows say of comparisons, and of how many networks do something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import betaincinv

from dure.gallery.page import Page
from dure.messages.message import Message, joined, say
from dure.stats.intervals import interval_texts

if TYPE_CHECKING:
    from dure.analysis.comparison.table import Comparison


@dataclass(frozen=True)
class Share:
    """`count` of `of` networks, with the 95 % interval of the share that all networks have."""

    count: int
    of: int
    low: float
    high: float

    def describe(self) -> Message:
        """'3 of 5 [0.15, 0.95]'."""
        return say(
            "{count} of {of} [{low:.2f}, {high:.2f}]",
            **{"count": self.count, "of": self.of, "low": self.low, "high": self.high},
        )

    __str__ = describe


def share(count: int, of: int, confidence: float = 0.95) -> Share:
    """The exact interval of a share of independent networks.

    Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
    the binomial", Biometrika 26: it holds the true share at least as often as it says.

    Parameters
    ----------
    count, of
        How many did it, of how many; 0 <= count <= of, of >= 1.
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(count, of - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, of - count, 1 - tail)) if count < of else 1.0
    return Share(count, of, low, high)


def tell_compared(page: Page, head: Message, comparison: Comparison) -> None:
    """Say every pair's verdict; those with too few seeds for a test in one sentence.

    Each verdict is kept as the fact "<head>, <first> against <second>".
    """
    few = [pair for pair in comparison.pairs if pair.verdict == "too few"]
    for pair in comparison.pairs:
        page.fact(f"{head}, {pair.first} against {pair.second}", pair.verdict)
        if pair.verdict != "too few":
            page.say(say("{head}: {verdict}", head=head, verdict=pair.describe()))
    if few:
        texts = interval_texts([(pair.difference, pair.low, pair.high) for pair in few])
        so_far = joined((f"{p.first} {text}" for p, text in zip(few, texts, strict=True)), "; ")
        page.say(
            say(
                "{head}: {seeds} seeds are too few to test {differences} differences. So far, "
                "{metric} less that of {second}: {so_far}.",
                **{"head": head, "seeds": few[0].pairs, "differences": len(comparison.pairs)},
                **{"metric": comparison.metric, "second": few[0].second, "so_far": so_far},
            )
        )
